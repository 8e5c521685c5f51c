//! What a shopper reads.

use chrono::DateTime;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn bought(number: &str, on: &str) -> Purchase {
    Purchase {
        order: OrderId::new(DateTime::UNIX_EPOCH),
        external_no: number.to_owned(),
        day: day(on),
        store: Some("静安店".to_owned()),
    }
}

fn part(points: i64, number: &str, on: &str) -> Part {
    Part {
        transfer: TransferId::new(DateTime::UNIX_EPOCH),
        points,
        purchase: Some(bought(number, on)),
        earned: day(on),
        last_day: Some(day("2027-03-31")),
    }
}

fn other(kind: TransferKind, title: (&'static str, &'static str), points: i64) -> Other {
    let transfer = TransferId::new(DateTime::UNIX_EPOCH);
    Other { transfer, kind, title, points, day: day("2026-04-02"), purchase: None }
}

fn story(kind: TransferKind, title: (&'static str, &'static str), points: i64) -> Story {
    Story {
        kind,
        title,
        points,
        day: day("2026-05-01"),
        purchase: None,
        grant: None,
        parts: Vec::new(),
        more: false,
        original: None,
        resolved_by: Vec::new(),
    }
}

const USED: (&str, &str) = ("使用积分", "Points used");

#[test]
fn a_spending_names_the_purchases_that_paid_for_it() {
    let story = Story {
        parts: vec![part(-80, "SH01-1", "2026-03-14"), part(-40, "SH01-2", "2026-03-20")],
        ..story(TransferKind::Spend, USED, 120)
    };
    assert_eq!(
        story.text(Language::Zh),
        "2026-05-01 使用积分 120。这 120 积分来自 2026-03-14 在静安店的消费 SH01-1（用了 80，有效期至 2027-03-31）\
         和2026-03-20 在静安店的消费 SH01-2（用了 40，有效期至 2027-03-31）。"
    );
    assert_eq!(
        story.text(Language::En),
        "Points used on 2026-05-01: 120. These 120 points came from purchase SH01-1 of 2026-03-14 in 静安店 (80, good \
         until 2027-03-31) and purchase SH01-2 of 2026-03-20 in 静安店 (40, good until 2027-03-31)."
    );
}

#[test]
fn an_earning_says_by_what_rule_until_when_and_where_the_rest_went() {
    let grant = Grant {
        rule: Some(("purchase_points".to_owned(), 2)),
        tier_bps: Some(15_000),
        campaign: Some(("双11".to_owned(), 60)),
        settles: Some(day("2026-03-21")),
        last_day: Some(day("2027-03-31")),
        left: 70,
        went: vec![other(TransferKind::Spend, USED, 50)],
        more: false,
    };
    let story = Story {
        purchase: Some(bought("SH01-1", "2026-03-14")),
        grant: Some(grant),
        ..story(TransferKind::Earn, ("消费得积分", "Points for a purchase"), 120)
    };
    assert_eq!(
        story.text(Language::Zh),
        "2026-03-14 在静安店的消费 SH01-1 获得 120 积分。按规则 purchase_points 第 2 版、会员等级 1.5 倍、活动“双11”多送 60 分计算。\
         退货期内待入账，2026-03-21 到账。有效期至 2027-03-31，还剩 70；去向：2026-04-02 使用积分 50。"
    );
    assert!(story.text(Language::En).contains("1.5 times for the tier, 60 more by the campaign"));
}

#[test]
fn a_claw_back_says_what_became_debt() {
    let original = Other {
        purchase: Some(bought("SH01-1", "2026-03-14")),
        ..other(TransferKind::Earn, ("消费得积分", "Points for a purchase"), 120)
    };
    let story = Story {
        parts: vec![part(-20, "SH01-1", "2026-03-14")],
        original: Some(original),
        ..story(TransferKind::Reverse, ("退货扣回积分", "Points taken back after a return"), 120)
    };
    let text = story.text(Language::Zh);
    assert!(
        text.starts_with(
            "2026-05-01 因退货扣回 120 积分，原为2026-03-14 在静安店的消费 SH01-1 所得。"
        ),
        "{text}"
    );
    assert!(text.ends_with("其余 100 已经用掉，记为欠分，以后获得的积分先还。"), "{text}");
    assert!(
        story
            .text(Language::En)
            .ends_with("100 had been used already and are owed: what comes in next pays them.")
    );
}

#[test]
fn what_came_back_says_where_to() {
    let story = Story {
        parts: vec![part(50, "SH01-1", "2026-03-14")],
        original: Some(other(TransferKind::Spend, USED, 120)),
        ..story(TransferKind::Reverse, ("退还已用积分", "Used points given back"), 50)
    };
    let text = story.text(Language::Zh);
    assert_eq!(
        text,
        "2026-05-01 退还 50 积分，原为2026-04-02 使用积分 120。\
         积分回到原来的批次：2026-03-14 在静安店的消费 SH01-1（退回 50，有效期至 2027-03-31）。"
    );
}

#[test]
fn a_multiplier_reads_as_people_write_it() {
    for (bps, text) in
        [(10_000, "1"), (15_000, "1.5"), (12_500, "1.25"), (10_001, "1.0001"), (0, "0")]
    {
        assert_eq!(times(bps), text);
    }
}
