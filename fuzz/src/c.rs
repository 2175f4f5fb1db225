//! The C interface against a host that calls anything with anything.
//!
//! The bytes are a program: each step calls a function with handles of any kind, living, lent or just freed, with
//! texts and options of any content. What the contract leaves to the host is kept: pointers point somewhere, sizes
//! are true, and a freed handle is used only while the library promises to know it.
//!
//! `fuzz_targets/c.rs` hands this to libFuzzer, `hscode-ffi/tests/fuzz.rs` runs it on a stable compiler.

use std::cell::Cell;
use std::ffi::{CString, c_char, c_void};
use std::ptr::{null, null_mut};

use hscode_ffi::*;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/packages/tiny");

/// Frees after which a freed handle is no longer used; the library knows it for 256.
const FREES_KEPT: u64 = 200;

/// Handles at most.
const SLOTS: usize = 24;

/// The kinds of handles.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Classifier,
    Prediction,
    Predictions,
    Nomenclature,
    Findings,
    Text,
    Error,
}

#[derive(Clone, Copy)]
struct Slot {
    kind: Kind,
    handle: *mut c_void,
    /// The batch that a prediction belongs to.
    batch: *mut c_void,
    /// How many handles were freed when this one was.
    freed_at: Option<u64>,
}

/// Reads a program.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn number(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    /// A small number most of the time, and any number otherwise.
    fn size(&mut self) -> usize {
        match self.byte() {
            255 => self.number() as usize,
            small => usize::from(small % 8),
        }
    }

    fn text(&mut self) -> &'a [u8] {
        const GOODS: [&[u8]; 6] = [
            b"mens cotton crew neck tee",
            b"gift",
            b"",
            b"caf\xE9",
            "\u{645}\u{644}\u{627}\u{628}\u{633} \u{1F381} 100% cotton".as_bytes(),
            b"roasted coffee\0beans",
        ];
        let choice = self.byte();
        match GOODS.get(usize::from(choice % 8)) {
            Some(text) => text,
            None => {
                let (text, rest) = self.0.split_at(usize::from(choice / 8).min(self.0.len()));
                self.0 = rest;
                text
            }
        }
    }

    /// A name that ends with a NUL.
    fn name(&mut self) -> CString {
        const NAMES: [&str; 7] = ["6109.10", "610910", "61", "HS2022", "HS2017", "99", "851712          "];
        let choice = self.byte();
        match NAMES.get(usize::from(choice % 10)) {
            Some(name) => CString::new(*name),
            None => {
                let text: Vec<u8> = (0..choice / 8).map(|_| self.byte().max(1)).collect();
                CString::new(text)
            }
        }
        .unwrap_or_default()
    }

    fn options(&mut self) -> hscode_options {
        let mut options = hscode_options {
            struct_size: size_of::<hscode_options>(),
            top_k: self.size(),
            level: i32::from(self.byte() % 10),
            explain: i32::from(self.byte() % 2),
            coverage: f32::from(self.byte()) / 200.0,
            within: [0; 16],
            reserved: i32::from(self.byte() == 77),
        };
        if self.byte().is_multiple_of(4) {
            options.struct_size = self.byte().into(); // less than a page: never more than is there
            if options.struct_size > size_of::<hscode_options>() {
                options.struct_size = size_of::<hscode_options>();
            }
        }
        if self.byte().is_multiple_of(4) {
            options.coverage = f32::from_bits(self.number() as u32);
        }
        for place in options.within.iter_mut().take(usize::from(self.byte() % 17)) {
            *place = self.byte() as c_char;
        }
        options
    }
}

thread_local! {
    /// How many handles the library freed by itself: the answers of each callback.
    static CALLBACKS: Cell<u64> = const { Cell::new(0) };
}

/// The host's state.
struct Host {
    slots: Vec<Slot>,
    own_frees: u64,
    cascades: usize,
}

impl Host {
    fn new() -> Self {
        Self { slots: Vec::new(), own_frees: 0, cascades: 0 }
    }

    /// How many handles were freed so far.
    fn frees(&self) -> u64 {
        self.own_frees + CALLBACKS.get()
    }

