//! Use cases of operators.

use chrono::{DateTime, Utc};
use entity::codes::AuditAction;
use entity::ids::{AuditId, JobId, MemberId};
use uuid::Uuid;

use super::error::JOB_NOT_DEAD;
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line, Wanted, Written};
use crate::db::{self, Tx};
use crate::http::{Result, codes};
use crate::jobs;
use crate::members::service as members;

pub use crate::jobs::{QueuedJob, list};
pub use entity::codes::JobState;

/// Lets a dead job start over.
///
/// # Errors
/// `not_found`; `job_not_dead`; the database's.
pub async fn retry(app: &App, author: &Author, id: JobId) -> Result<QueuedJob> {
    let line = Line::new(AuditAction::JobRetried).of(id);
    let changed = async |tx: &Tx| jobs::retry_in(tx, id, app.clock.now()).await;
    change(app, author, (id, line), changed).await
}

/// Lets a dead job rest for ever.
///
/// # Errors
/// As [`retry`].
pub async fn discard(app: &App, author: &Author, id: JobId) -> Result<QueuedJob> {
    let line = Line::new(AuditAction::JobDiscarded).of(id);
    let changed = async |tx: &Tx| jobs::discard_in(tx, id, app.clock.now()).await;
    change(app, author, (id, line), changed).await
}

async fn change(
    app: &App,
    author: &Author,
    (id, line): (JobId, Line),
    change: impl AsyncFn(&Tx) -> Result<bool>,
) -> Result<QueuedJob> {
    let changed = db::in_tx(&app.db, async |tx| {
        let changed = change(tx).await?;
        if changed {
            audit::write_in(tx, app, author, std::slice::from_ref(&line)).await?;
        }
        Result::Ok(changed)
    })
    .await?;
    let job = jobs::find(app, id).await?.ok_or(codes::NOT_FOUND)?;
    if changed { Ok(job) } else { Err(JOB_NOT_DEAD.into()) }
}

/// Which lines of the audit log somebody wants to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSearch {
    /// Of this person or third party.
    pub actor: Option<Uuid>,
    /// Of this kind.
    pub action: Option<AuditAction>,
    /// About this member and those merged into her, whichever of their ids is given.
    pub member: Option<MemberId>,
    /// At or after this.
    pub from: Option<DateTime<Utc>>,
    /// Before this.
    pub until: Option<DateTime<Utc>>,
    /// The last of the page before.
    pub before: Option<AuditId>,
}

impl AuditSearch {
    /// What is searched by; never the words themselves.
    fn words(&self) -> Vec<&'static str> {
        let words = [
            (self.actor.is_some(), "actor"),
            (self.action.is_some(), "action"),
            (self.member.is_some(), "member"),
            (self.from.is_some(), "from"),
            (self.until.is_some(), "until"),
        ];
        words.into_iter().filter_map(|(asked, word)| asked.then_some(word)).collect()
    }
}

/// Lines of the audit log, the latest first; reading them is a line of its own (PV-6).
///
/// # Errors
/// The database's.
pub async fn audit_lines(
    app: &App,
    author: &Author,
    search: AuditSearch,
    limit: u64,
) -> Result<Vec<Written>> {
    let line = Line::new(AuditAction::AuditRead).naming("by", &search.words());
    let line = match search.member {
        Some(member) => line.about(member),
        None => line,
    };
    let members = match search.member {
        Some(member) => Some(everybody_of(app, member).await?),
        None => None,
    };
    let AuditSearch { actor, action, from, until, before, .. } = search;
    let action = action.map(AuditAction::as_str);
    let wanted = Wanted { actor, action, members, from, until, before };
    let lines = audit::lines(app, &wanted, limit).await?;
    audit::write(app, author, line.gave_page(lines.len(), limit)).await?;
    Ok(lines)
}

/// She who stays and all who were merged into her.
async fn everybody_of(app: &App, member: MemberId) -> Result<Vec<MemberId>> {
    let db = app.db.read();
    let winners = members::winners(db, &[member]).await?;
    // Who never was may have been looked for.
    let winner = winners.get(&member).copied().unwrap_or(member);
    let mut everybody = members::losers(db, winner).await?;
    everybody.push(winner);
    Ok(everybody)
}
