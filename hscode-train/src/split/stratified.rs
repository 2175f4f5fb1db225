//! Each class gives its share to each part, as nearly as whole groups allow.

use std::collections::BTreeMap;

use hscode_core::HsCode;

use super::Group;
use crate::config::SplitConfig;
use crate::rng::SplitMix64;
use crate::row::{Part, Row};

/// Gives every free group a part.
pub(super) fn assign(rows: &[Row], groups: &mut [Group], config: &SplitConfig, seed: u64) {
    let mut wanted = shares(rows, groups, config, seed);
    let mut order: Vec<(std::cmp::Reverse<usize>, u64, usize)> = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| group.part.is_none())
        .map(|(at, group)| {
            let chance = SplitMix64::for_item(seed ^ ORDER, at as u64).next_u64();
            (std::cmp::Reverse(group.members.len()), chance, at)
        })
        .collect();
    // Large groups first, while every part still has room; those of a size in the order of chance.
    order.sort_unstable();
    for (_, _, at) in order {
        let group = &mut groups[at];
        let room = |part: usize| -> i64 {
            group.members.iter().filter_map(|&row| wanted.get(&rows[row].code)).map(|left| left[part]).sum()
        };
        // The part with the most room; training where two have the same.
        let best = (0..3).max_by_key(|&part| (room(part), std::cmp::Reverse(part))).unwrap_or(0);
        group.part = Some(Part::ALL[best]);
        for &row in &group.members {
            if let Some(left) = wanted.get_mut(&rows[row].code) {
                left[best] -= 1;
            }
        }
    }
}

const ORDER: u64 = 0x6f72_6465_7200_0001;
const ROUND: u64 = 0x726f_756e_6400_0002;

/// How many rows of each class should go to each part: whole numbers that add up to the class, the fractions
/// decided by the seed so that small classes give their share in all.
fn shares(rows: &[Row], groups: &[Group], config: &SplitConfig, seed: u64) -> BTreeMap<HsCode, [i64; 3]> {
    let mut sizes: BTreeMap<HsCode, i64> = BTreeMap::new();
    for group in groups.iter().filter(|group| group.part.is_none()) {
        for &at in &group.members {
            *sizes.entry(rows[at].code).or_default() += 1;
        }
    }
    sizes
        .into_iter()
        .enumerate()
        .map(|(at, (code, n))| {
            let mut rng = SplitMix64::for_item(seed ^ ROUND, at as u64);
            let mut whole = |share: f64| {
                let exact = share * n as f64;
                let chance = (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
                exact.floor() as i64 + i64::from(chance < exact.fract())
            };
            // The first row of a class trains: a class that is only tested can never be right.
            let dev = whole(config.dev).min((n - 1).max(0));
            let test = whole(config.test).min((n - 1 - dev).max(0));
            (code, [n - dev - test, dev, test])
        })
        .collect()
}
