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
    /// What the daily cap and the budget of the rule leave.
    pub left: Option<i64>,
    /// Categories that earn nothing.
    pub excluded: &'a [String],
    /// The campaign, if one holds.
    pub extra: Option<Extra<'a>>,
}

/// What a campaign does to an order.
#[derive(Clone, Copy, Debug)]
pub struct Extra<'a> {
    /// How many times as many points, in 1/10000.
    pub multiplier_bps: i64,
    /// Categories whose goods it multiplies; empty for all.
    pub categories: &'a [String],
    /// Most that it may add to one order.
    pub cap: Option<i64>,
    /// What its budget leaves.
    pub left: Option<i64>,
}

/// What an order earns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// In all.
    pub total: i64,
    /// By line; adds up to the total.
    pub by_line: Vec<i64>,
    /// Of the total, what the campaign added.
    pub bonus: i64,
    /// The same by line; adds up to the bonus.
    pub bonus_by_line: Vec<i64>,
}

/// One times as many, in 1/10000.
pub const NEUTRAL_BPS: i64 = 10_000;

/// What the lines (category, fen paid) earn: whole units of the eligible sum, times the tier's multiplier, times the
/// campaign's, rounded down once an order (PT-2); then the campaign's limits bind what it adds and the rule's limits
/// bind all of it. Split over the lines that earned it by what was paid for them.
#[must_use]
pub fn grant(lines: &[(Option<&str>, i64)], terms: &Terms<'_>) -> Grant {
    let weights = weights(lines, |category| {
        !category.is_some_and(|category| terms.excluded.iter().any(|no| no == category))
    });
    let units = share(weights.iter().sum(), 1, terms.fen_per_unit);
    let plain = share(units, terms.multiplier_bps.max(0), NEUTRAL_BPS);
    let (wanted, extra_weights) = match &terms.extra {
        None => (0, vec![0; lines.len()]),
        Some(extra) => bonus(lines, &weights, (units, plain), terms, extra),
    };
    let bind = |amount: i64| {
        [terms.order_cap, terms.left].into_iter().flatten().fold(amount, i64::min).max(0)
    };
    let (kept, total) = (bind(plain), bind(plain.saturating_add(wanted)));
    let bonus = total - kept;
    let bonus_by_line = apportion(bonus, &extra_weights);
    let by_line = apportion(kept, &weights);
    let by_line = by_line.iter().zip(&bonus_by_line).map(|(kept, bonus)| kept + bonus).collect();
    Grant { total, by_line, bonus, bonus_by_line }
}

fn weights(lines: &[(Option<&str>, i64)], eligible: impl Fn(Option<&str>) -> bool) -> Vec<i64> {
    let weight = |(category, paid): &(Option<&str>, i64)| {
        if eligible(*category) { (*paid).max(0) } else { 0 }
    };
    lines.iter().map(weight).collect()
}

