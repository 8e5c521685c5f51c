//! The rules, by example and by an oracle.

use chrono::{DateTime, Days, TimeDelta, Utc};
use entity::codes::{BenefitKind, QuotaPeriod, TierCause, TierPart};
use entity::ids::{CardId, MemberId, PartnerId, TierChangeId};
use entity::tier::Model as Tier;
use entity::tier_change::Model as Change;
use entity::values::{Fen, Words};
use proptest::prelude::*;

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
    let check = |growth, days: &[(&str, i64)], now: &str, tier: &str, causes: &[TierCause]| {
        let (own, steps) = at_the_end(0, &numbers(growth, days), now);
        assert_eq!(own.earned.tier, tier);
        assert_eq!(steps.iter().map(|step| step.cause).collect::<Vec<_>>(), causes);
    };
    use TierCause::{NotReached, Renewal};
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

fn card(tier: &str, from: &str, until: &str) -> Card {
    Card {
        id: CardId::new(at(from)),
        member_id: MemberId::new(at(from)),
        plan: "plan".to_owned(),
        tier: tier.to_owned(),
        starts_at: at(from),
        ends_at: at(until),
        paid_fen: Fen(0),
        partner_id: PartnerId::new(at(from)),
        receipt_no: from.to_owned(),
        sold_at: at(from),
        cancelled_at: None,
    }
}

#[test]
fn cards_of_a_tier_follow_each_other_and_lose_no_day() {
    let now = at("2026-06-10T00:00:00Z");
    let first = card("gold", "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z");
    let second = card("gold", "2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z");
    let other = card("diamond", "2026-06-05T00:00:00Z", "2026-06-20T00:00:00Z");
    let all = [first.clone(), second.clone(), other.clone()];
    assert_eq!(next_start(&all, "gold", now), second.ends_at);
    assert_eq!(next_start(&all, "silver", now), now);
    assert_eq!(close_gaps(&all, now), []);
    let gone = Card { cancelled_at: Some(now), ..first.clone() };
    let shifts = close_gaps(&[gone, second.clone(), other], now);
    let moved = Shift { card: second.id, starts_at: now, ends_at: at("2026-07-11T00:00:00Z") };
    assert_eq!(shifts, [moved]);
    // Two members with a running card each become one: what is left of the second comes after the first.
    let twin = card("gold", "2026-06-02T00:00:00Z", "2026-07-05T00:00:00Z");
    let shifts = close_gaps(&[twin.clone(), first.clone()], now);
    let moved =
        Shift { card: twin.id, starts_at: first.ends_at, ends_at: at("2026-07-26T00:00:00Z") };
    assert_eq!(shifts, [moved]);
}

#[test]
fn benefits_are_told_in_words() {
    use BenefitKind::{
        BirthdayGift, DiscountRate, EarlyAccess, FreeShippingOver, PointMultiplier, Tailoring,
        UpgradeGift,
    };
    let check = |kind, value, quota, zh: &str, en: &str| {
        assert_eq!(title(&Benefit { kind, value, quota }), (zh.to_owned(), en.to_owned()));
    };
    check(DiscountRate, 9_500, None, "9.5 折", "5% off");
    check(DiscountRate, 8_888, None, "8.888 折", "11.12% off");
    check(FreeShippingOver, 29_900, None, "满 299 元包邮", "free delivery from ¥299");
    check(FreeShippingOver, 0, None, "包邮", "free delivery");
    check(BirthdayGift, 0, Some((1, QuotaPeriod::Year)), "生日礼", "birthday gift");
    check(UpgradeGift, 500, None, "升级礼 500 积分", "500 points on reaching the tier");
    check(EarlyAccess, 24, None, "新品提前 24 小时购", "new styles 24 hours early");
    check(PointMultiplier, 12_000, None, "1.2 倍积分", "1.2 times the points");
    let twice = Some((2, QuotaPeriod::Quarter));
    check(Tailoring, 0, twice, "免费修改裤长（每季度 2 次）", "free alterations (2 a quarter)");
}

