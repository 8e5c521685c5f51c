//! One-time links by which staff set their password (S24).

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::{AuditAction, StaffStatus};
use entity::ids::{InvitationId, StaffId};
use entity::staff_invitation;
use entity::values::Digest;

use super::super::error::{BAD_INVITATION, DISABLED};
use super::super::rules::{WeakPassword, judge};
use super::passwords::Passwords;
use super::store;
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db;
use crate::http::{Error, Result, codes};
use crate::kernel::secret::{digest_of, random_token};
use crate::sessions::service::{Principal, end_all_in, forget_cached};

/// How long a link is good.
const LIFE: TimeDelta = TimeDelta::hours(72);

/// A fresh link's token; shown once.
#[derive(Clone)]
pub struct Invitation {
    /// What goes into the link.
    pub token: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

fn digest(token: &str) -> Digest {
    digest_of(&[b"staff invitation", token.as_bytes()])
}

/// A one-time token by which the invited set their password; earlier tokens of theirs die.
///
/// Good for those who forgot theirs, too: the old password and the sessions work until it is used.
///
/// # Errors
/// `not_found`, `staff_disabled`.
pub async fn invite(app: &App, author: &Author, staff: StaffId) -> Result<String> {
    Ok(invite_with_end(app, author, staff).await?.token)
}

/// As [`invite`], with the time it ends.
pub async fn invite_with_end(app: &App, author: &Author, staff: StaffId) -> Result<Invitation> {
    db::in_tx(&app.db, async |tx| {
        let now = app.clock.now();
        let row = store::lock(tx, staff).await?.ok_or(codes::NOT_FOUND)?;
        if row.status == StaffStatus::Disabled {
            return Err(Error::from(DISABLED));
        }
        let invitation = Invitation { token: random_token(), expires_at: now + LIFE };
        store::drop_invitations(tx, staff, now).await?;
        let row = staff_invitation::Model {
            id: InvitationId::new(now),
            staff_id: staff,
            token_digest: digest(&invitation.token),
            expires_at: invitation.expires_at,
            used_at: None,
        };
        store::insert_invitation(tx, row).await?;
        let line = Line::new(AuditAction::StaffInvited).of(staff);
        audit::write_in(tx, app, author, &[line]).await?;
        Ok(invitation)
    })
    .await
}

/// Sets the password of the invited, once, in the named request; whoever was signed in as them is signed out (S12).
///
/// # Errors
/// `invitation_not_valid`; `invalid_fields` for a weak password, which does not use the link up.
pub async fn accept_invitation(
    app: &App,
    request: &str,
    token: &str,
    password: &str,
) -> Result<()> {
    let digest = digest(token);
    // Looked at before the costly hash: strangers with made-up tokens get no work out of us.
    let row = store::find_invitation(app.db.read(), &digest).await?.ok_or(BAD_INVITATION)?;
    let staff = store::find(app.db.read(), row.staff_id).await?.ok_or(BAD_INVITATION)?;
    if row.used_at.is_some() || row.expires_at <= app.clock.now() {
        return Err(BAD_INVITATION.into());
    }
    judge(password, &staff.staff_no).map_err(weak)?;
    let hash = app.memory.of::<Passwords>().hash(password).await?;
    db::in_tx(&app.db, async |tx| {
        let now = app.clock.now();
        let staff = store::lock(tx, staff.id).await?.ok_or(BAD_INVITATION)?;
        let used = store::use_invitation(tx, &digest, now).await?;
        if !used || staff.status == StaffStatus::Disabled {
            return Err(Error::from(BAD_INVITATION));
        }
        store::set_password(tx, staff.id, hash.clone()).await?;
        let author = Author::staff(staff.id, staff.store_id, request);
        let line = Line::new(AuditAction::StaffPasswordSet).of(staff.id);
        audit::write_in(tx, app, &author, &[line]).await?;
        end_all_in(tx, Principal::staff(staff.id), now).await
    })
    .await?;
    forget_cached(app).await
}

fn weak(why: WeakPassword) -> Error {
    let (rule, zh, en) = match why {
        WeakPassword::Short => ("too_short", "密码至少 8 个字符", "at least 8 characters"),
        WeakPassword::Long => ("too_long", "密码最多 128 个字符", "at most 128 characters"),
        WeakPassword::Common => ("too_common", "密码过于常见", "too easy to guess"),
    };
    Error::field("/password", rule, zh, en)
}
