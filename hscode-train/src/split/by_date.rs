//! The latest rows are for test.

use super::Group;
use crate::config::SplitConfig;
use crate::row::{Part, Row};

/// Gives every free group the part of its earliest row, and every free row the part of its own date.
///
/// Rows of one day stay together, so the shares are met from below. Rows without a date train.
pub(super) fn assign(rows: &[Row], groups: &mut [Group], config: &SplitConfig, parts: &mut [Option<Part>]) {
    let mut dates: Vec<&str> =
        rows.iter().filter(|row| row.part.is_none()).filter_map(|row| row.date.as_deref()).collect();
    dates.sort_unstable();
    let n = dates.len() as f64;
    // The first day of the last share of rows: that day itself would bring more than the share, unless it is
    // where the share starts.
    let first_day = |share: f64| -> Option<&str> {
        let from = dates.len() - (share * n).round() as usize;
        let day = *dates.get(from)?;
        let starts = from == 0 || dates[from - 1] != day;
        if starts { Some(day) } else { dates[from..].iter().copied().find(|later| *later > day) }
    };
    let test_from = first_day(config.test);
    let dev_from = first_day(config.test + config.dev);
    let part_of = |row: &Row| {
        let Some(day) = row.date.as_deref() else { return Part::Train };
        if test_from.is_some_and(|from| day >= from) {
            Part::Test
        } else if dev_from.is_some_and(|from| day >= from) {
            Part::Dev
        } else {
            Part::Train
        }
    };
    for group in groups {
        let free = || group.members.iter().filter(|&&at| rows[at].part.is_none());
        for &at in free() {
            parts[at] = Some(part_of(&rows[at]));
        }
        let earliest = free().filter_map(|&at| parts[at]).min();
        group.part = group.part.or(earliest);
    }
}
