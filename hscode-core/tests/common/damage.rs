//! Packages in memory, whole and damaged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::draw::Draw;
use hscode_core::{Error, ErrorKind, ModelPackage};

/// The files of a package by name.
pub type Files = BTreeMap<String, Vec<u8>>;

pub fn open(files: &Files) -> Result<ModelPackage, Error> {
    ModelPackage::from_files(files.iter().map(|(name, bytes)| (name.as_str(), Cow::Owned(bytes.clone()))))
}

/// 10,000 packages, each with one bit turned or one file cut: none opens, and the error names the file.
#[track_caller]
pub fn every_flip_and_truncation_is_refused(whole: &Files) {
    let names: Vec<&String> = whole.keys().collect();
    let mut draw = Draw(1);
    let mut kinds = [0_usize; 2];
    for round in 0..10_000 {
        let name = names[draw.place(names.len())];
        let mut files = whole.clone();
        let bytes = files.get_mut(name).unwrap();
        let at = draw.place(bytes.len());
        if draw.place(4) == 0 {
            bytes.truncate(at);
            kinds[0] += 1;
        } else {
            bytes[at] ^= 1 << draw.place(8);
            kinds[1] += 1;
        }
        let error = open(&files).expect_err(&format!("round {round}: {name} at {at}"));
        assert_eq!(error.kind(), ErrorKind::Package, "round {round}: {error}");
        assert!(error.message().starts_with(&format!("{name}: ")), "round {round}: {name} at {at}: {error}");
    }
    assert!(kinds.iter().all(|&count| count > 2000), "{kinds:?}");
}
