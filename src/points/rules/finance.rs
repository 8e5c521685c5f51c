//! What the programme owes and what became of it (PT-9), from totals that nobody's name is in.

use chrono::{DateTime, Utc};
use entity::codes::{Bucket, TransferKind};

/// The formula of [`Activity`]; a change of meaning is a new version (IN-1b).
pub const ACTIVITY_VERSION: &str = "points-activity-1";
/// The formula of [`Breakage`] (IN-1b).
pub const BREAKAGE_VERSION: &str = "points-breakage-1";
/// The formula of the liability (IN-1b).
pub const LIABILITY_VERSION: &str = "points-liability-1";

/// What moved in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// What it is.
    pub kind: TransferKind,
    /// Taken from.
    pub from: Bucket,
    /// Given to.
    pub to: Bucket,
    /// When the lots that were made, or ran out, run out.
    pub expires_at: Option<DateTime<Utc>>,
    /// How many.
    pub points: i64,
    /// In how many movements.
    pub transfers: i64,
}

/// What became of points in a span of booked time. Outstanding are the points of all members: pending, available (less
/// what is owed) and frozen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Outstanding before.
    pub opening: i64,
    /// Granted.
    pub issued: i64,
    /// Became available after the return window; outstanding before and after.
    pub settled: i64,
    /// Used at once or out of a hold.
    pub spent: i64,
    /// Used points that went back to members.
    pub given_back: i64,
    /// Ran out.
    pub expired: i64,
    /// Taken back from members after returns.
    pub reversed: i64,
    /// Granted by staff.
    pub adjusted_up: i64,
    /// Taken by staff.
    pub adjusted_down: i64,
    /// Held for checkouts; outstanding before and after.
    pub frozen: i64,
    /// Given back by checkouts that were not finished; outstanding before and after.
    pub released: i64,
    /// Outstanding afterwards.
    pub closing: i64,
    /// Movements.
    pub transfers: i64,
}

/// Of the points whose life ended in a span: how many ran out unused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breakage {
    /// Granted in lots whose life ended in the span.
    pub issued: i64,
    /// Of these, ran out.
    pub expired: i64,
}

const fn is_members(bucket: Bucket) -> bool {
    matches!(bucket, Bucket::Pending | Bucket::Available | Bucket::Frozen)
}

impl Flow {
    /// By how much it changes what is outstanding.
    #[must_use]
    pub const fn change(&self) -> i64 {
        match (is_members(self.from), is_members(self.to)) {
            (false, true) => self.points,
            (true, false) => self.points.saturating_neg(),
            _ => 0,
        }
    }
}

/// What is outstanding after these flows and all before them.
#[must_use]
pub fn outstanding<'a>(flows: impl IntoIterator<Item = &'a Flow>) -> i64 {
    flows.into_iter().fold(0, |sum, flow| sum.saturating_add(flow.change()))
}

impl Activity {
    /// From what was outstanding before and what moved since.
    #[must_use]
    pub fn of<'a>(opening: i64, flows: impl IntoIterator<Item = &'a Flow>) -> Self {
        let mut activity = Self { opening, closing: opening, ..Self::default() };
        for flow in flows {
            if let Some(sum) = activity.sum_of(flow) {
                *sum = sum.saturating_add(flow.points);
            }
            activity.closing = activity.closing.saturating_add(flow.change());
            activity.transfers = activity.transfers.saturating_add(flow.transfers);
        }
        activity
    }

    /// By the buckets, not by the kind: they say what became of the points whatever the movement is called.
    const fn sum_of(&mut self, flow: &Flow) -> Option<&mut i64> {
        Some(match (flow.from, flow.to) {
            (Bucket::Issued, _) => &mut self.issued,
            (_, Bucket::Redeemed) => &mut self.spent,
            (Bucket::Redeemed, _) => &mut self.given_back,
            (_, Bucket::Expired) => &mut self.expired,
            (_, Bucket::Reversed) => &mut self.reversed,
            (Bucket::Adjusted, _) => &mut self.adjusted_up,
            (_, Bucket::Adjusted) => &mut self.adjusted_down,
            (Bucket::Pending, Bucket::Available) => &mut self.settled,
            (_, Bucket::Frozen) => &mut self.frozen,
            (Bucket::Frozen, _) => &mut self.released,
            // Merges carry points from one member to another.
            _ => return None,
        })
    }
}

