//! Which version of an order stands (OR-2), and what of a paid one may still change.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use entity::codes::OrderStatus;
use entity::ids::{MemberId, PartnerId, StaffId, StoreId};
use entity::values::{Digest, Fen};

use super::super::error;
use super::content::{Customer, OrderIn};
use crate::http::Code;

/// What a version says beyond its lines.
#[derive(Clone, Debug)]
pub struct Version<'a> {
    /// Who sent it.
    pub partner: PartnerId,
    /// The sender's number of it; 0 when only a refund of the order was seen.
    pub version: i64,
    /// Digest of the content.
    pub fingerprint: &'a Digest,
    /// Where the order stands.
    pub status: OrderStatus,
    /// Whom it is about.
    pub buyer: Buyer<'a>,
    /// Under what points paid for it.
    pub receipt: Option<&'a str>,
    /// What was sold; empty where nobody asks for it.
    pub sale: Sale,
}

/// Whom a version is about.
#[derive(Clone, Copy, Debug)]
pub enum Buyer<'a> {
    /// As stored, or as found for a version that comes after a stored one.
    Member(Option<MemberId>),
    /// As sent, not looked up yet.
    Sent(&'a Customer),
    /// Not said.
    Unsaid,
    /// Somebody whom nobody knows.
    Stranger,
}

/// What was sold, when and by whom: fixed once it is paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sale {
    /// Lines and amounts.
    pub goods: Goods,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// Store credited.
    pub store: Option<StoreId>,
    /// Guide credited.
    pub guide: Option<StaffId>,
}

/// Lines and amounts, by line number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goods {
    /// Paid.
    pub paid: Fen,
    /// Line number, SKU, pieces, list price, paid.
    pub lines: Vec<(i32, String, i32, Fen, Fen)>,
}

impl Goods {
    /// Of an order as it came in.
    #[must_use]
    pub fn of(order: &OrderIn) -> Self {
        let line = |line: &super::content::LineIn| {
            (line.line_no, line.sku_code.clone(), line.quantity, line.list, line.paid)
        };
        Self::new(order.paid, order.lines.iter().map(line).collect())
    }

    /// Sorted by line number.
    #[must_use]
    pub fn new(paid: Fen, mut lines: Vec<(i32, String, i32, Fen, Fen)>) -> Self {
        lines.sort_unstable_by_key(|line| line.0);
        Self { paid, lines }
    }
}

/// What becomes of a version that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It stands now.
    Accept,
    /// It stood already.
    Unchanged,
    /// A newer one stands.
    IgnoredOlder,
    /// It cannot stand.
    Refuse(Code),
}

/// Decides about `incoming` where `known` stands.
#[must_use]
pub fn decide(known: Option<&Version<'_>>, incoming: &Version<'_>) -> Decision {
    let Some(known) = known.filter(|known| known.version > 0) else { return Decision::Accept };
    if known.partner != incoming.partner {
        return Decision::Refuse(error::ORDER_NUMBER_TAKEN);
    }
    match incoming.version.cmp(&known.version) {
        Ordering::Less => Decision::IgnoredOlder,
        Ordering::Equal if known.fingerprint == incoming.fingerprint => Decision::Unchanged,
        Ordering::Equal => Decision::Refuse(error::ORDER_VERSION_REUSED),
        Ordering::Greater => decide_newer(known, incoming),
    }
}

fn decide_newer(known: &Version<'_>, incoming: &Version<'_>) -> Decision {
    use OrderStatus::{Cancelled, Paid, Placed};
    match (known.status, incoming.status) {
        (Paid, Placed) => Decision::Refuse(error::ORDER_ALREADY_PAID),
        (Paid, Paid | Cancelled)
            if !same_sale(known, incoming) || !same_receipt(known, incoming) =>
        {
            Decision::Refuse(error::ORDER_AMOUNTS_FIXED)
        }
        (Paid, Paid) if !same_buyer(known.buyer, incoming.buyer) => {
            Decision::Refuse(error::ORDER_CUSTOMER_FIXED)
        }
        (Placed, _) | (Paid, Paid | Cancelled) => Decision::Accept,
        (Cancelled, Cancelled) => Decision::Unchanged,
        (Cancelled, Placed | Paid) => Decision::Refuse(error::ORDER_CANCELLED),
    }
}

/// A cancellation may have a time, a store and a guide of its own; what is void was sold as it was.
fn same_sale(known: &Version<'_>, incoming: &Version<'_>) -> bool {
    match incoming.status {
        OrderStatus::Cancelled => known.sale.goods == incoming.sale.goods,
        OrderStatus::Placed | OrderStatus::Paid => known.sale == incoming.sale,
    }
}

/// A newer version need not say again under what points paid for it.
fn same_receipt(known: &Version<'_>, incoming: &Version<'_>) -> bool {
    incoming.receipt.is_none_or(|receipt| known.receipt == Some(receipt))
}

