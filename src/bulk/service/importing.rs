//! Going through the rows of an import (OP-4).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, TimeDelta, Utc};
use entity::bulk_run::Model;
use entity::codes::{ActorKind, BulkFile, BulkKind, BulkState, ImportMode};
use entity::ids::{PartnerId, StaffId};

use super::files;
use super::kinds::{self, Errand};
use super::reading::options_of;
use super::running::{self, Halt};
use crate::app::App;
use crate::audit::service::Author;
use crate::bulk::rules::outcome::{self, Outcome, Tally, Told};
use crate::bulk::rules::rows::{Row, Rows};
use crate::bulk::store::{self, Step};
use crate::db::{self, Failure, Tx};
use crate::http::{Error, Result};
use crate::jobs::Job;
use crate::kernel::abort_at;
use crate::kernel::actor::Actor;

/// Rows of a step: as many as a batch of the API.
const ROWS: usize = 1_000;
/// How long a worker stays with one import before others get their turn.
const TURN: TimeDelta = TimeDelta::seconds(20);
/// How often a step is run again because somebody else inserted the same number first.
const COLLISIONS: u32 = 8;

/// Goes through the rows of an import until the last one, or until it is cancelled.
///
/// # Errors
/// The database's, and that the process stops; what was done stays done.
pub async fn import(app: &App, job: &Job) -> Result<()> {
    let Some(run) = running::begin(app, job).await? else { return Ok(()) };
    let ended = go_through(app, job, &run).await;
    running::end(app, job, run.id, ended).await
}

async fn go_through(app: &App, job: &Job, run: &Model) -> Result<()> {
    let mut work = Work::load(app, run).await?;
    let mut most = ROWS;
    loop {
        job.renew(app).await?;
        let part = work.feed.take(most)?;
        if part.is_empty() {
            return Ok(());
        }
        match work.step(&part).await {
            Ok(()) => {
                abort_at("import_step");
                app.bell.ring();
                most = (most * 2).min(ROWS);
                if work.yields().await? {
                    return Ok(());
                }
            }
            Err(Halt::Stale | Halt::Tried(())) => return running::stop(app, run.id).await,
            Err(Halt::Failed(error)) if error.db().is_some_and(db::is_passing) => {
                return Err(error);
            }
            Err(Halt::Failed(error)) if work.feed.is_one(&part) => {
                tracing::error!(%error, run = %run.id, "a row could not be imported");
                work.refuse(&part, &error).await?;
            }
            Err(Halt::Failed(error)) => {
                tracing::warn!(%error, run = %run.id, rows = part.len(), "rows are imported in halves");
                most = (part.len() / 2).max(1);
                work.feed.put_back(part);
            }
        }
    }
}

/// An import under way.
struct Work<'a> {
    app: &'a App,
    run: Model,
    errand: Errand<'a>,
    feed: Feed,
    done: i64,
    /// Where each row was first: of a dry run, as rows that were only tried are not found by later ones, and where each
    /// must come once.
    seen: HashMap<u64, i64>,
    since: DateTime<Utc>,
}

impl<'a> Work<'a> {
    async fn load(app: &'a App, run: &Model) -> Result<Self> {
        let columns = kinds::columns(run.kind).ok_or_else(|| Error::fault("no such kind"))?;
        let records = files::whole(app.db.read(), app, (run.id, BulkFile::Upload)).await?;
        let feed = Feed { kind: run.kind, rows: Rows::of(columns, records), waiting: Vec::new() };
        let (actor, author) = who(run);
        let errand = Errand { app, actor, author, options: options_of(run)? };
        let (done, since) = (run.rows_done, app.clock.now());
        let mut work =
            Self { app, run: run.clone(), errand, feed, done, seen: HashMap::new(), since };
        for _ in 0..done {
            let row = work.feed.rows.next_row()?.ok_or_else(|| Error::fault("rows are missing"))?;
            work.note(&row);
        }
        Ok(work)
    }

