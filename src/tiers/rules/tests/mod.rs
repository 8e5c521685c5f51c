//! The rules, by example and by an oracle.

mod lives;
mod offers;

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::{TierCause, TierPart};
use entity::ids::{MemberId, TierChangeId};
use entity::tier::Model as Tier;
use entity::tier_change::Model as Change;
use entity::values::{Fen, Words};

use super::*;
use crate::kernel::calendar::Calendar;

const SHANGHAI: Calendar = Calendar(chrono_tz::Asia::Shanghai);

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn tier(code: &str, rank: i32, spend: i64, growth: i64) -> Tier {
    Tier {
        code: code.to_owned(),
        name: code.to_owned(),
        rank,
        spend_fen: Fen(spend),
        growth,
        multiplier_bps: 10_000,
        months: 12,
        benefits: Words::default(),
        version: 1,
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

fn terms(tiers: &[Tier], grace: i64) -> Terms<'_> {
    Terms { tiers, calendar: SHANGHAI, grace: TimeDelta::days(grace) }
}

fn earned(tier: &str, since: &str, until: Option<&str>) -> Earned {
    Earned { tier: tier.to_owned(), since: at(since), until: until.map(at), growth_base: 0 }
}

fn parts(earned: Earned) -> Parts {
    Parts { earned, growth_mark: 0, pin: None, cards: Vec::new() }
}

fn numbers(growth: i64, days: &[(&str, i64)]) -> Numbers {
    let days = days.iter().map(|(day, fen)| (day.parse().unwrap(), Fen(*fen)));
    Numbers { growth, days: days.collect() }
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

#[test]
fn twelve_months_are_a_year_of_days_also_around_a_leap_day() {
    let check = |day: &str, first: &str| {
        assert_eq!(window(day.parse().unwrap()), first.parse().unwrap(), "{day}");
    };
    check("2026-03-15", "2025-03-16");
    check("2028-02-28", "2027-03-01");
    check("2028-02-29", "2027-03-01");
    check("2028-03-01", "2027-03-02");
    // What was bought on the leap day made a tier that ends on 28 February, and must not renew it.
    check("2029-02-28", "2028-03-01");
    check("2029-03-01", "2028-03-02");
}

#[test]
fn thresholds_must_rise() {
    let mut ladder = tiers();
    assert!(rising(&ladder) && rising(&[]));
    ladder[1].growth = 20_000;
    assert!(!rising(&ladder), "not on the growth track");
    ladder[1].growth = 5_000;
    ladder[0].spend_fen = Fen(1);
    assert!(!rising(&ladder), "one joins for nothing");
    assert_eq!(below(&tiers(), "diamond").unwrap().code, "gold");
    assert!(below(&tiers(), "silver").is_none());
}

fn change(from: Option<&str>, to: &str, when: &str, seq: i64) -> Change {
    Change {
        id: TierChangeId::new(at(when)),
        member_id: MemberId::new(at(when)),
        from_tier: from.map(str::to_owned),
        to_tier: to.to_owned(),
        cause: TierCause::Spend,
        order_id: None,
        spend_fen: Fen(0),
        growth: 0,
        changed_at: at(when),
        holds_until: None,
        seq,
        earned_tier: None,
        actor_kind: None,
        actor_id: None,
        reason: None,
        recorded_at: None,
    }
}

#[test]
fn the_tier_of_a_time_comes_from_the_history() {
    let history = [
        change(Some("silver"), "gold", "2026-02-01T00:00:00Z", 1),
        change(Some("gold"), "diamond", "2026-05-01T00:00:00Z", 2),
    ];
    let tier = |text: &str| tier_at(&history, at(text));
    assert_eq!(tier("2026-01-31T23:59:59.999Z"), Some("silver"));
    assert_eq!(tier("2026-02-01T00:00:00Z"), Some("gold"));
    assert_eq!(tier("2027-01-01T00:00:00Z"), Some("diamond"));
    assert_eq!(tier_at(&[], DateTime::UNIX_EPOCH), None);
}

#[test]
fn of_two_changes_in_one_millisecond_the_later_number_counts() {
    let when = "2026-02-01T00:00:00Z";
    let mut old =
        [change(Some("gold"), "diamond", when, 0), change(Some("silver"), "gold", when, 0)];
    sort(&tiers(), &mut old);
    assert_eq!(tier_at(&old, at(when)), Some("diamond"));
    let mut new =
        [change(Some("gold"), "silver", when, 2), change(Some("silver"), "gold", when, 1)];
    sort(&tiers(), &mut new);
    assert_eq!(tier_at(&new, at(when)), Some("silver"));
}

#[test]
fn the_tier_in_force_is_the_best_part_unless_it_is_pinned() {
    let now = at("2026-06-01T00:00:00Z");
    let span = |tier: &str, from: &str, until: &str| Span {
        tier: tier.to_owned(),
        from: at(from),
        until: at(until),
    };
    let mut own = parts(earned("gold", "2026-01-01T00:00:00Z", Some("2027-01-01T00:00:00Z")));
    let check = |parts: &Parts, tier: &str, part, until: Option<&str>| {
        let is = effective(&tiers(), parts, now);
        assert_eq!((is.tier.as_str(), is.part, is.until), (tier, part, until.map(at)));
    };
    check(&own, "gold", TierPart::Earned, Some("2027-01-01T00:00:00Z"));
    // A card of the same tier that ends earlier changes nothing, nor does one that begins later.
    own.cards = vec![span("gold", "2026-05-15T00:00:00Z", "2026-06-15T00:00:00Z")];
    check(&own, "gold", TierPart::Earned, Some("2027-01-01T00:00:00Z"));
    own.cards = vec![span("diamond", "2026-06-01T00:00:00.001Z", "2026-07-01T00:00:00Z")];
    check(&own, "gold", TierPart::Earned, Some("2027-01-01T00:00:00Z"));
    // Cards in a row are one stretch; at its end a card is over.
    own.cards = vec![
        span("diamond", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00.001Z"),
        span("diamond", "2026-06-01T00:00:00.001Z", "2026-07-01T00:00:00Z"),
    ];
    check(&own, "diamond", TierPart::Card, Some("2026-07-01T00:00:00Z"));
    own.cards = vec![span("diamond", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z")];
    check(&own, "gold", TierPart::Earned, Some("2027-01-01T00:00:00Z"));
    // A pin stands above everything, down as well as up, until its end.
    let pin = |until: Option<&str>| {
        Some(Pin { tier: "silver".to_owned(), since: now, until: until.map(at) })
    };
    own.pin = pin(None);
    check(&own, "silver", TierPart::Pin, None);
    own.pin = pin(Some("2026-06-01T00:00:00Z"));
    check(&own, "gold", TierPart::Earned, Some("2027-01-01T00:00:00Z"));
}

#[test]
fn the_better_of_two_members_stays() {
    let (early, late) = (Some("2027-01-01T00:00:00Z"), Some("2027-06-01T00:00:00Z"));
    let hold = |tier: &str, until| earned(tier, "2026-01-01T00:00:00Z", until);
    let check = |one: Earned, other: Earned, expect: &Earned| {
        assert_eq!(&better_earned(&tiers(), &one, &other), expect);
        assert_eq!(&better_earned(&tiers(), &other, &one), expect);
    };
    check(hold("gold", early), hold("silver", None), &hold("gold", early));
    check(hold("gold", early), hold("gold", late), &hold("gold", late));
    check(hold("gold", None), hold("gold", late), &hold("gold", None));
    let pin = |tier: &str| {
        Some(Pin { tier: tier.to_owned(), since: at("2026-01-01T00:00:00Z"), until: None })
    };
    assert_eq!(better_pin(&tiers(), pin("silver"), pin("gold")), pin("gold"));
    assert_eq!(better_pin(&tiers(), None, pin("silver")), pin("silver"));
}

/// What the end of a diamond of 2026-03-15 makes of her, with what she has to show.
fn at_the_end(grace: i64, numbers: &Numbers, now: &str) -> (Parts, Vec<Step>) {
    let tiers = tiers();
    let mut own = parts(earned("diamond", "2026-03-15T04:00:00Z", Some("2027-03-15T04:00:00Z")));
    own.earned.growth_base = 20_000;
    let times = (at("2026-03-15T04:00:00Z"), at(now));
    let steps = advance(&terms(&tiers, grace), &mut own, numbers, times, "diamond");
    (own, steps)
}

#[test]
fn the_end_renews_or_lowers_by_one_step_to_the_fen_and_the_millisecond() {
    use TierCause::{NotReached, Renewal};
    let check = |growth, days: &[(&str, i64)], now: &str, tier: &str, causes: &[TierCause]| {
        let (own, steps) = at_the_end(0, &numbers(growth, days), now);
        assert_eq!(own.earned.tier, tier);
        assert_eq!(steps.iter().map(|step| step.cause).collect::<Vec<_>>(), causes);
    };
    let (before, end) = ("2027-03-15T03:59:59.999Z", "2027-03-15T04:00:00Z");
    check(20_000, &[], before, "diamond", &[]);
    check(20_000, &[], end, "gold", &[NotReached]);
    check(20_000, &[("2026-03-16", 1_999_999)], end, "gold", &[NotReached]);
    check(20_000, &[("2026-03-16", 2_000_000)], end, "diamond", &[Renewal]);
    // The day that made the tier lies outside, the day of the end inside, the day after outside again.
    check(20_000, &[("2026-03-15", 2_000_000)], end, "gold", &[NotReached]);
    check(20_000, &[("2027-03-15", 2_000_000)], end, "diamond", &[Renewal]);
    check(20_000, &[("2027-03-16", 2_000_000)], end, "gold", &[NotReached]);
    // Growth counts since the start of the tier.
    check(39_999, &[], end, "gold", &[NotReached]);
    check(40_000, &[], end, "diamond", &[Renewal]);
    // Two years of silence are two steps, a year apart; then nothing ends any more.
    check(20_000, &[], "2028-03-15T03:59:59.999Z", "gold", &[NotReached]);
    check(20_000, &[], "2028-03-15T04:00:00Z", "silver", &[NotReached, NotReached]);
    check(20_000, &[], "2040-01-01T00:00:00Z", "silver", &[NotReached, NotReached]);
}

#[test]
fn a_late_look_gives_the_dates_of_a_punctual_one() {
    let (punctual, steps) = at_the_end(0, &numbers(20_000, &[]), "2027-03-15T04:00:00Z");
    let (late, late_steps) = at_the_end(0, &numbers(20_000, &[]), "2027-03-18T09:00:00Z");
    assert_eq!((&punctual, &steps), (&late, &late_steps));
    assert_eq!(late.earned.since, at("2027-03-15T04:00:00Z"));
    assert_eq!(late.earned.until, Some(at("2028-03-15T04:00:00Z")));
    assert_eq!(late.growth_mark, 20_000, "growth that carried the lost tier is used up");
    assert_eq!(late_steps[0].holds_until, Some(at("2028-03-15T04:00:00Z")));
}

#[test]
fn within_the_grace_she_can_still_renew_and_the_new_year_begins_at_the_old_end() {
    let day = [("2027-03-17", 2_000_000)];
    let (own, steps) = at_the_end(3, &numbers(20_000, &day), "2027-03-18T03:59:59.999Z");
    assert_eq!((own.earned.tier.as_str(), steps.len()), ("diamond", 0));
    let (own, steps) = at_the_end(3, &numbers(20_000, &day), "2027-03-18T04:00:00Z");
    assert_eq!(
        (own.earned.since, steps[0].cause),
        (at("2027-03-15T04:00:00Z"), TierCause::Renewal)
    );
    let (own, steps) = at_the_end(3, &numbers(20_000, &[]), "2027-03-18T04:00:00Z");
    assert_eq!((own.earned.since, steps[0].at), (at("2027-03-18T04:00:00Z"), steps[0].at));
    assert_eq!(own.earned.tier, "gold");
}

#[test]
fn what_keeping_needs_is_said_to_the_fen() {
    let tiers = tiers();
    let own = earned("gold", "2026-03-15T04:00:00Z", Some("2027-03-15T04:00:00Z"));
    let own = Earned { growth_base: 5_000, ..own };
    let found = keep(&terms(&tiers, 2), &own, &numbers(5_010, &[("2026-06-01", 123_456)])).unwrap();
    assert_eq!((found.missing_spend, found.missing_growth), (Fen(376_544), 4_990));
    assert_eq!(found.until, at("2027-03-17T04:00:00Z"));
    assert!(lacks(&found));
    let safe = keep(&terms(&tiers, 2), &own, &numbers(10_000, &[])).unwrap();
    assert!(!lacks(&safe));
    let joined = earned("silver", "2026-03-15T04:00:00Z", None);
    assert!(keep(&terms(&tiers, 0), &joined, &numbers(0, &[])).is_none());
}