impl Breakage {
    /// Of lots that ran out after `from` and not after `to`. The instant a lot runs out is the first one after its
    /// life, so that of March is the first of April.
    #[must_use]
    pub fn of<'a>(
        flows: impl IntoIterator<Item = &'a Flow>,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Self {
        let mut breakage = Self::default();
        for flow in flows {
            if !flow.expires_at.is_some_and(|at| from < at && at <= to) {
                continue;
            }
            if flow.kind == TransferKind::Expire {
                breakage.expired = breakage.expired.saturating_add(flow.points);
            } else if !is_members(flow.from) && is_members(flow.to) {
                breakage.issued = breakage.issued.saturating_add(flow.points);
            }
        }
        breakage
    }

    /// In ten-thousandths; none when nothing was issued.
    #[must_use]
    pub const fn rate_bps(&self) -> Option<i64> {
        if self.issued <= 0 {
            return None;
        }
        self.expired.saturating_mul(10_000).checked_div(self.issued)
    }
}

/// What points are worth at a checkout, in fen, rounded down; `per_yuan` points are one yuan.
#[must_use]
pub fn value_fen(points: i64, per_yuan: i64) -> i64 {
    let fen = i128::from(points) * 100;
    i64::try_from(fen.div_euclid(i128::from(per_yuan.max(1)))).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(kind: TransferKind, from: Bucket, to: Bucket, points: i64) -> Flow {
        Flow { kind, from, to, expires_at: None, points, transfers: 1 }
    }

    #[test]
    fn every_way_is_counted_where_it_belongs_and_the_sums_carry_over() {
        use {Bucket as B, TransferKind as K};
        let flows = [
            flow(K::Earn, B::Issued, B::Pending, 1_000),
            flow(K::Settle, B::Pending, B::Available, 900),
            flow(K::Reverse, B::Pending, B::Reversed, 100),
            flow(K::Spend, B::Available, B::Redeemed, 200),
            flow(K::Reverse, B::Redeemed, B::Available, 50),
            flow(K::Freeze, B::Available, B::Frozen, 300),
            flow(K::Capture, B::Frozen, B::Redeemed, 120),
            flow(K::Release, B::Frozen, B::Available, 180),
            flow(K::Expire, B::Available, B::Expired, 70),
            flow(K::Adjust, B::Adjusted, B::Available, 11),
            flow(K::Adjust, B::Available, B::Adjusted, 5),
            flow(K::Merge, B::Available, B::Merged, 400),
            flow(K::Merge, B::Merged, B::Available, 400),
        ];
        let expect = Activity {
            opening: 7,
            issued: 1_000,
            settled: 900,
            spent: 320,
            given_back: 50,
            expired: 70,
            reversed: 100,
            adjusted_up: 11,
            adjusted_down: 5,
            frozen: 300,
            released: 180,
            closing: 7 + 1_000 - 320 + 50 - 70 - 100 + 11 - 5,
            transfers: 13,
        };
        assert_eq!(Activity::of(7, &flows), expect);
        assert_eq!(outstanding(&flows), expect.closing - 7);
    }

    #[test]
    fn breakage_is_of_the_lots_whose_life_ended_in_the_span() {
        use {Bucket as B, TransferKind as K};
        let at = |day: u32| format!("2026-04-{day:02}T00:00:00Z").parse::<DateTime<Utc>>().unwrap();
        let lots = |kind, from, to, expires_at, points| Flow {
            expires_at,
            ..flow(kind, from, to, points)
        };
        let flows = [
            lots(K::Earn, B::Issued, B::Pending, Some(at(2)), 300),
            lots(K::Adjust, B::Adjusted, B::Available, Some(at(2)), 100),
            lots(K::Earn, B::Issued, B::Available, Some(at(1)), 1_000),
            lots(K::Earn, B::Issued, B::Available, None, 1_000),
            lots(K::Expire, B::Available, B::Expired, Some(at(2)), 100),
            lots(K::Expire, B::Available, B::Expired, Some(at(1)), 999),
        ];
        let breakage = Breakage::of(&flows, at(1), at(2));
        assert_eq!(
            (breakage, breakage.rate_bps()),
            (Breakage { issued: 400, expired: 100 }, Some(2_500))
        );
        assert_eq!(Breakage::of(&flows, at(2), at(3)).rate_bps(), None);
    }

    #[test]
    fn a_value_is_rounded_down_to_the_fen() {
        for (points, per_yuan, fen) in
            [(100, 100, 100), (1, 100, 1), (1, 300, 0), (-1, 300, -1), (0, 100, 0), (7, 0, 700)]
        {
            assert_eq!(value_fen(points, per_yuan), fen, "{points} at {per_yuan}");
        }
        assert_eq!(value_fen(i64::MAX, 1), i64::MAX);
    }
}
