//! What finance reads about everybody's points together (PT-9, IN-1b).

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, HttpResponse, Responder, get};
use chrono::{DateTime, NaiveDate, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::finance_tables;
use crate::app::App;
use crate::http::csv::{self, TableFormat};
use crate::http::{Error, Problem, Query, Result};
use crate::points::rules::{ACTIVITY_VERSION, BREAKAGE_VERSION, LIABILITY_VERSION};
use crate::points::service::{self, By, Liability, Period, PeriodActivity};
use crate::staff::caller::AdminCaller;

/// Longest span of an activity report, in days: 25 months.
const LONGEST_DAYS: i64 = 25 * 31;

const LIABILITY_FORMULA: &str = "outstanding = available + pending + frozen; available = what is left in settled lots \
     that have not run out; value_fen = floor(points × 100 / points_per_yuan)";
const ACTIVITY_FORMULA: &str = "closing = opening + issued − spent + given_back − expired − reversed + adjusted_up − \
     adjusted_down; by business day of booking";
const BREAKAGE_FORMULA: &str =
    "rate = expired ÷ issued, over the lots whose last day lies in the period";

/// Which form a report is answered in.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PointsLiabilityQuery {
    /// `csv` for a spreadsheet; without it the `Accept` header decides.
    #[garde(skip)]
    pub format: Option<TableFormat>,
}

/// Points that run out together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"month": "2027-03", "points": 1_204_500, "lots": 3_112, "value_fen": 1_204_500}))]
pub struct PointsLiabilityMonth {
    /// Month at whose end they run out; absent for those that never do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}$")]
    pub month: Option<String>,
    /// How many.
    pub points: i64,
    /// In how many lots.
    pub lots: i64,
    /// What they are worth at a checkout, in fen.
    pub value_fen: i64,
}

/// What the programme owes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "as_of": "2026-11-22T02:00:00Z", "version": "points-liability-1", "formula": "outstanding = available + …",
    "points_per_yuan": 100, "outstanding": 1_300_000, "value_fen": 1_300_000, "available": 1_204_500,
    "pending": 90_000, "frozen": 5_500, "debt": 300, "ran_out_not_booked": 0,
    "months": [{"month": "2027-03", "points": 1_204_500, "lots": 3_112, "value_fen": 1_204_500}]
}))]
pub struct PointsLiability {
    /// When it was added up.
    pub as_of: DateTime<Utc>,
    /// Version of the formula.
    pub version: String,
    /// The formula.
    pub formula: String,
    /// Points that are one yuan at a checkout.
    pub points_per_yuan: i64,
    /// Available, pending and frozen together.
    pub outstanding: i64,
    /// What they are worth at a checkout, in fen.
    pub value_fen: i64,
    /// Can be spent.
    pub available: i64,
    /// Granted, inside the return window.
    pub pending: i64,
    /// Held for checkouts.
    pub frozen: i64,
    /// Owed by members whose points were taken back after they had been spent; not taken off from the above.
    pub debt: i64,
    /// Ran out, and the daily job has not booked it yet; in none of the other numbers.
    pub ran_out_not_booked: i64,
    /// What can be spent, by the month at whose end it runs out, soonest first; never comes last.
    pub months: Vec<PointsLiabilityMonth>,
}

impl From<&Liability> for PointsLiability {
    fn from(liability: &Liability) -> Self {
        let month = |month: &service::LiabilityMonth| PointsLiabilityMonth {
            month: month.month.map(|day| day.format("%Y-%m").to_string()),
            points: month.points,
            lots: month.lots,
            value_fen: liability.value_fen(month.points),
        };
        Self {
            as_of: liability.as_of,
            version: LIABILITY_VERSION.to_owned(),
            formula: LIABILITY_FORMULA.to_owned(),
            points_per_yuan: liability.points_per_yuan,
            outstanding: liability.outstanding(),
            value_fen: liability.value_fen(liability.outstanding()),
            available: liability.available,
            pending: liability.pending,
            frozen: liability.frozen,
            debt: liability.debt,
            ran_out_not_booked: liability.ran_out,
            months: liability.months.iter().map(month).collect(),
        }
    }
}

