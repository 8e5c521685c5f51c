//! What this process remembers: caches that capabilities keep in the [`App`](crate::app::App) without its knowing them.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use parking_lot::RwLock;

/// One value of each type, made when it is first asked for; lost with the process, so nothing of value may live here.
#[derive(Default)]
pub struct Memory(RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    /// The value of type `T`: the same one for every caller.
    ///
    /// # Panics
    /// Never: values are kept under their own type.
    #[must_use]
    pub fn of<T: Any + Send + Sync + Default>(&self) -> Arc<T> {
        let known = self.0.read().get(&TypeId::of::<T>()).cloned();
        let value = known.unwrap_or_else(|| {
            self.0
                .write()
                .entry(TypeId::of::<T>())
                .or_insert_with(|| Arc::new(T::default()))
                .clone()
        });
        value
            .downcast()
            .unwrap_or_else(|_| unreachable!("{} is kept under its own type", type_name::<T>()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn everybody_gets_the_same_value_of_a_type() {
        let memory = Memory::default();
        memory.of::<AtomicU32>().store(7, Ordering::SeqCst);
        assert_eq!(memory.of::<AtomicU32>().load(Ordering::SeqCst), 7);
        assert_eq!(Memory::default().of::<AtomicU32>().load(Ordering::SeqCst), 0);
    }
}