    fn note(&mut self, row: &Row) {
        let dry = self.run.mode == Some(ImportMode::DryRun);
        if (dry || kinds::comes_once(self.run.kind))
            && let Some(key) = self.key_of(row)
        {
            self.seen.entry(key).or_insert(row.number);
        }
    }

    fn key_of(&self, row: &Row) -> Option<u64> {
        let identity = kinds::identity(self.run.kind, &self.errand, row)?;
        let mut hasher = DefaultHasher::new();
        identity.hash(&mut hasher);
        Some(hasher.finish())
    }

    fn first(&self, row: &Row) -> Option<i64> {
        self.key_of(row).and_then(|key| self.seen.get(&key).copied())
    }

    /// Whether the rest waits behind other jobs: a few long imports must not stop them all.
    async fn yields(&self) -> Result<bool> {
        let left = self.run.rows_total.is_some_and(|total| self.done < total);
        if !left || self.app.clock.now() - self.since < TURN {
            return Ok(false);
        }
        let run = Model { rows_done: self.done, ..self.run.clone() };
        db::in_tx(&self.app.db, async |tx| running::queue_in(tx, self.app, &run).await).await?;
        self.app.bell.ring();
        Ok(true)
    }

    /// What rows do, what is said of them and how far it came: one transaction.
    async fn step(&mut self, part: &[Row]) -> std::result::Result<(), Halt> {
        let mut collisions = 0;
        let rows = loop {
            match self.try_step(part).await {
                Err(Halt::Failed(Error::Database(error)))
                    if db::is_duplicate(&error) && collisions < COLLISIONS =>
                {
                    collisions += 1;
                }
                other => break other?,
            }
        };
        self.done += rows;
        for row in part {
            self.note(row);
        }
        Ok(())
    }

    async fn try_step(&self, part: &[Row]) -> std::result::Result<i64, Halt> {
        let tried = match self.run.mode {
            Some(ImportMode::Apply) => None,
            _ => Some(self.rehearse(part).await?),
        };
        db::in_tx(&self.app.db, async |tx| {
            let told = match &tried {
                Some(told) => told.clone(),
                None => self.take_in(tx, part).await?,
            };
            self.write_down(tx, &told).await
        })
        .await
    }

    /// The very same work in a transaction that is rolled back.
    async fn rehearse(&self, part: &[Row]) -> std::result::Result<Vec<Told>, Halt> {
        let tried = db::in_tx(&self.app.db, async |tx| {
            let told = self.take_in(tx, part).await?;
            Err::<(), _>(Halt::Tried(told))
        })
        .await;
        match tried {
            Err(Halt::Tried(told)) => {
                Ok(told.into_iter().zip(part).map(|it| self.repeats(it)).collect())
            }
            Err(Halt::Failed(error)) => Err(Halt::Failed(error)),
            Ok(()) | Err(Halt::Stale) => Err(Halt::Stale),
        }
    }

    async fn take_in(&self, tx: &Tx, part: &[Row]) -> Result<Vec<Told>> {
        let kind = self.run.kind;
        if !kinds::comes_once(kind) {
            return kinds::take_in(tx, kind, &self.errand, part).await;
        }
        let mut here = HashMap::new();
        let firsts: Vec<Option<i64>> = part
            .iter()
            .map(|row| {
                let number = *here.entry(self.key_of(row)?).or_insert(row.number);
                self.first(row).or((number != row.number).then_some(number))
            })
            .collect();
        let fresh = part.iter().zip(&firsts).filter(|(_, first)| first.is_none());
        let fresh: Vec<Row> = fresh.map(|(row, _)| row.clone()).collect();
        let mut taken = kinds::take_in(tx, kind, &self.errand, &fresh).await?.into_iter();
        let told = part.iter().zip(firsts).map(|(row, first)| match first {
            Some(first) => Ok(again(kind, row, first)),
            None => taken.next().ok_or_else(|| Error::fault("no answer")),
        });
        told.collect()
    }

