//! What third parties send, read and checked by itself (OR-1).

use std::collections::HashSet;
use std::fmt;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use entity::codes::{Channel, OrderStatus};
use entity::values::Fen;

use super::super::error;
use crate::http::{Error, Result};
use crate::kernel::mobile::Mobile;

/// Largest amount, in fen: ¥1,000,000,000.00.
pub const MOST_FEN: i64 = 100_000_000_000;
/// How far ahead of our clock a sender's may be.
const AHEAD: TimeDelta = TimeDelta::hours(24);

/// A number given by the sender, unique in its channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number {
    /// Where.
    pub channel: Channel,
    /// The number there.
    pub external_no: String,
}

/// An order as it comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderIn {
    /// Its number.
    pub number: Number,
    /// The sender's version, from 1.
    pub version: i64,
    /// Where it stands.
    pub status: OrderStatus,
    /// Business time: paid, or placed while unpaid.
    pub occurred_at: DateTime<Utc>,
    /// Whom it names, if anybody.
    pub customer: Option<Customer>,
    /// The retailer's code of the store.
    pub store_code: Option<String>,
    /// Number of the guide.
    pub guide_no: Option<String>,
    /// Lines.
    pub lines: Vec<LineIn>,
    /// Payments; may be left out.
    pub payments: Vec<PaymentIn>,
    /// Paid.
    pub paid: Fen,
    /// The sender's number under which points paid, beside the money.
    pub points_receipt: Option<String>,
}

/// Whom an order names; Debug shows nothing of it (S15).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Customer {
    /// Phone.
    pub phone: Option<Mobile>,
    /// Card number.
    pub card: Option<String>,
    /// WeChat union id.
    pub union_id: Option<String>,
    /// App id and openid.
    pub open_id: Option<(String, String)>,
    /// Buyer id in the order's channel.
    pub buyer_id: Option<String>,
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Customer(…)")
    }
}

/// A line as it comes in; what is absent is taken from the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineIn {
    /// Number in the order.
    pub line_no: i32,
    /// SKU.
    pub sku_code: String,
    /// Name.
    pub name: Option<String>,
    /// Style.
    pub style_code: Option<String>,
    /// Colour.
    pub colour: Option<String>,
    /// Size.
    pub size: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Season.
    pub season: Option<String>,
    /// Price band.
    pub price_band: Option<String>,
    /// Style tag.
    pub style_tag: Option<String>,
    /// Pieces.
    pub quantity: i32,
    /// List price of all pieces.
    pub list: Fen,
    /// Paid for all pieces.
    pub paid: Fen,
}

/// A payment as it comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentIn {
    /// Tender.
    pub method: String,
    /// Amount.
    pub paid: Fen,
}

/// A refund as it comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundIn {
    /// Its number.
    pub number: Number,
    /// Number of the order, in the same channel.
    pub order_no: String,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// Refunded.
    pub amount: Fen,
    /// Of which lines; empty spreads it over whatever is left.
    pub lines: Vec<RefundLineIn>,
}

/// What of a line is refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundLineIn {
    /// The line.
    pub line_no: i32,
    /// Pieces; 0 for money alone.
    pub quantity: i32,
    /// Amount.
    pub amount: Fen,
}

impl RefundIn {
    /// The number of its order.
    #[must_use]
    pub fn order(&self) -> Number {
        Number { channel: self.number.channel, external_no: self.order_no.clone() }
    }
}

