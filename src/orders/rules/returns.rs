//! What refunds take back (PT-6): a function of the set of refunds, never of their sequence (L8).
//!
//! A refund names lines, or it is a sum over the whole order. Named refunds take back a line's points in proportion to
//! the line. Sums are put together and taken from whatever the named refunds leave, as one pool. So the points taken
//! back only grow while refunds come in, are the same in whatever order they came, and are exactly the points of the
//! order when all of it was refunded.

use super::super::error;
use crate::http::Code;
use crate::kernel::apportion::{apportion, share};

/// A line as it was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bought {
    /// Number in the order.
    pub line_no: i32,
    /// Pieces.
    pub quantity: i64,
    /// Fen paid.
    pub paid: i64,
    /// Points earned.
    pub points: i64,
    /// Growth earned.
    pub growth: i64,
    /// Points that paid for it, beside the money.
    pub deducted: i64,
}

/// What came back of one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Pieces.
    pub quantity: i64,
    /// Fen.
    pub fen: i64,
}

/// The refunds of an order, put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// What refunds named, by line.
    pub named: Vec<Part>,
    /// Sum of the refunds that named no line, in fen.
    pub sums: i64,
}

/// How far a line has been taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// Pieces.
    pub quantity: i64,
    /// Fen.
    pub fen: i64,
    /// Points.
    pub points: i64,
    /// Growth.
    pub growth: i64,
    /// Points that paid for it and go back to whoever used them.
    pub deducted: i64,
}

/// One more refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Fen.
    pub amount: i64,
    /// Line number, pieces, fen; empty for a sum over the order.
    pub lines: Vec<(i32, Part)>,
}

impl Returned {
    /// Nothing, of an order with so many lines.
    #[must_use]
    pub fn nothing(lines: usize) -> Self {
        Self { named: vec![Part::default(); lines], sums: 0 }
    }

    /// Fen refunded in all.
    #[must_use]
    pub fn fen(&self) -> i64 {
        self.named.iter().map(|part| part.fen).sum::<i64>() + self.sums
    }

    /// Puts one more refund to the others.
    ///
    /// # Errors
    /// `refund_line_unknown`; `refund_exceeds_paid` for more money or pieces than a line or the order has left. Sums
    /// bind no line, so a named refund is held against the other named ones and against the order.
    pub fn add(&mut self, bought: &[Bought], refund: &Refund) -> Result<(), Code> {
        let paid: i64 = bought.iter().map(|line| line.paid).sum();
        if refund.amount > paid - self.fen() {
            return Err(error::REFUND_EXCEEDS_PAID);
        }
        if refund.lines.is_empty() {
            self.sums += refund.amount;
            return Ok(());
        }
        let mut named = self.named.clone();
        for (line_no, part) in &refund.lines {
            let at = bought.iter().position(|line| line.line_no == *line_no);
            let at = at.ok_or(error::REFUND_LINE_UNKNOWN)?;
            named[at].quantity += part.quantity;
            named[at].fen += part.fen;
            if named[at].quantity > bought[at].quantity || named[at].fen > bought[at].paid {
                return Err(error::REFUND_EXCEEDS_PAID);
            }
        }
        self.named = named;
        Ok(())
    }
}

/// How far each line has been taken back.
#[must_use]
pub fn taken_back(bought: &[Bought], returned: &Returned) -> Vec<TakenBack> {
    let left: Vec<i64> =
        bought.iter().zip(&returned.named).map(|(line, part)| line.paid - part.fen).collect();
    let whole = returned.sums > 0 && returned.sums == left.iter().sum::<i64>();
    let fen = apportion(returned.sums, &left);
    let points = units(bought.iter().map(|line| line.points), bought, returned, &left);
    let growth = units(bought.iter().map(|line| line.growth), bought, returned, &left);
    let deducted = units(bought.iter().map(|line| line.deducted), bought, returned, &left);
    let line = |i: usize| TakenBack {
        // A sum says nothing of pieces, unless it empties the order.
        quantity: if whole { bought[i].quantity } else { returned.named[i].quantity },
        fen: returned.named[i].fen + fen[i],
        points: points[i],
        growth: growth[i],
        deducted: deducted[i],
    };
    (0..bought.len()).map(line).collect()
}

