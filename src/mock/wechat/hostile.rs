//! Bodies that no decent server sends.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::time::{Sleep, sleep};

/// How much [`Hostile::flood`] sends.
const FLOOD: u64 = 1 << 30;
/// In pieces of this many bytes.
const PIECE: usize = 64 * 1024;
/// Long enough that the half before it leaves the machine, short enough for tests.
const BEFORE_CUT: Duration = Duration::from_millis(20);

/// A body with a plan.
pub(super) enum Hostile {
    Flood { left: u64, piece: Bytes, sent: Arc<AtomicU64> },
    Drip { left: Bytes, pause: Duration, wait: Pin<Box<Sleep>> },
    Cut { half: Option<Bytes>, promised: u64, wait: Pin<Box<Sleep>> },
    Nothing,
}

/// Ends the connection.
#[derive(Debug, thiserror::Error)]
#[error("a fault cuts this connection")]
pub(super) struct Cut;

impl Hostile {
    /// A gigabyte that begins like JSON; `sent` counts what the other side took.
    pub(super) fn flood(sent: Arc<AtomicU64>) -> Self {
        let mut piece = vec![b' '; PIECE];
        piece[0] = b'\n';
        Self::Flood { left: FLOOD, piece: Bytes::from(piece), sent }
    }

    /// `body`, a byte at a time.
    pub(super) fn drip(body: Bytes, pause: Duration) -> Self {
        Self::Drip { left: body, pause, wait: Box::pin(sleep(pause)) }
    }

    /// Half of `body`, then the end of the connection.
    pub(super) fn truncated(body: &Bytes) -> Self {
        let half = Some(body.slice(..body.len() / 2));
        Self::Cut { half, promised: body.len() as u64, wait: Box::pin(sleep(BEFORE_CUT)) }
    }
}

impl MessageBody for Hostile {
    type Error = Cut;

    fn size(&self) -> BodySize {
        match self {
            Self::Drip { left, .. } => BodySize::Sized(left.len() as u64),
            Self::Cut { promised, .. } => BodySize::Sized(*promised),
            Self::Flood { .. } | Self::Nothing => BodySize::Stream,
        }
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        match self.get_mut() {
            Self::Nothing => Poll::Ready(Some(Err(Cut))),
            Self::Flood { left: 0, .. } => Poll::Ready(None),
            Self::Flood { left, piece, sent } => {
                *left = left.saturating_sub(PIECE as u64);
                sent.fetch_add(PIECE as u64, Ordering::SeqCst);
                Poll::Ready(Some(Ok(piece.clone())))
            }
            Self::Drip { left, .. } if left.is_empty() => Poll::Ready(None),
            Self::Drip { left, pause, wait } => match wait.as_mut().poll(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(()) => {
                    *wait = Box::pin(sleep(*pause));
                    Poll::Ready(Some(Ok(left.split_to(1))))
                }
            },
            Self::Cut { half, wait, .. } => match half.take() {
                Some(half) => Poll::Ready(Some(Ok(half))),
                None => wait.as_mut().poll(cx).map(|()| Some(Err(Cut))),
            },
        }
    }
}
