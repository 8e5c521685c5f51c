//! Copies of live sessions: in this process for seconds, in the kv for a minute.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::Audience;
use entity::ids::SessionId;
use entity::session;
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::store;
use super::changes::Now;
use super::{Principal, changes};
use crate::app::App;
use crate::http::{Error, Result};
use crate::kernel::codes::PrincipalKind;

/// How long a copy counts, from the moment its row was read, wherever it was kept since. `changes::REMEMBERED` is
/// longer, so that a change is listed for as long as any copy from before it may count.
pub(super) const LIFE: TimeDelta = TimeDelta::seconds(60);
/// How long this process keeps a copy before it looks into the kv again.
const LOCAL: Duration = Duration::from_secs(10);
/// About 100 bytes each.
const MOST: u64 = 100_000;

/// A live session as its row was at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SessionCopy {
    kind: PrincipalKind,
    principal: Uuid,
    pub(super) audience: Audience,
    pub(super) expires_at: DateTime<Utc>,
    read_at: DateTime<Utc>,
}

impl SessionCopy {
    /// A copy of `row`, or `None` when it has ended.
    pub(super) fn of(row: &session::Model, read_at: DateTime<Utc>) -> Option<Self> {
        row.revoked_at.is_none().then_some(Self {
            kind: row.principal_kind,
            principal: row.principal_id,
            audience: row.audience,
            expires_at: row.expires_at,
            read_at,
        })
    }

    pub(super) const fn principal(&self) -> Principal {
        Principal { kind: self.kind, id: self.principal }
    }

    fn counts(&self, now: DateTime<Utc>) -> bool {
        (now - self.read_at).abs() < LIFE
    }
}

/// The copies of this process.
pub(super) struct Local(Cache<SessionId, SessionCopy>);

impl Default for Local {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(LOCAL).build())
    }
}

/// The live session of this id: from the list of changes, a copy, or SQL; `None` when it has ended or never was.
pub(super) async fn find(app: &App, id: SessionId) -> Result<Option<SessionCopy>> {
    // Read before anything else, so that a copy never seems younger than its row.
    let now = app.clock.now();
    match changes::recent(app).await?.of(id) {
        Some(Now::Ended) => return Ok(None),
        Some(Now::Lives(copy)) => return Ok(Some(copy)),
        None => {}
    }
    let local = app.memory.of::<Local>();
    if let Some(copy) = local.0.get(&id).await.filter(|copy| copy.counts(now)) {
        return Ok(Some(copy));
    }
    let remote = from_kv(app, id).await.filter(|copy| copy.counts(now));
    let copy = match remote {
        Some(copy) => copy,
        None => match from_sql(app, id, now).await? {
            Some(copy) => copy,
            None => return Ok(None),
        },
    };
    local.0.insert(id, copy).await;
    Ok(Some(copy))
}

fn key(id: SessionId) -> String {
    format!("session:{id}")
}

/// A kv that is away or holds nonsense has no copy: SQL decides.
async fn from_kv(app: &App, id: SessionId) -> Option<SessionCopy> {
    let bytes = app.kv.get(&key(id)).await.ok()??;
    serde_json::from_slice(&bytes).ok()
}

async fn from_sql(app: &App, id: SessionId, now: DateTime<Utc>) -> Result<Option<SessionCopy>> {
    let row = store::find(app.db.read(), id).await?;
    let Some(copy) = row.and_then(|row| SessionCopy::of(&row, now)) else { return Ok(None) };
    let bytes = serde_json::to_vec(&copy).map_err(Error::fault)?;
    // Without the kv the next one reads SQL too.
    let _ = app.kv.put(&key(id), &bytes, LIFE.to_std().unwrap_or_default()).await;
    Ok(Some(copy))
}
