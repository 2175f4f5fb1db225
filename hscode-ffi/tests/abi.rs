//! The binary interface as programs were built against it: sizes and places that never change.

#![cfg(target_pointer_width = "64")]
#![allow(missing_docs)]

use std::mem::offset_of;

use hscode_ffi::*;

#[test]
fn structs_are_laid_out_as_they_were() {
    assert_eq!(size_of::<hscode_status>(), 4);
    assert_eq!((size_of::<hscode_code>(), HSCODE_CODE_SIZE), (16, 16));
    assert_eq!((size_of::<hscode_str>(), offset_of!(hscode_str, len)), (16, 8));
    assert_eq!((size_of::<hscode_candidate>(), offset_of!(hscode_candidate, score)), (20, 16));
    assert_eq!((size_of::<hscode_decision>(), offset_of!(hscode_decision, code)), (24, 8));
    let row = (offset_of!(hscode_row, score), offset_of!(hscode_row, code), size_of::<hscode_row>());
    assert_eq!(row, (12, 16, 32));
    let target =
        (offset_of!(hscode_target, change), offset_of!(hscode_target, link), size_of::<hscode_target>());
    assert_eq!(target, (16, 20, 24));
    let token =
        (offset_of!(hscode_token, start), offset_of!(hscode_token, contribution), size_of::<hscode_token>());
    assert_eq!(token, (8, 24, 32));
    let evidence = (offset_of!(hscode_evidence, code), offset_of!(hscode_evidence, similarity));
    assert_eq!((evidence, size_of::<hscode_evidence>()), ((16, 32), 40));
    let finding =
        (offset_of!(hscode_finding, start), offset_of!(hscode_finding, advice), size_of::<hscode_finding>());
    assert_eq!(finding, (8, 32, 40));
    let passed =
        (offset_of!(hscode_passed, reason), offset_of!(hscode_passed, failure), size_of::<hscode_passed>());
    assert_eq!(passed, (8, 16, 24));
}

/// These grow at their end: what is here stays where it is.
#[test]
fn structs_that_grow_keep_their_beginning() {
    assert_eq!(offset_of!(hscode_options, struct_size), 0);
    assert_eq!(offset_of!(hscode_options, top_k), 8);
    assert_eq!(offset_of!(hscode_options, level), 16);
    assert_eq!(offset_of!(hscode_options, explain), 20);
    assert_eq!(offset_of!(hscode_options, coverage), 24);
    assert_eq!(offset_of!(hscode_options, within), 28);
    assert_eq!(offset_of!(hscode_options, reserved), 44);
    assert!(size_of::<hscode_options>() >= 48);
    assert_eq!(offset_of!(hscode_callback, name), 8);
    assert_eq!(offset_of!(hscode_callback, level), 32);
    assert_eq!(offset_of!(hscode_callback, classes), 40);
    assert_eq!(offset_of!(hscode_callback, chapter_threshold), 48);
    assert_eq!(offset_of!(hscode_callback, classify), 64);
    assert_eq!(offset_of!(hscode_callback, user_free), 80);
    assert!(size_of::<hscode_callback>() >= 88);
}
