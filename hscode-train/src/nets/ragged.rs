//! Lists of different lengths, one behind another.

/// Lists of ids, one a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ragged {
    /// All ids.
    pub ids: Vec<u32>,
    /// Where each list ends.
    pub ends: Vec<u32>,
}

impl Ragged {
    /// Takes all lists out.
    pub(crate) fn clear(&mut self) {
        self.ids.clear();
        self.ends.clear();
    }

    /// Puts a list behind.
    pub(crate) fn push(&mut self, ids: &[u32]) {
        self.ids.extend_from_slice(ids);
        self.ends.push(self.ids.len() as u32);
    }

    /// The number of lists.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Where a list stands in `ids`.
    pub(crate) fn range(&self, list: usize) -> std::ops::Range<usize> {
        let start = if list == 0 { 0 } else { self.ends[list - 1] as usize };
        start..self.ends[list] as usize
    }

    /// A list.
    pub(crate) fn list(&self, list: usize) -> &[u32] {
        &self.ids[self.range(list)]
    }
}
