//! What this process computed a moment ago, so that many askers cost one computation.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;

/// Values of one process that live for seconds; each is computed by one caller while the others wait for it.
pub struct Recent<T>(Cache<String, Arc<Fresh<T>>>);

/// A computed value and for how long it may be given out.
#[derive(Debug)]
pub struct Fresh<T> {
    /// From now.
    pub life: Duration,
    /// The value.
    pub value: T,
}

/// Most values at once.
const CAPACITY: u64 = 2_000;

impl<T: Send + Sync + 'static> Default for Recent<T> {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(CAPACITY).expire_after(OwnLife).build())
    }
}

impl<T: Send + Sync + 'static> fmt::Debug for Recent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recent({} values)", self.0.entry_count())
    }
}

impl<T: Send + Sync + 'static> Recent<T> {
    /// The value under `key`, computed by `compute` unless there is one. Nothing is kept of a failure, which every caller
    /// that waited for it gets.
    pub async fn get_or<E: Send + Sync + 'static>(
        &self,
        key: &str,
        compute: impl Future<Output = Result<Fresh<T>, E>>,
    ) -> Result<Arc<Fresh<T>>, Arc<E>> {
        let compute = async { compute.await.map(Arc::new) };
        // Boxed: the future is large and lives in every handler that reads through here.
        Box::pin(self.0.try_get_with_by_ref(key, compute)).await
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.0.invalidate_all();
    }
}

/// Each value brings its own life.
struct OwnLife;

impl<T> Expiry<String, Arc<Fresh<T>>> for OwnLife {
    fn expire_after_create(
        &self,
        _: &String,
        fresh: &Arc<Fresh<T>>,
        _: Instant,
    ) -> Option<Duration> {
        Some(fresh.life)
    }

    fn expire_after_update(
        &self,
        _: &String,
        fresh: &Arc<Fresh<T>>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(fresh.life)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    async fn counted(recent: &Recent<u32>, count: &AtomicU32, life: Duration) -> u32 {
        let computed = recent.get_or("key", async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok::<_, ()>(Fresh { life, value: count.fetch_add(1, Ordering::SeqCst) })
        });
        computed.await.unwrap().value
    }

    #[tokio::test]
    async fn many_askers_cost_one_computation() {
        let (recent, count) = (Recent::default(), AtomicU32::new(0));
        let asked = (0..50).map(|_| counted(&recent, &count, LONG));
        let answers = futures_util::future::join_all(asked).await;
        assert_eq!((answers, count.load(Ordering::SeqCst)), (vec![0; 50], 1));
    }

    #[tokio::test]
    async fn a_value_ends_with_its_life_or_when_everything_is_forgotten() {
        let (recent, count) = (Recent::default(), AtomicU32::new(0));
        assert_eq!(counted(&recent, &count, Duration::from_millis(1)).await, 0);
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert_eq!(counted(&recent, &count, LONG).await, 1);
        assert_eq!(counted(&recent, &count, LONG).await, 1);
        recent.clear();
        assert_eq!(counted(&recent, &count, LONG).await, 2);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let recent = Recent::default();
        let failed = recent.get_or("key", async { Err::<Fresh<u32>, _>("away") }).await;
        assert_eq!(*failed.unwrap_err(), "away");
        let answer = recent.get_or("key", async { Ok::<_, &str>(Fresh { life: LONG, value: 1 }) });
        assert_eq!(answer.await.unwrap().value, 1);
    }
}
