//! A host's own function as a classifier.

use std::ffi::{c_char, c_void};
use std::mem::offset_of;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hscode_core::{
    ClassifierInfo, DecisionPolicy, Error, ErrorKind, External, HsCode, Nomenclature, Options, Thresholds,
};

use crate::cascade::MAX_NAME;
use crate::classifier::{Held, hscode_classifier};
use crate::code;
use crate::entry;
use crate::error::{Failure, hscode_error};
use crate::handle::{self, Handle};
use crate::nomenclature::edition;
use crate::options::hscode_options;
use crate::out::Out;
use crate::status::hscode_status;
use crate::text::{hscode_str, name};

/// What a callback writes its answers to; valid until the callback returns.
pub struct hscode_answers {
    _opaque: [u8; 0],
}

// SAFETY: the tag is that of no other type.
unsafe impl Handle for hscode_answers {
    const TAG: u64 = handle::tag(b"hscanswe");
    type Value = Answers;
}

/// Codes with scores, for each text.
type Scores = Vec<Vec<(HsCode, f32)>>;

/// What [`hscode_answers`] hold.
pub(crate) struct Answers(Arc<Mutex<Scores>>);

/// The most codes that a callback may give for one text.
const MAX_ANSWERS: usize = 10_000;

/// A function of the host that classifies: it gets texts and adds scored codes for each with `hscode_answers_add`.
///
/// `user`: as given with the function. `texts`, `n`: the descriptions. `options`: what was asked for; a function may
/// leave them aside, its answers are restricted, ranked and cut by the library. Returns 0 when it could answer
/// (also with nothing), another number when it failed: a cascade then asks its next stage.
///
/// It must return: no exception of C++ and no `longjmp` may leave it.
pub type hscode_classify_fn = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        texts: *const hscode_str,
        n: usize,
        options: *const hscode_options,
        answers: *mut hscode_answers,
    ) -> i32,
>;

/// A function of the host that frees what `user` points to.
pub type hscode_free_fn = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// A host's own classifier: what it is, and its function. Set `struct_size` to `sizeof(hscode_callback)` and what
/// you leave out to zero (`HSCODE_CALLBACK_INIT`).
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hscode_callback {
    /// The size of this struct where the program was built.
    pub struct_size: usize,
    /// The kind of classifier, such as `house-rules`, NUL-terminated, at most 256 bytes.
    pub name: *const c_char,
    /// What identifies its rules or model, such as `rules@7`, NUL-terminated, at most 256 bytes.
    pub model: *const c_char,
    /// The edition of its codes, such as `HS2022`, NUL-terminated.
    pub edition: *const c_char,
    /// The level of its codes, an `hscode_level` other than 0: all that it adds have this level.
    pub level: i32,
    /// Not 0: at most one thread is in the function at a time, others wait. 0: it may be called by several at once.
    pub serial: i32,
    /// How many codes of that level it can answer; 0 for all of the edition.
    pub classes: usize,
    /// The smallest score accepted for two digits, in 0 to 1.
    pub chapter_threshold: f32,
    /// The smallest score accepted for four digits.
    pub heading_threshold: f32,
    /// The smallest score accepted for six digits and more.
    pub subheading_threshold: f32,
    /// The function.
    pub classify: hscode_classify_fn,
    /// Passed to the functions; may be NULL.
    pub user: *mut c_void,
    /// Called once with `user` when nothing uses the function any more: the classifier and the cascades that share
    /// it are freed. May be NULL.
    pub user_free: hscode_free_fn,
}

/// The size of the struct in the first version.
const FIRST_SIZE: usize = offset_of!(hscode_callback, user_free) + size_of::<hscode_free_fn>();

/// The host's function and what it needs.
struct Host {
    classify: unsafe extern "C" fn(
        *mut c_void,
        *const hscode_str,
        usize,
        *const hscode_options,
        *mut hscode_answers,
    ) -> i32,
    user: *mut c_void,
    user_free: hscode_free_fn,
    /// Held by the thread in a serial function.
    turn: Option<Turn>,
}

// SAFETY: the host promises a function that any thread may call with its `user`: several at once, unless it is
// serial.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(free) = self.user_free {
            // SAFETY: the host gave the function for this pointer; it is called once, here.
            unsafe { free(self.user) };
        }
    }
}

/// A lock that tells a thread that already holds it from one that waits.
#[derive(Default)]
struct Turn {
    lock: Mutex<()>,
    holder: AtomicU64,
}

impl Turn {
    /// Runs `body` while no other thread does; fails for a thread that is already within.
    fn take<T>(&self, body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let me = thread_number();
        if self.holder.load(Ordering::Relaxed) == me {
            return Err(failed("a serial callback called its own classifier".to_owned()));
        }
        let _held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.holder.store(me, Ordering::Relaxed);
        // Dropped before the lock, and also when the body panics.
        let _holding = Holding(&self.holder);
        body()
    }
}

/// A thread's turn, which ends when this is dropped.
struct Holding<'a>(&'a AtomicU64);

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A number of this thread that no other has; not 0.
fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static MINE: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
    MINE.with(|mine| *mine)
}

fn failed(message: String) -> Error {
    Error::new(ErrorKind::Inference, message)
}

impl Host {
    fn classify(&self, descriptions: &[&str], options: &Options) -> Result<Scores, Error> {
        match &self.turn {
            Some(turn) => turn.take(|| self.call(descriptions, options)),
            None => self.call(descriptions, options),
        }
    }

