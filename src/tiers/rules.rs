//! Pure decisions about tiers (TR-1, TR-3).

use chrono::{DateTime, Utc};
use entity::tier::Model as Tier;
use entity::tier_change::Model as Change;
use entity::values::Fen;

/// Where a member stands on both tracks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Paid less refunded in the last 12 months.
    pub spent: Fen,
    /// Growth value.
    pub growth: i64,
}

/// The track that reached a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// Spending of 12 months.
    Spend,
    /// Growth value.
    Growth,
}

impl Track {
    /// As stored with the change.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spend => "spend",
            Self::Growth => "growth",
        }
    }
}

impl Reach {
    fn track(self, tier: &Tier) -> Option<Track> {
        if self.spent >= tier.spend_fen {
            Some(Track::Spend)
        } else if self.growth >= tier.growth {
            Some(Track::Growth)
        } else {
            None
        }
    }
}

/// The highest tier that is reached on either track; `None` leaves a member in the joining tier. `tiers` come lowest
/// first and the lowest is never reached: one joins with it.
#[must_use]
pub fn reached(tiers: &[Tier], reach: Reach) -> Option<(&Tier, Track)> {
    let mut above = tiers.iter().skip(1).rev();
    above.find_map(|tier| Some((tier, reach.track(tier)?)))
}

/// The tier that a member rises to now; `None` when she has it, or a better one.
#[must_use]
pub fn rise<'a>(tiers: &'a [Tier], current: &str, reach: Reach) -> Option<(&'a Tier, Track)> {
    reached(tiers, reach).filter(|(tier, _)| tier.rank > rank(tiers, current))
}

/// The rank of a tier; a code that no tier has ranks below all.
#[must_use]
pub fn rank(tiers: &[Tier], code: &str) -> i32 {
    tiers.iter().find(|tier| tier.code == code).map_or(0, |tier| tier.rank)
}

/// The next tier above `current`, with what is missing on each track.
#[must_use]
pub fn next<'a>(tiers: &'a [Tier], current: &str, reach: Reach) -> Option<(&'a Tier, Fen, i64)> {
    let above = rank(tiers, current);
    let tier = tiers.iter().find(|tier| tier.rank > above)?;
    let spend = tier.spend_fen.0.saturating_sub(reach.spent.0).max(0);
    let growth = tier.growth.saturating_sub(reach.growth).max(0);
    Some((tier, Fen(spend), growth))
}

/// Oldest first; of changes in one millisecond the one to the higher tier is the later one.
pub fn sort(tiers: &[Tier], history: &mut [Change]) {
    history.sort_by_key(|change| (change.changed_at, rank(tiers, &change.to_tier)));
}

/// The code of the tier in force at a business time: that of the last change up to then; before the first change, what
/// it changed from. `None` where there is no history. `history` comes oldest first.
#[must_use]
pub fn tier_at(history: &[Change], at: DateTime<Utc>) -> Option<&str> {
    let past = history.iter().rev().find(|change| change.changed_at <= at);
    match past {
        Some(change) => Some(&change.to_tier),
        None => history.first()?.from_tier.as_deref(),
    }
}

/// A tier and how long it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Code.
    pub tier: String,
    /// Start.
    pub since: DateTime<Utc>,
    /// End; none never ends.
    pub until: Option<DateTime<Utc>>,
}

