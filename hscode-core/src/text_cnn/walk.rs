//! Which classes are scored: those of the likeliest headings of the likeliest chapters, or all.

use std::ops::Range;

use crate::{HsCode, Level};

use super::kernel::{self, Simd};
use super::net::{Activations, Net, last};

/// How many chapters and headings are looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beam {
    pub(super) chapters: usize,
    pub(super) headings: usize,
}

/// The tree over the classes: headings of each chapter, classes of each heading, by number.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) chapters: Vec<Range<u32>>,
    pub(super) headings: Vec<Range<u32>>,
}

impl Tree {
    /// `classes`: ascending.
    pub(super) fn new(classes: &[HsCode]) -> Self {
        let mut tree = Self { chapters: Vec::new(), headings: Vec::new() };
        let mut last: Option<HsCode> = None;
        for (class, code) in classes.iter().enumerate() {
            let class = class as u32;
            let new = |level| last.is_none_or(|last| last.at(level) != code.at(level));
            if new(Level::Heading) {
                tree.headings.push(class..class);
            }
            let headings = tree.headings.len() as u32;
            if new(Level::Chapter) {
                tree.chapters.push(headings - 1..headings);
            }
            if let (Some(chapter), Some(heading)) = (tree.chapters.last_mut(), tree.headings.last_mut()) {
                chapter.end = headings;
                heading.end = class + 1;
            }
            last = Some(*code);
        }
        tree
    }
}

/// Working memory of the walk, and its result.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The numbers of the classes that were scored, ascending.
    pub(super) classes: Vec<u32>,
    /// Their logits.
    pub(super) logits: Vec<f32>,
    values: Vec<f32>,
    chapters: Vec<u32>,
    headings: Vec<u32>,
    /// Classes and logits to be merged with the others.
    more: Vec<(u32, f32)>,
    best: Vec<u32>,
    keys: Vec<i32>,
}

impl Found {
    pub(super) fn clear(&mut self) {
        self.classes.clear();
        self.logits.clear();
    }

    /// Scores the classes of a range.
    pub(super) fn flat(&mut self, net: &Net, work: &mut Activations, range: Range<usize>) {
        self.clear();
        self.classes.extend(range.start as u32..range.end as u32);
        let Activations { layers, sums, .. } = work;
        net.output.values(net.simd, range, last(layers), sums, &mut self.logits);
    }

    /// Scores the classes that the walk finds; all where there is none.
    pub(super) fn walk(&mut self, net: &Net, tree: &Tree, beam: Option<Beam>, work: &mut Activations) {
        let (Some(beam), Some(chapters), Some(headings)) = (beam, &net.chapters, &net.headings) else {
            return self.flat(net, work, 0..net.output.outputs());
        };
        self.clear();
        self.values.clear();
        let Activations { layers, sums, .. } = work;
        let last = last(layers);
        chapters.values(net.simd, 0..chapters.outputs(), last, sums, &mut self.values);
        best_places(net.simd, &self.values, beam.chapters, &mut self.keys, &mut self.chapters);
        self.values.clear();
        self.headings.clear();
        for range in joined(&self.chapters, &tree.chapters) {
            self.headings.extend(range.clone());
            let range = range.start as usize..range.end as usize;
            headings.values(net.simd, range, last, sums, &mut self.values);
        }
        best_places(net.simd, &self.values, beam.headings, &mut self.keys, &mut self.best);
        // The values stand in the order of the headings looked into: from places to headings.
        self.best.iter_mut().for_each(|place| *place = self.headings[*place as usize]);
        for range in joined(&self.best, &tree.headings) {
            self.classes.extend(range.clone());
            let range = range.start as usize..range.end as usize;
            net.output.values(net.simd, range, last, sums, &mut self.logits);
        }
    }

    /// Scores more classes, by number in any order; those that were scored stay as they are.
    pub(super) fn and(&mut self, net: &Net, work: &mut Activations, more: impl Iterator<Item = u32>) {
        let Activations { layers, sums, .. } = work;
        let last = last(layers);
        self.more.clear();
        for class in more {
            if self.classes.binary_search(&class).is_err() {
                self.values.clear();
                let range = class as usize..class as usize + 1;
                net.output.values(net.simd, range, last, sums, &mut self.values);
                self.more.push((class, self.values[0]));
            }
        }
        self.more.sort_unstable_by_key(|&(class, _)| class);
        self.more.dedup_by_key(|&mut (class, _)| class);
        // Merged from the end, so that each is moved once.
        let mut from = self.classes.len();
        let mut to = from + self.more.len();
        self.classes.resize(to, 0);
        self.logits.resize(to, 0.0);
        for &(class, logit) in self.more.iter().rev() {
            while from > 0 && self.classes[from - 1] > class {
                from -= 1;
                to -= 1;
                self.classes[to] = self.classes[from];
                self.logits[to] = self.logits[from];
            }
            to -= 1;
            self.classes[to] = class;
            self.logits[to] = logit;
        }
    }
}

