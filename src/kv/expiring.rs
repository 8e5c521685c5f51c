//! A map whose entries die at a monotonic instant; what is dead takes no room after the next write.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

/// Values by key, each with the instant from which it no longer exists.
pub(super) struct Expiring<T> {
    living: HashMap<Arc<str>, (T, Instant)>,
    deaths: BTreeSet<(Instant, Arc<str>)>,
}

impl<T> Expiring<T> {
    pub(super) fn new() -> Self {
        Self { living: HashMap::new(), deaths: BTreeSet::new() }
    }

    /// Looks without sweeping.
    pub(super) fn get(&self, key: &str, now: Instant) -> Option<&T> {
        self.living.get(key).filter(|(_, dies)| now < *dies).map(|(value, _)| value)
    }

    /// Sets a value, after burying every entry that has died.
    pub(super) fn insert(&mut self, key: &str, value: T, dies: Instant, now: Instant) {
        self.sweep(now);
        self.remove(key, now);
        let key: Arc<str> = key.into();
        self.deaths.insert((dies, Arc::clone(&key)));
        self.living.insert(key, (value, dies));
    }

    /// Takes a value out.
    pub(super) fn remove(&mut self, key: &str, now: Instant) -> Option<T> {
        let (key, (value, dies)) = self.living.remove_entry(key)?;
        self.deaths.remove(&(dies, key));
        (now < dies).then_some(value)
    }

    /// Changes a living value where it stands.
    pub(super) fn get_mut(&mut self, key: &str, now: Instant) -> Option<&mut T> {
        self.living.get_mut(key).filter(|(_, dies)| now < *dies).map(|(value, _)| value)
    }

    /// Buries the dead: each costs one step in its life, so a write pays a constant share.
    fn sweep(&mut self, now: Instant) {
        while let Some((dies, key)) = self.deaths.first() {
            if now < *dies {
                return;
            }
            let key: &str = key.borrow();
            self.living.remove(key);
            self.deaths.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::kernel::clock::monotonic;

    #[test]
    fn the_dead_take_no_room_after_the_next_write() {
        let start = monotonic();
        let later = |ms| start + Duration::from_millis(ms);
        let mut map = Expiring::new();
        for n in 0..1_000 {
            map.insert(&format!("k{n}"), n, later(n + 1), start);
        }
        map.insert("last", 0, later(5_000), later(900));
        assert_eq!((map.living.len(), map.deaths.len()), (101, 101));
        map.insert("last", 1, later(9_000), later(2_000));
        assert_eq!((map.living.len(), map.deaths.len()), (1, 1));
        assert_eq!(map.get("last", later(8_999)), Some(&1));
        assert_eq!(map.get("last", later(9_000)), None);
    }

    #[test]
    fn what_has_died_is_neither_read_nor_taken_nor_changed() {
        let start = monotonic();
        let mut map = Expiring::new();
        map.insert("k", 1, start, start);
        assert_eq!(map.get("k", start), None);
        assert_eq!(map.get_mut("k", start), None);
        assert_eq!(map.remove("k", start), None);
        assert!(map.living.is_empty() && map.deaths.is_empty());
    }
}
