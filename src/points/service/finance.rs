//! What finance reads (PT-9).
//!
//! Activity goes by the day of booking: what is booked on a closed day never changes, so the closing balance that was
//! reported is the opening balance of the next report, however late an order comes in. A day is closed by adding it up
//! once; days that are not closed yet are added up when somebody asks.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use entity::codes::Ledger;
use entity::ids::PointsDayTotalId;
use entity::{points_closed_day, points_day_total};

use crate::app::App;
use crate::db::{self, Conn};
use crate::http::{Error, Result};
use crate::points::rules::{Activity, Breakage, Flow, outstanding, value_fen};
use crate::points::store;

/// How long after its end a business day is closed. Movements take their time of booking when their transaction
/// begins; none takes as long as this to commit.
const GRACE: TimeDelta = TimeDelta::hours(1);

/// Days or months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// One row a business day.
    Day,
    /// One row a business month, the first and the last one as far as the span goes.
    Month,
}

/// Business days, both ends in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

/// What became of points in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodActivity {
    /// Which days.
    pub period: Period,
    /// By the day of booking.
    pub activity: Activity,
    /// Of the lots whose life ended in the period.
    pub breakage: Breakage,
}

/// Closes business days that have ended, the oldest first, at most `limit`; says how many. Doing it twice, or by two
/// workers at once, does no harm.
///
/// # Errors
/// The database's.
pub async fn close_days(app: &App, limit: usize) -> Result<usize> {
    let last = store::last_closed(app.db.read()).await?;
    let Some(mut day) = next_open(app, last).await? else { return Ok(0) };
    let over = |day: &NaiveDate| app.calendar.start(*day + Days::new(1)) + GRACE <= app.clock.now();
    let mut done = 0;
    while done < limit && over(&day) {
        let next = store::first_booked(app.db.read(), Some(app.calendar.start(day))).await?;
        let busy = next.map(|at| app.calendar.day(at));
        // Days on which nothing moved are closed together.
        let quiet = day.iter_days().take_while(|day| busy.is_none_or(|busy| *day < busy));
        let quiet: Vec<NaiveDate> = quiet.take_while(over).take(limit - done).collect();
        let days = if quiet.is_empty() { vec![day] } else { quiet };
        match close(app, &days).await {
            // Another worker was faster.
            Err(Error::Database(error)) if db::is_duplicate(&error) => return Ok(done),
            other => other?,
        }
        done += days.len();
        day = day + Days::new(days.len() as u64);
    }
    Ok(done)
}

async fn next_open(app: &App, last: Option<NaiveDate>) -> Result<Option<NaiveDate>> {
    if let Some(last) = last {
        return Ok(Some(last + Days::new(1)));
    }
    let first = store::first_booked(app.db.read(), None).await?;
    Ok(first.map(|at| app.calendar.day(at)))
}

/// Closes days that follow each other: one, or several on which nothing moved.
async fn close(app: &App, days: &[NaiveDate]) -> Result<()> {
    let now = app.clock.now();
    db::in_tx(&app.db, async |tx| {
        let mut totals = Vec::new();
        if let [day] = days {
            let (from, to) = bounds(app, Period { from: *day, to: *day });
            let flows = store::flows(tx, Ledger::ALL, from, to).await?;
            totals.extend(flows.iter().map(|(ledger, flow)| total(*day, *ledger, flow, now)));
        }
        let closed = days.iter().map(|day| points_closed_day::Model { day: *day, closed_at: now });
        Ok(store::insert_closed(tx, &closed.collect::<Vec<_>>(), &totals).await?)
    })
    .await
}

fn total(
    day: NaiveDate,
    ledger: Ledger,
    flow: &Flow,
    now: DateTime<Utc>,
) -> points_day_total::Model {
    points_day_total::Model {
        id: PointsDayTotalId::new(now),
        day,
        ledger,
        kind: flow.kind,
        from_bucket: flow.from,
        to_bucket: flow.to,
        expires_at: flow.expires_at,
        points: flow.points,
        transfers: flow.transfers,
    }
}

