//! How often somebody may ask, counted over all replicas (S6). While the kv is away each process counts by itself, at
//! half the quota: tighter, never open (F1).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest};
use parking_lot::Mutex;

use super::{Error, Result, codes};
use crate::app::App;
use crate::kernel::clock::{elapsed, monotonic};
use crate::kv::{Admission, Kv, Quota};

/// The counter of this process, for while the kv is away.
struct Own(Kv);

impl Default for Own {
    fn default() -> Self {
        Self(Kv::in_process())
    }
}

/// What this process has taken from large quotas and not used yet: whoever may ask ten thousand times a minute is not
/// counted one by one, for each count is a round trip.
#[derive(Default)]
struct Taken(Mutex<HashMap<String, Block>>);

/// A part of a quota that was taken at once.
#[derive(Clone, Copy)]
struct Block {
    /// Requests that it is still good for.
    left: u32,
    at: Instant,
    /// What the quota had left beside it, and how long until it is full, when it was taken.
    remaining: u32,
    reset_after: Duration,
}

/// A block is this part of a quota: smaller quotas are counted one by one.
const PART: u32 = 1000;
/// After this what was taken is given up: a replica that is asked now and then wastes little.
const KEPT: Duration = Duration::from_secs(10);

impl Block {
    fn of(admission: &Admission, size: u32) -> Self {
        let Admission { remaining, reset_after, .. } = *admission;
        Self { left: size, at: monotonic(), remaining, reset_after }
    }

    fn spend(&mut self) -> Option<Admission> {
        let age = elapsed(self.at);
        self.left = self.left.checked_sub(1).filter(|_| age < KEPT)?;
        Some(Admission {
            allowed: true,
            remaining: self.remaining.saturating_add(self.left),
            retry_after: Duration::ZERO,
            reset_after: self.reset_after.saturating_sub(age),
        })
    }
}

impl Taken {
    fn spend(&self, key: &str) -> Option<Admission> {
        let mut taken = self.0.lock();
        let spent = taken.get_mut(key)?.spend();
        if spent.is_none() {
            taken.remove(key);
        }
        spent
    }

    /// Two requests may have taken a block each: none of them is lost.
    fn add(&self, key: &str, block: Block) {
        let mut taken = self.0.lock();
        let others = taken.get(key).map_or(0, |there| there.left);
        taken.insert(key.to_owned(), Block { left: block.left.saturating_add(others), ..block });
    }
}

/// So many a minute, all at once or spread.
#[must_use]
pub const fn per_minute(requests: u32) -> Quota {
    Quota { burst: requests, per: Duration::from_mins(1) }
}

/// Counts one request of `subject` against the quota of the limit named `name`. The subject may be personal: only a
/// keyed digest of it leaves this function.
///
/// # Errors
/// `rate_limited`, with the seconds to wait.
pub async fn admit(app: &App, name: &str, subject: &str, quota: Quota) -> Result<()> {
    let key = format!("{name}/{}", app.vault.index("rate limit", subject).0);
    check(&count(app, &key, quota).await?.admission)
}

/// Counts one request under `key`, which holds nothing personal, and tells the answer of `request` where the caller
/// stands (OP-1).
///
/// # Errors
/// `rate_limited`, with the seconds to wait.
pub async fn admit_openly(app: &App, request: &HttpRequest, key: &str, quota: Quota) -> Result<()> {
    let standing = count(app, key, quota).await?;
    if app.config.security.rate_limit_headers {
        request.extensions_mut().insert(standing);
    }
    check(&standing.admission)
}

async fn count(app: &App, key: &str, quota: Quota) -> Result<Standing> {
    let whole = |admission| Standing { quota, admission };
    let block = quota.burst / PART;
    if block > 1 {
        let taken = app.memory.of::<Taken>();
        if let Some(admission) = taken.spend(key) {
            return Ok(whole(admission));
        }
        match app.kv.admit(key, quota, block).await {
            Ok(admission) if admission.allowed => {
                let mut block = Block::of(&admission, block);
                let first = block.spend().unwrap_or(admission);
                taken.add(key, block);
                return Ok(whole(first));
            }
            // Less than a block is left: the rest goes one by one.
            Ok(_) => {}
            Err(_) => return own(app, key, quota).await,
        }
    }
    match app.kv.admit(key, quota, 1).await {
        Ok(admission) => Ok(whole(admission)),
        Err(_) => own(app, key, quota).await,
    }
}

async fn own(app: &App, key: &str, quota: Quota) -> Result<Standing> {
    let quota = Quota { burst: quota.burst.div_ceil(2), ..quota };
    let admission = app.memory.of::<Own>().0.admit(key, quota, 1).await.map_err(Error::fault)?;
    Ok(Standing { quota, admission })
}

fn check(admission: &Admission) -> Result<()> {
    if admission.allowed {
        return Ok(());
    }
    Err(Error::from(codes::RATE_LIMITED).retry_after(seconds(admission.retry_after).max(1)))
}

/// Whole seconds, rounded up.
fn seconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

/// Where the caller of a request stands with its quota.
#[derive(Clone, Copy, Debug)]
struct Standing {
    quota: Quota,
    admission: Admission,
}

/// As in the draft standard (draft-ietf-httpapi-ratelimit-headers-11).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What tells the caller of `request` where it stands, if it was counted openly.
pub(super) fn told(request: &HttpRequest) -> Option<[(HeaderName, HeaderValue); 2]> {
    let Standing { quota, admission } = request.extensions().get().copied()?;
    let wait = if admission.allowed { admission.reset_after } else { admission.retry_after };
    let wait = seconds(wait).max(u64::from(!admission.allowed));
    let policy = format!("\"default\";q={};w={}", quota.burst, seconds(quota.per));
    let limit = format!("\"default\";r={};t={wait}", admission.remaining);
    // Without a copy: the texts are ours.
    let value = |text: String| HeaderValue::from_maybe_shared(Bytes::from(text)).ok();
    Some([(POLICY, value(policy)?), (RATE_LIMIT, value(limit)?)])
}