    fn add<T>(&mut self, kind: Kind, handle: *mut T) {
        self.slots.push(Slot { kind, handle: handle.cast(), batch: null_mut(), freed_at: None });
    }

    /// A handle of a kind, most of the time; else one of any kind, cast to it, or NULL.
    fn any<T>(&mut self, kind: Kind, bytes: &mut Bytes<'_>) -> *mut T {
        let choice = usize::from(bytes.byte());
        let fitting: Vec<&Slot> =
            self.slots.iter().filter(|slot| choice % 4 == 0 || slot.kind == kind).collect();
        match fitting.get(choice / 4 % fitting.len().max(1)) {
            Some(slot) if choice != 255 => slot.handle.cast(),
            _ => null_mut(),
        }
    }

    /// Looks at what a call returned: a status of the contract and no fault; the error, if any, becomes a handle.
    fn seen(&mut self, status: hscode_status, err: *mut hscode_error) -> bool {
        assert!(status != hscode_status::HSCODE_STATUS_PANIC, "a fault was caught");
        let ok = status == hscode_status::HSCODE_STATUS_OK;
        assert!(!ok || err.is_null(), "an error beside a success");
        if !err.is_null() {
            // SAFETY: the error that the call gave.
            assert_eq!(unsafe { hscode_error_status(err) }, status as i32);
            self.add(Kind::Error, err);
        }
        ok
    }

    fn made<T>(&mut self, kind: Kind, status: hscode_status, out: *mut T, err: *mut hscode_error) {
        assert_eq!(self.seen(status, err), !out.is_null(), "an output is written on success, and only then");
        if !out.is_null() {
            self.add(kind, out);
        }
    }

    /// Frees a handle by the function of its kind, or by that of another, which must leave it alone.
    fn free(&mut self, at: usize, function: u8) {
        let slot = self.slots[at];
        const KINDS: [Kind; 7] = [
            Kind::Classifier,
            Kind::Prediction,
            Kind::Predictions,
            Kind::Nomenclature,
            Kind::Findings,
            Kind::Text,
            Kind::Error,
        ];
        let by = if function < 192 { slot.kind } else { KINDS[usize::from(function) % KINDS.len()] };
        // SAFETY: a handle that lives or was just freed; the functions tell kinds apart.
        unsafe {
            match by {
                Kind::Classifier => hscode_classifier_free(slot.handle.cast()),
                Kind::Prediction => hscode_prediction_free(slot.handle.cast()),
                Kind::Predictions => hscode_predictions_free(slot.handle.cast()),
                Kind::Nomenclature => hscode_nomenclature_free(slot.handle.cast()),
                Kind::Findings => hscode_findings_free(slot.handle.cast()),
                Kind::Text => hscode_string_free(slot.handle.cast()),
                Kind::Error => hscode_error_free(slot.handle.cast()),
            }
        }
        if by == slot.kind && slot.freed_at.is_none() && slot.batch.is_null() {
            self.own_frees += 1;
            self.slots[at].freed_at = Some(self.frees());
            // Lent predictions go with their batch, unseen.
            self.slots.retain(|other| other.batch.is_null() || other.batch != slot.handle);
        }
    }

    /// Frees what is too much and forgets what was freed long ago.
    fn tidy(&mut self) {
        while self.slots.len() > SLOTS {
            self.free(0, 0);
            self.slots.remove(0);
        }
        let frees = self.frees();
        self.slots.retain(|slot| slot.freed_at.is_none_or(|at| frees - at < FREES_KEPT));
    }
}

unsafe extern "C" fn answer(
    user: *mut c_void,
    texts: *const hscode_str,
    n: usize,
    _options: *const hscode_options,
    answers: *mut hscode_answers,
) -> i32 {
    CALLBACKS.set(CALLBACKS.get() + 1);
    let behaviour = user.addr();
    for index in 0..n {
        // SAFETY: texts of the library, and its answers.
        unsafe {
            let long = (*texts.add(index)).len > 8;
            let (code, score) = if behaviour & 1 == 0 { (c"610910", 0.7) } else { (c"0901", f32::NAN) };
            if long || behaviour & 2 != 0 {
                let status =
                    hscode_answers_add(answers, index + (behaviour & 4), code.as_ptr(), score, null_mut());
                assert!(status != hscode_status::HSCODE_STATUS_PANIC);
            }
        }
    }
    i32::from(behaviour & 8 != 0)
}

