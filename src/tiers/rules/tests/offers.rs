//! Cards in a row, benefits in words, quotas by period.

use entity::codes::{BenefitKind, QuotaPeriod};
use entity::ids::{CardId, MemberId, PartnerId};
use entity::values::Fen;

use super::super::*;
use super::{SHANGHAI, at};

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