#[test]
fn a_quota_begins_anew_with_its_period() {
    let now = at("2026-05-31T16:30:00Z"); // 1 June in Shanghai
    let since = at("2026-02-03T00:00:00Z");
    let check = |period, start: &str, end: Option<&str>| {
        assert_eq!(period_start(SHANGHAI, period, now, since), at(start));
        assert_eq!(ends_at(SHANGHAI, period, now), end.map(at));
    };
    check(QuotaPeriod::Month, "2026-05-31T16:00:00Z", Some("2026-06-30T16:00:00Z"));
    check(QuotaPeriod::Quarter, "2026-03-31T16:00:00Z", Some("2026-06-30T16:00:00Z"));
    check(QuotaPeriod::Year, "2025-12-31T16:00:00Z", Some("2026-12-31T16:00:00Z"));
    check(QuotaPeriod::Hold, "2026-02-03T00:00:00Z", None);
}

/// One thing that happens in a member's life.
#[derive(Clone, Copy, Debug)]
enum Life {
    Days(u16),
    Buys(i64),
    Grows(i64),
    Job,
}

fn life() -> impl Strategy<Value = Vec<Life>> {
    let one = prop_oneof![
        3 => (1_u16..150).prop_map(Life::Days),
        3 => (1_i64..1_200_000).prop_map(Life::Buys),
        1 => (1_i64..12_000).prop_map(Life::Grows),
        2 => Just(Life::Job),
    ];
    prop::collection::vec(one, 1..40)
}

/// Lives a life; with `Punctual::Yes` a look is taken at each millisecond at which something ends.
fn live(life: &[Life], jobs: Jobs) -> (Parts, String) {
    let tiers = tiers();
    let terms = terms(&tiers, 0);
    let mut now = at("2026-03-15T04:00:00Z");
    let mut own = parts(earned("silver", "2026-03-15T04:00:00Z", None));
    let (mut numbers, mut current) = (Numbers::default(), "silver".to_owned());
    let look = |own: &mut Parts, numbers: &Numbers, current: &mut String, now| {
        for step in advance(&terms, own, numbers, (now, now), current) {
            *current = step.to;
        }
    };
    for event in life {
        match *event {
            Life::Days(days) => {
                let end = now + TimeDelta::days(i64::from(days));
                while let Jobs::Punctual = jobs
                    && let Some(next) = own.next_end(now, terms.grace).filter(|next| next.at <= end)
                {
                    look(&mut own, &numbers, &mut current, next.at);
                }
                now = end;
            }
            Life::Job if jobs == Jobs::AsDrawn => look(&mut own, &numbers, &mut current, now),
            Life::Job => {}
            // What has ended is always seen to before anything is booked.
            Life::Buys(fen) => {
                look(&mut own, &numbers, &mut current, now);
                numbers.days.push((SHANGHAI.day(now), Fen(fen)));
                numbers.growth += fen / 100;
            }
            Life::Grows(growth) => {
                look(&mut own, &numbers, &mut current, now);
                numbers.growth += growth;
            }
        }
        if matches!(event, Life::Buys(_) | Life::Grows(_)) {
            if let Some(raised) = raise(&terms, &mut own, &numbers, now, &current) {
                current = raised.step.to;
            }
        }
    }
    look(&mut own, &numbers, &mut current, now);
    (own, current)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Jobs {
    Punctual,
    AsDrawn,
    Never,
}

proptest! {
    #[test]
    fn more_never_reaches_less(spent in 0..3_000_000_i64, growth in 0..30_000_i64, more in 0..500_000_i64) {
        let tiers = tiers();
        let rank = |reach| reached(&tiers, reach).map_or(1, |(tier, _)| tier.rank);
        prop_assert!(rank(reach(spent + more, growth)) >= rank(reach(spent, growth)));
        prop_assert!(rank(reach(spent, growth + more)) >= rank(reach(spent, growth)));
    }

    #[test]
    fn jobs_that_ran_late_twice_or_never_change_nothing(life in life()) {
        let punctual = live(&life, Jobs::Punctual);
        prop_assert_eq!(&live(&life, Jobs::AsDrawn), &punctual);
        prop_assert_eq!(&live(&life, Jobs::Never), &punctual);
        prop_assert_eq!(&punctual.0.earned.tier, &punctual.1);
    }

    #[test]
    fn a_year_of_days_is_the_window(offset in 0_u64..4_000) {
        let day = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Days::new(offset);
        let first = window(day);
        let length = (day - first).num_days() + 1;
        prop_assert!((364..=366).contains(&length), "{} days", length);
    }
}
