//! How many points may pay for an order (PT-4).

/// The terms of cash deduction.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Points that pay one yuan.
    pub points_per_yuan: i64,
    /// Most of what may be deducted, in percent.
    pub most_percent: i64,
    /// Points are used in multiples of this.
    pub step: i64,
    /// Categories that points cannot pay.
    pub excluded: &'a [String],
}

/// A line of the order: its category, if it is known, and what it costs in fen.
pub type Line = (Option<String>, i64);

/// What keeps a shopper from using more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// What she has.
    Balance,
    /// The share of the order that points may pay.
    OrderShare,
    /// Nothing in the order may be paid with points.
    NothingEligible,
}

/// What may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What of the order may be deducted from, in fen.
    pub eligible_fen: i64,
    /// Most points, a multiple of the step.
    pub points: i64,
    /// What those pay, in fen.
    pub fen: i64,
    /// What binds.
    pub limit: Stop,
}

/// The most points that may pay now for an order of these lines, by someone who can spend `balance`.
#[must_use]
pub fn quote(lines: &[Line], terms: &Terms<'_>, balance: i64) -> Quote {
    let open = |line: &&Line| !line.0.as_ref().is_some_and(|name| terms.excluded.contains(name));
    let eligible = lines.iter().filter(open).fold(0_i64, |sum, line| sum.saturating_add(line.1));
    let share = i128::from(eligible) * i128::from(terms.most_percent.clamp(0, 100)) / 100;
    let by_order = share * i128::from(terms.points_per_yuan) / 100;
    let by_order = i64::try_from(by_order).unwrap_or(i64::MAX);
    let balance = balance.max(0);
    let step = terms.step.max(1);
    let points = by_order.min(balance) / step * step;
    let limit = match () {
        () if eligible <= 0 => Stop::NothingEligible,
        () if balance / step < by_order / step => Stop::Balance,
        () => Stop::OrderShare,
    };
    Quote { eligible_fen: eligible, points, fen: fen(points, terms), limit }
}

/// What points pay, in fen; a part of a fen is the shop's.
#[must_use]
pub fn fen(points: i64, terms: &Terms<'_>) -> i64 {
    let fen = i128::from(points) * 100 / i128::from(terms.points_per_yuan.max(1));
    i64::try_from(fen).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms<'static> =
        Terms { points_per_yuan: 100, most_percent: 50, step: 100, excluded: &[] };

    fn check(amount: i64, balance: i64, points: i64, limit: Stop) {
        let found = quote(&[(None, amount)], &TERMS, balance);
        assert_eq!((found.points, found.limit), (points, limit), "{amount} {balance}");
        assert!(found.fen * 2 <= amount.max(0) && found.points <= balance.max(0));
    }

    #[test]
    fn a_hundred_points_are_a_yuan_up_to_half_in_steps_of_a_hundred() {
        check(59_900, 100_000, 29_900, Stop::OrderShare);
        check(59_900, 1_240, 1_200, Stop::Balance);
        check(59_900, 99, 0, Stop::Balance);
        check(199, 1_000, 0, Stop::OrderShare);
        check(200, 1_000, 100, Stop::OrderShare);
        check(0, 1_000, 0, Stop::NothingEligible);
        check(59_900, -500, 0, Stop::Balance);
        check(i64::MAX, i64::MAX, i64::MAX / 2 / 100 * 100, Stop::OrderShare);
    }

    #[test]
    fn excluded_goods_pay_for_themselves() {
        let excluded = ["礼品卡".to_owned()];
        let terms = Terms { excluded: &excluded, ..TERMS };
        let card = (Some("礼品卡".to_owned()), 50_000);
        let dress = (Some("连衣裙".to_owned()), 20_000);
        assert_eq!(quote(&[card.clone(), dress], &terms, 99_999).points, 10_000);
        assert_eq!(quote(&[card], &terms, 99_999).limit, Stop::NothingEligible);
    }
}