/// Checks what an order says against itself and the clock; pointers are relative to the order.
///
/// # Errors
/// `order_in_future`, `order_too_old`, `order_amount_too_large`, `order_amounts_mismatch`, `invalid_fields`.
pub fn check_order(order: &OrderIn, now: DateTime<Utc>) -> Result<()> {
    check_time(order.occurred_at, now)?;
    check_amount("/paid_fen", order.paid)?;
    let mut numbers = HashSet::with_capacity(order.lines.len());
    for (i, line) in order.lines.iter().enumerate() {
        check_amount(&format!("/lines/{i}/list_fen"), line.list)?;
        check_amount(&format!("/lines/{i}/paid_fen"), line.paid)?;
        if !numbers.insert(line.line_no) {
            return Err(duplicate_line(i));
        }
    }
    for (i, payment) in order.payments.iter().enumerate() {
        check_amount(&format!("/payments/{i}/paid_fen"), payment.paid)?;
    }
    let lines: i64 = order.lines.iter().map(|line| line.paid.0).sum();
    check_sum("/lines", "lines[].paid_fen", lines, order.paid)?;
    if order.payments.is_empty() {
        return Ok(());
    }
    let payments: i64 = order.payments.iter().map(|payment| payment.paid.0).sum();
    check_sum("/payments", "payments[].paid_fen", payments, order.paid)
}

/// Checks what a refund says against itself and the clock; pointers are relative to the refund.
///
/// # Errors
/// As [`check_order`].
pub fn check_refund(refund: &RefundIn, now: DateTime<Utc>) -> Result<()> {
    check_time(refund.occurred_at, now)?;
    check_amount("/amount_fen", refund.amount)?;
    if refund.lines.is_empty() {
        return if refund.amount.0 > 0 { Ok(()) } else { Err(nothing_refunded()) };
    }
    let mut numbers = HashSet::with_capacity(refund.lines.len());
    for (i, line) in refund.lines.iter().enumerate() {
        check_amount(&format!("/lines/{i}/amount_fen"), line.amount)?;
        if !numbers.insert(line.line_no) {
            return Err(duplicate_line(i));
        }
    }
    let lines: i64 = refund.lines.iter().map(|line| line.amount.0).sum();
    check_sum("/lines", "lines[].amount_fen", lines, refund.amount)
}

fn check_time(at: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
    let (zh, en) = ("业务时间不在可接受的范围内", "the business time is out of range");
    if at > now + AHEAD {
        return Err(Error::from(error::ORDER_IN_FUTURE).at("/occurred_at", "range", zh, en));
    }
    if at < earliest() {
        return Err(Error::from(error::ORDER_TOO_OLD).at("/occurred_at", "range", zh, en));
    }
    Ok(())
}

fn earliest() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2000, 1, 1, 0, 0, 0).single().unwrap_or_default()
}

fn check_amount(pointer: &str, amount: Fen) -> Result<()> {
    if amount.0 < 0 {
        return Err(Error::field(pointer, "range", "金额不能为负", "must not be negative"));
    }
    if amount.0 > MOST_FEN {
        let en = "at most 100000000000 fen";
        let error = Error::from(error::ORDER_AMOUNT_TOO_LARGE);
        return Err(error.at(pointer, "range", "最多 100000000000 分", en));
    }
    Ok(())
}

fn check_sum(pointer: &str, what: &str, sum: i64, whole: Fen) -> Result<()> {
    if sum == whole.0 {
        return Ok(());
    }
    let zh = format!("{what} 合计 {sum} 分，应为 {} 分", whole.0);
    let en = format!("{what} add up to {sum}, expected {}", whole.0);
    Err(Error::from(error::ORDER_AMOUNTS_MISMATCH).at(pointer, "sum", &zh, &en))
}

fn duplicate_line(i: usize) -> Error {
    let pointer = format!("/lines/{i}/line_no");
    Error::field(pointer, "unique", "行号重复", "the line number repeats")
}

