//! Tables that nobody publishes, worked out through a third edition.

use super::{Link, Pair};
use crate::Nomenclature;

/// The pairs of an older to a newer edition, given the pairs of each to a third one, in order.
///
/// Two codes are paired where they share a code of the third edition, gathering codes aside. A code that stands
/// in both editions with the same number and leads to the same codes is taken as unchanged: it is paired with
/// itself, and never with another unchanged code, although a later merger may have thrown the two together.
///
/// `same_numbers`: the places of the codes that have the same number in both.
pub(super) fn through(older: &[Pair], newer: &[Pair], same_numbers: &[(u32, u32)]) -> Vec<Pair> {
    let composed = |from, to| Pair { from, to, link: Link::Composed };
    let is_main = |pair: &&Pair| pair.link != Link::Gathering;
    let unchanged = |(then, now): &&(u32, u32)| {
        let (then, now) = (image(older, *then), image(newer, *now));
        !then.is_empty() && then.iter().map(|pair| pair.to).eq(now.iter().map(|pair| pair.to))
    };
    let unchanged: Vec<(u32, u32)> = same_numbers.iter().filter(unchanged).copied().collect();
    let unchanged_then = marked(unchanged.iter().map(|(then, _)| *then));
    let unchanged_now = marked(unchanged.iter().map(|(_, now)| *now));
    let is_marked = |marked: &[bool], place: u32| marked.get(place as usize).copied().unwrap_or_default();

    let mut by_third: Vec<(u32, u32)> =
        newer.iter().filter(is_main).map(|pair| (pair.to, pair.from)).collect();
    by_third.sort_unstable();
    let mut pairs: Vec<Pair> = unchanged.iter().map(|(then, now)| composed(*then, *now)).collect();
    for pair in older.iter().filter(is_main) {
        let from_unchanged = is_marked(&unchanged_then, pair.from);
        let first = by_third.partition_point(|(third, _)| *third < pair.to);
        for (_, to) in by_third[first..].iter().take_while(|(third, _)| *third == pair.to) {
            if !(from_unchanged && is_marked(&unchanged_now, *to)) {
                pairs.push(composed(pair.from, *to));
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Which places are among `places`, as far as the last of them.
fn marked(places: impl Iterator<Item = u32>) -> Vec<bool> {
    let mut marked = Vec::new();
    for place in places {
        let place = place as usize;
        if marked.len() <= place {
            marked.resize(place + 1, false);
        }
        marked[place] = true;
    }
    marked
}

/// The pairs that start from one code, of pairs in order.
fn image(pairs: &[Pair], from: u32) -> &[Pair] {
    let start = pairs.partition_point(|pair| pair.from < from);
    let len = pairs[start..].partition_point(|pair| pair.from == from);
    &pairs[start..start + len]
}

/// The places of the codes that both editions have.
pub(super) fn same_numbers(older: &Nomenclature, newer: &Nomenclature) -> Vec<(u32, u32)> {
    (0..)
        .zip(older.all())
        .filter_map(|(then, code)| Some((then, u32::try_from(newer.index(*code)?).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(older: &[(u32, u32)], newer: &[(u32, u32)], same: &[(u32, u32)]) -> Vec<(u32, u32)> {
        let pairs = |of: &[(u32, u32)]| -> Vec<Pair> {
            of.iter().map(|(from, to)| Pair { from: *from, to: *to, link: Link::Listed }).collect()
        };
        let all = through(&pairs(older), &pairs(newer), same);
        assert!(all.iter().all(|pair| pair.link == Link::Composed));
        all.iter().map(|pair| (pair.from, pair.to)).collect()
    }

    #[test]
    fn codes_meet_in_the_third_edition() {
        assert_eq!(composed(&[(1, 7)], &[(2, 7)], &[]), [(1, 2)]);
        assert_eq!(composed(&[(1, 7)], &[(2, 8)], &[]), []);
        assert_eq!(composed(&[(1, 6), (1, 7)], &[(2, 6), (2, 7), (3, 7)], &[]), [(1, 2), (1, 3)]);
        assert_eq!(composed(&[], &[(1, 7)], &[]), []);
    }

    #[test]
    fn codes_that_merge_only_later_stay_themselves() {
        let both = [(1, 7), (2, 7)];
        assert_eq!(composed(&both, &both, &[(1, 1), (2, 2)]), [(1, 1), (2, 2)]);
        // A new one beside them may hold goods of each.
        let newer = [(1, 7), (2, 7), (3, 7)];
        assert_eq!(composed(&both, &newer, &[(1, 1), (2, 2)]), [(1, 1), (1, 3), (2, 2), (2, 3)]);
        // The same number that leads elsewhere is no unchanged code.
        assert_eq!(composed(&[(1, 7)], &[(1, 8)], &[(1, 1)]), []);
    }

    #[test]
    fn gathering_codes_join_nothing_but_a_code_and_itself() {
        let gathered = |from| Pair { from, to: 9, link: Link::Gathering };
        let pairs = through(&[gathered(1), gathered(2)], &[gathered(1), gathered(3)], &[(1, 1)]);
        assert_eq!(pairs, [Pair { from: 1, to: 1, link: Link::Composed }]);
    }
}
