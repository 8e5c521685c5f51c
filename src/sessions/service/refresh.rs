//! Exchanging refresh tokens: each once, with a grace for answers that got lost and for tabs that raced (S11, RM11).

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::Audience;
use entity::refresh_token;
use entity::session;
use entity::values::Digest;

use super::super::error::SIGN_IN_ENDED;
use super::super::store;
use super::{Tokens, changes, tokens};
use crate::app::App;
use crate::db::{self, Tx};
use crate::http::{Error, Result};
use crate::kernel::secret::{digest_of, random_token};

/// How long after its use a token still gives what it was exchanged for.
pub(super) const GRACE: TimeDelta = TimeDelta::seconds(20);
/// Exchanges that one family can make within the grace before the oldest is refused; nobody needs more.
const LONGEST_CHAIN: usize = 64;

/// What presenting a token came to.
enum Exchange {
    Done(Tokens),
    /// Used again after the grace: somebody has a copy, and nobody can tell who is the thief.
    Stolen,
}

/// What a refresh token is stored and looked up by.
pub(super) fn token_digest(token: &str) -> Digest {
    digest_of(&[b"refresh token", token.as_bytes()])
}

fn place(digest: &Digest) -> String {
    format!("refresh_token.successor.{}", digest.0)
}

/// Characters of a token: 256 bits in base64.
const TOKEN_LENGTH: usize = 43;

/// See [`super::refresh`].
pub(super) async fn refresh(app: &App, token: &str, audience: Audience) -> Result<Tokens> {
    if token.len() != TOKEN_LENGTH {
        return Err(SIGN_IN_ENDED.into());
    }
    let digest = token_digest(token);
    // Junk never gets as far as a transaction: the embedded database has one writer.
    store::find_token(app.db.read(), &digest).await?.ok_or(SIGN_IN_ENDED)?;
    let exchange = db::in_tx(&app.db, async |tx| exchange_in(tx, app, &digest, audience).await);
    match exchange.await? {
        Exchange::Done(tokens) => Ok(tokens),
        Exchange::Stolen => {
            changes::forget(app);
            tracing::warn!("a refresh token was used again after its grace: its sign-in was ended");
            Err(SIGN_IN_ENDED.into())
        }
    }
}

async fn exchange_in(tx: &Tx, app: &App, digest: &Digest, audience: Audience) -> Result<Exchange> {
    let now = app.clock.now();
    let token = store::find_token(tx, digest).await?.ok_or(SIGN_IN_ENDED)?;
    let session = store::lock(tx, token.session_id).await?.ok_or(SIGN_IN_ENDED)?;
    let live = session.revoked_at.is_none() && session.expires_at > now;
    if !live || session.audience != audience {
        return Err(SIGN_IN_ENDED.into());
    }
    let next = random_token();
    let sealed = app.vault.seal(&place(digest), &next);
    if !store::use_token(tx, digest, sealed, now).await? {
        return again_in(tx, app, &session, digest, now).await;
    }
    store::insert_token(tx, token_digest(&next), session.id, now).await?;
    store::drop_successors(tx, session.id, now - GRACE).await?;
    store::seen(tx, session.id, now).await?;
    Ok(Exchange::Done(tokens(app, &session, next, now)?))
}

/// A token that was used before: within the grace it leads to the unused one at the end of its chain.
async fn again_in(
    tx: &Tx,
    app: &App,
    session: &session::Model,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<Exchange> {
    let mut digest = digest.clone();
    for _ in 0..LONGEST_CHAIN {
        // Read again: the first reading was before the lock.
        let row = store::find_token(tx, &digest).await?.ok_or(SIGN_IN_ENDED)?;
        let Some(next) = successor(app, &row, now)? else { break };
        digest = token_digest(&next);
        let end = store::find_token(tx, &digest).await?.is_some_and(|row| row.used_at.is_none());
        if end {
            return Ok(Exchange::Done(tokens(app, session, next, now)?));
        }
    }
    store::end(tx, session.id, now).await?;
    Ok(Exchange::Stolen)
}

fn successor(app: &App, row: &refresh_token::Model, now: DateTime<Utc>) -> Result<Option<String>> {
    let (Some(used_at), Some(sealed)) = (row.used_at, &row.successor) else { return Ok(None) };
    if now > used_at + GRACE {
        return Ok(None);
    }
    app.vault.open(&place(&row.digest), sealed).map(Some).map_err(Error::fault)
}
