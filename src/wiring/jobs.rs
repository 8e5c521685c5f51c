//! What the worker does: the only lists of jobs, schedules and chores.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join;

use super::proof::prove;
use super::reactions::REACTIONS;
use crate::app::App;
use crate::audit::jobs as audit;
use crate::bulk::jobs as bulk;
use crate::catalog::jobs as stock;
use crate::db::idempotency;
use crate::jobs::{self, Chore, Duty, Handler, Job, Missed, Schedule, Stop, When, Work, Worker};
use crate::points::jobs as points;
use crate::sessions::service as sessions;
use crate::staff::service as staff;
use crate::tiers::jobs as tiers;
use crate::webhooks::jobs as webhooks;
use crate::webhooks::service as deliveries;

/// Rows deleted at a time: a short statement beside the traffic.
const A_TURN: u64 = 1000;

/// Who does which kind of job.
pub static HANDLERS: &[(&str, Handler)] = &[
    ("reconcile", |app, job| reconcile(app, job).boxed_local()),
    ("settle_points", |app, job| points::settle(app, job).boxed_local()),
    ("expire_points", |app, job| points::expire(app, job).boxed_local()),
    ("lapse_holds", |app, job| points::lapse(app, job).boxed_local()),
    ("lapse_stock_holds", |app, job| stock::lapse(app, job).boxed_local()),
    ("announce_expiring_points", |app, job| points::announce(app, job).boxed_local()),
    ("renew_tiers", |app, job| tiers::renew(app, job).boxed_local()),
    ("announce_tier_ends", |app, job| tiers::announce(app, job).boxed_local()),
    ("close_points_days", |app, job| points::close_days(app, job).boxed_local()),
    ("seal_audit_log", |app, job| audit::seal(app, job).boxed_local()),
    ("verify_audit_log", |app, job| audit::verify(app, job).boxed_local()),
    ("forget_old_audit", |app, job| audit::forget(app, job).boxed_local()),
    ("run_import", |app, job| bulk::run_import(app, job).boxed_local()),
    ("run_export", |app, job| bulk::run_export(app, job).boxed_local()),
];

/// What becomes due again and again; the name is the kind of the jobs. Times are of the business day.
pub static SCHEDULES: &[Schedule] = &[
    Schedule { name: "reconcile", when: When::DailyAt(3, 30), missed: Missed::Latest },
    Schedule { name: "settle_points", when: When::Every(1), missed: Missed::Latest },
    Schedule { name: "expire_points", when: When::Every(30), missed: Missed::Latest },
    Schedule { name: "lapse_holds", when: When::Every(1), missed: Missed::Latest },
    Schedule { name: "lapse_stock_holds", when: When::Every(1), missed: Missed::Latest },
    Schedule {
        name: "announce_expiring_points",
        when: When::DailyAt(9, 0),
        missed: Missed::Latest,
    },
    Schedule { name: "renew_tiers", when: When::DailyAt(1, 0), missed: Missed::Latest },
    Schedule { name: "announce_tier_ends", when: When::DailyAt(9, 0), missed: Missed::Latest },
    Schedule { name: "close_points_days", when: When::DailyAt(1, 30), missed: Missed::Latest },
    Schedule { name: "seal_audit_log", when: When::Every(1), missed: Missed::Latest },
    Schedule { name: "forget_old_audit", when: When::DailyAt(2, 30), missed: Missed::Latest },
    Schedule { name: "verify_audit_log", when: When::DailyAt(4, 0), missed: Missed::Latest },
];

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
    Chore {
        name: "forget_old_jobs",
        every: Duration::from_mins(10),
        work: |app| forget_jobs(app).boxed_local(),
    },
    Chore {
        name: "measure_jobs",
        every: Duration::from_secs(15),
        work: |app| jobs::measure(app).boxed_local(),
    },
    Chore {
        name: "measure_ledgers",
        every: Duration::from_secs(15),
        work: |app| points::measure(app).boxed_local(),
    },
    Chore {
        name: "forget_old_deliveries",
        every: Duration::from_mins(10),
        work: |app| forget_deliveries(app).boxed_local(),
    },
    Chore {
        name: "measure_webhooks",
        every: Duration::from_secs(15),
        work: |app| deliveries::measure(app).boxed_local(),
    },
    Chore {
        name: "tend_bulk_runs",
        every: Duration::from_mins(10),
        work: |app| bulk::tend(app).boxed_local(),
    },
    Chore {
        name: "measure_audit_log",
        every: Duration::from_secs(15),
        work: |app| audit::measure(app).boxed_local(),
    },
];

/// What goes on all the time.
pub static DUTIES: &[(&str, Duty)] = &[("webhooks", webhooks::dispatch)];

const WORK: Work = Work {
    reactions: REACTIONS,
    chores: CHORES,
    handlers: HANDLERS,
    schedules: SCHEDULES,
    duties: DUTIES,
};

/// The worker of this process, until told to stop: the same for the sandbox, if there is one, by itself.
pub async fn run(app: App, stop: Stop) {
    let sandbox = app.sandbox.clone();
    let apart = async {
        if let Some(sandbox) = sandbox {
            jobs::run(sandbox, WORK, stop.clone()).await;
        }
    };
    Box::pin(join(jobs::run(app, WORK, stop.clone()), apart)).await;
}

/// A worker for every job, to be stepped by hand.
#[must_use]
pub fn worker(app: &App) -> Worker {
    Worker::new(app.clone(), HANDLERS, SCHEDULES)
}

/// Proves the ledgers, nightly (PT-9).
async fn reconcile(app: &App, job: &Job) -> crate::http::Result<()> {
    points::tell(&job.keep(app, prove(app, 1)).await?);
    Ok(())
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

async fn forget_jobs(app: &App) -> crate::http::Result<()> {
    while jobs::forget_old(app, A_TURN).await? > 0 {}
    Ok(())
}

async fn forget_deliveries(app: &App) -> crate::http::Result<()> {
    deliveries::miss_left_over(app).await?;
    while deliveries::forget_old(app, A_TURN).await? == A_TURN {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schedule_has_a_handler_and_each_kind_one() {
        let kinds: Vec<&str> = HANDLERS.iter().map(|(kind, _)| *kind).collect();
        for schedule in SCHEDULES {
            assert!(kinds.contains(&schedule.name), "{} has no handler", schedule.name);
        }
        let mut unique = kinds.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), kinds.len());
        assert!(kinds.iter().all(|kind| kind.len() <= 64));
    }
}
