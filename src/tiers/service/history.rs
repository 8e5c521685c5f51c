//! Every change of a member's tier with its cause and numbers (TR-4).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::codes::TierCause;
use entity::ids::{MemberId, TierChangeId};
use entity::tier_change::Model as Change;

use crate::app::App;
use crate::audit::service::Author;
use crate::db::Conn;
use crate::http::Result;
use crate::members::service::{self as members, losers};
use crate::staff::service::StaffRef;
use crate::tiers::rules::rank;
use crate::tiers::store;

/// Where a page of the history ends.
pub type HistoryPosition = (DateTime<Utc>, i64, TierChangeId);

/// One change.
#[derive(Clone, Debug)]
pub struct HistoryEntry {
    /// The row.
    pub change: Change,
    /// Name of the tier before; its code where the tier is gone.
    pub from_name: Option<String>,
    /// Name of the tier after.
    pub to_name: String,
    /// Whether it went up, down or neither.
    pub direction: std::cmp::Ordering,
}

impl HistoryEntry {
    /// Where to read on after this change.
    #[must_use]
    pub const fn position(&self) -> HistoryPosition {
        (self.change.changed_at, self.change.seq, self.change.id)
    }

    /// What it was, for people: Chinese and English.
    #[must_use]
    pub const fn title(&self) -> (&'static str, &'static str) {
        match self.change.cause {
            TierCause::Spend => ("近 12 个月消费达标", "Reached by spending of 12 months"),
            TierCause::Growth => ("成长值达标", "Reached by growth value"),
            TierCause::Renewal => ("保级成功", "Renewed"),
            TierCause::NotReached => ("未达保级条件，下降一级", "Not reached again: one step down"),
            TierCause::Merge => ("账户合并", "Two accounts became one"),
            TierCause::Pin => ("人工设定等级", "Set by head office"),
            TierCause::PinLifted => ("取消人工设定", "No longer set by head office"),
            TierCause::PinEnded => ("人工设定到期", "Set by head office until then"),
            TierCause::Card => ("购买会员卡", "Membership card bought"),
            TierCause::CardCancelled => ("会员卡退款", "Membership card given back"),
            TierCause::CardEnded => ("会员卡到期", "Membership card ran out"),
        }
    }
}

/// The changes of a member's tier, latest first, with those of members merged into her.
///
/// # Errors
/// The database's.
pub async fn history(
    db: &impl Conn,
    member: MemberId,
    after: Option<HistoryPosition>,
    limit: u64,
) -> Result<Vec<HistoryEntry>> {
    let mut members = losers(db, member).await?;
    members.push(member);
    let tiers = store::tiers(db).await?;
    let names: HashMap<&str, &str> =
        tiers.iter().map(|tier| (tier.code.as_str(), tier.name.as_str())).collect();
    let name = |code: &str| names.get(code).copied().unwrap_or(code).to_owned();
    let entry = |change: Change| HistoryEntry {
        from_name: change.from_tier.as_deref().map(name),
        to_name: name(&change.to_tier),
        direction: rank(&tiers, &change.to_tier)
            .cmp(&rank(&tiers, change.from_tier.as_deref().unwrap_or_default())),
        change,
    };
    let rows = store::page_of(db, &members, after, limit).await?;
    Ok(rows.into_iter().map(entry).collect())
}

/// The same for a member whom `staff` may see.
///
/// # Errors
/// `not_found` also outside the caller's data scope.
pub async fn history_in_scope(
    app: &App,
    who: (&StaffRef, &Author),
    member: MemberId,
    after: Option<HistoryPosition>,
    limit: u64,
) -> Result<Vec<HistoryEntry>> {
    let seen = members::show_in_scope(app, who, member, "tier_history").await?;
    history(app.db.read(), seen.id, after, limit).await
}

/// The same for any member, by the id of one that was merged too.
///
/// # Errors
/// `not_found`.
pub async fn history_of(
    app: &App,
    author: &Author,
    member: MemberId,
    after: Option<HistoryPosition>,
    limit: u64,
) -> Result<Vec<HistoryEntry>> {
    let row = members::show_any(app, author, member, "tier_history").await?;
    history(app.db.read(), row.id, after, limit).await
}