/// The ranges of some nodes, by number ascending, those that follow one another joined.
fn joined(nodes: &[u32], ranges: &[Range<u32>]) -> impl Iterator<Item = Range<u32>> {
    let mut rest = nodes.iter().map(|&node| ranges[node as usize].clone()).peekable();
    std::iter::from_fn(move || {
        let mut range = rest.next()?;
        while let Some(next) = rest.next_if(|next| next.start == range.end) {
            range.end = next.end;
        }
        Some(range)
    })
}

/// The places of the `count` largest values, ascending; of equal values the first. `keys`: room.
fn best_places(simd: Simd, values: &[f32], count: usize, keys: &mut Vec<i32>, places: &mut Vec<u32>) {
    keys.clear();
    keys.extend(values.iter().map(|&value| order_key(value)));
    let (least, mut equal) = match count < keys.len() {
        true => threshold(simd, keys, count),
        false => (i32::MIN, keys.len()),
    };
    places.clear();
    places.resize(keys.len(), 0);
    let mut found = 0;
    let mut keep = |place: usize, kept: bool| {
        places[found] = place as u32;
        found += usize::from(kept);
    };
    if equal == 0 {
        keys.iter().enumerate().for_each(|(place, &key)| keep(place, key > least));
    } else {
        for (place, &key) in keys.iter().enumerate() {
            let tie = key == least && equal > 0;
            equal -= usize::from(tie);
            keep(place, key > least || tie);
        }
    }
    places.truncate(found);
}

/// A key above which there are at most `count` keys, and how many equal to it are needed for `count`: by halving the
/// room between smallest and largest, since counting is quicker than ordering. There are more keys than `count`.
fn threshold(simd: Simd, keys: &[i32], count: usize) -> (i32, usize) {
    let smallest = keys.iter().copied().min().unwrap_or(0);
    // More than `count` keys are above `low` or equal to it, at most `count` above `high`.
    let (mut low, mut high) = (i64::from(smallest), i64::from(keys.iter().copied().max().unwrap_or(0)));
    let mut above = 0;
    while low < high && above < count {
        let middle = low + (high - low) / 2;
        let more = kernel::count_above(simd, keys, middle as i32);
        match more <= count {
            true => (high, above) = (middle, more),
            false => low = middle + 1,
        }
    }
    (high as i32, count - above)
}

/// An integer in the order of `f32::total_cmp`.
fn order_key(value: f32) -> i32 {
    let bits = value.to_bits() as i32;
    bits ^ ((bits >> 31) as u32 >> 1) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_tree_has_each_class_once() {
        let codes = ["010121", "010129", "010130", "020110", "020210", "020220", "970110"];
        let codes: Vec<HsCode> = codes.iter().map(|code| code.parse().unwrap()).collect();
        let tree = Tree::new(&codes);
        assert_eq!(tree.chapters, [0..1, 1..3, 3..4]);
        assert_eq!(tree.headings, [0..3, 3..4, 4..6, 6..7]);
    }

    #[test]
    fn neighbours_are_looked_at_in_one_go() {
        let ranges = [0..3, 3..4, 4..6, 6..7];
        assert_eq!(joined(&[0, 1, 3], &ranges).collect::<Vec<_>>(), [0..4, 6..7]);
        assert_eq!(joined(&[], &ranges).count(), 0);
    }

    proptest! {
        #[test]
        fn keys_are_in_the_order_of_floats(a: f32, b: f32) {
            prop_assert_eq!(order_key(a).cmp(&order_key(b)), a.total_cmp(&b));
        }

        #[test]
        fn the_best_are_those_of_a_full_sort(values in prop::collection::vec(-3i8..3, 1..40), count in 1usize..50) {
            let values: Vec<f32> = values.into_iter().map(f32::from).collect();
            let mut expected: Vec<u32> = (0..values.len() as u32).collect();
            expected.sort_by(|&a, &b| values[b as usize].total_cmp(&values[a as usize]));
            expected.truncate(count);
            expected.sort();
            let mut places = vec![7];
            best_places(Simd::new(), &values, count, &mut Vec::new(), &mut places);
            prop_assert_eq!(places, expected);
        }
    }
}