    fn repeats(&self, (told, row): (Told, &Row)) -> Told {
        let first = self.first(row);
        match first.filter(|_| told.outcome == Outcome::Created) {
            Some(first) => {
                told.noting("repeats_row", &format!("与第 {first} 行是同一个，导入时按更新处理"))
            }
            None => told,
        }
    }

    async fn write_down(&self, tx: &Tx, told: &[Told]) -> std::result::Result<i64, Halt> {
        let now = self.app.clock.now();
        let rows = i64::try_from(told.len()).unwrap_or(i64::MAX);
        let whole = self.run.rows_total.is_some_and(|total| self.done + rows >= total);
        let step = Step {
            run: self.run.id,
            before: self.done,
            rows,
            tally: Tally::of(told),
            position: None,
            state: if whole { BulkState::Done } else { BulkState::Running },
        };
        if !store::take_step(tx, &step, now).await? {
            return Err(Halt::Stale);
        }
        // The rows of one order may be all rows of the file.
        for (seq, piece) in (self.done..).step_by(ROWS).zip(told.chunks(ROWS)) {
            let lines = outcome::lines(piece)?;
            files::add(tx, self.app, (self.run.id, BulkFile::Report, seq), &lines).await?;
        }
        abort_at("import_written");
        Ok(rows)
    }

    /// Rows that no transaction takes: they are told so, and the others go on.
    async fn refuse(&mut self, part: &[Row], error: &Error) -> Result<()> {
        let refusal = error.refusal();
        let refused = |row: &Row| {
            let key = kinds::key(self.run.kind, row);
            Told::refused(row.number, key, &refusal, |name| row.called(name))
        };
        let told: Vec<Told> = part.iter().map(refused).collect();
        match db::in_tx(&self.app.db, async |tx| self.write_down(tx, &told).await).await {
            Ok(rows) => {
                self.done += rows;
                Ok(())
            }
            Err(Halt::Failed(error)) => Err(error),
            Err(Halt::Stale | Halt::Tried(())) => running::stop(self.app, self.run.id).await,
        }
    }
}

fn who(run: &Model) -> (Actor, Author) {
    if run.actor_kind == ActorKind::Partner {
        return (Actor::partner(PartnerId(run.actor_id)), Author::system("import"));
    }
    let staff = StaffId(run.actor_id);
    (Actor::staff(staff), Author::staff(staff, None, &run.id.to_string()))
}

/// What is said of a row that must come once and was there before.
fn again(kind: BulkKind, row: &Row, first: i64) -> Told {
    let text = format!("与第 {first} 行是同一笔，未重复入账；若是另一笔，请填写不同的凭证号");
    row.told(kinds::key(kind, row), Outcome::Refused).noting("repeats_row", &text)
}

/// Rows that belong together come together.
struct Feed {
    kind: BulkKind,
    rows: Rows,
    /// Read and not gone through, the last one first.
    waiting: Vec<Row>,
}

impl Feed {
    /// The next rows, about `most`; none at the end.
    fn take(&mut self, most: usize) -> Result<Vec<Row>> {
        let mut part: Vec<Row> = Vec::new();
        loop {
            let next = match self.waiting.pop() {
                Some(row) => Some(row),
                None => self.rows.next_row()?,
            };
            let Some(row) = next else { return Ok(part) };
            let joins = part.last().is_some_and(|last| kinds::joins(self.kind, last, &row));
            if part.len() >= most && !joins {
                self.waiting.push(row);
                return Ok(part);
            }
            part.push(row);
        }
    }

    fn put_back(&mut self, part: Vec<Row>) {
        self.waiting.extend(part.into_iter().rev());
    }

    /// Whether rows cannot be parted.
    fn is_one(&self, part: &[Row]) -> bool {
        part.windows(2).all(|pair| matches!(pair, [a, b] if kinds::joins(self.kind, a, b)))
    }
}
