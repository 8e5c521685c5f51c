//! The line of a row, for people.

use std::collections::HashMap;

use entity::codes::{IdentifierKind, TransferKind};
use entity::values::Fen;

use super::{Facts, TimelineKind};
use crate::kernel::calendar::Calendar;

/// Names of tiers by code.
pub type TierNames = HashMap<String, String>;

/// What a row says: Chinese and English.
#[must_use]
pub fn line(
    kind: TimelineKind,
    facts: &Facts,
    tiers: &TierNames,
    calendar: Calendar,
) -> (String, String) {
    let source = facts.source.as_deref().unwrap_or("other");
    match kind {
        TimelineKind::Joined => {
            (format!("成为会员，来源 {source}"), format!("Became a member by {source}"))
        }
        TimelineKind::Registered => (
            format!("首次登录，来源 {source}"),
            format!("Signed in for the first time by {source}"),
        ),
        TimelineKind::SignedIn => {
            (format!("登录，来源 {source}"), format!("Signed in by {source}"))
        }
        TimelineKind::ProfileChanged => {
            let fields = facts.fields.join(", ");
            (format!("修改资料：{fields}"), format!("Profile changed: {fields}"))
        }
        TimelineKind::IdentifierProved => identifier(facts),
        TimelineKind::Merged => {
            ("合并了另一个会员账户".to_owned(), "Another account became hers".to_owned())
        }
        TimelineKind::Purchase | TimelineKind::Refund | TimelineKind::Cancellation => {
            order(kind, facts)
        }
        TimelineKind::Points | TimelineKind::Growth => moved(kind, facts),
        TimelineKind::PointsExpiring => {
            let points = facts.points.unwrap_or_default();
            let day = facts.expires_at.map_or_else(String::new, |at| calendar.day(at).to_string());
            (format!("{points} 积分将于 {day} 到期"), format!("{points} points run out on {day}"))
        }
        TimelineKind::TierUpgraded
        | TimelineKind::TierLowered
        | TimelineKind::TierRenewed
        | TimelineKind::TierExpiring => tier(kind, facts, tiers, calendar),
    }
}

/// ¥ with two decimals.
fn yuan(fen: Option<Fen>) -> String {
    let fen = fen.unwrap_or(Fen(0)).0;
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}¥{}.{:02}", fen.unsigned_abs() / 100, fen.unsigned_abs() % 100)
}

fn identifier(facts: &Facts) -> (String, String) {
    let (zh, en) = match facts.identifier_kind {
        Some(IdentifierKind::Phone) => ("手机号", "phone"),
        Some(IdentifierKind::Card) => ("会员卡号", "card"),
        Some(IdentifierKind::UnionId | IdentifierKind::OpenId) => ("微信", "WeChat account"),
        Some(IdentifierKind::Marketplace) => ("电商账号", "marketplace account"),
        None => ("标识", "identifier"),
    };
    (format!("绑定并验证{zh}"), format!("Proved a {en} to be hers"))
}

fn order(kind: TimelineKind, facts: &Facts) -> (String, String) {
    let back = facts.points_reversed.unwrap_or_default();
    match kind {
        TimelineKind::Purchase => {
            let (paid, points) = (yuan(facts.paid_fen), facts.points.unwrap_or_default());
            (
                format!("消费 {paid}，获得 {points} 积分"),
                format!("Paid {paid}, earned {points} points"),
            )
        }
        TimelineKind::Refund => {
            let amount = yuan(facts.amount_fen);
            let zh = format!("退款 {amount}，收回 {back} 积分");
            (zh, format!("Refunded {amount}, {back} points taken back"))
        }
        _ => {
            let amount = yuan(facts.amount_fen);
            let zh = format!("订单取消 {amount}，收回 {back} 积分");
            (zh, format!("Order of {amount} cancelled, {back} points taken back"))
        }
    }
}