/// Runs a program.
pub fn surface(program: &[u8]) {
    let mut bytes = Bytes(program);
    let mut host = Host::new();
    let (mut out, mut err) = (null_mut(), null_mut());
    let tiny = CString::new(TINY).unwrap_or_default();
    // SAFETY: a path and places for the outputs.
    let status = unsafe { hscode_classifier_open(tiny.as_ptr(), &raw mut out, &raw mut err) };
    host.made(Kind::Classifier, status, out, err);
    for _ in 0..200 {
        if bytes.0.is_empty() {
            break;
        }
        // SAFETY: pointers that point somewhere with true sizes, and handles that live or were just freed.
        unsafe { step(&mut host, &mut bytes) };
        host.tidy();
    }
    while !host.slots.is_empty() {
        host.free(0, 0);
        host.slots.remove(0);
    }
}

/// One step.
///
/// # Safety
/// The handles of `host` live or were just freed.
unsafe fn step(host: &mut Host, bytes: &mut Bytes<'_>) {
    let mut err: *mut hscode_error = null_mut();
    let e = &raw mut err;
    let drawn = bytes.byte().is_multiple_of(3).then(|| bytes.options());
    let options: *const hscode_options = drawn.as_ref().map_or(null(), std::ptr::from_ref);
    // SAFETY: as the caller promises.
    unsafe {
        match bytes.byte() % 20 {
            0 | 1 => {
                let (classifier, text, mut out) =
                    (host.any(Kind::Classifier, bytes), bytes.text(), null_mut());
                let status = hscode_classify(classifier, text.as_ptr(), text.len(), options, &raw mut out, e);
                host.made(Kind::Prediction, status, out, err);
            }
            2 => {
                let (classifier, mut out) = (host.any(Kind::Classifier, bytes), null_mut());
                let texts = texts(bytes);
                let n = texts.len();
                let status = hscode_classify_batch(classifier, texts.as_ptr(), n, options, &raw mut out, e);
                host.made(Kind::Predictions, status, out, err);
            }
            3 => {
                let classifier = host.any(Kind::Classifier, bytes);
                let texts = texts(bytes);
                let (n, per_row) = (texts.len(), usize::from(bytes.byte() % 4));
                let mut rows = vec![std::mem::zeroed::<hscode_row>(); n];
                let mut candidates = vec![std::mem::zeroed::<hscode_candidate>(); n * per_row];
                let (rows_at, candidates_at) = (rows.as_mut_ptr(), candidates.as_mut_ptr());
                let status = hscode_classify_rows(
                    classifier,
                    texts.as_ptr(),
                    n,
                    options,
                    rows_at,
                    candidates_at,
                    per_row,
                    e,
                );
                host.seen(status, err);
                for row in &rows {
                    assert!(row.status != 99 && row.code[15] == 0 && (0.0..=1.0).contains(&row.score));
                }
            }
            4 => {
                let (all, index, mut out) =
                    (host.any::<hscode_predictions>(Kind::Predictions, bytes), bytes.size(), null());
                let status = hscode_predictions_get(all, index, &raw mut out, e);
                assert!(hscode_predictions_len(all) < 1000);
                if host.seen(status, err) {
                    let (kind, handle, batch) = (Kind::Prediction, out.cast_mut().cast(), all.cast());
                    host.slots.push(Slot { kind, handle, batch, freed_at: None });
                }
            }
            5 | 6 => look(host.any(Kind::Prediction, bytes), bytes.size()),
            7 => {
                let (prediction, titles, text) =
                    (host.any(Kind::Prediction, bytes), host.any(Kind::Nomenclature, bytes), bytes.text());
                let (index, mut out) = (bytes.number(), null_mut());
                let (at, len) = (text.as_ptr(), text.len());
                let status = hscode_prediction_json(prediction, index, at, len, titles, &raw mut out, e);
                host.made(Kind::Text, status, out, err);
            }
            8 => {
                let (edition, mut out) = (bytes.name(), null_mut());
                let status = hscode_nomenclature_embedded(edition.as_ptr(), &raw mut out, e);
                host.made(Kind::Nomenclature, status, out, err);
            }
            9 | 10 => {
                let (table, code) = (host.any(Kind::Nomenclature, bytes), bytes.name());
                nomenclature(host, table, &code, bytes);
            }
            11 => {
                let (code, from, to) = (bytes.name(), bytes.name(), bytes.name());
                let mut targets = [std::mem::zeroed::<hscode_target>(); 3];
                let mut count = usize::MAX;
                let (room, at) = (targets.len(), targets.as_mut_ptr());
                let (code, from, to) = (code.as_ptr(), from.as_ptr(), to.as_ptr());
                let status = hscode_convert(code, from, to, at, room, &raw mut count, e);
                assert_eq!(host.seen(status, err), count != usize::MAX);
            }
            12 => {
                let (text, mut out) = (bytes.text(), null_mut());
                let status = hscode_check(text.as_ptr(), text.len(), &raw mut out, e);
                host.made(Kind::Findings, status, out, err);
            }
            13 => {
                let (text, mut out) = (bytes.text(), null_mut());
                let status = hscode_description_canonical(text.as_ptr(), text.len(), &raw mut out, e);
                host.made(Kind::Text, status, out, err);
            }
            14 => {
                let (text, mut out) = (bytes.text(), std::mem::zeroed::<hscode_code>());
                let status = hscode_code_parse(text.as_ptr(), text.len(), &raw mut out, e);
                assert_eq!(host.seen(status, err), out.digits[0] != 0);
            }
            15 => {
                let callback = hscode_callback {
                    struct_size: size_of::<hscode_callback>() - usize::from(bytes.byte() == 9),
                    name: c"fuzzed".as_ptr(),
                    model: c"fuzzed@1".as_ptr(),
                    edition: c"HS2022".as_ptr(),
                    level: i32::from(bytes.byte() % 9),
                    serial: i32::from(bytes.byte() % 2),
                    classes: bytes.size(),
                    chapter_threshold: 0.5,
                    heading_threshold: 0.5,
                    subheading_threshold: f32::from(bytes.byte()) / 200.0,
                    classify: Some(answer),
                    user: std::ptr::without_provenance_mut(usize::from(bytes.byte())),
                    user_free: None,
                };
                let mut out = null_mut();
                let status = hscode_classifier_from_callback(&raw const callback, &raw mut out, e);
                host.made(Kind::Classifier, status, out, err);
            }
            // Cascades of cascades ask ever more stages: a few are enough.
            16 if host.cascades < 4 => {
                host.cascades += 1;
                let stages: [*const hscode_classifier; 3] = std::array::from_fn(|_| {
                    host.any::<hscode_classifier>(Kind::Classifier, bytes).cast_const()
                });
                let (n, mut out) = (usize::from(bytes.byte() % 4), null_mut());
                let status = hscode_classifier_cascade(c"c".as_ptr(), stages.as_ptr(), n, &raw mut out, e);
                host.made(Kind::Classifier, status, out, err);
            }
            17 => {
                let text = bytes.text();
                let (mut verdict, mut reason) = (-1, -1);
                let (verdict_at, reason_at) = (&raw mut verdict, &raw mut reason);
                let status = hscode_check_simple(text.as_ptr().cast(), text.len(), verdict_at, reason_at);
                assert_eq!(host.seen(status, null_mut()), verdict >= 0);
            }
            _ if !host.slots.is_empty() => {
                let at = usize::from(bytes.byte()) % host.slots.len();
                host.free(at, bytes.byte());
            }
            _ => {}
        }
    }
}

