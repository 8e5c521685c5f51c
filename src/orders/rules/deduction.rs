//! Which line of an order points paid for (PT-4, PT-6).

use crate::kernel::apportion::apportion;

/// A line that points may have paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payable {
    /// Fen paid in money.
    pub paid: i64,
    /// List price in fen.
    pub list: i64,
    /// Whether points may pay for such goods.
    pub eligible: bool,
}

/// The points by line: in proportion to the money paid for goods that points may pay for, by largest remainder. Where no
/// money was paid for any of them, in proportion to the list prices; where nothing is eligible, as if all were.
#[must_use]
pub fn shares(points: i64, lines: &[Payable]) -> Vec<i64> {
    let weighed = |of: fn(&Payable) -> i64, all: bool| -> Vec<i64> {
        lines.iter().map(|line| if line.eligible || all { of(line) } else { 0 }).collect()
    };
    let paid: fn(&Payable) -> i64 = |line| line.paid;
    let list: fn(&Payable) -> i64 = |line| line.list;
    let weights = [(paid, false), (list, false), (paid, true), (list, true)]
        .map(|(of, all)| weighed(of, all))
        .into_iter()
        .find(|weights| weights.iter().any(|weight| *weight > 0));
    apportion(points, &weights.unwrap_or_else(|| vec![1; lines.len()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(points: i64, lines: &[(i64, i64, bool)], expect: &[i64]) {
        let line = |(paid, list, eligible): &(i64, i64, bool)| Payable {
            paid: *paid,
            list: *list,
            eligible: *eligible,
        };
        let found = shares(points, &lines.iter().map(line).collect::<Vec<_>>());
        assert_eq!(found, expect, "{lines:?}");
        assert_eq!(found.iter().sum::<i64>(), points);
    }

    #[test]
    fn points_pay_for_what_they_may_pay_for() {
        check(1_000, &[(10_000, 0, true), (20_000, 0, true)], &[333, 667]);
        check(100, &[(1, 0, true), (1, 0, true), (1, 0, true)], &[34, 33, 33]);
        check(500, &[(10_000, 10_000, false), (5_000, 9_000, true)], &[0, 500]);
        check(500, &[(10_000, 10_000, false), (0, 9_000, true), (0, 1_000, true)], &[0, 450, 50]);
        check(500, &[(10_000, 10_000, false)], &[500]);
        check(500, &[(0, 0, true), (0, 0, false)], &[250, 250]);
        check(0, &[(10_000, 0, true)], &[0]);
    }
}