/// The first instant of a period and the first one after it.
pub(super) fn bounds(app: &App, period: Period) -> (DateTime<Utc>, DateTime<Utc>) {
    (app.calendar.start(period.from), app.calendar.start(period.to + Days::new(1)))
}

/// What became of points in business days of booking `from` to `to`, day by day or month by month, with what was
/// outstanding before and after each. The caller bounds the span.
///
/// # Errors
/// The database's.
pub async fn activity(app: &App, span: Period, by: By) -> Result<Vec<PeriodActivity>> {
    let db = app.db.read();
    let ledger = Ledger::Points;
    let books = Books::open(db, app, ledger).await?;
    let mut opening = books.before(db, app, span.from).await?;
    let periods = periods(span, by);
    let mut flows = books.within(db, app, span, &periods).await?;
    let broken = books.breakage(db, app, span, &periods).await?;
    let mut rows = Vec::with_capacity(periods.len());
    for (period, breakage) in periods.into_iter().zip(broken) {
        let flows = flows.remove(&period).unwrap_or_default();
        let activity = Activity::of(opening, &flows);
        opening = activity.closing;
        rows.push(PeriodActivity { period, activity, breakage });
    }
    Ok(rows)
}

fn periods(span: Period, by: By) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    for day in span.from.iter_days().take_while(|day| *day <= span.to) {
        match periods.last_mut() {
            Some(last) if by == By::Month && day.day() != 1 => last.to = day,
            _ => periods.push(Period { from: day, to: day }),
        }
    }
    periods
}

/// The closed days, and from when on nothing is closed.
struct Books {
    ledger: Ledger,
    /// The first day that is not closed; none before the first movement.
    open: Option<NaiveDate>,
    now: DateTime<Utc>,
}

impl Books {
    async fn open(db: &impl Conn, app: &App, ledger: Ledger) -> Result<Self> {
        let last = store::last_closed(db).await?;
        let open = next_open(app, last).await?;
        Ok(Self { ledger, open, now: app.clock.now() })
    }

    /// What moved on days of a period that are not closed.
    async fn live(&self, db: &impl Conn, app: &App, period: Period) -> Result<Vec<Flow>> {
        let Some(open) = self.open.filter(|open| *open <= period.to) else { return Ok(Vec::new()) };
        let (from, to) = bounds(app, Period { from: period.from.max(open), to: period.to });
        if from > self.now {
            return Ok(Vec::new());
        }
        let flows = store::flows(db, &[self.ledger], from, to).await?;
        Ok(flows.into_iter().map(|(_, flow)| flow).collect())
    }

    /// What was outstanding when a day began.
    async fn before(&self, db: &impl Conn, app: &App, day: NaiveDate) -> Result<i64> {
        let closed = store::flows_before(db, self.ledger, day).await?;
        let (Some(first), Some(last)) = (self.open, day.pred_opt()) else {
            return Ok(outstanding(&closed));
        };
        let live = self.live(db, app, Period { from: first, to: last }).await?;
        Ok(outstanding(&closed).saturating_add(outstanding(&live)))
    }

    async fn within(
        &self,
        db: &impl Conn,
        app: &App,
        span: Period,
        periods: &[Period],
    ) -> Result<HashMap<Period, Vec<Flow>>> {
        let mut flows: HashMap<Period, Vec<Flow>> = HashMap::new();
        let of = |day: NaiveDate| {
            let place = periods.partition_point(|period| period.to < day);
            periods.get(place).copied()
        };
        for row in store::day_totals(db, self.ledger, span.from, span.to).await? {
            let Some(period) = of(row.day) else { continue };
            flows.entry(period).or_default().push(flow(&row));
        }
        for period in periods {
            let live = self.live(db, app, *period).await?;
            flows.entry(*period).or_default().extend(live);
        }
        Ok(flows)
    }

    /// Lots are made long before they run out: all days that were ever booked tell of those of a period.
    async fn breakage(
        &self,
        db: &impl Conn,
        app: &App,
        span: Period,
        periods: &[Period],
    ) -> Result<Vec<Breakage>> {
        let (from, to) = bounds(app, span);
        let mut flows = store::flows_of_lots(db, self.ledger, from, to).await?;
        if let Some(open) = self.open {
            let today = app.calendar.day(self.now);
            flows.extend(self.live(db, app, Period { from: open, to: today }).await?);
        }
        let of = |period: &Period| {
            let (from, to) = bounds(app, *period);
            // A life that has not ended yet is not judged.
            Breakage::of(&flows, from, to.min(self.now))
        };
        Ok(periods.iter().map(of).collect())
    }
}

