//! Handles: values that a host holds by pointer.
//!
//! Before each value stands a tag that says what it is. A handle of another kind, or one that was freed, is then
//! an error instead of a crash. The memory of the last handles freed is kept for a while, so that looking at
//! their tags is sound: freeing twice is detected while fewer than [`KEPT`] other handles were freed in between.
//! A pointer that never was a handle cannot be told.

use std::alloc::{Layout, dealloc};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use crate::error::Failure;

/// How many freed handles keep their memory.
pub(crate) const KEPT: usize = 256;

/// A type that the host knows as an opaque pointer.
///
/// # Safety
/// `TAG` differs from that of every other type, also in the forms of [`lent`] and [`FREED`].
pub(crate) unsafe trait Handle {
    /// What stands before a value of this type; its lowest bit is 0.
    const TAG: u64;
    /// What the handle holds.
    type Value;
}

/// A tag from eight letters.
pub(crate) const fn tag(name: &[u8; 8]) -> u64 {
    u64::from_be_bytes(*name) & !1
}

/// The tag of a handle that belongs to another one, such as a prediction of a batch.
const fn lent(tag: u64) -> u64 {
    tag | 1
}

/// The tag of a freed handle.
const FREED: u64 = tag(b"hscFREED");

/// What every handle begins with.
struct Head {
    tag: AtomicU64,
    layout: Layout,
}

impl Head {
    fn new<H: Handle>(tag: u64) -> Self {
        Self { tag: AtomicU64::new(tag), layout: Layout::new::<Tagged<H>>() }
    }
}

/// A value with its tag; what a handle points to.
#[repr(C)]
pub(crate) struct Tagged<H: Handle> {
    head: Head,
    value: ManuallyDrop<H::Value>,
}

impl<H: Handle> Tagged<H> {
    /// A value that stays where it is and is lent by pointer; freeing that pointer does nothing.
    pub(crate) fn lend(value: H::Value) -> Self {
        Self { head: Head::new::<H>(lent(H::TAG)), value: ManuallyDrop::new(value) }
    }

    pub(crate) fn as_handle(&self) -> *const H {
        std::ptr::from_ref(self).cast()
    }
}

impl<H: Handle> Drop for Tagged<H> {
    fn drop(&mut self) {
        self.head.tag.store(FREED, Ordering::Release);
        // SAFETY: dropped once: here, or in `free`, which does not run this.
        unsafe { ManuallyDrop::drop(&mut self.value) };
    }
}

/// Gives a value to the host.
pub(crate) fn make<H: Handle>(value: H::Value) -> *mut H {
    let tagged = Tagged::<H> { head: Head::new::<H>(H::TAG), value: ManuallyDrop::new(value) };
    Box::into_raw(Box::new(tagged)).cast()
}

/// The value behind a handle.
///
/// # Safety
/// `handle` is NULL, or a handle of any kind that lives for `'a` or is among the last [`KEPT`] freed.
pub(crate) unsafe fn get<'a, H: Handle>(handle: *const H, what: &str) -> Result<&'a H::Value, Failure> {
    let tagged = handle.cast::<Tagged<H>>();
    if tagged.is_null() {
        return Err(Failure::null(what));
    }
    if !tagged.is_aligned() {
        return Err(Failure::invalid(format!("{what}: this pointer is no handle")));
    }
    // SAFETY: every handle begins with its tag, and the memory of this one is there by the caller's promise.
    let seen = unsafe { &(*tagged.cast::<Head>()).tag }.load(Ordering::Acquire);
    if seen == H::TAG || seen == lent(H::TAG) {
        // SAFETY: the tag says that the value is of this type and lives.
        return Ok(unsafe { &(*tagged).value });
    }
    Err(Failure::invalid(if seen == FREED {
        format!("{what}: this handle was freed")
    } else {
        format!("{what}: this is a handle of another kind, or none")
    }))
}

