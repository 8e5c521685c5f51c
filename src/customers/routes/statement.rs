//! Points statements as CSV (PT-8): made while they are sent, in pieces of bounded size.

use actix_web::web::{Bytes, ThinData};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Months, NaiveDate, Utc};
use entity::ids::MemberId;
use futures_util::stream::{self, Stream};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::customers::service::{self, Sheet, SheetLine};
use crate::http::csv::{self, Cell, Lines};
use crate::http::{Error, PathId, Problem, Query, Result};
use crate::identity::caller::Shopper;
use crate::points::service::Sums;
use crate::staff::caller::AdminCaller;

/// Longest span of a statement.
const LONGEST: Months = Months::new(13);

const COLUMNS: [&str; 12] = [
    "入账时间",
    "业务时间",
    "类型",
    "可用积分变动",
    "可用积分余额",
    "待入账变动",
    "待入账余额",
    "冻结变动",
    "冻结余额",
    "订单号",
    "门店",
    "流水号",
];

/// Which days a statement is about.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    /// First business day, by the time of booking.
    #[garde(skip)]
    #[param(example = "2026-03-01")]
    pub from: NaiveDate,
    /// Last business day, at most 13 months after the first.
    #[garde(skip)]
    #[param(example = "2026-03-31")]
    pub to: NaiveDate,
}

impl StatementQuery {
    fn checked(&self) -> Result<(NaiveDate, NaiveDate)> {
        let latest = self.from.checked_add_months(LONGEST);
        if self.from <= self.to && latest.is_some_and(|latest| self.to <= latest) {
            return Ok((self.from, self.to));
        }
        let (zh, en) = ("结束日期须在开始日期之后 13 个月内", "not within 13 months after `from`");
        Err(Error::field("?to", "range", zh, en))
    }
}

/// What comes next in a file.
enum Part {
    Opening(Sheet),
    Movements(Sheet),
    End,
}

fn pieces(app: App, sheet: Sheet) -> impl Stream<Item = Result<Bytes>> {
    stream::try_unfold((app, Part::Opening(sheet)), async |(app, part)| {
        let (lines, next) = match part {
            Part::Opening(sheet) => {
                let mut lines = Lines::headed(&COLUMNS)?;
                lines.add(balance("期初余额", sheet.sums()))?;
                (lines, Part::Movements(sheet))
            }
            Part::Movements(mut sheet) => {
                let mut lines = Lines::more();
                let page = sheet.next(&app).await?;
                for line in &page {
                    lines.add(cells(&app, line))?;
                }
                if page.is_empty() {
                    lines.add(balance("期末余额", sheet.sums()))?;
                    (lines, Part::End)
                } else {
                    (lines, Part::Movements(sheet))
                }
            }
            Part::End => return Ok(None),
        };
        Ok(Some((lines.into_bytes()?, (app, next))))
    })
}

fn balance(name: &'static str, sums: Sums) -> Vec<Cell<'static>> {
    let mut cells = vec![Cell::Empty; COLUMNS.len()];
    cells[2] = name.into();
    cells[4] = sums.available.into();
    cells[6] = sums.pending.into();
    cells[8] = sums.frozen.into();
    cells
}

fn cells<'a>(app: &App, line: &'a SheetLine) -> Vec<Cell<'a>> {
    let (transfer, change, after) = (&line.line.transfer, line.line.change, line.line.after);
    vec![
        local(app, transfer.recorded_at).into(),
        local(app, transfer.occurred_at).into(),
        line.line.entry.title().0.into(),
        change.available.into(),
        after.available.into(),
        change.pending.into(),
        after.pending.into(),
        change.frozen.into(),
        after.frozen.into(),
        line.order_no.as_deref().into(),
        line.store.as_deref().into(),
        transfer.id.to_string().into(),
    ]
}

fn local(app: &App, at: DateTime<Utc>) -> String {
    at.with_timezone(&app.calendar.0).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// My points statement
///
/// A CSV file that Excel opens as it is: opening balance, every movement with the balance after it in the order of
/// booking, closing balance; opening balance and movements make the closing balance. With the movements of members who
/// were merged into hers.
#[utoipa::path(
    tag = "customers",
    security(("member_token" = [])),
    params(StatementQuery),
    responses(
        (status = 200, description = "The statement.", content(
            (String = "text/csv", example = "\u{feff}入账时间,业务时间,类型,可用积分变动,可用积分余额\r\n,,期初余额,,0\r\n,,期末余额,,0\r\n"),
        )),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points/statement.csv")]
pub async fn read_my_points_statement(
    app: ThinData<App>,
    who: Shopper,
    query: Query<StatementQuery>,
) -> Result<HttpResponse> {
    let (from, to) = query.0.checked()?;
    let sheet = service::sheet(&app, who.member, from, to).await?;
    Ok(csv::stream(&format!("points-{from}-{to}.csv"), pieces(app.0, sheet)))
}

/// A member's points statement
///
/// The same file as the member's own; the id of a merged member finds the one who stays.
#[utoipa::path(
    tag = "customers",
    security(("admin_token" = [])),
    params(
        ("id" = MemberId, Path, description = "The member.", example = "mem_0698v9qe00t134m6ou6d8h2lak"),
        StatementQuery,
    ),
    responses(
        (status = 200, description = "The statement.", content(
            (String = "text/csv", example = "\u{feff}入账时间,业务时间,类型,可用积分变动,可用积分余额\r\n,,期初余额,,0\r\n,,期末余额,,0\r\n"),
        )),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/members/{id}/points/statement.csv")]
pub async fn read_members_points_statement(
    app: ThinData<App>,
    who: AdminCaller,
    PathId(id): PathId<MemberId>,
    query: Query<StatementQuery>,
) -> Result<HttpResponse> {
    let (from, to) = query.0.checked()?;
    let sheet = service::customer_sheet(&app, (&who.staff, &who.author), id, from, to).await?;
    Ok(csv::stream(&format!("points-{id}-{from}-{to}.csv"), pieces(app.0, sheet)))
}