/// A newer version need not say again whom it is about.
fn same_buyer(known: Buyer<'_>, incoming: Buyer<'_>) -> bool {
    match (known, incoming) {
        (_, Buyer::Unsaid) => true,
        (Buyer::Member(known), Buyer::Member(incoming)) => known == incoming,
        (Buyer::Sent(known), Buyer::Sent(incoming)) => known == incoming,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partner(n: u128) -> PartnerId {
        PartnerId(uuid::Uuid::from_u128(n))
    }

    fn member(n: u128) -> MemberId {
        MemberId(uuid::Uuid::from_u128(n))
    }

    fn version(version: i64, status: OrderStatus, fingerprint: &Digest) -> Version<'_> {
        Version {
            partner: partner(1),
            version,
            fingerprint,
            status,
            buyer: Buyer::Member(Some(member(1))),
            receipt: None,
            sale: Sale::default(),
        }
    }

    #[track_caller]
    fn check(known: &Version<'_>, incoming: &Version<'_>, expect: Result<Decision, &str>) {
        let got = match decide(Some(known), incoming) {
            Decision::Refuse(code) => Err(code.code),
            other => Ok(other),
        };
        assert_eq!(got, expect);
    }

    #[test]
    fn the_newest_version_stands() {
        use OrderStatus::Placed;
        let (a, b) = (Digest("a".to_owned()), Digest("b".to_owned()));
        let known = version(5, Placed, &a);
        check(&known, &version(5, Placed, &a), Ok(Decision::Unchanged));
        check(&known, &version(5, Placed, &b), Err("order_version_reused"));
        check(&known, &version(4, Placed, &b), Ok(Decision::IgnoredOlder));
        check(&known, &version(6, Placed, &b), Ok(Decision::Accept));
        assert_eq!(decide(None, &known), Decision::Accept);
        check(&version(0, Placed, &a), &version(1, Placed, &b), Ok(Decision::Accept));
    }

    #[test]
    fn an_order_moves_forward_only() {
        use OrderStatus::{Cancelled, Paid, Placed};
        let (a, b) = (Digest("a".to_owned()), Digest("b".to_owned()));
        for (from, to, expect) in [
            (Placed, Placed, Ok(Decision::Accept)),
            (Placed, Paid, Ok(Decision::Accept)),
            (Placed, Cancelled, Ok(Decision::Accept)),
            (Paid, Placed, Err("order_already_paid")),
            (Paid, Paid, Ok(Decision::Accept)),
            (Paid, Cancelled, Ok(Decision::Accept)),
            (Cancelled, Placed, Err("order_cancelled")),
            (Cancelled, Paid, Err("order_cancelled")),
            (Cancelled, Cancelled, Ok(Decision::Unchanged)),
        ] {
            check(&version(1, from, &a), &version(2, to, &b), expect);
        }
    }

    #[test]
    fn what_was_paid_stays() {
        use OrderStatus::{Cancelled, Paid};
        let (a, b) = (Digest("a".to_owned()), Digest("b".to_owned()));
        let known = version(1, Paid, &a);
        let mut dearer = version(2, Paid, &b);
        dearer.sale.goods.paid = Fen(1);
        check(&known, &dearer, Err("order_amounts_fixed"));
        dearer.status = Cancelled;
        check(&known, &dearer, Err("order_amounts_fixed"));
        let mut later = version(2, Paid, &b);
        later.sale.occurred_at = DateTime::from_timestamp_millis(1).unwrap();
        check(&known, &later, Err("order_amounts_fixed"));
        later.status = Cancelled;
        check(&known, &later, Ok(Decision::Accept));
    }

    #[test]
    fn the_member_of_a_paid_order_stays() {
        let (a, b) = (Digest("a".to_owned()), Digest("b".to_owned()));
        let known = version(1, OrderStatus::Paid, &a);
        for (buyer, expect) in [
            (Buyer::Unsaid, Ok(Decision::Accept)),
            (Buyer::Member(Some(member(1))), Ok(Decision::Accept)),
            (Buyer::Member(Some(member(2))), Err("order_customer_fixed")),
            (Buyer::Stranger, Err("order_customer_fixed")),
        ] {
            check(&known, &Version { buyer, ..version(2, OrderStatus::Paid, &b) }, expect);
        }
    }

    #[test]
    fn a_number_belongs_to_its_first_sender() {
        let a = Digest("a".to_owned());
        let known = version(1, OrderStatus::Paid, &a);
        let other = Version { partner: partner(2), ..version(1, OrderStatus::Paid, &a) };
        check(&known, &other, Err("order_number_taken"));
        let unseen = version(0, OrderStatus::Placed, &a);
        check(&unseen, &other, Ok(Decision::Accept));
    }
}
