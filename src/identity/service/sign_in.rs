//! Signing in with a `wx.login` code (ID-1).

use entity::codes::Audience;

use super::brief::{Brief, brief};
use super::wechat;
use crate::app::App;
use crate::channels::wechat::WechatIdentity;
use crate::db::{self, Tx};
use crate::events;
use crate::http::limits::{admit, per_minute};
use crate::http::{ClientIp, Result};
use crate::identity::{error, events as tell};
use crate::members::service::{self as members, Visit, Who};
use crate::sessions::service::{self as sessions, Principal, Tokens};

/// What a member made by signing in came from.
const SOURCE: &str = "mini_program";
/// Each attempt costs a call of WeChat's quota; a shop full of people behind one address stays below this.
const ATTEMPTS_A_MINUTE: u32 = 600;

/// A shopper who signed in.
#[derive(Clone)]
pub struct SignedIn {
    /// What her device holds from now on.
    pub tokens: Tokens,
    /// Who she is.
    pub member: Brief,
    /// Whether it was the first time.
    pub visit: Visit,
}

/// Signs a shopper in: the first time makes her a member, each time opens a session of its own. Publishes
/// `member.registered` the first time and `member.signed_in` each time.
///
/// # Errors
/// `identity_code_invalid`, `identity_user_blocked`, `identity_wechat_*`, `rate_limited`.
pub async fn sign_in(app: &App, code: &str, device: &str, from: ClientIp) -> Result<SignedIn> {
    let network = from.network().to_string();
    admit(app, "member sign-in", &network, per_minute(ATTEMPTS_A_MINUTE)).await?;
    let shown = app.wechat.sign_in(code).await;
    let shown = shown.map_err(|failure| wechat::refusal(failure, error::CODE_INVALID))?;
    let who = who(app, &shown);
    let signed_in = db::in_tx(&app.db, async |tx| admit_in(tx, app, &who, device).await).await?;
    app.bell.ring();
    Ok(signed_in)
}

fn who(app: &App, shown: &WechatIdentity) -> Who {
    Who {
        union_id: shown.union_id.as_ref().map(|id| id.as_str().to_owned()),
        open_id: Some((app.wechat.app_id().to_owned(), shown.openid.as_str().to_owned())),
        source: SOURCE,
        ..Who::default()
    }
}

async fn admit_in(tx: &Tx, app: &App, who: &Who, device: &str) -> Result<SignedIn> {
    let admitted = members::admit_in(tx, app, who).await?;
    let id = admitted.member.id;
    let tokens =
        sessions::open_in(tx, app, Principal::member(id), Audience::Member, device).await?;
    let now = app.clock.now();
    let mut happened = vec![tell::signed_in(id, SOURCE, now)];
    if admitted.visit == Visit::First {
        happened.insert(0, tell::registered(id, SOURCE, now));
    }
    events::publish(tx, happened, now).await?;
    let member = brief(tx, app, admitted.member).await?;
    Ok(SignedIn { tokens, member, visit: admitted.visit })
}