/// The better of two holds: the higher tier, of equal ones the one that lasts longer.
#[must_use]
pub fn better<'a>(tiers: &[Tier], one: &'a Hold, other: &'a Hold) -> &'a Hold {
    let worth = |hold: &Hold| (rank(tiers, &hold.tier), hold.until.is_none(), hold.until);
    if worth(other) > worth(one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use entity::ids::{MemberId, TierChangeId};
    use proptest::prelude::*;

    use super::*;

    fn tier(code: &str, rank: i32, spend: i64, growth: i64) -> Tier {
        Tier {
            code: code.to_owned(),
            name: code.to_owned(),
            rank,
            spend_fen: Fen(spend),
            growth,
            multiplier_bps: 10_000,
            months: 12,
            benefits: serde_json::json!([]),
        }
    }

    fn tiers() -> Vec<Tier> {
        vec![
            tier("silver", 1, 0, 0),
            tier("gold", 2, 500_000, 5_000),
            tier("diamond", 3, 2_000_000, 20_000),
        ]
    }

    const fn reach(spent: i64, growth: i64) -> Reach {
        Reach { spent: Fen(spent), growth }
    }

    #[test]
    fn either_track_is_enough() {
        let check = |spent, growth, expect: Option<(&str, Track)>| {
            let tiers = tiers();
            let found = reached(&tiers, reach(spent, growth));
            assert_eq!(found.map(|(tier, track)| (tier.code.as_str(), track)), expect);
        };
        check(0, 0, None);
        check(-100, -5, None);
        check(499_999, 4_999, None);
        check(500_000, 0, Some(("gold", Track::Spend)));
        check(0, 5_000, Some(("gold", Track::Growth)));
        check(1_999_999, 20_000, Some(("diamond", Track::Growth)));
        check(i64::MAX, i64::MAX, Some(("diamond", Track::Spend)));
    }

    #[test]
    fn nobody_falls_when_she_rises() {
        assert!(rise(&tiers(), "diamond", reach(500_000, 0)).is_none());
        assert!(rise(&tiers(), "gold", reach(500_000, 0)).is_none());
        assert_eq!(rise(&tiers(), "silver", reach(500_000, 0)).unwrap().0.code, "gold");
    }

    #[test]
    fn what_is_missing_is_said_to_the_fen() {
        let tiers = tiers();
        let missing = |code, spent, growth| {
            next(&tiers, code, reach(spent, growth))
                .map(|(tier, spend, growth)| (tier.code.as_str(), spend.0, growth))
        };
        assert_eq!(missing("silver", 123_456, 10), Some(("gold", 376_544, 4_990)));
        assert_eq!(missing("gold", 2_500_000, 10), Some(("diamond", 0, 19_990)));
        assert_eq!(missing("diamond", 0, 0), None);
        assert_eq!(missing("silver", -1, i64::MIN), Some(("gold", 500_001, i64::MAX)));
    }

    fn change(from: Option<&str>, to: &str, at: &str) -> Change {
        let at = at.parse().unwrap();
        Change {
            id: TierChangeId::new(at),
            member_id: MemberId::new(at),
            from_tier: from.map(str::to_owned),
            to_tier: to.to_owned(),
            cause: "spend".to_owned(),
            order_id: None,
            spend_fen: Fen(0),
            growth: 0,
            changed_at: at,
            holds_until: None,
        }
    }

    #[test]
    fn the_tier_of_a_time_comes_from_the_history() {
        let history = [
            change(Some("silver"), "gold", "2026-02-01T00:00:00Z"),
            change(Some("gold"), "diamond", "2026-05-01T00:00:00Z"),
        ];
        let at = |text: &str| tier_at(&history, text.parse().unwrap());
        assert_eq!(at("2026-01-31T23:59:59.999Z"), Some("silver"));
        assert_eq!(at("2026-02-01T00:00:00Z"), Some("gold"));
        assert_eq!(at("2027-01-01T00:00:00Z"), Some("diamond"));
        assert_eq!(tier_at(&[], DateTime::UNIX_EPOCH), None);
    }

    #[test]
    fn two_changes_in_one_millisecond_leave_the_higher_tier() {
        let at = "2026-02-01T00:00:00Z";
        let mut history = [change(Some("gold"), "diamond", at), change(Some("silver"), "gold", at)];
        sort(&tiers(), &mut history);
        assert_eq!(tier_at(&history, at.parse().unwrap()), Some("diamond"));
    }

    #[test]
    fn the_better_of_two_tiers_stays() {
        let hold = |tier: &str, until: Option<&str>| Hold {
            tier: tier.to_owned(),
            since: DateTime::UNIX_EPOCH,
            until: until.map(|text| text.parse().unwrap()),
        };
        let (early, late) = (Some("2027-01-01T00:00:00Z"), Some("2027-06-01T00:00:00Z"));
        let check = |one: Hold, other: Hold, expect: &Hold| {
            assert_eq!(better(&tiers(), &one, &other), expect);
            assert_eq!(better(&tiers(), &other, &one), expect);
        };
        check(hold("gold", early), hold("silver", None), &hold("gold", early));
        check(hold("gold", early), hold("gold", late), &hold("gold", late));
        check(hold("gold", None), hold("gold", late), &hold("gold", None));
    }

    proptest! {
        #[test]
        fn more_never_reaches_less(spent in 0..3_000_000_i64, growth in 0..30_000_i64, more in 0..500_000_i64) {
            let tiers = tiers();
            let rank = |reach| reached(&tiers, reach).map_or(1, |(tier, _)| tier.rank);
            prop_assert!(rank(reach(spent + more, growth)) >= rank(reach(spent, growth)));
            prop_assert!(rank(reach(spent, growth + more)) >= rank(reach(spent, growth)));
        }
    }
}
