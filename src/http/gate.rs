//! Who is calling is settled before what was sent is judged.
//!
//! actix-web runs the extractors of a handler side by side, so a malformed body could be answered before a missing
//! permission. A caller's extractor stands first in every handler and leaves a gate in the request; bodies, keys and
//! ids wait at it. When the caller is refused nobody passes: the refusal is the answer, and they are dropped.

use std::future::Future;
use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use tokio::sync::Semaphore;

use super::Result;

#[derive(Clone)]
struct Gate(Arc<Semaphore>);

/// Closes the gate of `request` until `caller` is known.
pub fn guard<T: 'static>(
    request: &HttpRequest,
    caller: impl Future<Output = Result<T>> + 'static,
) -> LocalBoxFuture<'static, Result<T>> {
    let gate = Gate(Arc::new(Semaphore::new(0)));
    request.extensions_mut().insert(gate.clone());
    Box::pin(async move {
        let caller = caller.await?;
        gate.0.close();
        Ok(caller)
    })
}

/// Waits until the caller of `request` is known; at once where a route asks for none.
pub fn passed(request: &HttpRequest) -> impl Future<Output = ()> + 'static {
    let gate = request.extensions().get::<Gate>().cloned();
    async move {
        if let Some(gate) = gate {
            // Nobody ever adds a permit: waiting ends when the semaphore is closed.
            let _ = gate.0.acquire().await;
        }
    }
}
