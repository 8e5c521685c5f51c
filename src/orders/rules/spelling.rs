//! The content of orders and refunds in one spelling, for their fingerprints: what says the same reads the same.

use serde_json::json;

use super::content::{LineIn, OrderIn, RefundIn};
use crate::kernel::mobile::Mobile;

/// The content of an order in one spelling, for its fingerprint: two orders that say the same give the same text.
#[must_use]
pub fn canonical_order(order: &OrderIn) -> String {
    let mut lines: Vec<&LineIn> = order.lines.iter().collect();
    lines.sort_by_key(|line| line.line_no);
    let lines = lines.into_iter().map(|line| {
        json!([
            line.line_no,
            line.sku_code,
            line.name,
            line.style_code,
            line.colour,
            line.size,
            line.category,
            line.season,
            line.price_band,
            line.style_tag,
            line.quantity,
            line.list,
            line.paid,
        ])
    });
    let mut payments: Vec<(&str, i64)> =
        order.payments.iter().map(|payment| (payment.method.as_str(), payment.paid.0)).collect();
    payments.sort_unstable();
    let customer = order.customer.as_ref().map(|customer| {
        let phone = customer.phone.as_ref().map(Mobile::as_str);
        json!([phone, customer.card, customer.union_id, customer.open_id, customer.buyer_id])
    });
    let mut text = json!([
        order.status,
        order.occurred_at.timestamp_millis(),
        customer,
        order.store_code,
        order.guide_no,
        lines.collect::<Vec<_>>(),
        payments,
        order.paid,
    ])
    .to_string();
    // Orders that say none read as they did before there were any.
    if let Some(receipt) = &order.points_receipt {
        text.push_str(&json!(receipt).to_string());
    }
    text
}

/// The content of a refund in one spelling, for its fingerprint.
#[must_use]
pub fn canonical_refund(refund: &RefundIn) -> String {
    let mut lines: Vec<(i32, i32, i64)> =
        refund.lines.iter().map(|line| (line.line_no, line.quantity, line.amount.0)).collect();
    lines.sort_unstable();
    json!([refund.order_no, refund.occurred_at.timestamp_millis(), refund.amount, lines])
        .to_string()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use entity::codes::{Channel, OrderStatus};
    use entity::values::Fen;

    use super::super::content::{Number, PaymentIn};
    use super::*;

    fn order() -> OrderIn {
        let line = |line_no, paid| LineIn {
            line_no,
            sku_code: "S".to_owned(),
            quantity: 1,
            paid: Fen(paid),
            ..LineIn::default()
        };
        let payment = |paid| PaymentIn { method: "cash".to_owned(), paid: Fen(paid) };
        OrderIn {
            number: Number { channel: Channel::Pos, external_no: "1".to_owned() },
            version: 1,
            status: OrderStatus::Paid,
            occurred_at: DateTime::UNIX_EPOCH,
            customer: None,
            store_code: None,
            guide_no: None,
            lines: vec![line(1, 100), line(2, 200)],
            payments: vec![payment(100), payment(200)],
            paid: Fen(300),
            points_receipt: None,
        }
    }

    #[test]
    fn the_same_content_reads_the_same_whatever_the_sequence() {
        let one = order();
        let mut other = one.clone();
        other.lines.reverse();
        other.payments.reverse();
        other.version = 7;
        assert_eq!(canonical_order(&one), canonical_order(&other));
    }

    #[test]
    fn other_content_reads_otherwise() {
        let changes: [fn(&mut OrderIn); 8] = [
            |order| order.points_receipt = Some("C-1".to_owned()),
            |order| order.status = OrderStatus::Placed,
            |order| order.lines[0].quantity = 2,
            |order| order.lines[0].colour = Some("红".to_owned()),
            |order| order.payments[0].method = "card".to_owned(),
            |order| order.guide_no = Some("G1".to_owned()),
            |order| order.store_code = Some("G1".to_owned()),
            |order| order.customer = Some(super::super::content::Customer::default()),
        ];
        let mut seen = vec![canonical_order(&order())];
        for change in changes {
            let mut other = order();
            change(&mut other);
            let text = canonical_order(&other);
            assert!(!seen.contains(&text), "{text}");
            seen.push(text);
        }
    }
}
