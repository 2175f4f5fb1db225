//! Which classes are scored: those of the likeliest headings of the likeliest chapters, or all.

use std::ops::Range;

use crate::{HsCode, Level};

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
        self.add(net, work, range);
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
        self.chapters.clear();
        self.chapters.extend(0..chapters.outputs() as u32);
        keep_best(&mut self.chapters, &self.values, beam.chapters);
        self.values.clear();
        self.headings.clear();
        for &chapter in &self.chapters {
            let range = &tree.chapters[chapter as usize];
            self.headings.extend(range.clone());
            let range = range.start as usize..range.end as usize;
            headings.values(net.simd, range, last, sums, &mut self.values);
        }
        // The values stand in the order of the headings: sort places, then read the headings there.
        self.chapters.clear();
        self.chapters.extend(0..self.headings.len() as u32);
        keep_best(&mut self.chapters, &self.values, beam.headings);
        for at in 0..self.chapters.len() {
            let heading = self.headings[self.chapters[at] as usize] as usize;
            let range = tree.headings[heading].clone();
            self.classes.extend(range.clone());
            self.add(net, work, range.start as usize..range.end as usize);
        }
    }

    /// Scores more classes, by number; those that were scored stay as they are.
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

    fn add(&mut self, net: &Net, work: &mut Activations, range: Range<usize>) {
        let Activations { layers, sums, .. } = work;
        let last = last(layers);
        net.output.values(net.simd, range, last, sums, &mut self.logits);
    }
}

/// Keeps the `count` places with the largest values, ascending; of equal values the first.
fn keep_best(places: &mut Vec<u32>, values: &[f32], count: usize) {
    if places.len() > count {
        let order = |a: &u32, b: &u32| values[*b as usize].total_cmp(&values[*a as usize]).then(a.cmp(b));
        places.select_nth_unstable_by(count, order);
        places.truncate(count);
        places.sort_unstable();
    }
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

    proptest! {
        #[test]
        fn the_best_are_those_of_a_full_sort(values in prop::collection::vec(-3i8..3, 1..40), count in 1usize..50) {
            let values: Vec<f32> = values.into_iter().map(f32::from).collect();
            let mut places: Vec<u32> = (0..values.len() as u32).collect();
            let mut expected = places.clone();
            expected.sort_by(|&a, &b| values[b as usize].total_cmp(&values[a as usize]));
            expected.truncate(count);
            expected.sort();
            keep_best(&mut places, &values, count);
            prop_assert_eq!(places, expected);
        }
    }
}
