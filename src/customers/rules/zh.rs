//! In Chinese.

use std::fmt::Write as _;

use entity::codes::TransferKind;

use super::{Grant, Other, Part, Purchase, Story, times};

pub(super) fn text(story: &Story) -> String {
    let sentences = [
        Some(opening(story)),
        story.grant.as_ref().map(grant),
        taken(story),
        given_back(story),
        resolved(story),
    ];
    sentences.into_iter().flatten().collect()
}

fn purchase(purchase: &Purchase) -> String {
    let (day, number) = (purchase.day, &purchase.external_no);
    purchase.store.as_ref().map_or_else(
        || format!("{day} 的消费 {number}"),
        |store| format!("{day} 在{store}的消费 {number}"),
    )
}

fn other(other: &Other) -> String {
    format!("{} {} {}", other.day, other.title.0, other.points)
}

fn opening(story: &Story) -> String {
    let (points, day) = (story.points, story.day);
    let of_purchase = story.purchase.as_ref().map(purchase);
    let text = match (story.kind, &story.original) {
        (TransferKind::Earn, _) => match of_purchase {
            Some(purchase) => format!("{purchase} 获得 {points} 积分"),
            None => format!("{day} {}，获得 {points} 积分", story.title.0),
        },
        (TransferKind::Settle, Some(original)) => {
            let from = original.purchase.as_ref().map_or_else(|| other(original), purchase);
            format!("{from} 的积分过了退货期，{points} 积分于 {day} 到账")
        }
        (TransferKind::Reverse, Some(original)) if original.kind == TransferKind::Earn => {
            let from = original.purchase.as_ref().map_or_else(|| other(original), purchase);
            format!("{day} 因退货扣回 {points} 积分，原为{from} 所得")
        }
        (TransferKind::Reverse, Some(original)) => {
            format!("{day} 退还 {points} 积分，原为{}", other(original))
        }
        (TransferKind::Capture | TransferKind::Release, Some(original)) => {
            format!("{day} {} {points}，原为{}", story.title.0, other(original))
        }
        _ => format!("{day} {} {points}", story.title.0),
    };
    format!("{text}。")
}

fn grant(grant: &Grant) -> String {
    let mut text = String::new();
    let mut terms = Vec::new();
    terms.extend(grant.rule.as_ref().map(|(code, version)| format!("规则 {code} 第 {version} 版")));
    terms.extend(grant.tier_bps.map(|bps| format!("会员等级 {} 倍", times(bps))));
    let campaign = grant.campaign.as_ref();
    terms.extend(campaign.map(|(name, points)| format!("活动“{name}”多送 {points} 分")));
    if !terms.is_empty() {
        let _ = write!(text, "按{}计算。", terms.join("、"));
    }
    if let Some(day) = grant.settles {
        let _ = write!(text, "退货期内待入账，{day} 到账。");
    }
    let life = grant.last_day.map_or("永久有效".to_owned(), |day| format!("有效期至 {day}"));
    let _ = write!(text, "{life}，还剩 {}", grant.left);
    if grant.went.is_empty() {
        return text + "。";
    }
    let went: Vec<String> = grant.went.iter().map(other).collect();
    let more = if grant.more { "等" } else { "" };
    text + &format!("；去向：{}{more}。", went.join("、"))
}

fn part(part: &Part, verb: &str) -> String {
    let from =
        part.purchase.as_ref().map_or_else(|| format!("{} 获得的积分", part.earned), purchase);
    let life = part.last_day.map_or("永久有效".to_owned(), |day| format!("有效期至 {day}"));
    format!("{from}（{verb} {}，{life}）", part.points.abs())
}

/// `甲、乙和丙`.
fn list(mut words: Vec<String>, more: bool) -> String {
    if more {
        return words.join("、") + "等";
    }
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{}和{last}", words.join("、")) }
}

fn taken(story: &Story) -> Option<String> {
    let taken = story.taken();
    let debt = story.debt();
    if story.kind == TransferKind::Earn && !taken.is_empty() {
        let paid: i64 = taken.iter().map(|part| -part.points).sum();
        return Some(format!("其中 {paid} 先还了之前的欠分。"));
    }
    let verb = match story.kind {
        TransferKind::Freeze => "冻结",
        TransferKind::Expire => "过期",
        TransferKind::Reverse | TransferKind::Adjust => "扣",
        _ => "用了",
    };
    let owed = format!("{debt} 已经用掉，记为欠分，以后获得的积分先还。");
    if taken.is_empty() {
        return (debt > 0).then_some(owed);
    }
    let parts = taken.into_iter().map(|it| part(it, verb)).collect();
    let rest = if debt > 0 { format!("其余 {owed}") } else { String::new() };
    Some(format!("这 {} 积分来自 {}。{rest}", story.points, list(parts, story.more)))
}

fn given_back(story: &Story) -> Option<String> {
    let back = story.given_back();
    if back.is_empty() {
        return None;
    }
    let parts = back.into_iter().map(|it| part(it, "退回")).collect();
    Some(format!("积分回到原来的批次：{}。", list(parts, story.more)))
}

fn resolved(story: &Story) -> Option<String> {
    // What became of an earning stands where its points went.
    if story.resolved_by.is_empty() || story.grant.is_some() {
        return None;
    }
    let later: Vec<String> = story.resolved_by.iter().map(other).collect();
    Some(format!("之后：{}。", later.join("、")))
}
