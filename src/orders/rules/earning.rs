//! What a paid order earns, and which line earns how much of it (PT-2, PT-6).

use crate::kernel::apportion::{apportion, share};

/// The terms in force for one order.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Fen paid for one point.
    pub fen_per_unit: i64,
    /// The tier's multiplier in 1/10000; 10000 where it does not apply.
    pub multiplier_bps: i64,
    /// Most that one order may earn.
    pub order_cap: Option<i64>,
    /// What the daily cap leaves.
    pub left_today: Option<i64>,
    /// Categories that earn nothing.
    pub excluded: &'a [String],
}

/// What an order earns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// In all.
    pub total: i64,
    /// By line; adds up to the total.
    pub by_line: Vec<i64>,
}

/// What the lines (category, fen paid) earn: whole units of the eligible sum, times the multiplier, both rounded down
/// once an order (PT-2), then the caps; split over the eligible lines by what was paid for them.
#[must_use]
pub fn grant(lines: &[(Option<&str>, i64)], terms: &Terms<'_>) -> Grant {
    let eligible = |category: Option<&str>| {
        !category.is_some_and(|category| terms.excluded.iter().any(|no| no == category))
    };
    let weights: Vec<i64> = lines
        .iter()
        .map(|(category, paid)| if eligible(*category) { (*paid).max(0) } else { 0 })
        .collect();
    let units = share(weights.iter().sum(), 1, terms.fen_per_unit);
    let multiplied = share(units, terms.multiplier_bps.max(0), 10_000);
    let capped =
        [terms.order_cap, terms.left_today].into_iter().flatten().fold(multiplied, i64::min);
    let total = capped.max(0);
    Grant { total, by_line: apportion(total, &weights) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: Terms<'static> = Terms {
        fen_per_unit: 100,
        multiplier_bps: 10_000,
        order_cap: None,
        left_today: None,
        excluded: &[],
    };

    #[track_caller]
    fn check(paid: &[i64], terms: Terms<'_>, total: i64, by_line: &[i64]) {
        let lines: Vec<_> = paid.iter().map(|paid| (None, *paid)).collect();
        assert_eq!(grant(&lines, &terms), Grant { total, by_line: by_line.to_vec() });
    }

    #[test]
    fn a_yuan_is_a_point_rounded_down_once_an_order() {
        check(&[9_999], PLAIN, 99, &[99]);
        check(&[150, 150], PLAIN, 3, &[2, 1]);
        check(&[99], PLAIN, 0, &[0]);
        check(&[0, 0], PLAIN, 0, &[0, 0]);
    }

    #[test]
    fn the_tier_multiplies_whole_points() {
        check(&[9_999], Terms { multiplier_bps: 12_000, ..PLAIN }, 118, &[118]);
        check(&[9_999], Terms { multiplier_bps: 15_000, ..PLAIN }, 148, &[148]);
    }

    #[test]
    fn the_lower_cap_holds() {
        check(&[100_000], Terms { order_cap: Some(500), ..PLAIN }, 500, &[500]);
        let both = Terms { order_cap: Some(500), left_today: Some(70), ..PLAIN };
        check(&[100_000], both, 70, &[70]);
        check(&[100_000], Terms { left_today: Some(-3), ..PLAIN }, 0, &[0]);
    }

    #[test]
    fn excluded_categories_earn_nothing() {
        let excluded = ["礼品卡".to_owned()];
        let terms = Terms { excluded: &excluded, ..PLAIN };
        let lines = [(Some("礼品卡"), 50_000), (Some("裤装"), 1_000), (None, 500)];
        assert_eq!(grant(&lines, &terms), Grant { total: 15, by_line: vec![0, 10, 5] });
    }

    #[test]
    fn a_rule_without_a_unit_grants_nothing() {
        check(&[100_000], Terms { fen_per_unit: 0, ..PLAIN }, 0, &[0]);
    }

    proptest! {
        #[test]
        fn the_lines_add_up(paid in prop::collection::vec(0_i64..100_000_000_000, 1..60), bps in 10_000_i64..30_000) {
            let lines: Vec<_> = paid.iter().map(|paid| (None, *paid)).collect();
            let grant = grant(&lines, &Terms { multiplier_bps: bps, ..PLAIN });
            prop_assert_eq!(grant.by_line.iter().sum::<i64>(), grant.total);
            prop_assert!(paid.iter().zip(&grant.by_line).all(|(paid, points)| *paid > 0 || *points == 0));
        }
    }
}
