//! Working memory that calls take and give back, so that none is allocated once it has grown.

use std::sync::{Mutex, PoisonError};

/// Pieces of working memory that no call is using.
#[derive(Debug)]
pub(crate) struct Pool<T>(Mutex<Vec<T>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<T: Default> Pool<T> {
    /// Does some work with a piece of memory of its own; a new one where all are in use.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        // The lock is not held while working; what a panic left half done is dropped with its piece.
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut piece = taken.unwrap_or_default();
        let done = work(&mut piece);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_and_nested_work_has_its_own() {
        let pool: Pool<Vec<u32>> = Pool::default();
        pool.with(|outer| {
            outer.push(1);
            pool.with(|inner| assert!(inner.is_empty()));
        });
        let sizes = [pool.with(|piece| piece.len()), pool.with(|piece| piece.len())];
        assert_eq!(sizes, [1, 1]);
    }
}