/// Read what the programme owes
///
/// Outstanding points by the month at whose end they run out, pending and frozen apart, with their value at the
/// deduction rate in force, at this moment.
#[utoipa::path(
    tag = "points",
    security(("admin_token" = [])),
    params(PointsLiabilityQuery),
    responses(
        (status = 200, description = "The liability.", content(
            (PointsLiability = "application/json"),
            (String = "text/csv", example = "\u{feff}到期月份,积分,批次数,价值（分）\r\n2027-03,1204500,3112,1204500\r\n"),
        )),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points/liability")]
pub async fn read_points_liability(
    app: ThinData<App>,
    _caller: AdminCaller,
    query: Query<PointsLiabilityQuery>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let liability = service::liability(&app).await?;
    if csv::is_wanted(&request, query.0.format) {
        let day = app.calendar.day(liability.as_of);
        let lines = finance_tables::liability(&liability)?;
        return Ok(csv::file(&format!("points-liability-{day}.csv"), lines));
    }
    Ok(Json(PointsLiability::from(&liability)).respond_to(&request).map_into_boxed_body())
}

/// How an activity report is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PointsActivityBy {
    /// One row a business month.
    #[default]
    Month,
    /// One row a business day.
    Day,
}

/// Which days a report is about.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PointsActivityQuery {
    /// First business day.
    #[garde(skip)]
    #[param(example = "2026-10-01")]
    pub from: NaiveDate,
    /// Last business day, at most 25 months after the first.
    #[garde(skip)]
    #[param(example = "2026-10-31")]
    pub to: NaiveDate,
    /// One row a month or a day.
    #[garde(skip)]
    #[serde(default)]
    #[param(inline, default = "month")]
    pub by: PointsActivityBy,
    /// `csv` for a spreadsheet; without it the `Accept` header decides.
    #[garde(skip)]
    pub format: Option<TableFormat>,
}

impl PointsActivityQuery {
    fn span(&self) -> Result<Period> {
        let days = (self.to - self.from).num_days();
        if (0..=LONGEST_DAYS).contains(&days) {
            return Ok(Period { from: self.from, to: self.to });
        }
        let (zh, en) = ("结束日期须在开始日期之后 25 个月内", "not within 25 months after `from`");
        Err(Error::field("?to", "range", zh, en))
    }
}

/// Of the points whose life ended in a period: how many ran out unused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"issued": 480_000, "expired": 61_000, "rate_bps": 1_270}))]
pub struct PointsBreakage {
    /// Granted in lots whose last day lies in the period, also those spent or taken back since.
    pub issued: i64,
    /// Of these, ran out.
    pub expired: i64,
    /// `expired ÷ issued` in ten-thousandths; absent when nothing was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_bps: Option<i64>,
}

/// What became of points in a period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "from": "2026-10-01", "to": "2026-10-31", "opening": 900_000, "issued": 520_000, "settled": 480_000, "spent": 190_000,
    "given_back": 1_000, "expired": 61_000, "reversed": 22_000, "adjusted_up": 500, "adjusted_down": 0, "frozen": 8_000,
    "released": 1_500, "closing": 1_148_500, "transfers": 9_120,
    "breakage": {"issued": 480_000, "expired": 61_000, "rate_bps": 1_270}
}))]
pub struct PointsActivityPeriod {
    /// First business day.
    pub from: NaiveDate,
    /// Last business day.
    pub to: NaiveDate,
    /// Outstanding before: pending, available less debt, frozen.
    pub opening: i64,
    /// Granted.
    pub issued: i64,
    /// Became available after the return window.
    pub settled: i64,
    /// Used.
    pub spent: i64,
    /// Used points that went back to members.
    pub given_back: i64,
    /// Ran out.
    pub expired: i64,
    /// Taken back after returns.
    pub reversed: i64,
    /// Granted by staff.
    pub adjusted_up: i64,
    /// Taken by staff.
    pub adjusted_down: i64,
    /// Held for checkouts.
    pub frozen: i64,
    /// Given back by checkouts that were not finished.
    pub released: i64,
    /// Outstanding afterwards.
    pub closing: i64,
    /// Movements.
    pub transfers: i64,
    /// Of the lots whose life ended in the period.
    pub breakage: PointsBreakage,
}

