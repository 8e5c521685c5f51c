//! Orders, one row a line: rows of one order stand together (OR-2).

use chrono::{DateTime, Utc};
use entity::codes::{Channel, OrderStatus};
use entity::values::Fen;

use super::Errand;
use crate::bulk::rules::cells::{
    Wrong, identifier, instant, line, money, number, phone, small, whole, word,
};
use crate::bulk::rules::columns::{Column, needed, optional};
use crate::bulk::rules::outcome::{Outcome, Told};
use crate::bulk::rules::rows::{Flaw, Row};
use crate::db::Tx;
use crate::http::{Error, Result};
use crate::members::service::MAX_IDENTIFIER_BYTES;
use crate::orders::service::{
    self as orders, Customer, LineIn, Number, OrderIn, OrderOutcome, OrderResult, PaymentIn,
    Warning,
};

pub(super) const COLUMNS: &[Column] = &[
    optional(
        "channel",
        "渠道",
        &["来源渠道"],
        "门店（默认）、小程序、官网、淘宝、京东、抖音、直播",
    ),
    needed(
        "external_no",
        "订单号",
        &["order_no", "单号", "订单编号"],
        "渠道内唯一；同一订单的各行须相邻",
    ),
    optional("version", "版本", &[], "默认 1；更正订单时加大"),
    optional("status", "状态", &["订单状态"], "已支付（默认）、待支付、已取消"),
    needed("occurred_at", "支付时间", &["下单时间", "交易时间", "paid_at"], "如 2026-11-21 14:30"),
    optional("phone", "手机号", &["mobile", "手机", "会员手机号"], "顾客手机号"),
    optional("card_no", "会员卡号", &["card", "卡号"], "顾客卡号"),
    optional("store_code", "门店编码", &["门店"], "未知编码会提示"),
    optional("guide_no", "导购工号", &["导购"], "未知工号会提示"),
    optional("payment_method", "支付方式", &[], "整单一种支付方式"),
    optional("line_no", "行号", &[], "默认按行顺序"),
    needed("sku_code", "商品编码", &["sku", "SKU编码", "条码"], "商品目录没有的会提示"),
    optional("name", "商品名称", &["品名"], "默认取商品目录"),
    optional("style_code", "款号", &[], "默认取商品目录"),
    optional("colour", "颜色", &["color"], "默认取商品目录"),
    optional("size", "尺码", &[], "默认取商品目录"),
    optional("category", "品类", &["类别"], "默认取商品目录"),
    optional("season", "季节", &[], "默认取商品目录"),
    needed("quantity", "数量", &["件数"], "大于 0 的整数"),
    optional("list_amount", "吊牌金额", &["吊牌价"], "该行吊牌总额（元）；默认等于实付金额"),
    needed("paid_amount", "实付金额", &["成交金额", "实收金额"], "该行实付总额（元）"),
];

const CHANNELS: &[(&[&str], Channel)] = &[
    (&["pos", "线下", "门店"], Channel::Pos),
    (&["mini_program", "小程序"], Channel::MiniProgram),
    (&["own_site", "官网"], Channel::OwnSite),
    (&["taobao", "天猫", "淘宝"], Channel::Taobao),
    (&["jd", "京东"], Channel::Jd),
    (&["douyin", "抖音"], Channel::Douyin),
    (&["live_stream", "直播"], Channel::LiveStream),
];

const STATES: &[(&[&str], OrderStatus)] = &[
    (&["placed", "待付款", "待支付"], OrderStatus::Placed),
    (&["paid", "已付款", "已完成", "已支付"], OrderStatus::Paid),
    (&["cancelled", "已关闭", "已取消"], OrderStatus::Cancelled),
];

/// Cells that say the same in each row of an order, or nothing below the first.
const OF_ORDER: [&str; 9] = [
    "version",
    "status",
    "occurred_at",
    "phone",
    "card_no",
    "store_code",
    "guide_no",
    "payment_method",
    "channel",
];
/// Most lines of an order, as in the API.
const MOST_LINES: usize = 500;

pub(super) fn joins(before: &Row, row: &Row) -> bool {
    let same = |name: &str| before.raw(name) == row.raw(name);
    !row.raw("external_no").is_empty() && same("external_no") && same("channel")
}

pub(super) async fn take_in(tx: &Tx, errand: &Errand<'_>, rows: &[Row]) -> Result<Vec<Told>> {
    let partner = errand.options.partner;
    let partner = partner.ok_or_else(|| Error::fault("orders without a partner"))?;
    let groups: Vec<&[Row]> = rows.chunk_by(joins).collect();
    let read: Vec<_> = groups.iter().map(|rows| order(rows, errand)).collect();
    let good: Vec<OrderIn> = read.iter().flatten().cloned().collect();
    let mut results = orders::ingest_in(tx, errand.app, partner, good).await?.into_iter();
    let mut told = Vec::with_capacity(rows.len());
    for (rows, read) in groups.iter().zip(&read) {
        if let Err((at, flaw)) = read {
            told.extend(rows.iter().enumerate().map(|(i, row)| {
                let key = row.raw("external_no").to_owned();
                if i == *at { row.flawed(key, flaw) } else { beside(row, key, &rows[*at]) }
            }));
            continue;
        }
        let result = results.next().ok_or_else(|| Error::fault("an order has no result"))?;
        told.extend(rows.iter().map(|row| became(row, &result)));
    }
    Ok(told)
}

