//! Use cases of sessions.

mod changes;
mod copies;
mod refresh;

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::{Audience, PrincipalKind};
use entity::ids::{MemberId, SessionId, StaffId};
use entity::session;

use super::store;
use crate::app::App;
use crate::db::{self, Conn, Tx};
use crate::http::{Error, Result, codes};
use crate::kernel::jwt::LONGEST_LIFE;
use crate::kernel::secret::random_token;

pub use super::rules::Principal;

/// A pair of tokens for a device.
#[derive(Clone)]
pub struct Tokens {
    /// The session.
    pub session: SessionId,
    /// Access token (JWT).
    pub access: String,
    /// When it runs out.
    pub access_expires_at: DateTime<Utc>,
    /// Refresh token, single use.
    pub refresh: String,
    /// When the sign-in runs out altogether.
    pub expires_at: DateTime<Utc>,
}

/// A live session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Id.
    pub id: SessionId,
    /// Whose, as of now: after a merge this is the winner.
    pub principal: Principal,
}

impl Session {
    /// The member it belongs to.
    ///
    /// # Errors
    /// `unauthenticated` for a session of staff.
    pub fn member(&self) -> Result<MemberId> {
        self.principal.as_member().ok_or_else(|| codes::UNAUTHENTICATED.into())
    }

    /// The staff it belongs to.
    ///
    /// # Errors
    /// `unauthenticated` for a session of a member.
    pub fn staff(&self) -> Result<StaffId> {
        self.principal.as_staff().ok_or_else(|| codes::UNAUTHENTICATED.into())
    }
}

/// A device in the member's own list.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its session.
    pub session: SessionId,
    /// What the client called it.
    pub name: String,
    /// Sign-in.
    pub signed_in_at: DateTime<Utc>,
    /// Latest refresh.
    pub last_seen_at: DateTime<Utc>,
}

/// Signs a device in: a new session each time (S12).
///
/// The caller holds the lock of the principal's row, so that nobody is disabled or merged in between.
pub async fn open_in(
    tx: &Tx,
    app: &App,
    who: Principal,
    audience: Audience,
    device: &str,
) -> Result<Tokens> {
    let now = app.clock.now();
    let row = session::Model {
        id: SessionId::new(now),
        principal_kind: who.kind,
        principal_id: who.id,
        audience,
        device: device.chars().filter(|c| !c.is_control()).take(100).collect(),
        created_at: now,
        last_seen_at: now,
        expires_at: now + life(app, who.kind),
        revoked_at: None,
        changed_at: None,
    };
    let refresh = random_token();
    let tokens = tokens(app, &row, refresh, now)?;
    store::insert(tx, row).await?;
    store::insert_token(tx, refresh::token_digest(&tokens.refresh), tokens.session, now).await?;
    Ok(tokens)
}

/// How long a sign-in lasts, however often it is refreshed.
fn life(app: &App, kind: PrincipalKind) -> TimeDelta {
    let security = &app.config.security;
    match kind {
        PrincipalKind::Member => TimeDelta::days(i64::from(security.member_days)),
        PrincipalKind::Staff => TimeDelta::hours(i64::from(security.staff_hours)),
    }
}

/// The pair of `refresh` and a new access token, which never outlives the sign-in.
pub(super) fn tokens(
    app: &App,
    session: &session::Model,
    refresh: String,
    now: DateTime<Utc>,
) -> Result<Tokens> {
    let life = TimeDelta::minutes(i64::from(app.config.security.access_minutes)).min(LONGEST_LIFE);
    let access_expires_at = session.expires_at.min(now + life);
    let signed = app.tokens.sign(session.id, session.audience, now, access_expires_at);
    Ok(Tokens {
        session: session.id,
        access: signed.map_err(|_| Error::fault("an access token could not be signed"))?,
        access_expires_at,
        refresh,
        expires_at: session.expires_at,
    })
}

/// Exchanges a refresh token, once; within 20 s a repeated exchange gets the same successor, later reuse ends the family (S11).
///
/// # Errors
/// `sign_in_ended` for a token that is unknown, of another audience, or of a session that has ended.
pub async fn refresh(app: &App, token: &str, audience: Audience) -> Result<Tokens> {
    refresh::refresh(app, token, audience).await
}

/// The live session that an access token names, or `unauthenticated`; what ended elsewhere is known within a second (S10).
///
/// # Errors
/// `unauthenticated`; `unavailable` when SQL cannot say whether the session still lives: never open.
pub async fn authenticate(app: &App, token: &str, audience: Audience) -> Result<Session> {
    let now = app.clock.now();
    let id = app.tokens.verify(token, audience, now).map_err(|_| codes::UNAUTHENTICATED)?;
    let found = copies::find(app, id).await?;
    let live = found.filter(|copy| copy.audience == audience && copy.expires_at > now);
    let copy = live.ok_or(codes::UNAUTHENTICATED)?;
    Ok(Session { id, principal: copy.principal() })
}

/// Ends one session of `who`; another's looks like one that does not exist.
///
/// # Errors
/// `not_found` also for one that has ended.
pub async fn end(app: &App, who: Principal, session: SessionId) -> Result<()> {
    if !store::end_of(app.db.write(), who, session, app.clock.now()).await? {
        return Err(codes::NOT_FOUND.into());
    }
    changes::forget(app);
    Ok(())
}

/// Ends every session of `who` in the caller's transaction; call [`forget_cached`] after the commit.
pub async fn end_all_in(tx: &Tx, who: Principal, now: DateTime<Utc>) -> Result<()> {
    Ok(store::end_all(tx, who, now).await?)
}

/// Gives the sessions of a merged member to the one that stays; call [`forget_cached`] after the commit.
pub async fn move_in(tx: &Tx, from: MemberId, to: MemberId, now: DateTime<Utc>) -> Result<()> {
    Ok(store::give(tx, from, to, now).await?)
}

/// After a commit that ended or moved sessions: the next request of this process sees it. Other processes see it
/// within a second by themselves, so nothing is lost when this is never reached, and it cannot fail.
pub async fn forget_cached(app: &App) -> Result<()> {
    changes::forget(app);
    Ok(())
}

/// The signed-in devices of `who`, latest first, at most 100.
pub async fn devices(db: &impl Conn, who: Principal, now: DateTime<Utc>) -> Result<Vec<Device>> {
    let rows = store::live_of(db, who, now).await?;
    let device = |row: session::Model| Device {
        session: row.id,
        name: row.device,
        signed_in_at: row.created_at,
        last_seen_at: row.last_seen_at,
    };
    Ok(rows.into_iter().map(device).collect())
}

/// Deletes up to `limit` sessions whose sign-in ran out a week ago, with their refresh tokens; answers how many.
pub async fn delete_old(app: &App, limit: u64) -> Result<u64> {
    let then = app.clock.now() - TimeDelta::days(7);
    db::in_tx(&app.db, async |tx| {
        let ids = store::over(tx, then, limit.min(1000)).await?;
        if !ids.is_empty() {
            store::delete(tx, &ids).await?;
        }
        Ok(ids.len() as u64)
    })
    .await
}
