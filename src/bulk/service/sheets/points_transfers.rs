//! Movements of points as a table.

use entity::ids::TransferId;
use uuid::Uuid;

use super::{PAGE, Page, local, written};
use crate::app::App;
use crate::bulk::rules::options::Filter;
use crate::http::Result;
use crate::http::csv::Cell;
use crate::points::service::{self as points, MovementsWanted};

const COLUMNS: [&str; 12] = [
    "流水号",
    "会员编号",
    "类型",
    "转出",
    "转入",
    "积分",
    "业务时间",
    "入账时间",
    "可用积分余额",
    "待入账余额",
    "冻结余额",
    "订单编号",
];

fn wanted(filter: &Filter) -> MovementsWanted {
    MovementsWanted { from: filter.from, until: filter.until, member: filter.member }
}

pub(super) async fn count(app: &App, filter: &Filter) -> Result<u64> {
    points::count_movements(app.db.read(), &wanted(filter)).await
}

pub(super) async fn page(
    app: &App,
    filter: &Filter,
    position: Option<Uuid>,
    before: i64,
) -> Result<Page> {
    let after = position.map(TransferId);
    let rows = points::movements_after(app.db.read(), &wanted(filter), after, PAGE).await?;
    let cells = rows.iter().map(|row| {
        let transfer = &row.transfer;
        let cells: Vec<Cell<'_>> = vec![
            transfer.id.to_string().into(),
            row.member.map(|id| id.to_string()).into(),
            row.title.into(),
            transfer.from_bucket.as_str().into(),
            transfer.to_bucket.as_str().into(),
            transfer.amount.into(),
            local(app, transfer.occurred_at).into(),
            local(app, transfer.recorded_at).into(),
            transfer.available_after.into(),
            transfer.pending_after.into(),
            transfer.frozen_after.into(),
            transfer.order_id.map(|id| id.to_string()).into(),
        ];
        (transfer.id.0, cells)
    });
    written(&COLUMNS, before, cells)
}