/// Frees a handle; leaves alone NULL, lent and freed handles and those of other kinds.
///
/// # Safety
/// As [`get`]; no other thread uses the handle.
pub(crate) unsafe fn free<H: Handle>(handle: *mut H) {
    let tagged = handle.cast::<Tagged<H>>();
    if tagged.is_null() || !tagged.is_aligned() {
        return;
    }
    // SAFETY: as in `get`. Of several that free at once, one changes the tag.
    let taken = unsafe { &(*tagged).head.tag }
        .compare_exchange(H::TAG, FREED, Ordering::AcqRel, Ordering::Acquire)
        .is_ok();
    if !taken {
        return;
    }
    // The memory first, so that it is kept also when the value's drop panics.
    let _kept = KeepOnDrop(tagged.cast());
    // SAFETY: this thread changed the tag, so that nobody else drops the value or looks at it.
    unsafe { ManuallyDrop::drop(&mut (*tagged).value) };
}

/// The memory of the last handles freed, each waiting until [`KEPT`] others have taken its turn.
static LAST_FREED: [AtomicPtr<Head>; KEPT] = [const { AtomicPtr::new(std::ptr::null_mut()) }; KEPT];
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Keeps the memory of a freed handle for a while; frees that of the one whose place it takes.
struct KeepOnDrop(*mut Head);

impl Drop for KeepOnDrop {
    fn drop(&mut self) {
        let place = NEXT.fetch_add(1, Ordering::Relaxed) % KEPT;
        let oldest = LAST_FREED[place].swap(self.0, Ordering::AcqRel);
        if !oldest.is_null() {
            // SAFETY: `make` allocated it with this layout; its value is gone, and the swap gave it to this thread.
            unsafe { dealloc(oldest.cast(), (*oldest).layout) };
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use std::sync::Arc;

    struct one;
    struct other;

    // SAFETY: tags of these tests alone.
    unsafe impl Handle for one {
        const TAG: u64 = tag(b"test_one");
        type Value = Arc<str>;
    }

    // SAFETY: as above.
    unsafe impl Handle for other {
        const TAG: u64 = tag(b"test_oth");
        type Value = [u64; 9];
    }

    fn message<T>(result: Result<T, Failure>) -> String {
        result.err().map(|failure| failure.message).unwrap_or_default()
    }

    #[test]
    fn wrong_and_freed_handles_are_told() {
        let value: Arc<str> = "held".into();
        let handle: *mut one = make(Arc::clone(&value));
        // SAFETY: a live handle, looked at as what it is and as what it is not; then a freed one.
        unsafe {
            assert_eq!(&**get(handle, "x").unwrap(), "held");
            assert!(message(get(handle.cast::<other>(), "x")).contains("another kind"));
            free(handle.cast::<other>());
            assert_eq!(Arc::strong_count(&value), 2, "freeing as another kind does nothing");
            free(handle);
            assert_eq!(Arc::strong_count(&value), 1);
            assert!(message(get(handle, "x")).contains("was freed"));
            free(handle);
            assert!(message(get(std::ptr::null::<one>(), "x")).contains("NULL"));
            assert!(message(get(std::ptr::without_provenance::<one>(4097), "x")).contains("no handle"));
        }
    }

    #[test]
    fn lent_handles_are_read_and_not_freed() {
        let value: Arc<str> = "lent".into();
        let holder = Tagged::<one>::lend(Arc::clone(&value));
        let handle = holder.as_handle();
        // SAFETY: the holder lives.
        unsafe {
            assert_eq!(&**get(handle, "x").unwrap(), "lent");
            free(handle.cast_mut());
        }
        assert_eq!(Arc::strong_count(&value), 2);
        drop(holder);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn of_threads_that_free_at_once_one_does() {
        for _ in 0..200 {
            let value: Arc<str> = "raced".into();
            let address = make::<one>(Arc::clone(&value)).expose_provenance();
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    // SAFETY: the memory is kept after the first one frees it.
                    scope.spawn(move || unsafe {
                        free(std::ptr::with_exposed_provenance_mut::<one>(address))
                    });
                }
            });
            assert_eq!(Arc::strong_count(&value), 1);
        }
    }
}
