//! Binding a phone (ID-1): whoever has it at a store turns out to be her.

use entity::codes::AuditAction;
use entity::ids::MemberId;

use super::brief::{Brief, brief};
use super::merge::merge_in;
use super::wechat;
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db::{self, Tx};
use crate::http::limits::{admit, per_minute};
use crate::http::{Error, Result, codes};
use crate::identity::error;
use crate::kernel::mobile::Mobile;
use crate::members::service::{self as members, Binding};
use crate::sessions::service as sessions;

/// Each attempt may cost money: WeChat charges for phone numbers.
const ATTEMPTS_A_MINUTE: u32 = 30;
/// The calling code of mainland numbers.
const MAINLAND: &str = "86";

/// A member with her phone.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Who she is: the one that stays.
    pub member: Brief,
    /// Whether this call made one of two members.
    pub made_one: MadeOne,
}

/// Whether a call made one of two members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeOne {
    /// It did.
    Yes,
    /// Nobody else had the phone, or they were one before.
    No,
}

/// Binds the phone behind the code of the phone button to `member`, and merges her with the member who has it, all in one
/// transaction. Her sessions stay good.
///
/// # Errors
/// `identity_phone_code_invalid`, `identity_phone_unsupported`, `identity_phone_bound`, `identity_wechat_*`,
/// `rate_limited`.
pub async fn bind_phone(app: &App, author: &Author, member: MemberId, code: &str) -> Result<Bound> {
    admit(app, "member phone", &member.to_string(), per_minute(ATTEMPTS_A_MINUTE)).await?;
    let phone = ask_wechat(app, member, code).await?;
    let bound =
        db::in_tx(&app.db, async |tx| bind_in(tx, app, author, member, &phone).await).await?;
    sessions::forget_cached(app).await?;
    app.bell.ring();
    Ok(bound)
}

async fn ask_wechat(app: &App, member: MemberId, code: &str) -> Result<Mobile> {
    let open_id = open_id(app, member).await?;
    let answer = app.wechat.phone_number(code, &open_id).await;
    let phone = answer.map_err(|failure| wechat::refusal(failure, error::PHONE_CODE_INVALID))?;
    if phone.country_code != MAINLAND {
        return Err(error::PHONE_UNSUPPORTED.into());
    }
    Mobile::parse(&phone.number).map_err(|_| Error::from(error::PHONE_UNSUPPORTED))
}

/// Her openid. A merge that commits between the two readings takes it along to the winner, so it is looked for there.
async fn open_id(app: &App, member: MemberId) -> Result<String> {
    let mut asked = None;
    loop {
        let winners = members::winners(app.db.read(), &[member]).await?;
        let winner = winners.get(&member).copied().ok_or(codes::NOT_FOUND)?;
        if let Some(open_id) =
            members::open_id(app.db.read(), app, winner, app.wechat.app_id()).await?
        {
            return Ok(open_id);
        }
        if asked == Some(winner) {
            return Err(error::PHONE_CODE_INVALID.into());
        }
        asked = Some(winner);
    }
}

async fn bind_in(
    tx: &Tx,
    app: &App,
    author: &Author,
    member: MemberId,
    phone: &Mobile,
) -> Result<Bound> {
    let mut made_one = MadeOne::No;
    let id = loop {
        match members::bind_phone_in(tx, app, member, phone).await? {
            Binding::Hers(id) => break id,
            Binding::HasAnother => return Err(error::PHONE_BOUND.into()),
            Binding::Belongs { member, holder } => {
                let merged = merge_in(tx, app, author, (member, holder), "phone").await?;
                if merged.merge.is_some() {
                    made_one = MadeOne::Yes;
                }
            }
        }
    };
    let line = Line::new(AuditAction::MemberChanged).about(id).naming("fields", &["phone"]);
    audit::write_in(tx, app, author, &[line]).await?;
    let member = brief(tx, app, members::profile(tx, id).await?).await?;
    Ok(Bound { member, made_one })
}
