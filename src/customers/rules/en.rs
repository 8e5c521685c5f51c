//! In English.

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
    sentences.into_iter().flatten().collect::<Vec<String>>().join(" ")
}

fn purchase(purchase: &Purchase) -> String {
    let (day, number) = (purchase.day, &purchase.external_no);
    let store = purchase.store.as_ref().map(|store| format!(" in {store}")).unwrap_or_default();
    format!("purchase {number} of {day}{store}")
}

fn other(other: &Other) -> String {
    format!("{} on {} ({})", other.title.1, other.day, other.points)
}

fn of(original: &Other) -> String {
    original.purchase.as_ref().map_or_else(|| other(original), purchase)
}

fn opening(story: &Story) -> String {
    let (points, day, title) = (story.points, story.day, story.title.1);
    match (story.kind, &story.original, &story.purchase) {
        (TransferKind::Earn, _, Some(bought)) => {
            format!("{points} points for {}.", purchase(bought))
        }
        (TransferKind::Settle, Some(original), _) => {
            format!("{points} points of {} became available on {day}.", of(original))
        }
        (TransferKind::Reverse, Some(original), _) if original.kind == TransferKind::Earn => {
            format!(
                "{points} points taken back on {day} after a return: they came from {}.",
                of(original)
            )
        }
        (TransferKind::Reverse, Some(original), _) => {
            format!("{points} points given back on {day}, of: {}.", other(original))
        }
        (TransferKind::Capture | TransferKind::Release, Some(original), _) => {
            format!("{title} on {day}: {points}, of: {}.", other(original))
        }
        _ => format!("{title} on {day}: {points}."),
    }
}

fn grant(grant: &Grant) -> String {
    let mut text = String::new();
    let mut terms = Vec::new();
    terms.extend(
        grant.rule.as_ref().map(|(code, version)| format!("rule {code} version {version}")),
    );
    terms.extend(grant.tier_bps.map(|bps| format!("{} times for the tier", times(bps))));
    let campaign = grant.campaign.as_ref();
    terms
        .extend(campaign.map(|(name, points)| format!("{points} more by the campaign \"{name}\"")));
    if !terms.is_empty() {
        let _ = write!(text, "By {}. ", terms.join(", "));
    }
    if let Some(day) = grant.settles {
        let _ = write!(text, "Pending during the return window, available on {day}. ");
    }
    let life = grant.last_day.map_or("for ever".to_owned(), |day| format!("until {day}"));
    let _ = write!(text, "Good {life}; {} left", grant.left);
    if grant.went.is_empty() {
        return text + ".";
    }
    let went: Vec<String> = grant.went.iter().map(other).collect();
    let more = if grant.more { " and more" } else { "" };
    text + &format!("; the rest went to: {}{more}.", went.join(", "))
}

fn part(part: &Part) -> String {
    let from =
        part.purchase.as_ref().map_or_else(|| format!("points of {}", part.earned), purchase);
    let life = part.last_day.map_or("for ever".to_owned(), |day| format!("until {day}"));
    format!("{from} ({}, good {life})", part.points.abs())
}

fn list(mut words: Vec<String>, more: bool) -> String {
    if more {
        return words.join(", ") + " and more";
    }
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) }
}

fn taken(story: &Story) -> Option<String> {
    let (taken, debt) = (story.taken(), story.debt());
    if story.kind == TransferKind::Earn && !taken.is_empty() {
        let paid: i64 = taken.iter().map(|part| -part.points).sum();
        return Some(format!("{paid} of them paid an earlier debt."));
    }
    let owed = format!("{debt} had been used already and are owed: what comes in next pays them.");
    if taken.is_empty() {
        return (debt > 0).then_some(owed);
    }
    let parts = taken.into_iter().map(part).collect();
    let rest = if debt > 0 { format!(" {owed}") } else { String::new() };
    Some(format!("These {} points came from {}.{rest}", story.points, list(parts, story.more)))
}

fn given_back(story: &Story) -> Option<String> {
    let back = story.given_back();
    if back.is_empty() {
        return None;
    }
    let parts = back.into_iter().map(part).collect();
    Some(format!("They went back to where they came from: {}.", list(parts, story.more)))
}

fn resolved(story: &Story) -> Option<String> {
    if story.resolved_by.is_empty() || story.grant.is_some() {
        return None;
    }
    let later: Vec<String> = story.resolved_by.iter().map(other).collect();
    Some(format!("Later: {}.", later.join(", ")))
}
