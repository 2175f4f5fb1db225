//! Tables that nobody publishes, worked out through a third edition.

use super::{Link, Pair};
use crate::HsCode;

/// The pairs of an older to a newer edition, given the pairs of each to a third one.
///
/// Two codes are paired where they share a code of the third edition, gathering codes aside. A code that stands
/// in both editions with the same number and leads to the same codes is taken as unchanged: it is paired with
/// itself, and never with another unchanged code, although a later merger may have thrown the two together.
pub(super) fn through(older: &[Pair], newer: &[Pair]) -> Vec<Pair> {
    let (older, newer) = (Images::new(older), Images::new(newer));
    let unchanged = |code: HsCode| {
        let (then, now) = (older.of(code), newer.of(code));
        !then.is_empty() && then.iter().map(|pair| pair.to).eq(now.iter().map(|pair| pair.to))
    };
    let is_main = |pair: &&Pair| pair.link != Link::Gathering;

    let mut by_third: Vec<(HsCode, HsCode, bool)> =
        newer.0.iter().filter(is_main).map(|pair| (pair.to, pair.from, unchanged(pair.from))).collect();
    by_third.sort_unstable();
    let mut pairs = Vec::with_capacity(2 * older.0.len());
    let mut push = |from, to| pairs.push(Pair { from, to, link: Link::Composed });
    for image in older.0.chunk_by(|a, b| a.from == b.from) {
        let from = image[0].from;
        let from_unchanged = unchanged(from);
        if from_unchanged {
            push(from, from);
        }
        for pair in image.iter().filter(is_main) {
            let first = by_third.partition_point(|(third, _, _)| *third < pair.to);
            for (_, to, to_unchanged) in
                by_third[first..].iter().take_while(|(third, _, _)| *third == pair.to)
            {
                if !(from_unchanged && *to_unchanged) {
                    push(from, *to);
                }
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Pairs in the order of `from`, then `to`.
struct Images(Vec<Pair>);

impl Images {
    fn new(pairs: &[Pair]) -> Self {
        let mut pairs = pairs.to_vec();
        pairs.sort_unstable();
        Self(pairs)
    }

    fn of(&self, code: HsCode) -> &[Pair] {
        let start = self.0.partition_point(|pair| pair.from < code);
        let len = self.0[start..].partition_point(|pair| pair.from == code);
        &self.0[start..start + len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(of: &[(&str, &str)]) -> Vec<Pair> {
        let code = |text: &str| HsCode::parse(text).unwrap();
        of.iter().map(|(from, to)| Pair { from: code(from), to: code(to), link: Link::Listed }).collect()
    }

    fn composed(older: &[(&str, &str)], newer: &[(&str, &str)]) -> Vec<(String, String)> {
        let all = through(&pairs(older), &pairs(newer));
        assert!(all.iter().all(|pair| pair.link == Link::Composed));
        all.iter().map(|pair| (pair.from.to_string(), pair.to.to_string())).collect()
    }

    #[test]
    fn codes_meet_in_the_third_edition() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(composed(&[("010111", "010121")], &[("010110", "010121")]), [pair("010111", "010110")]);
        // Merged only later: each stays itself.
        let both = [("010111", "010190"), ("010119", "010190")];
        assert_eq!(composed(&both, &both), [pair("010111", "010111"), pair("010119", "010119")]);
        // A new one beside them may hold goods of each.
        let newer = [("010111", "010190"), ("010119", "010190"), ("010120", "010190")];
        assert_eq!(
            composed(&both, &newer),
            [
                pair("010111", "010111"),
                pair("010111", "010120"),
                pair("010119", "010119"),
                pair("010119", "010120")
            ]
        );
        assert!(composed(&[("010111", "010121")], &[("010110", "010129")]).is_empty());
        assert!(composed(&[], &both).is_empty());
    }
}
