//! The append-only event log and the relay that hands it to reactions (architecture 5).

mod kind;
mod relay;
mod store;

use chrono::{DateTime, Utc};
use entity::event_log::Model as Logged;
use entity::ids::{EventId, MemberId};
use sea_orm::DbErr;

use crate::db::Conn;
use crate::db::rows::Writes;

pub use crate::kernel::bell::Bell;
pub use kind::{About, Kind, Listed, Reach, VERSION, data_of};
pub use relay::{Reaction, Relay};

/// Something that happened: past tense, versioned, ids and numbers only. Made by its [`Kind`].
#[derive(Clone, Debug)]
pub struct Event {
    /// Dotted past tense, such as `order.paid`.
    pub kind: &'static str,
    /// Version of the payload's schema.
    pub version: i32,
    /// Whom it is about.
    pub member_id: Option<MemberId>,
    /// Its data.
    pub payload: serde_json::Value,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
}

/// Appends `events` in the caller's transaction: they are handed on if and only if it commits.
///
/// # Errors
/// The database's.
pub async fn publish(db: &impl Conn, events: Vec<Event>, now: DateTime<Utc>) -> Result<(), DbErr> {
    let mut writes = Writes::new(db);
    publish_with(&mut writes, events, now).await?;
    writes.send().await
}

/// Events of the log behind `after`, in the sequence of their ids, relayed or not: for projections that are built anew.
///
/// # Errors
/// The database's.
pub async fn log_after(
    db: &impl Conn,
    after: Option<EventId>,
    limit: u64,
) -> Result<Vec<Logged>, DbErr> {
    store::log_after(db, after, limit).await
}

/// As [`publish`], together with other writes of the caller.
///
/// # Errors
/// The database's.
pub async fn publish_with(
    writes: &mut Writes<'_, impl Conn>,
    events: Vec<Event>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    store::append(writes, events, now).await
}