/// A row whose order is refused because of another row.
fn beside(row: &Row, key: String, bad: &Row) -> Told {
    let text = format!("同一订单的第 {} 行有误", bad.number);
    row.told(key, Outcome::Refused).noting("order_row_refused", &text)
}

fn became(row: &Row, result: &OrderResult) -> Told {
    let key = row.raw("external_no").to_owned();
    let outcome = match &result.outcome {
        OrderOutcome::Created => Outcome::Created,
        OrderOutcome::Updated => Outcome::Updated,
        OrderOutcome::Unchanged | OrderOutcome::IgnoredOlder => Outcome::Unchanged,
        OrderOutcome::Refused(refusal) => {
            return Told::refused(row.number, key, refusal, |name| row.called(name));
        }
    };
    let mut told = row.told(key, outcome);
    if result.outcome == OrderOutcome::IgnoredOlder {
        told = told.noting("ignored_older", "已有更新的版本");
    }
    for warning in &result.warnings {
        let (code, text) = match warning {
            Warning::StoreUnknown => ("store_unknown", "没有这个门店编码"),
            Warning::GuideUnknown => ("guide_unknown", "没有这个导购工号"),
            Warning::SkuUnknown => ("sku_unknown", "商品目录中没有这个编码"),
        };
        told = told.noting(code, text);
    }
    told
}

/// An order from its rows, or which row is wrong and how.
fn order(rows: &[Row], errand: &Errand<'_>) -> std::result::Result<OrderIn, (usize, Flaw)> {
    let first = &rows[0];
    let head = heading(first, errand).map_err(|flaw| (0, flaw))?;
    if rows.len() > MOST_LINES {
        return Err((0, first.flaw("line_no", Wrong::invalid("一个订单最多 500 行"))));
    }
    let mut lines = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        agrees(first, row).map_err(|flaw| (i, flaw))?;
        lines.push(order_line(row, i).map_err(|flaw| (i, flaw))?);
    }
    let sum = lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.paid.0));
    let paid = sum.ok_or_else(|| (0, first.flaw("paid_amount", Wrong::invalid("金额过大"))))?;
    let Heading { channel, external_no, version, status, occurred_at, customer, texts } = head;
    let [store_code, guide_no, method] = texts;
    let payment = |method: String| PaymentIn { method, paid: Fen(paid) };
    Ok(OrderIn {
        number: Number { channel, external_no },
        version,
        status,
        occurred_at,
        customer,
        store_code,
        guide_no,
        lines,
        payments: method.map(payment).into_iter().collect(),
        paid: Fen(paid),
        points_receipt: None,
    })
}

fn agrees(first: &Row, row: &Row) -> std::result::Result<(), Flaw> {
    let differs = |name: &&str| !row.raw(name).is_empty() && row.raw(name) != first.raw(name);
    match OF_ORDER.iter().find(|name| differs(name)) {
        Some(name) => Err(row.flaw(name, Wrong::invalid("与该订单第一行不一致"))),
        None => Ok(()),
    }
}

/// What an order says once.
struct Heading {
    channel: Channel,
    external_no: String,
    version: i64,
    status: OrderStatus,
    occurred_at: DateTime<Utc>,
    customer: Option<Customer>,
    /// Store, guide, tender.
    texts: [Option<String>; 3],
}

fn heading(row: &Row, errand: &Errand<'_>) -> std::result::Result<Heading, Flaw> {
    let calendar = errand.app.calendar;
    let phone = row.maybe("phone", phone)?;
    let card = row.maybe("card_no", identifier::<MAX_IDENTIFIER_BYTES>)?;
    let named = phone.is_some() || card.is_some();
    let version = row.maybe("version", whole)?.unwrap_or(1);
    if version < 1 {
        return Err(row.flaw("version", Wrong::invalid("须大于 0")));
    }
    Ok(Heading {
        channel: row.maybe("channel", |text| word(text, CHANNELS))?.unwrap_or(Channel::Pos),
        external_no: row.must("external_no", number)?,
        version,
        status: row.maybe("status", |text| word(text, STATES))?.unwrap_or(OrderStatus::Paid),
        occurred_at: row.must("occurred_at", |text| instant(text, calendar))?,
        customer: named.then(|| Customer { phone, card, ..Customer::default() }),
        texts: [
            row.maybe("store_code", line::<64>)?,
            row.maybe("guide_no", line::<64>)?,
            row.maybe("payment_method", line::<32>)?,
        ],
    })
}

fn order_line(row: &Row, at: usize) -> std::result::Result<LineIn, Flaw> {
    let text = |name: &str| row.maybe(name, line::<64>);
    let positive = |text: &str| match small(text)? {
        1..=1_000_000 => small(text),
        _ => Err(Wrong::invalid("须在 1 到 1,000,000 之间")),
    };
    let line_no = row.maybe("line_no", positive)?;
    let paid = row.must("paid_amount", money)?;
    Ok(LineIn {
        line_no: line_no.unwrap_or_else(|| i32::try_from(at).unwrap_or(i32::MAX - 1) + 1),
        sku_code: row.must("sku_code", line::<64>)?,
        name: row.maybe("name", line::<200>)?,
        style_code: text("style_code")?,
        colour: text("colour")?,
        size: row.maybe("size", line::<32>)?,
        category: text("category")?,
        season: text("season")?,
        price_band: None,
        style_tag: None,
        quantity: row.must("quantity", positive)?,
        list: row.maybe("list_amount", money)?.unwrap_or(paid),
        paid,
    })
}