    fn call(&self, descriptions: &[&str], options: &Options) -> Result<Scores, Error> {
        let texts: Vec<hscode_str> = descriptions.iter().map(|text| hscode_str::of(text)).collect();
        let options = hscode_options::of(options);
        let scores = Arc::new(Mutex::new(vec![Vec::new(); texts.len()]));
        let answers = handle::make::<hscode_answers>(Answers(Arc::clone(&scores)));
        // SAFETY: the host's function, with pointers that live through the call.
        let returned =
            unsafe { (self.classify)(self.user, texts.as_ptr(), texts.len(), &raw const options, answers) };
        // SAFETY: made above; the host may not free it, there is no function for it.
        unsafe { handle::free(answers) };
        if returned != 0 {
            return Err(failed(format!("the function returned {returned}")));
        }
        let scores = std::mem::take(&mut *scores.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(scores)
    }
}

/// Adds a scored code to the answers of a callback.
///
/// `answers`: as the callback got them. `index`: of the text, below `n`. `code`: NUL-terminated, or padded with
/// spaces to 16 bytes. `score`: a probability; those of one text sum to at most 1, what lacks is the probability of
/// all codes that are not named. `err` may be NULL.
///
/// Threads: any that the callback uses, while it runs. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code,
/// a score that is no probability, or when the callback has returned; OUT_OF_RANGE for an index past the texts, or
/// for more than 10,000 codes of one text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_answers_add(
    answers: *mut hscode_answers,
    index: usize,
    code: *const c_char,
    score: f32,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        // SAFETY: the contract of all functions.
        let (answers, code) =
            unsafe { (handle::get(answers.cast_const(), "answers")?, code::read(code, "code")?) };
        if !(0.0..=1.0).contains(&score) {
            return Err(Failure::invalid(format!("score {score} of {code}: expected 0 to 1")));
        }
        let mut scores = answers.0.lock().unwrap_or_else(PoisonError::into_inner);
        let n = scores.len();
        let of_text = scores.get_mut(index).ok_or_else(|| Failure::past("text", index, n))?;
        if of_text.len() >= MAX_ANSWERS {
            return Err(Failure::past("answer", of_text.len(), MAX_ANSWERS));
        }
        of_text.push((code, score));
        Ok(())
    })
}

/// Makes a classifier of a host's own function: house rules, another model, a remote service. Its answers are then
/// treated as everybody's: summed by level, restricted, ranked, decided. With `hscode_classifier_cascade` it stands
/// before or after the library's own.
///
/// `callback`: the function and what it is; the struct and the texts in it are copied, `user` is handed over: after
/// a success `user_free` is called once, after a failure never. `out`: the classifier; the caller frees it with
/// `hscode_classifier_free`. `err` may be NULL.
///
/// Threads: any, at once. The function is called by the threads that classify, see `serial`. Statuses:
/// NULL_ARGUMENT; INVALID_INPUT for a wrong size, level or threshold; EDITION_MISMATCH; UNSUPPORTED for a national
/// tariff without `classes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hscode_classifier_from_callback(
    callback: *const hscode_callback,
    out: *mut *mut hscode_classifier,
    err: *mut *mut hscode_error,
) -> hscode_status {
    entry::run(err, || {
        let out = Out::new(out, "out")?;
        if callback.is_null() {
            return Err(Failure::null("callback"));
        }
        // SAFETY: the caller promises the memory; the size stands first.
        let size = unsafe { callback.cast::<usize>().read_unaligned() };
        if size != FIRST_SIZE {
            return Err(Failure::invalid(format!(
                "callback.struct_size {size}: expected sizeof(hscode_callback), {FIRST_SIZE}"
            )));
        }
        // SAFETY: as large as its size says.
        let given = unsafe { callback.read_unaligned() };
        let Some(classify) = given.classify else { return Err(Failure::null("callback.classify")) };
        // SAFETY: the contract of all functions.
        let info = unsafe { info(&given)? };
        let policy = policy(&given)?;
        let turn = (given.serial != 0).then(Turn::default);
        let host = Host { classify, user: given.user, user_free: given.user_free, turn };
        let external = External::new(info, policy, move |texts: &[&str], options: &Options| {
            host.classify(texts, options)
        })?;
        let held = Held::new(Arc::new(external));
        // SAFETY: as above.
        unsafe { out.give(held) };
        Ok(())
    })
}

/// What the classifier is.
///
/// # Safety
/// The texts in `given` are as the header says.
unsafe fn info(given: &hscode_callback) -> Result<ClassifierInfo, Failure> {
    // SAFETY: as promised.
    let (called, model, edition) = unsafe {
        (
            name(given.name, MAX_NAME, "callback.name")?,
            name(given.model, MAX_NAME, "callback.model")?,
            edition(given.edition, "callback.edition")?,
        )
    };
    let level = code::level(given.level, "callback.level")?;
    let classes = match given.classes {
        0 => Nomenclature::of(&edition)?.count(level),
        classes => classes,
    };
    Ok(ClassifierInfo::new(called, model, edition, level, classes))
}

/// The thresholds, checked as the caller's own words.
fn policy(given: &hscode_callback) -> Result<DecisionPolicy, Failure> {
    let policy = DecisionPolicy::with_thresholds(Thresholds {
        chapter: given.chapter_threshold,
        heading: given.heading_threshold,
        subheading: given.subheading_threshold,
    });
    policy.check().map_err(|error| Failure::invalid(format!("callback: {}", error.message())))?;
    Ok(policy)
}
