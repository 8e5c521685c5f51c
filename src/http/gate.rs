//! Who is calling is settled before what was sent is judged.
//!
//! actix-web runs the extractors of a handler side by side, so a malformed body could be answered before a missing
//! permission. A caller's extractor stands first in every handler and leaves a gate in the request; bodies, keys and
//! ids wait at it. When the caller is refused nobody passes: the refusal is the answer, and they are dropped.
//!
//! A caller who signs the body has to read it first: it is then handed through the gate.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use tokio::sync::Semaphore;

use super::Result;
use super::body::{app, collected};

#[derive(Clone)]
struct Gate(Arc<Parts>);

struct Parts {
    closed: Semaphore,
    body: OnceLock<Bytes>,
}

/// How large the body of this route may be; left by whoever will read it.
struct Most(usize);

/// Closes the gate of `request` until `caller` is known.
pub fn guard<T: 'static>(
    request: &HttpRequest,
    caller: impl Future<Output = Result<T>> + 'static,
) -> LocalBoxFuture<'static, Result<T>> {
    let gate = Gate(Arc::new(Parts { closed: Semaphore::new(0), body: OnceLock::new() }));
    request.extensions_mut().insert(gate.clone());
    Box::pin(async move {
        let caller = caller.await?;
        gate.0.closed.close();
        Ok(caller)
    })
}

/// Waits until the caller of `request` is known; at once where a route asks for none. Gives the body where the caller
/// had to read it.
pub fn passed(request: &HttpRequest) -> impl Future<Output = Option<Bytes>> + 'static {
    let gate = request.extensions().get::<Gate>().cloned();
    async move {
        let gate = gate?;
        // Nobody ever adds a permit: waiting ends when the semaphore is closed.
        let _ = gate.0.closed.acquire().await;
        gate.0.body.get().cloned()
    }
}

/// Says how large a body this route takes, for a caller who has to read it.
pub fn takes(request: &HttpRequest, most: usize) {
    request.extensions_mut().insert(Most(most));
}

/// Reads the body for a caller's extractor, which took the payload, and leaves it at the gate for those who wait. A route
/// that takes none gets one of the usual size judged, and ignores it.
///
/// # Errors
/// `body_too_large`, `body_too_slow`.
pub async fn read_first(request: &HttpRequest, payload: Payload) -> Result<Bytes> {
    let most = request.extensions().get::<Most>().map(|most| most.0);
    let most = most.map_or_else(|| app(request).map(|app| app.config.server.max_body_bytes), Ok)?;
    let raw = collected(payload, most).await?;
    if let Some(gate) = request.extensions().get::<Gate>() {
        // One caller an answer: nobody set it before.
        let _ = gate.0.body.set(raw.clone());
    }
    Ok(raw)
}