fn texts(bytes: &mut Bytes<'_>) -> Vec<hscode_str> {
    let n = bytes.byte() % 6;
    (0..n).map(|_| bytes.text()).map(|text| hscode_str { utf8: text.as_ptr(), len: text.len() }).collect()
}

/// Looks at everything that any handle may show.
///
/// # Safety
/// `handle` is NULL, lives or was just freed.
unsafe fn look(handle: *mut c_void, i: usize) {
    let (prediction, none) =
        (handle.cast_const().cast::<hscode_prediction>(), null_mut::<hscode_candidate>());
    // SAFETY: as the caller promises.
    unsafe {
        let len = hscode_prediction_len(prediction);
        let mut candidate = std::mem::zeroed::<hscode_candidate>();
        let status = hscode_prediction_candidate(prediction, i, &raw mut candidate);
        assert_eq!(status == hscode_status::HSCODE_STATUS_OK, i < len);
        assert_eq!(candidate.code[0] != 0, i < len);
        assert_ne!(hscode_prediction_candidate(prediction, i, none), hscode_status::HSCODE_STATUS_OK);
        let mut decision = std::mem::zeroed::<hscode_decision>();
        let decided = hscode_prediction_decision(prediction, &raw mut decision);
        assert_eq!(decided == hscode_status::HSCODE_STATUS_OK, decision.kind != 0);
        assert_eq!(hscode_prediction_model(prediction).is_null(), decision.kind == 0);
        hscode_prediction_classifier(prediction);
        hscode_prediction_edition(prediction);
        hscode_prediction_score(prediction);
        hscode_prediction_level(prediction);
        hscode_prediction_truncated(prediction);
        hscode_prediction_path_title(prediction, i);
        hscode_prediction_path_len(prediction);
        hscode_prediction_set_code(prediction, i, &mut hscode_code { digits: [0; 16] });
        hscode_prediction_set_len(prediction);
        hscode_prediction_token(prediction, i, &mut std::mem::zeroed::<hscode_token>());
        hscode_prediction_token_len(prediction);
        hscode_prediction_evidence(prediction, i, &mut std::mem::zeroed::<hscode_evidence>());
        hscode_prediction_evidence_len(prediction);
        hscode_prediction_passed(prediction, i, &mut std::mem::zeroed::<hscode_passed>());
        hscode_prediction_passed_len(prediction);
        let findings = handle.cast_const().cast::<hscode_findings>();
        hscode_findings_get(findings, i, &mut std::mem::zeroed::<hscode_finding>());
        hscode_findings_len(findings);
        hscode_findings_verdict(findings);
        hscode_classifier_name(handle.cast_const().cast());
        hscode_classifier_model(handle.cast_const().cast());
        hscode_classifier_edition(handle.cast_const().cast());
        hscode_classifier_level(handle.cast_const().cast());
        hscode_classifier_classes(handle.cast_const().cast());
        hscode_nomenclature_edition(handle.cast_const().cast());
        assert!(!hscode_string_data(handle.cast_const().cast()).is_null());
        hscode_string_len(handle.cast_const().cast());
        assert!(!hscode_error_message(handle.cast_const().cast()).is_null());
        hscode_error_status(handle.cast_const().cast());
    }
}

