//! Delivers what is due: a lane for each endpoint, so that none waits for another (W3).

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::task::{JoinError, JoinSet};

use super::sender::Sender;
use crate::app::App;
use crate::http::Result;
use crate::jobs::Stop;
use crate::kernel::abort_at;
use crate::kernel::clock::{elapsed, monotonic};
use crate::webhooks::service::{self, Finished, Lane, LaneBell, Parcel, Turn};

/// The pause before the next look when the bell does not ring: other processes write deliveries too.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// A claim is renewed after so long when nothing ends.
const RENEW: Duration = Duration::from_secs(20);
/// The pause after the database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Delivers until told to stop, then waits for what is under way.
#[must_use]
pub fn dispatch(app: App, stop: Stop) -> LocalBoxFuture<'static, ()> {
    Box::pin(run(app, stop))
}

async fn run(app: App, mut stop: Stop) {
    let sender = match Sender::new(&app) {
        Ok(sender) => sender,
        Err(error) => {
            // The worker begins it again.
            tracing::error!(%error, "nothing is delivered to webhooks by this process");
            return;
        }
    };
    let bell = service::bell(&app);
    let mut lanes = JoinSet::new();
    while !stop.is_told() {
        let pause = match service::claim(&app).await {
            Ok(claimed) => {
                for lane in claimed {
                    lanes.spawn_local(serve(app.clone(), sender.clone(), lane, stop.clone()));
                }
                LOOK_AGAIN
            }
            Err(error) => {
                tracing::warn!(%error, "due deliveries cannot be looked up");
                AFTER_FAILURE
            }
        };
        while let Some(ended) = lanes.try_join_next() {
            tell_panic(&app, ended);
        }
        stop.or(tokio::time::timeout(pause, bell.heard())).await;
    }
    while let Some(ended) = lanes.join_next().await {
        tell_panic(&app, ended);
    }
}

/// A lane that panicked is claimed again when its lease ends; people should know.
fn tell_panic(app: &App, ended: std::result::Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "delivering to an endpoint ended by itself");
        app.measures.work_restarted("webhook_lane");
    }
}

/// Serves one endpoint until nothing is due. Whatever the database does not take is told again; after a minute without a
/// turn another worker takes the endpoint over, and receivers may see an event again.
async fn serve(app: App, sender: Sender, lane: Lane, mut stop: Stop) {
    let mut work = Work::new(&app, sender, lane);
    while let Err(error) = work.until(&stop).await {
        tracing::warn!(%error, ?lane, "the end of a delivery could not be written");
        stop.or(tokio::time::sleep(AFTER_FAILURE)).await;
        if stop.is_told() {
            return;
        }
    }
}

/// Delivers whatever is due now, and what becomes due by that, and says how many attempts that took.
///
/// # Errors
/// The database's.
pub async fn deliver_due(app: &App) -> Result<u64> {
    let mut total = 0;
    loop {
        let lanes = service::claim(app).await?;
        if lanes.is_empty() {
            return Ok(total);
        }
        let sender = Sender::new(app)?;
        let mut works: FuturesUnordered<_> = lanes
            .into_iter()
            .map(|lane| {
                let mut work = Work::new(app, sender.clone(), lane);
                async move { work.until(&Stop::never()).await.map(|()| work.attempts) }
            })
            .collect();
        while let Some(attempts) = works.next().await {
            total += attempts?;
        }
    }
}

type UnderWay<'a> = FuturesUnordered<LocalBoxFuture<'a, Finished>>;

/// One endpoint's deliveries.
struct Work<'a> {
    app: &'a App,
    sender: Sender,
    lane: Lane,
    under_way: UnderWay<'a>,
    bell: LaneBell,
    sent: Vec<entity::ids::WebhookDeliveryId>,
    finished: Vec<Finished>,
    attempts: u64,
}

impl<'a> Work<'a> {
    fn new(app: &'a App, sender: Sender, lane: Lane) -> Self {
        let (under_way, sent, finished) = (FuturesUnordered::new(), Vec::new(), Vec::new());
        let bell = LaneBell::of(app, lane);
        Self { app, sender, lane, under_way, bell, sent, finished, attempts: 0 }
    }

    async fn until(&mut self, stop: &Stop) -> Result<()> {
        let at_once = self.app.config.webhooks.at_once.max(1);
        loop {
            // When it is time to stop nothing new is begun, and the claim is given back after the last one.
            let room = if stop.is_told() { 0 } else { at_once - self.sent.len().min(at_once) };
            let turn = service::turn(self.app, self.lane, &self.finished, &self.sent, room).await?;
            self.finished.clear();
            match turn {
                Turn::Over => return Ok(()),
                Turn::Send(parcels) => parcels.into_iter().for_each(|parcel| self.begin(parcel)),
            }
            self.wait(stop).await;
        }
    }

    fn begin(&mut self, parcel: Parcel) {
        self.sent.push(parcel.delivery);
        let sender = self.sender.clone();
        self.under_way.push(Box::pin(async move { sender.send(&parcel).await }));
    }

    /// Waits for the next delivery to end, and takes those that ended with it; no longer than until another one is due for
    /// which there is room, or the claim has to be renewed.
    async fn wait(&mut self, stop: &Stop) {
        let (began, at_once) = (monotonic(), self.app.config.webhooks.at_once.max(1));
        let room = self.sent.len() < at_once && !stop.is_told();
        let first = loop {
            tokio::select! {
                biased;
                ended = self.under_way.next() => break ended,
                () = self.bell.heard(), if room => return,
                () = tokio::time::sleep(LOOK_AGAIN) => {
                    // A read that fails says nothing: the next turn will tell.
                    let due = room && service::is_due(self.app, self.lane, &self.sent).await.unwrap_or(true);
                    if due || elapsed(began) > RENEW {
                        return;
                    }
                }
            }
        };
        let Some(first) = first else { return };
        abort_at("webhook_sent");
        self.note(first);
        while let Some(Some(more)) = futures_util::FutureExt::now_or_never(self.under_way.next()) {
            self.note(more);
        }
    }

    fn note(&mut self, ended: Finished) {
        self.attempts += 1;
        self.app.measures.webhook_attempted(ended.outcome.as_str());
        self.sent.retain(|id| *id != ended.delivery);
        self.finished.push(ended);
    }
}