fn nothing_refunded() -> Error {
    let en = "must be above zero when no lines are given";
    Error::field("/amount_fen", "range", "未列明细时金额必须大于 0", en)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-03-15T04:00:00Z".parse().unwrap()
    }

    fn order(paid: i64, lines: &[i64], payments: &[i64]) -> OrderIn {
        let line = |(i, paid): (usize, &i64)| LineIn {
            line_no: i32::try_from(i).unwrap() + 1,
            sku_code: "S".to_owned(),
            quantity: 1,
            list: Fen(*paid),
            paid: Fen(*paid),
            ..LineIn::default()
        };
        OrderIn {
            number: Number { channel: Channel::Pos, external_no: "1".to_owned() },
            version: 1,
            status: OrderStatus::Paid,
            occurred_at: now(),
            customer: None,
            store_code: None,
            guide_no: None,
            lines: lines.iter().enumerate().map(line).collect(),
            payments: payments
                .iter()
                .map(|paid| PaymentIn { method: "wechat".to_owned(), paid: Fen(*paid) })
                .collect(),
            paid: Fen(paid),
            points_receipt: None,
        }
    }

    #[track_caller]
    fn check(order: &OrderIn, expect: Option<(&str, &str)>) {
        let refusal = check_order(order, now()).err().map(|error| error.refusal());
        let got = refusal.as_ref().map(|refusal| {
            (refusal.code.code, refusal.fields.first().map_or("", |field| field.pointer.as_str()))
        });
        assert_eq!(got, expect);
    }

    #[test]
    fn amounts_add_up_or_the_field_is_named() {
        check(&order(300, &[100, 200], &[]), None);
        check(&order(300, &[100, 200], &[300]), None);
        check(&order(0, &[0], &[]), None);
        check(&order(300, &[100, 100], &[]), Some(("order_amounts_mismatch", "/lines")));
        check(&order(300, &[300], &[100]), Some(("order_amounts_mismatch", "/payments")));
    }

    #[test]
    fn amounts_stay_between_zero_and_a_billion_yuan() {
        check(&order(MOST_FEN, &[MOST_FEN], &[]), None);
        let too_much = 1_000_000_000_000;
        check(&order(too_much, &[too_much], &[]), Some(("order_amount_too_large", "/paid_fen")));
        check(&order(1, &[too_much], &[]), Some(("order_amount_too_large", "/lines/0/list_fen")));
        check(&order(1, &[2, -1], &[]), Some(("invalid_fields", "/lines/1/list_fen")));
    }

    #[test]
    fn a_line_number_comes_once() {
        let mut twice = order(2, &[1, 1], &[]);
        twice.lines[1].line_no = 1;
        check(&twice, Some(("invalid_fields", "/lines/1/line_no")));
    }

    #[test]
    fn the_business_time_is_near_enough() {
        for (at, expect) in [
            ("2026-03-16T04:00:00Z", None),
            ("2026-03-16T04:00:00.001Z", Some(("order_in_future", "/occurred_at"))),
            ("2000-01-01T00:00:00Z", None),
            ("1999-12-31T23:59:59Z", Some(("order_too_old", "/occurred_at"))),
        ] {
            let mut order = order(1, &[1], &[]);
            order.occurred_at = at.parse().unwrap();
            check(&order, expect);
        }
    }

    #[test]
    fn a_refund_says_how_much() {
        let refund = |amount, lines: &[(i32, i64)]| RefundIn {
            number: Number { channel: Channel::Pos, external_no: "R1".to_owned() },
            order_no: "1".to_owned(),
            occurred_at: now(),
            amount: Fen(amount),
            lines: lines
                .iter()
                .map(|(line_no, amount)| RefundLineIn {
                    line_no: *line_no,
                    quantity: 1,
                    amount: Fen(*amount),
                })
                .collect(),
        };
        let code = |refund: &RefundIn| {
            check_refund(refund, now()).err().map(|error| error.refusal().code.code)
        };
        assert_eq!(code(&refund(5, &[])), None);
        assert_eq!(code(&refund(0, &[(1, 0)])), None);
        assert_eq!(code(&refund(5, &[(1, 2), (2, 3)])), None);
        assert_eq!(code(&refund(0, &[])), Some("invalid_fields"));
        assert_eq!(code(&refund(5, &[(1, 2)])), Some("order_amounts_mismatch"));
        assert_eq!(code(&refund(5, &[(1, 2), (1, 3)])), Some("invalid_fields"));
        assert_eq!(code(&refund(-5, &[])), Some("invalid_fields"));
    }
}
