//! How often somebody may ask, counted over all replicas (S6). While the kv is away each process counts by itself, at
//! half the quota: tighter, never open (F1).

use std::collections::HashMap;
use std::time::{Duration, Instant};

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
struct Taken(Mutex<HashMap<String, (u32, Instant)>>);

/// A block is this part of a quota: smaller quotas are counted one by one.
const PART: u32 = 1000;
/// After this what was taken is given up: a replica that is asked now and then wastes little.
const KEPT: Duration = Duration::from_secs(10);

impl Taken {
    fn spend(&self, key: &str) -> bool {
        let mut taken = self.0.lock();
        let Some((left, at)) = taken.get_mut(key) else { return false };
        let good = *left > 0 && elapsed(*at) < KEPT;
        if good {
            *left -= 1;
        } else {
            taken.remove(key);
        }
        good
    }

    fn add(&self, key: String, block: u32) {
        let mut taken = self.0.lock();
        let entry = taken.entry(key).or_insert_with(|| (0, monotonic()));
        entry.0 = entry.0.saturating_add(block);
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
    let taken = app.memory.of::<Taken>();
    let block = quota.burst / PART;
    if block > 1 {
        if taken.spend(&key) {
            return Ok(());
        }
        if app.kv.admit(&key, quota, block).await.is_ok_and(|admission| admission.allowed) {
            taken.add(key, block - 1);
            return Ok(());
        }
    }
    let admission = match app.kv.admit(&key, quota, 1).await {
        Ok(admission) => admission,
        Err(_) => {
            app.memory.of::<Own>().0.admit(&key, half(quota), 1).await.map_err(Error::fault)?
        }
    };
    check(&admission)
}

fn half(quota: Quota) -> Quota {
    Quota { burst: quota.burst.div_ceil(2), ..quota }
}

fn check(admission: &Admission) -> Result<()> {
    if admission.allowed {
        return Ok(());
    }
    let seconds = admission.retry_after.as_millis().div_ceil(1000).max(1);
    let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
    Err(Error::from(codes::RATE_LIMITED).retry_after(seconds))
}
