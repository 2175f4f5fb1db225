//! Places of the caller that outputs are written to. They need no alignment: records of COBOL have none.

use crate::error::Failure;
use crate::handle::{self, Handle};
use crate::text::MAX_LEN;

/// A place for one output.
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// Takes the caller's pointer; it has to point somewhere.
    pub(crate) fn new(place: *mut T, what: &str) -> Result<Self, Failure> {
        if place.is_null() { Err(Failure::null(what)) } else { Ok(Self(place)) }
    }

    /// Writes the output.
    ///
    /// # Safety
    /// The place has room for a `T`.
    pub(crate) unsafe fn write(self, value: T) {
        // SAFETY: not NULL since `new`; the caller promises the room.
        unsafe { self.0.write_unaligned(value) };
    }
}

impl<H: Handle> Out<*mut H> {
    /// Makes a handle and writes it.
    ///
    /// # Safety
    /// The place has room for a pointer.
    pub(crate) unsafe fn give(self, value: H::Value) {
        // SAFETY: as promised.
        unsafe { self.write(handle::make(value)) };
    }
}

/// An array of the caller with room for `room` outputs.
pub(crate) struct OutArray<T> {
    place: *mut T,
    room: usize,
}

impl<T> OutArray<T> {
    /// Takes the caller's array; NULL where there is no room.
    pub(crate) fn new(place: *mut T, room: usize, what: &str) -> Result<Self, Failure> {
        if place.is_null() && room > 0 {
            return Err(Failure::null(what));
        }
        if room.checked_mul(size_of::<T>()).is_none_or(|bytes| bytes > MAX_LEN) {
            return Err(Failure::invalid(format!("{what}: {room} of them are more than any memory holds")));
        }
        Ok(Self { place, room })
    }

    /// Writes the value at `at`; nothing where there is no room.
    ///
    /// # Safety
    /// The array has the room that `new` was told.
    pub(crate) unsafe fn write(&self, at: usize, value: T) {
        if at < self.room {
            // SAFETY: within the caller's array.
            unsafe { self.place.add(at).write_unaligned(value) };
        }
    }

    /// Writes the first of `values` that have room and tells how many values there are.
    ///
    /// # Safety
    /// As [`write`](Self::write).
    pub(crate) unsafe fn fill(&self, values: impl IntoIterator<Item = T>) -> usize {
        let mut count = 0;
        for value in values {
            // SAFETY: as promised.
            unsafe { self.write(count, value) };
            count += 1;
        }
        count
    }
}
