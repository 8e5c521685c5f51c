//! Points that members bring along from another system (OP-4).

use chrono::{DateTime, Utc};
use entity::codes::{Ledger, Source};
use entity::ids::MemberId;

use super::posting::post_in;
use super::single::lifetime;
use crate::app::App;
use crate::db::Tx;
use crate::http::{Code, Result};
use crate::kernel::actor::Actor;
use crate::points::rules::{Act, Movement, Posted};

/// Points of one member.
#[derive(Clone, Debug)]
pub struct Brought {
    /// Whose; the one who stays, her row locked.
    pub member: MemberId,
    /// How many, above zero.
    pub points: i64,
    /// When they run out; none as if they were earned now.
    pub expires_at: Option<DateTime<Utc>>,
    /// What they are known by for ever, at most 128 characters: the same again moves nothing.
    pub reference: String,
}

/// Adds the points, each with its own answer; a reference that stands with another amount is refused. Ring the bell
/// after the commit.
///
/// # Errors
/// The database's.
pub async fn bring_in(
    tx: &Tx,
    app: &App,
    actor: Actor,
    brought: &[Brought],
) -> Result<Vec<std::result::Result<Posted, Code>>> {
    let now = app.clock.now();
    let usual = lifetime(tx, app, now).await?;
    let movement = |one: &Brought| Movement {
        member: one.member,
        ledger: Ledger::Points,
        act: Act::Adjust { points: one.points, expires_at: one.expires_at.or(usual) },
        source: Source::Import,
        source_id: one.reference.clone(),
        occurred_at: now,
        order: None,
        store: None,
        actor,
    };
    post_in(tx, app, &brought.iter().map(movement).collect::<Vec<_>>()).await
}
