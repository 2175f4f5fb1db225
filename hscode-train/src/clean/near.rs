//! Nearly equal texts of one code.

use std::collections::BTreeMap;

use hscode_core::HsCode;

use super::{Item, Sifted, replace};
use crate::progress::{Progress, StepError, Ticker};
use crate::row::{Part, Reason};
use crate::similar::similar_pairs;

/// Of rows with equal part and code whose texts are alike keeps the more binding, else the earlier.
///
/// A row falls only to a row that is kept, so a chain of small changes does not take away its far end.
pub(super) fn drop_near_duplicates(
    items: Vec<Item>,
    threshold: f64,
    progress: &dyn Progress,
) -> Result<Sifted, StepError> {
    let mut classes: BTreeMap<(Option<Part>, HsCode), Vec<usize>> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        classes.entry((item.row.part, item.row.code)).or_default().push(at);
    }
    let mut stands_for: Vec<usize> = (0..items.len()).collect();
    let mut ticker = Ticker::begin(progress, "near duplicates", "classes", Some(classes.len() as u64));
    for mut members in classes.into_values() {
        members.sort_by_key(|&at| (std::cmp::Reverse(items[at].row.authority), at));
        let texts: Vec<&str> = members.iter().map(|&at| items[at].key.as_str()).collect();
        // Places are by rank, so of each pair the left one has the right to stay. Equal texts are one by now,
        // save within the fixed parts of a source that was not merged: then they are alike all the same.
        let mut pairs = similar_pairs(&texts, threshold, &crate::progress::Silent)?;
        pairs.sort_by_key(|pair| (pair.right, pair.left));
        for pair in pairs {
            let (left, right) = (members[pair.left as usize], members[pair.right as usize]);
            if stands_for[left] == left && stands_for[right] == right {
                stands_for[right] = left;
            }
        }
        ticker.tick()?;
    }
    ticker.end()?;
    Ok(replace(items, &stands_for, Reason::NearDuplicate))
}
