//! `Idempotency-Key`: one effect and one answer, however often it is sent (PT-5, promises A2).

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use entity::values::Digest;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;

use super::problem::Error;
use super::{Result, codes, gate};
use crate::app::App;
use crate::db::idempotency::{Claim, claim, finish, release};
use crate::db::{self, Failure, Tx};
use crate::kernel::abort_at;
use crate::kernel::secret::digest_of;

/// The key of a request, with the route it was sent to; extracting it refuses a request without one.
#[derive(Debug)]
pub struct IdempotencyKey {
    key: String,
    method: String,
    route: String,
    path_and_query: String,
}

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

impl FromRequest for IdempotencyKey {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sent = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
        let key = sent.and_then(unquote).map(|key| Self {
            key,
            method: request.method().to_string(),
            route: request.match_pattern().unwrap_or_default(),
            path_and_query: request.uri().to_string(),
        });
        let passed = gate::passed(request);
        Box::pin(async move {
            passed.await;
            key.ok_or_else(|| codes::IDEMPOTENCY_KEY_MISSING.into())
        })
    }
}

/// The draft standard quotes the key, Stripe's clients do not: both are read, 1 to 255 printable ASCII.
fn unquote(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let printable = text.bytes().all(|b| (0x20..0x7f).contains(&b));
    (printable && (1..=255).contains(&text.len())).then(|| text.to_owned())
}

impl IdempotencyKey {
    pub(super) fn digest(&self, principal: &str) -> Digest {
        digest_of(&[
            principal.as_bytes(),
            self.method.as_bytes(),
            self.route.as_bytes(),
            self.key.as_bytes(),
        ])
    }

    pub(super) fn fingerprint(&self, body: &[u8]) -> Digest {
        digest_of(&[self.method.as_bytes(), self.path_and_query.as_bytes(), body])
    }

    /// Runs `work` at most once for this key of `principal` and answers what `answer` makes of its result; the
    /// answer is committed with the effect, so a retry after a crash gets it again. A refusal is not kept.
    ///
    /// This opens the transaction of the routes that take a key; the service joins it with its `_in` function.
    ///
    /// # Errors
    /// `idempotency_key_reused`, `idempotency_in_flight`, or what `work` refuses.
    pub async fn once<T, A: Serialize>(
        &self,
        app: &App,
        principal: &str,
        body: &[u8],
        work: impl AsyncFn(&Tx) -> Result<T>,
        answer: impl Fn(T) -> A,
    ) -> Result<HttpResponse> {
        let key = self.digest(principal);
        let owner = match claim(&app.db, &key, &self.fingerprint(body), app.clock.now()).await? {
            Claim::Ours(owner) => owner,
            Claim::Answered(status, body) => return Ok(replay(status, body)),
            Claim::InFlight => return Err(Error::from(codes::IDEMPOTENCY_IN_FLIGHT).retry_after(1)),
            Claim::OtherRequest => return Err(codes::IDEMPOTENCY_KEY_REUSED.into()),
        };
        abort_at("key_claimed");
        let run = async || {
            db::in_tx(&app.db, async |tx| {
                let value = work(tx).await?;
                let body = serde_json::to_string(&answer(value)).map_err(Error::fault)?;
                if !finish(tx, &key, owner, 200, &body).await? {
                    return Err(Error::from(codes::IDEMPOTENCY_IN_FLIGHT).retry_after(1));
                }
                abort_at("before_commit");
                Ok(body)
            })
            .await
        };
        let mut result = run().await;
        if result.as_ref().is_err_and(|error| error.db().is_some_and(db::is_duplicate)) {
            // Somebody committed the same cause between our look and our write: look again.
            result = run().await;
        }
        match result {
            Ok(body) => {
                abort_at("committed");
                Ok(json(200, body))
            }
            Err(error) => {
                // The lease runs out by itself when this fails too.
                if let Err(error) = release(&app.db, &key, owner).await {
                    tracing::warn!(%error, "an idempotency record waits for its lease");
                }
                Err(error)
            }
        }
    }
}

pub(super) fn json(status: u16, body: String) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::OK))
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")))
        .body(body)
}

pub(super) fn replay(status: u16, body: String) -> HttpResponse {
    let mut response = json(status, body);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_quoted_and_bare() {
        assert_eq!(unquote("\"a b\"").as_deref(), Some("a b"));
        assert_eq!(unquote("abc").as_deref(), Some("abc"));
        for bad in ["", "\"\"", "中文", &"x".repeat(256)] {
            assert_eq!(unquote(bad), None, "{bad}");
        }
    }
}
