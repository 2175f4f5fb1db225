//! Equal texts with different codes.

use std::collections::HashMap;

use hscode_core::HsCode;

use super::{Item, Sifted};
use crate::row::{Part, Reason, Reject};

/// Settles every conflict, or puts all its rows aside.
///
/// Rows of equal text and code are one row by now, with their votes added. Among rows of equal text the highest
/// authority decides; where it names several codes, the one with at least `majority` of its votes. Votes are
/// weights, so that a trusted source counts for more.
pub(super) fn settle(items: Vec<Item>, majority: f64) -> Sifted {
    let mut of_text: HashMap<(Option<Part>, &str), Vec<usize>> = HashMap::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        of_text.entry((item.row.part, item.key.as_str())).or_default().push(at);
    }
    let mut verdicts: Vec<Option<Reject>> = vec![None; items.len()];
    for rivals in of_text.values().filter(|rivals| rivals.len() > 1) {
        let winner = winner(&items, rivals, majority);
        let mut codes: Vec<HsCode> = rivals.iter().map(|&at| items[at].row.code).collect();
        codes.sort_unstable();
        for &at in rivals {
            if winner == Some(at) {
                continue;
            }
            let reason = if winner.is_some() { Reason::Outvoted } else { Reason::Unsettled };
            let mut reject = Reject::of(&items[at].row, reason);
            reject.kept = winner.map(|winner| items[winner].row.id.clone());
            reject.codes.clone_from(&codes);
            verdicts[at] = Some(reject);
        }
    }
    let mut sifted = Sifted::default();
    for (item, verdict) in items.into_iter().zip(verdicts) {
        match verdict {
            Some(reject) => sifted.rejects.push(reject),
            None => sifted.kept.push(item),
        }
    }
    sifted
}

fn winner(items: &[Item], rivals: &[usize], majority: f64) -> Option<usize> {
    let highest = rivals.iter().map(|&at| items[at].row.authority).max()?;
    let binding: Vec<usize> =
        rivals.iter().copied().filter(|&at| items[at].row.authority == highest).collect();
    let votes = |at: &usize| f64::from(items[*at].row.votes);
    let all: f64 = binding.iter().map(votes).sum();
    binding.into_iter().find(|at| votes(at) >= majority * all - 1e-9 && votes(at) * 2.0 > all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::row;

    fn item(id: &str, key: &str, code: &str, authority: u32, votes: f32) -> Item {
        let mut row = row(id, key, code);
        row.authority = authority;
        row.votes = votes;
        Item { row, key: key.to_owned() }
    }

    fn ids(sifted: &Sifted) -> Vec<&str> {
        sifted.kept.iter().map(|item| item.row.id.as_str()).collect()
    }

    #[test]
    fn authority_stands_over_any_number_of_votes() {
        let sifted = settle(
            vec![
                item("declared", "smart watch", "910212", 0, 99.0),
                item("ruling", "smart watch", "851762", 2, 1.0),
            ],
            0.67,
        );
        assert_eq!(ids(&sifted), ["ruling"]);
        let reject = &sifted.rejects[0];
        assert_eq!((reject.reason, reject.kept.as_deref()), (Reason::Outvoted, Some("ruling")));
        assert_eq!(reject.codes.iter().map(HsCode::as_str).collect::<Vec<_>>(), ["851762", "910212"]);
    }

    #[test]
    fn a_majority_settles_and_less_does_not() {
        let rivals = |a: f32, b: f32| vec![item("a", "t", "610910", 0, a), item("b", "t", "610990", 0, b)];
        assert_eq!(ids(&settle(rivals(3.0, 1.0), 0.67)), ["a"]);
        assert_eq!(ids(&settle(rivals(2.0, 1.0), 0.6)), ["a"]);
        let none = settle(rivals(2.0, 1.0), 0.67);
        assert!(none.kept.is_empty());
        assert!(
            none.rejects.iter().all(|reject| reject.reason == Reason::Unsettled && reject.kept.is_none())
        );
        // Half is no majority, whatever the setting.
        assert!(settle(rivals(1.0, 1.0), 0.5).kept.is_empty());
    }

    #[test]
    fn rulings_that_disagree_are_not_settled_by_declarations() {
        let sifted = settle(
            vec![
                item("ruling-a", "t", "610910", 2, 1.0),
                item("ruling-b", "t", "610990", 2, 1.0),
                item("declared", "t", "610910", 0, 50.0),
            ],
            0.67,
        );
        assert!(sifted.kept.is_empty());
        assert_eq!(sifted.rejects.len(), 3);
    }

    #[test]
    fn other_texts_and_other_parts_are_left_alone() {
        let mut test_row = item("test", "t", "610990", 0, 1.0);
        test_row.row.part = Some(Part::Test);
        let sifted =
            settle(vec![item("a", "t", "610910", 0, 1.0), item("b", "u", "610990", 0, 1.0), test_row], 0.67);
        assert_eq!(ids(&sifted), ["a", "b", "test"]);
    }
}
