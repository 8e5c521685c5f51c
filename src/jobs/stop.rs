//! How background work learns that the process ends.

use std::sync::LazyLock;

use tokio::sync::watch;

/// Tells every [`Stop`] of its own; dropping it tells them too.
#[derive(Debug)]
pub struct StopSwitch(watch::Sender<bool>);

/// Knows whether it is time to stop.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl StopSwitch {
    /// A switch, and what it tells.
    #[must_use]
    pub fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Stop(receiver))
    }

    /// It is time.
    pub fn tell(&self) {
        self.0.send_replace(true);
    }
}

static NEVER: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

impl Stop {
    /// What nobody tells to stop.
    #[must_use]
    pub fn never() -> Self {
        Self(NEVER.subscribe())
    }

    /// Whether it is time.
    #[must_use]
    pub fn is_told(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits until it is time.
    pub async fn told(&mut self) {
        // An error means that the switch is gone, which tells the same.
        let _ = self.0.wait_for(|told| *told).await;
    }

    /// Waits for `pause`, or until it is time.
    pub async fn or(&mut self, pause: impl Future) {
        tokio::select! {
            () = self.told() => {}
            _ = pause => {}
        }
    }
}
