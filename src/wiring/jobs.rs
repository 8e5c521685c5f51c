//! What the worker does: the only list of chores.

use std::time::Duration;

use futures_util::FutureExt;

use super::reactions::REACTIONS;
use crate::app::App;
use crate::db::idempotency;
use crate::jobs::{self, Chore, Stop};
use crate::sessions::service as sessions;
use crate::staff::service as staff;

/// Rows deleted at a time: a short statement beside the traffic.
const A_TURN: u64 = 1000;

/// Every chore.
pub static CHORES: &[Chore] = &[
    Chore {
        name: "forget_old_answers",
        every: Duration::from_mins(1),
        work: |app| forget_answers(app).boxed_local(),
    },
    Chore {
        name: "delete_old_sessions",
        every: Duration::from_mins(10),
        work: |app| delete_sessions(app).boxed_local(),
    },
    Chore {
        name: "forget_old_sign_in_failures",
        every: Duration::from_mins(10),
        work: |app| forget_failures(app).boxed_local(),
    },
];

/// The worker of this process, until told to stop.
pub async fn run(app: App, stop: Stop) {
    jobs::run(app, REACTIONS, CHORES, stop).await;
}

async fn forget_answers(app: &App) -> crate::http::Result<()> {
    while idempotency::forget_old(&app.db, app.clock.now(), A_TURN).await? == A_TURN {}
    Ok(())
}

async fn delete_sessions(app: &App) -> crate::http::Result<()> {
    while sessions::delete_old(app, A_TURN).await? == A_TURN {}
    Ok(())
}

async fn forget_failures(app: &App) -> crate::http::Result<()> {
    while staff::forget_old_failures(app, A_TURN).await? == A_TURN {}
    Ok(())
}
