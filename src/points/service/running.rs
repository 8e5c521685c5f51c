//! The campaigns that run now for one member.

use chrono::{DateTime, Datelike, Utc};
use entity::ids::MemberId;
use entity::points_campaign;

use crate::app::App;
use crate::http::{Result, codes};
use crate::members::service as members;
use crate::points::rules::{Book, Issues, in_words};
use crate::points::store;

/// A campaign that runs now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningCampaign {
    /// Name shown.
    pub name: String,
    /// What it gives and when, in Chinese and in English.
    pub words: (String, String),
    /// How many times as many points, in 1/10000.
    pub multiplier_bps: i64,
    /// First instant no longer in force.
    pub ends_at: DateTime<Utc>,
}

/// The campaigns that run now and that she may have: her tier and birthday fit and the budget is not used up. The best
/// first.
///
/// # Errors
/// The database's.
pub async fn running_campaigns(app: &App, member: MemberId) -> Result<Vec<RunningCampaign>> {
    let (db, now) = (app.db.read(), app.clock.now());
    let row = members::by_ids(db, &[member]).await?.remove(&member).ok_or(codes::NOT_FOUND)?;
    let book = Book::new(store::campaigns_between(db, now, now).await?);
    let day = app.calendar.day(now);
    let may = |campaign: &&points_campaign::Model| {
        let asked = &campaign.conditions;
        let tier = asked.tiers.is_empty() || asked.tiers.contains(&row.tier);
        let month = row.birthday.map(|birthday| birthday.month());
        tier && (!asked.birthday_month || month == Some(day.month()))
    };
    let mut found: Vec<&points_campaign::Model> = book.at(now).filter(may).collect();
    let limits = found.iter().flat_map(|campaign| campaign.limits(day, member));
    let keys: Vec<String> = limits.map(|limit| limit.counter.to_string()).collect();
    let issued = store::issued(db, &keys).await?;
    found.retain(|campaign| {
        campaign.limits(day, member).iter().all(|limit| {
            issued.get(&limit.counter.to_string()).is_none_or(|issued| *issued < limit.most)
        })
    });
    found.sort_by_key(|campaign| std::cmp::Reverse(campaign.multiplier_bps));
    let running = |campaign: &points_campaign::Model| RunningCampaign {
        name: campaign.name.clone(),
        words: in_words(campaign),
        multiplier_bps: campaign.multiplier_bps,
        ends_at: campaign.ends_at,
    };
    Ok(found.into_iter().map(running).collect())
}
