//! The best few of many values.

use std::ops::Range;

/// Working memory of [`best`].
#[derive(Debug, Default)]
pub(super) struct Best {
    most: Vec<f64>,
}

/// Into how many columns the values are parted, for each that is looked for.
const COLUMNS: usize = 4;

/// The numbers of the best `count` values of `range`, best first; of equal ones the first.
///
/// The values are laid out in rows. At least `count` of them are no worse than the `count`th best of the columns'
/// best values, so that only what is no worse has to be sorted.
pub(super) fn best(values: &[f64], range: Range<usize>, count: usize, work: &mut Best, out: &mut Vec<u16>) {
    out.clear();
    let Range { start, end } = range;
    let inside = &values[start..end];
    let columns = COLUMNS * count;
    if inside.len() > columns {
        let (first, rest) = inside.split_at(columns);
        let most = &mut work.most;
        most.clear();
        most.extend_from_slice(first);
        for row in rest.chunks(columns) {
            for (most, &value) in most.iter_mut().zip(row) {
                *most = if value > *most { value } else { *most };
            }
        }
        let (_, &mut least, _) = most.select_nth_unstable_by(count - 1, |a, b| b.total_cmp(a));
        let good = inside.iter().enumerate().filter(|&(_, &value)| value >= least);
        out.extend(good.map(|(at, _)| (start + at) as u16));
    } else {
        out.extend((start..end).map(|at| at as u16));
    }
    let order = |a: &u16, b: &u16| values[usize::from(*b)].total_cmp(&values[usize::from(*a)]).then(a.cmp(b));
    if out.len() > count {
        out.select_nth_unstable_by(count, order);
        out.truncate(count);
    }
    out.sort_unstable_by(order);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_best_are_the_first_of_a_full_sort(
            values in prop::collection::vec(prop_oneof![0.0..1e9_f64, (0_u8..9).prop_map(f64::from)], 1..400),
            from in 0.0..1.0_f64,
            count in 1_usize..30,
        ) {
            let range = (from * values.len() as f64) as usize..values.len();
            let mut expected: Vec<u16> = range.clone().map(|at| at as u16).collect();
            // Stable: of equal ones the first stay first.
            expected.sort_by(|&a: &u16, &b| values[usize::from(b)].total_cmp(&values[usize::from(a)]));
            expected.truncate(count);
            let mut found = Vec::new();
            best(&values, range, count, &mut Best::default(), &mut found);
            prop_assert_eq!(found, expected);
        }
    }
}