/// Points or growth taken back by line: the share of what was named, and the pool's share of what that leaves. A line that
/// no money paid for comes back by its pieces.
fn units(
    earned: impl Iterator<Item = i64>,
    bought: &[Bought],
    returned: &Returned,
    left: &[i64],
) -> Vec<i64> {
    let earned: Vec<i64> = earned.collect();
    let named: Vec<i64> = earned
        .iter()
        .zip(bought.iter().zip(&returned.named))
        .map(|(earned, (line, part))| match line.paid {
            0 => share(*earned, part.quantity, line.quantity),
            paid => share(*earned, part.fen, paid),
        })
        .collect();
    let pool: Vec<i64> = earned.iter().zip(&named).map(|(earned, named)| earned - named).collect();
    let of_pool = share(pool.iter().sum(), returned.sums, left.iter().sum());
    let spread = apportion(of_pool, &pool);
    named.iter().zip(spread).map(|(named, spread)| named + spread).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(line_no: i32, quantity: i64, paid: i64, points: i64) -> Bought {
        Bought { line_no, quantity, paid, points, growth: points / 2, deducted: points * 3 }
    }

    fn of_line(line_no: i32, quantity: i64, fen: i64) -> Refund {
        Refund { amount: fen, lines: vec![(line_no, Part { quantity, fen })] }
    }

    fn sum(fen: i64) -> Refund {
        Refund { amount: fen, lines: Vec::new() }
    }

    fn all(bought: &[Bought], refunds: &[Refund]) -> Result<Vec<TakenBack>, Code> {
        let mut returned = Returned::nothing(bought.len());
        for refund in refunds {
            returned.add(bought, refund)?;
        }
        Ok(taken_back(bought, &returned))
    }

    fn points(bought: &[Bought], refunds: &[Refund]) -> Vec<i64> {
        all(bought, refunds).unwrap().iter().map(|line| line.points).collect()
    }

    #[test]
    fn a_line_gives_back_its_own_points() {
        let order = [line(1, 1, 29_900, 299), line(2, 2, 10_000, 100)];
        assert_eq!(points(&order, &[of_line(2, 1, 5_000)]), [0, 50]);
        assert_eq!(points(&order, &[of_line(2, 1, 5_000), of_line(2, 1, 5_000)]), [0, 100]);
        assert_eq!(points(&order, &[of_line(1, 1, 29_900)]), [299, 0]);
    }

    #[test]
    fn thirds_add_up_to_the_whole() {
        let order = [line(1, 3, 300, 1)];
        let third = of_line(1, 1, 100);
        assert_eq!(points(&order, std::slice::from_ref(&third)), [0]);
        assert_eq!(points(&order, &[third.clone(), third.clone()]), [0]);
        assert_eq!(points(&order, &[third.clone(), third.clone(), third]), [1]);
    }

    #[test]
    fn a_sum_is_spread_over_what_is_left() {
        let order = [line(1, 1, 10_000, 100), line(2, 1, 30_000, 300)];
        let lines = all(&order, &[sum(20_000)]).unwrap();
        assert_eq!(lines.iter().map(|line| line.fen).collect::<Vec<_>>(), [5_000, 15_000]);
        assert_eq!(lines.iter().map(|line| line.points).collect::<Vec<_>>(), [50, 150]);
        assert!(lines.iter().all(|line| line.quantity == 0));
        let whole = all(&order, &[of_line(1, 1, 10_000), sum(30_000)]).unwrap();
        assert_eq!(
            whole[1],
            TakenBack { quantity: 1, fen: 30_000, points: 300, growth: 150, deducted: 900 }
        );
    }

    #[test]
    fn more_than_was_paid_is_refused() {
        let order = [line(1, 2, 10_000, 100), line(2, 1, 5_000, 50)];
        let refused = |refunds: &[Refund]| all(&order, refunds).unwrap_err().code;
        assert_eq!(refused(&[of_line(1, 1, 10_001)]), "refund_exceeds_paid");
        assert_eq!(refused(&[of_line(1, 3, 1)]), "refund_exceeds_paid");
        assert_eq!(refused(&[sum(15_001)]), "refund_exceeds_paid");
        assert_eq!(refused(&[sum(10_000), of_line(1, 1, 5_001)]), "refund_exceeds_paid");
        assert_eq!(refused(&[of_line(1, 2, 0), of_line(1, 1, 0)]), "refund_exceeds_paid");
        assert_eq!(refused(&[of_line(9, 1, 1)]), "refund_line_unknown");
    }

    #[test]
    fn a_refused_refund_leaves_no_trace() {
        let order = [line(1, 2, 10_000, 100), line(2, 1, 5_000, 50)];
        let mut returned = Returned::nothing(2);
        let lines = vec![(1, Part { quantity: 1, fen: 10 }), (2, Part { quantity: 5, fen: 10 })];
        assert!(returned.add(&order, &Refund { amount: 20, lines }).is_err());
        assert_eq!(returned, Returned::nothing(2));
    }

    #[test]
    fn a_present_comes_back_without_money() {
        let order = [line(1, 1, 10_000, 100), line(2, 1, 0, 0)];
        let lines = all(&order, &[of_line(2, 1, 0)]).unwrap();
        assert_eq!(lines[1], TakenBack { quantity: 1, ..TakenBack::default() });
    }

    #[test]
    fn what_points_paid_for_comes_back_with_its_line() {
        let order = [
            Bought { deducted: 100, ..line(1, 3, 300, 3) },
            Bought { deducted: 50, ..line(2, 2, 0, 0) },
        ];
        let back = |refunds: &[Refund]| {
            all(&order, refunds).unwrap().iter().map(|line| line.deducted).collect::<Vec<_>>()
        };
        let third = of_line(1, 1, 100);
        assert_eq!(back(std::slice::from_ref(&third)), [33, 0]);
        assert_eq!(back(&[third.clone(), third.clone()]), [66, 0]);
        assert_eq!(back(&[third.clone(), third.clone(), third]), [100, 0]);
        assert_eq!(back(&[of_line(2, 1, 0)]), [0, 25]);
        assert_eq!(back(&[of_line(2, 1, 0), sum(150)]), [50, 37], "half of what is left");
        assert_eq!(back(&[of_line(2, 2, 0), sum(300)]), [100, 50]);
    }

    /// Orders, and refunds of them that all fit.
    fn orders_and_refunds() -> impl Strategy<Value = (Vec<Bought>, Vec<Refund>)> {
        let lines = prop::collection::vec((1_i64..5, 0_i64..50_000, 0_i64..700), 1..6);
        let wishes = prop::collection::vec((0_usize..7, 0_i64..3, 0_i64..30_000), 0..8);
        (lines, wishes).prop_map(|(lines, wishes)| {
            let bought: Vec<Bought> = lines
                .into_iter()
                .zip(1..)
                .map(|((quantity, paid, points), line_no)| {
                    // Points may have paid for all of a line; it earns nothing then.
                    let deducted = points * 3;
                    Bought {
                        deducted,
                        ..line(line_no, quantity, paid, if paid == 0 { 0 } else { points })
                    }
                })
                .collect();
            let mut returned = Returned::nothing(bought.len());
            let mut refunds = Vec::new();
            for (at, quantity, fen) in wishes {
                let refund = match bought.get(at) {
                    Some(line) => of_line(line.line_no, quantity, fen),
                    None => sum(fen),
                };
                if returned.add(&bought, &refund).is_ok() {
                    refunds.push(refund);
                }
            }
            (bought, refunds)
        })
    }

    fn total(lines: &[TakenBack]) -> [i64; 4] {
        lines.iter().fold([0; 4], |[fen, points, growth, deducted], line| {
            [fen + line.fen, points + line.points, growth + line.growth, deducted + line.deducted]
        })
    }

    proptest! {
        /// L8: refunds that fit in one sequence fit in each, and end in the same state.
        #[test]
        fn the_sequence_of_refunds_does_not_matter((bought, refunds) in orders_and_refunds(), seed in any::<u64>()) {
            let mut other = refunds.clone();
            let mut seed = seed;
            for i in (1..other.len()).rev() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                other.swap(i, usize::try_from(seed >> 33).unwrap() % (i + 1));
            }
            prop_assert_eq!(all(&bought, &refunds).unwrap(), all(&bought, &other).unwrap());
        }

        /// The ledger cannot give back what it took: each refund takes back none or more.
        #[test]
        fn what_is_taken_back_only_grows((bought, refunds) in orders_and_refunds()) {
            let mut before = [0; 4];
            for n in 0..=refunds.len() {
                let lines = all(&bought, &refunds[..n]).unwrap();
                let after = total(&lines);
                prop_assert!(after.iter().zip(before).all(|(after, before)| *after >= before));
                prop_assert_eq!(after[0], refunds[..n].iter().map(|refund| refund.amount).sum::<i64>());
                for (line, bought) in lines.iter().zip(&bought) {
                    prop_assert!(line.fen <= bought.paid && line.points <= bought.points);
                    prop_assert!(line.points >= 0 && line.growth <= bought.growth);
                    prop_assert!((0..=bought.deducted).contains(&line.deducted));
                }
                before = after;
            }
        }

        /// PT-6: after a full refund exactly the points of the order are gone.
        #[test]
        fn a_full_refund_takes_back_everything((bought, mut refunds) in orders_and_refunds()) {
            let refunded: i64 = refunds.iter().map(|refund| refund.amount).sum();
            let left = bought.iter().map(|line| line.paid).sum::<i64>() - refunded;
            prop_assume!(left > 0);
            refunds.push(sum(left));
            for (line, bought) in all(&bought, &refunds).unwrap().iter().zip(&bought) {
                prop_assert_eq!((line.fen, line.points, line.growth), (bought.paid, bought.points, bought.growth));
                prop_assert_eq!(line.deducted, bought.deducted);
            }
        }
    }
}