fn moved(kind: TimelineKind, facts: &Facts) -> (String, String) {
    let (unit_zh, unit_en) = match kind {
        TimelineKind::Growth => ("成长值", "growth value"),
        _ => ("积分", "points"),
    };
    let amount = facts.amount.unwrap_or_default();
    let (zh, en) = match facts.kind {
        Some(TransferKind::Earn) => ("获得", "earned"),
        Some(TransferKind::Settle) => ("到账", "settled"),
        Some(TransferKind::Spend | TransferKind::Capture) => ("使用", "used"),
        Some(TransferKind::Freeze) => ("冻结", "held"),
        Some(TransferKind::Release) => ("解冻", "released"),
        Some(TransferKind::Expire) => ("过期", "ran out"),
        Some(TransferKind::Reverse) => ("冲回", "reversed"),
        Some(TransferKind::Adjust) => ("人工调整", "adjusted by hand"),
        Some(TransferKind::Merge) => ("合并转入", "carried over by a merge"),
        None => ("变动", "moved"),
    };
    (format!("{zh} {amount} {unit_zh}"), format!("{amount} {unit_en} {en}"))
}

fn tier(
    kind: TimelineKind,
    facts: &Facts,
    tiers: &TierNames,
    calendar: Calendar,
) -> (String, String) {
    let name = |code: &Option<String>| {
        let code = code.as_deref().unwrap_or_default();
        tiers.get(code).cloned().unwrap_or_else(|| code.to_owned())
    };
    let (from, to) = (name(&facts.from), name(&facts.to));
    match kind {
        TimelineKind::TierUpgraded => {
            (format!("升级：{from} → {to}"), format!("Rose from {from} to {to}"))
        }
        TimelineKind::TierLowered => {
            (format!("降级：{from} → {to}"), format!("Went down from {from} to {to}"))
        }
        TimelineKind::TierRenewed => (format!("保级成功：{to}"), format!("Kept {to}")),
        _ => {
            let day = facts.until.map_or_else(String::new, |at| calendar.day(at).to_string());
            (format!("{from} 将于 {day} 到期"), format!("{from} ends on {day}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use entity::codes::Ledger;

    use super::*;

    fn told(kind: TimelineKind, facts: serde_json::Value) -> (String, String) {
        let facts: Facts = serde_json::from_value(facts).unwrap();
        let tiers = TierNames::from([("gold".to_owned(), "金卡".to_owned())]);
        line(kind, &facts, &tiers, Calendar(chrono_tz::Asia::Shanghai))
    }

    #[test]
    fn lines_say_what_happened_in_both_languages() {
        let check = |kind, facts, zh: &str, en: &str| {
            assert_eq!(told(kind, facts), (zh.to_owned(), en.to_owned()));
        };
        check(
            TimelineKind::Purchase,
            serde_json::json!({"paid_fen": 53_905, "points": 539}),
            "消费 ¥539.05，获得 539 积分",
            "Paid ¥539.05, earned 539 points",
        );
        check(
            TimelineKind::TierUpgraded,
            serde_json::json!({"from": "gone", "to": "gold"}),
            "升级：gone → 金卡",
            "Rose from gone to 金卡",
        );
        check(
            TimelineKind::PointsExpiring,
            serde_json::json!({"points": 5, "expires_at": "2026-12-31T16:00:00Z"}),
            "5 积分将于 2027-01-01 到期",
            "5 points run out on 2027-01-01",
        );
    }

    #[test]
    fn every_kind_has_a_line_also_without_its_facts() {
        for kind in TimelineKind::ALL {
            let (zh, en) = told(*kind, serde_json::json!({}));
            assert!(!zh.is_empty() && en.is_ascii() != en.contains('¥'), "{kind}: {zh} {en}");
        }
    }

    #[test]
    fn growth_is_told_apart_from_points() {
        let kind = |ledger| super::super::kind_of("points.moved", Some(ledger));
        assert_eq!(kind(Ledger::Growth), Some(TimelineKind::Growth));
        assert_eq!(kind(Ledger::Points), Some(TimelineKind::Points));
    }
}
