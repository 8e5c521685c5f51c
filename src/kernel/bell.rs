//! Waking a task of this process.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes the relay of this process.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Says that there may be something to do.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits for the next ring.
    pub async fn heard(&self) {
        self.0.notified().await;
    }
}