impl From<&PeriodActivity> for PointsActivityPeriod {
    fn from(PeriodActivity { period, activity, breakage }: &PeriodActivity) -> Self {
        Self {
            from: period.from,
            to: period.to,
            opening: activity.opening,
            issued: activity.issued,
            settled: activity.settled,
            spent: activity.spent,
            given_back: activity.given_back,
            expired: activity.expired,
            reversed: activity.reversed,
            adjusted_up: activity.adjusted_up,
            adjusted_down: activity.adjusted_down,
            frozen: activity.frozen,
            released: activity.released,
            closing: activity.closing,
            transfers: activity.transfers,
            breakage: PointsBreakage {
                issued: breakage.issued,
                expired: breakage.expired,
                rate_bps: breakage.rate_bps(),
            },
        }
    }
}

/// What became of points, period by period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "as_of": "2026-11-22T02:00:00Z", "version": "points-activity-1", "formula": "closing = opening + …",
    "breakage_version": "points-breakage-1", "breakage_formula": "rate = expired ÷ issued, …", "by": "month",
    "periods": [{"from": "2026-10-01", "to": "2026-10-31", "opening": 900_000, "issued": 520_000, "settled": 480_000,
        "spent": 190_000, "given_back": 1_000, "expired": 61_000, "reversed": 22_000, "adjusted_up": 500,
        "adjusted_down": 0, "frozen": 8_000, "released": 1_500, "closing": 1_148_500, "transfers": 9_120,
        "breakage": {"issued": 480_000, "expired": 61_000, "rate_bps": 1_270}}]
}))]
pub struct PointsActivity {
    /// When it was added up.
    pub as_of: DateTime<Utc>,
    /// Version of the formula.
    pub version: String,
    /// The formula.
    pub formula: String,
    /// Version of the formula of the breakage rate.
    pub breakage_version: String,
    /// The formula of the breakage rate.
    pub breakage_formula: String,
    /// How it is cut.
    pub by: PointsActivityBy,
    /// Each period, the first one first.
    pub periods: Vec<PointsActivityPeriod>,
}

/// Read what became of points
///
/// Issued, settled, spent, ran out, taken back, adjusted and released, by the business day of booking: what was
/// reported for days that are over never changes, and each closing balance is the next opening balance. The breakage
/// rate is over the lots whose life ended in the period.
#[utoipa::path(
    tag = "points",
    security(("admin_token" = [])),
    params(PointsActivityQuery),
    responses(
        (status = 200, description = "Activity by period.", content(
            (PointsActivity = "application/json"),
            (String = "text/csv", example = "\u{feff}开始日期,结束日期,期初积分\r\n2026-10-01,2026-10-31,900000\r\n"),
        )),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points/activity")]
pub async fn read_points_activity(
    app: ThinData<App>,
    _caller: AdminCaller,
    query: Query<PointsActivityQuery>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (span, as_of) = (query.0.span()?, app.clock.now());
    let by = match query.0.by {
        PointsActivityBy::Month => By::Month,
        PointsActivityBy::Day => By::Day,
    };
    let rows = service::activity(&app, span, by).await?;
    if csv::is_wanted(&request, query.0.format) {
        let name = format!("points-activity-{}-{}.csv", span.from, span.to);
        return Ok(csv::file(&name, finance_tables::activity(&rows)?));
    }
    let answer = PointsActivity {
        as_of,
        version: ACTIVITY_VERSION.to_owned(),
        formula: ACTIVITY_FORMULA.to_owned(),
        breakage_version: BREAKAGE_VERSION.to_owned(),
        breakage_formula: BREAKAGE_FORMULA.to_owned(),
        by: query.0.by,
        periods: rows.iter().map(Into::into).collect(),
    };
    Ok(Json(answer).respond_to(&request).map_into_boxed_body())
}