fn flow(row: &points_day_total::Model) -> Flow {
    Flow {
        kind: row.kind,
        from: row.from_bucket,
        to: row.to_bucket,
        expires_at: row.expires_at,
        points: row.points,
        transfers: row.transfers,
    }
}

/// What the programme owes now (PT-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liability {
    /// When it was added up.
    pub as_of: DateTime<Utc>,
    /// Points that are one yuan at a checkout.
    pub points_per_yuan: i64,
    /// Can be spent, by the business month at whose end they run out; those that never do come last.
    pub months: Vec<LiabilityMonth>,
    /// Can be spent, all together.
    pub available: i64,
    /// Granted, inside the return window.
    pub pending: i64,
    /// Held for checkouts.
    pub frozen: i64,
    /// Owed by members whose points were taken back after they had been spent; not taken off above.
    pub debt: i64,
    /// Ran out, and the job has not booked it yet; in none of the other numbers.
    pub ran_out: i64,
}

/// Points that run out together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiabilityMonth {
    /// First day of the month at whose end they run out, or in which; none is never.
    pub month: Option<NaiveDate>,
    /// How many.
    pub points: i64,
    /// In how many lots.
    pub lots: i64,
}

impl Liability {
    /// Available, pending and frozen.
    #[must_use]
    pub const fn outstanding(&self) -> i64 {
        self.available + self.pending + self.frozen
    }

    /// What so many points are worth at a checkout, in fen.
    #[must_use]
    pub fn value_fen(&self, points: i64) -> i64 {
        value_fen(points, self.points_per_yuan)
    }
}

/// What points are worth at a checkout by the rate in force, in fen, rounded down.
#[must_use]
pub fn fen_of(app: &App, points: i64) -> i64 {
    value_fen(points, i64::from(app.config.points.points_per_yuan.get()))
}

/// What the programme owes at this moment.
///
/// # Errors
/// The database's.
pub async fn liability(app: &App) -> Result<Liability> {
    let points_per_yuan = i64::from(app.config.points.points_per_yuan.get());
    let (db, now) = (app.db.read(), app.clock.now());
    let balances = store::balances_of_all(db, Ledger::Points).await?;
    let mut months: BTreeMap<(bool, Option<NaiveDate>), (i64, i64)> = BTreeMap::new();
    let (mut pending, mut ran_out) = (0, 0);
    for left in store::left_in_lots(db, Ledger::Points).await? {
        if !left.settled {
            pending += left.points;
        } else if left.expires_at.is_some_and(|at| at <= now) {
            ran_out += left.points;
        } else {
            // The instant is the first one after the life of the lot.
            let month =
                left.expires_at.map(|at| app.calendar.month(at - TimeDelta::milliseconds(1)));
            let sums = months.entry((month.is_none(), month)).or_default();
            *sums = (sums.0 + left.points, sums.1 + left.lots);
        }
    }
    let row = |((_, month), (points, lots))| LiabilityMonth { month, points, lots };
    let months: Vec<LiabilityMonth> = months.into_iter().map(row).collect();
    Ok(Liability {
        as_of: now,
        points_per_yuan,
        available: months.iter().map(|month| month.points).sum(),
        months,
        pending,
        frozen: balances.frozen,
        debt: balances.debt,
        ran_out,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_cut_where_the_span_begins_and_ends() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let span = Period { from: day("2026-01-30"), to: day("2026-03-02") };
        let cut = |by| -> Vec<String> {
            let show = |it: Period| format!("{}..{}", it.from, it.to);
            periods(span, by).into_iter().map(show).collect()
        };
        assert_eq!(
            cut(By::Month),
            ["2026-01-30..2026-01-31", "2026-02-01..2026-02-28", "2026-03-01..2026-03-02"]
        );
        assert_eq!(cut(By::Day).len(), 2 + 28 + 2);
    }
}