/// Calls the functions of a nomenclature.
///
/// # Safety
/// `table` is NULL, lives or was just freed.
unsafe fn nomenclature(host: &mut Host, table: *mut c_void, code: &CString, bytes: &mut Bytes<'_>) {
    let table = table.cast_const().cast::<hscode_nomenclature>();
    let (code, mut err) = (code.as_ptr(), null_mut());
    let e = &raw mut err;
    let (mut there, mut title, mut count) = (-1, null(), usize::MAX);
    let mut codes = [hscode_code { digits: [0; 16] }; 4];
    let mut hits = [hscode_candidate { code: [0; 16], score: 0.0 }; 2];
    // SAFETY: as the caller promises, with places for all outputs.
    unsafe {
        let status = match bytes.byte() % 6 {
            0 => hscode_nomenclature_contains(table, code, &raw mut there, e),
            1 => hscode_nomenclature_title(table, code, &raw mut title, e),
            2 => hscode_nomenclature_parent(table, code, codes.as_mut_ptr(), e),
            3 => hscode_nomenclature_children(table, code, codes.as_mut_ptr(), 4, &raw mut count, e),
            4 => {
                let level = i32::from(bytes.byte() % 9);
                hscode_nomenclature_codes(table, level, codes.as_mut_ptr(), 4, &raw mut count, e)
            }
            _ => {
                let text = bytes.text();
                let (at, len, hits_at) = (text.as_ptr(), text.len(), hits.as_mut_ptr());
                hscode_nomenclature_search(table, at, len, hits_at, 2, &raw mut count, e)
            }
        };
        host.seen(status, err);
    }
}
