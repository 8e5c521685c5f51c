//! Signing in with number and password.

use chrono::{DateTime, Utc};
use entity::codes::{Audience, AuditAction, StaffStatus};
use entity::ids::{SessionId, StaffId};
use entity::staff;
use entity::values::Digest;

use super::super::error::{TRY_LATER, WRONG_PASSWORD};
use super::super::rules::{FORGIVEN, delay_after, may_use};
use super::passwords::Passwords;
use super::{StaffRef, store};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db;
use crate::http::limits::{admit, per_minute};
use crate::http::{ClientIp, Error, Result};
use crate::sessions::service::{Principal, Tokens, end, open_in};

/// An attempt to sign in.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    /// Whose account.
    pub staff_no: &'a str,
    /// What they say is its password.
    pub password: &'a str,
    /// What the client calls the device.
    pub device: &'a str,
    /// The surface.
    pub audience: Audience,
    /// Where from.
    pub from: ClientIp,
    /// The request, for the audit log.
    pub request: &'a str,
}

/// Sign-ins a minute from one network, whatever the numbers: a store signs in a shift, a sprayer tries thousands.
const ATTEMPTS_A_MINUTE_OF_A_NETWORK: u32 = 120;

/// Signs staff in: a new session each time.
///
/// Wrong number, wrong password, not yet accepted, disabled, a role of another surface: all answer the same and take
/// the same time (S8). Five wrong passwords from one network slow that network down for that account, nobody else (S7).
///
/// # Errors
/// `wrong_password`, `sign_in_blocked`, `rate_limited`.
pub async fn sign_in(app: &App, attempt: SignIn<'_>) -> Result<(StaffRef, Tokens)> {
    let from = attempt.from;
    let network = from.network().to_string();
    admit(app, "staff network", &network, per_minute(ATTEMPTS_A_MINUTE_OF_A_NETWORK)).await?;
    let subject = format!("{} {}", from.0, attempt.staff_no);
    admit(app, "sign-in", &subject, per_minute(app.config.security.sign_ins_per_minute)).await?;
    let failures =
        app.vault.index("sign-in failure", &format!("{} {}", from.network(), attempt.staff_no));
    count_attempt(app, &failures).await?;
    let found = store::by_number(app.db.read(), attempt.staff_no).await?;
    // MariaDB compares with trailing spaces trimmed: another spelling is another number.
    let welcome = |row: &staff::Model| {
        row.staff_no == attempt.staff_no
            && row.status == StaffStatus::Active
            && may_use(row.role, attempt.audience)
    };
    let account = found.as_ref().map(|row| row.id);
    let candidate = found.filter(welcome);
    let hash = candidate.as_ref().and_then(|row| row.password.clone());
    let fits = app.memory.of::<Passwords>().fits(attempt.password, hash.as_deref()).await?;
    let Some(candidate) = candidate.filter(|_| fits) else {
        return wrong(app, attempt, account).await;
    };
    let author = Author::staff(candidate.id, candidate.store_id, attempt.request);
    let line = Line::new(AuditAction::StaffSignedIn)
        .of(candidate.id)
        .word("audience", attempt.audience.as_str());
    let tokens = db::in_tx(&app.db, async |tx| {
        // Locked and looked at again: she may have been disabled, or her password changed, while we hashed.
        let row = store::lock(tx, candidate.id).await?.filter(welcome);
        if row.is_none_or(|row| row.password != hash) {
            return Err(Error::from(WRONG_PASSWORD));
        }
        store::forget_failures(tx, &failures).await?;
        audit::write_in(tx, app, &author, std::slice::from_ref(&line)).await?;
        open_in(tx, app, Principal::staff(candidate.id), attempt.audience, attempt.device).await
    })
    .await?;
    Ok((candidate.into(), tokens))
}

/// Known or not, it costs the same (S8): a line of somebody who is not known, about the account if there is one.
async fn wrong<T>(app: &App, attempt: SignIn<'_>, account: Option<StaffId>) -> Result<T> {
    let line =
        Line::new(AuditAction::StaffSignedIn).refused().word("audience", attempt.audience.as_str());
    let line = match account {
        Some(id) => line.of(id),
        None => line,
    };
    audit::write(app, &Author::stranger(attempt.request), line).await?;
    Err(WRONG_PASSWORD.into())
}

/// Ends a sign-in of staff.
///
/// # Errors
/// The database's.
pub async fn sign_out(
    app: &App,
    author: &Author,
    staff: StaffId,
    session: SessionId,
) -> Result<()> {
    audit::write(app, author, Line::new(AuditAction::StaffSignedOut).of(staff)).await?;
    end(app, Principal::staff(staff), session).await
}

/// Counts the attempt as a failure before the password is looked at, so that guesses sent all at once are not all
/// free; signing in takes it back.
async fn count_attempt(app: &App, digest: &Digest) -> Result<()> {
    db::in_tx(&app.db, async |tx| {
        let now = app.clock.now();
        let mut row = store::lock_failures(tx, digest, now).await?;
        if let Some(wait) = row.blocked_until.and_then(|until| seconds_until(until, now)) {
            return Err(Error::from(TRY_LATER).retry_after(wait));
        }
        let forgiven = now - row.failed_at > FORGIVEN;
        row.failures = if forgiven { 1 } else { row.failures.saturating_add(1) };
        row.failed_at = now;
        row.blocked_until = delay_after(row.failures).map(|delay| now + delay);
        Ok(store::save_failures(tx, row).await?)
    })
    .await
}

/// Whole seconds, rounded up, if `until` lies ahead.
fn seconds_until(until: DateTime<Utc>, now: DateTime<Utc>) -> Option<u64> {
    let millis = u64::try_from((until - now).num_milliseconds()).ok()?;
    (millis > 0).then(|| millis.div_ceil(1000))
}

/// Deletes up to `limit` failures that are forgiven; answers how many.
pub async fn forget_old_failures(app: &App, limit: u64) -> Result<u64> {
    let then = app.clock.now() - FORGIVEN;
    Ok(store::forget_old_failures(app.db.write(), then, limit).await?)
}
