//! Orders as a table, one row an order.

use entity::ids::OrderId;
use uuid::Uuid;

use super::{PAGE, Page, guide_numbers, local, store_codes, written, yuan};
use crate::app::App;
use crate::bulk::rules::options::Filter;
use crate::http::Result;
use crate::http::csv::Cell;
use crate::orders::service::{self as orders, OrdersWanted};

const COLUMNS: [&str; 13] = [
    "订单编号",
    "渠道",
    "订单号",
    "状态",
    "支付时间",
    "会员编号",
    "门店编码",
    "导购工号",
    "吊牌金额",
    "实付金额",
    "退款金额",
    "获得积分",
    "接收时间",
];

fn wanted(filter: &Filter) -> OrdersWanted {
    let Filter { from, until, store, channel, status, member, .. } = *filter;
    OrdersWanted { from, until, store, channel, status, member }
}

pub(super) async fn count(app: &App, filter: &Filter) -> Result<u64> {
    orders::count_orders(app.db.read(), &wanted(filter)).await
}

pub(super) async fn page(
    app: &App,
    filter: &Filter,
    position: Option<Uuid>,
    before: i64,
) -> Result<Page> {
    let after = position.map(OrderId);
    let rows = orders::orders_after(app.db.read(), &wanted(filter), after, PAGE).await?;
    let stores = store_codes(app, rows.iter().filter_map(|row| row.store_id)).await?;
    let guides = guide_numbers(app, rows.iter().filter_map(|row| row.guide_id)).await?;
    let cells = rows.iter().map(|row| {
        let cells: Vec<Cell<'_>> = vec![
            row.id.to_string().into(),
            row.channel.as_str().into(),
            row.external_no.as_str().into(),
            row.status.as_str().into(),
            local(app, row.occurred_at).into(),
            row.member_id.map(|id| id.to_string()).into(),
            row.store_id.and_then(|id| stores.get(&id).map(String::as_str)).into(),
            row.guide_id.and_then(|id| guides.get(&id).map(String::as_str)).into(),
            yuan(row.list_fen).into(),
            yuan(row.paid_fen).into(),
            yuan(row.refunded_fen).into(),
            row.points.into(),
            local(app, row.received_at).into(),
        ];
        (row.id.0, cells)
    });
    written(&COLUMNS, before, cells)
}