/// What a campaign would add, and over which lines.
fn bonus(
    lines: &[(Option<&str>, i64)],
    eligible: &[i64],
    (units, plain): (i64, i64),
    terms: &Terms<'_>,
    extra: &Extra<'_>,
) -> (i64, Vec<i64>) {
    let named = weights(lines, |category| {
        extra.categories.is_empty()
            || category.is_some_and(|category| extra.categories.iter().any(|it| it == category))
    });
    let weights: Vec<i64> = named.iter().zip(eligible).map(|(a, b)| *a.min(b)).collect();
    let of_campaign = share(weights.iter().sum(), 1, terms.fen_per_unit);
    let tier = i128::from(terms.multiplier_bps.max(0));
    let more = i128::from((extra.multiplier_bps - NEUTRAL_BPS).max(0));
    let one = i128::from(NEUTRAL_BPS);
    let all =
        (i128::from(units) * one * tier + i128::from(of_campaign) * tier * more) / (one * one);
    let wanted = i64::try_from(all).unwrap_or(i64::MAX).saturating_sub(plain);
    let wanted = [extra.cap, extra.left].into_iter().flatten().fold(wanted, i64::min);
    (wanted.max(0), weights)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: Terms<'static> = Terms {
        fen_per_unit: 100,
        multiplier_bps: 10_000,
        order_cap: None,
        left: None,
        excluded: &[],
        extra: None,
    };
    const DOUBLE: Extra<'static> =
        Extra { multiplier_bps: 20_000, categories: &[], cap: None, left: None };

    #[track_caller]
    fn check(paid: &[i64], terms: Terms<'_>, total: i64, by_line: &[i64]) {
        let lines: Vec<_> = paid.iter().map(|paid| (None, *paid)).collect();
        let granted = grant(&lines, &terms);
        assert_eq!((granted.total, granted.by_line), (total, by_line.to_vec()));
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
        let both = Terms { order_cap: Some(500), left: Some(70), ..PLAIN };
        check(&[100_000], both, 70, &[70]);
        check(&[100_000], Terms { left: Some(-3), ..PLAIN }, 0, &[0]);
    }

    #[test]
    fn excluded_categories_earn_nothing() {
        let excluded = ["礼品卡".to_owned()];
        let terms = Terms { excluded: &excluded, ..PLAIN };
        let lines = [(Some("礼品卡"), 50_000), (Some("裤装"), 1_000), (None, 500)];
        let granted = grant(&lines, &terms);
        assert_eq!((granted.total, granted.by_line), (15, vec![0, 10, 5]));
    }

    #[test]
    fn a_rule_without_a_unit_grants_nothing() {
        check(&[100_000], Terms { fen_per_unit: 0, ..PLAIN }, 0, &[0]);
    }

    #[track_caller]
    fn more(paid: &[i64], terms: Terms<'_>, extra: Extra<'_>, total: i64, bonus: i64) {
        let lines: Vec<_> = paid.iter().map(|paid| (None, *paid)).collect();
        let granted = grant(&lines, &Terms { extra: Some(extra), ..terms });
        assert_eq!((granted.total, granted.bonus), (total, bonus));
    }

    #[test]
    fn a_campaign_multiplies_what_the_tier_multiplied_and_is_rounded_once() {
        more(&[9_999], PLAIN, DOUBLE, 198, 99);
        let gold = Terms { multiplier_bps: 12_000, ..PLAIN };
        // 99 × 1.2 × 1.5 is 178.2; rounding twice would give 177.
        more(&[9_999], gold, Extra { multiplier_bps: 15_000, ..DOUBLE }, 178, 60);
    }

    #[test]
    fn limits_of_the_campaign_bind_what_it_adds_and_limits_of_the_rule_bind_all() {
        more(&[100_000], PLAIN, Extra { cap: Some(300), ..DOUBLE }, 1_300, 300);
        more(&[100_000], PLAIN, Extra { left: Some(7), ..DOUBLE }, 1_007, 7);
        more(&[100_000], PLAIN, Extra { left: Some(0), ..DOUBLE }, 1_000, 0);
        more(&[100_000], Terms { order_cap: Some(1_200), ..PLAIN }, DOUBLE, 1_200, 200);
        more(&[100_000], Terms { left: Some(600), ..PLAIN }, DOUBLE, 600, 0);
        more(&[100_000], Terms { left: Some(-5), ..PLAIN }, DOUBLE, 0, 0);
    }

    #[test]
    fn a_campaign_for_some_goods_multiplies_those_alone() {
        let (trousers, cards) = (["裤装".to_owned()], ["礼品卡".to_owned()]);
        let lines = [(Some("礼品卡"), 50_000), (Some("裤装"), 1_000), (Some("上衣"), 500)];
        let of = |extra| grant(&lines, &Terms { excluded: &cards, extra: Some(extra), ..PLAIN });
        let granted = of(Extra { categories: &trousers, ..DOUBLE });
        let expected =
            Grant { total: 25, by_line: vec![0, 20, 5], bonus: 10, bonus_by_line: vec![0, 10, 0] };
        assert_eq!(granted, expected);
        // What earns nothing is not multiplied either.
        assert_eq!(of(Extra { categories: &cards, ..DOUBLE }).bonus, 0);
    }

    proptest! {
        #[test]
        fn a_campaign_for_everything_is_base_times_tier_times_campaign(
            paid in prop::collection::vec(0_i64..10_000_000, 1..20), tier in 10_000_i64..20_000, times in 10_001_i64..50_000
        ) {
            let lines: Vec<_> = paid.iter().map(|paid| (None, *paid)).collect();
            let extra = Some(Extra { multiplier_bps: times, ..DOUBLE });
            let granted = grant(&lines, &Terms { multiplier_bps: tier, extra, ..PLAIN });
            let units = i128::from(paid.iter().sum::<i64>() / 100);
            let expected = units * i128::from(tier) * i128::from(times) / 100_000_000;
            prop_assert_eq!(i128::from(granted.total), expected);
            prop_assert_eq!(granted.by_line.iter().sum::<i64>(), granted.total);
            prop_assert_eq!(granted.bonus_by_line.iter().sum::<i64>(), granted.bonus);
            prop_assert!(granted.by_line.iter().zip(&granted.bonus_by_line).all(|(all, bonus)| bonus <= all));
        }

        #[test]
        fn the_lines_add_up(paid in prop::collection::vec(0_i64..100_000_000_000, 1..60), bps in 10_000_i64..30_000) {
            let lines: Vec<_> = paid.iter().map(|paid| (None, *paid)).collect();
            let grant = grant(&lines, &Terms { multiplier_bps: bps, ..PLAIN });
            prop_assert_eq!(grant.by_line.iter().sum::<i64>(), grant.total);
            prop_assert!(paid.iter().zip(&grant.by_line).all(|(paid, points)| *paid > 0 || *points == 0));
        }
    }
}
