//! How often somebody may ask, counted over all replicas (S6). While the kv is away each process counts by itself, at
//! half the quota: tighter, never open (F1).

use std::time::Duration;

use super::{Error, Result, codes};
use crate::app::App;
use crate::kv::{Admission, Kv, Quota};

/// The counter of this process, for while the kv is away.
struct Own(Kv);

impl Default for Own {
    fn default() -> Self {
        Self(Kv::in_process())
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
