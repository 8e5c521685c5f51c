//! Points that paid for orders (PT-4, PT-6): found by the number that the order names, given back with its lines.
//!
//! An order and the use of its points come in any sequence. Whatever books something for an order looks whether its
//! points are known by now; when they are used after everything else, the events of that bring them up.

use std::collections::{BTreeSet, HashMap};

use entity::codes::OrderStatus;
use entity::ids::MemberId;
use entity::sales_order;

use super::super::rules::deduction::{Payable, shares};
use super::taking_back::Sold;
use crate::app::App;
use crate::db::{Conn, Tx};
use crate::http::Result;
use crate::members::service as members;
use crate::points::service::{self as points, Deduction, Receipt};

/// Under what points paid for an order.
pub(super) fn receipt(order: &sales_order::Model) -> Option<Receipt> {
    order.points_receipt.clone().map(|number| (order.partner_id, number))
}

/// Whose points paid for orders, as far as that is known. Lock them with the orders' own members. Tills do not wait for
/// that lock: what they use meanwhile is brought up when the orders' events are followed.
pub(super) async fn payers(db: &impl Conn, receipts: &BTreeSet<Receipt>) -> Result<Vec<MemberId>> {
    let found = points::deductions(db, receipts).await?;
    Ok(found.into_values().map(|deduction| deduction.member).collect())
}

/// Locks members, those who were merged meanwhile together with those who stay.
pub(super) async fn lock(tx: &Tx, members: &BTreeSet<MemberId>) -> Result<()> {
    if !members.is_empty() {
        members::lock_winners(tx, &members.iter().copied().collect::<Vec<_>>()).await?;
    }
    Ok(())
}

/// Finds the points that paid for these orders. Their share of each line is decided once, when they are known first.
pub(super) async fn attach<'a>(
    db: &impl Conn,
    app: &App,
    sold: impl Iterator<Item = &'a mut Sold>,
) -> Result<()> {
    let of_receipt = |sold: &'a mut Sold| Some((receipt(&sold.order)?, sold));
    let sold: Vec<(Receipt, &mut Sold)> = sold.filter_map(of_receipt).collect();
    let receipts: BTreeSet<Receipt> = sold.iter().map(|(receipt, _)| receipt.clone()).collect();
    let found: HashMap<Receipt, Deduction> = points::deductions(db, &receipts).await?;
    for (receipt, sold) in sold {
        if let Some(deduction) = found.get(&receipt) {
            sold.paid_with(app, deduction.clone());
        }
    }
    Ok(())
}

impl Sold {
    fn paid_with(&mut self, app: &App, deduction: Deduction) {
        if self.order.deducted_points == 0 && self.order.status != OrderStatus::Placed {
            let excluded = &app.config.points.undeductible_categories;
            let payable = |line: &entity::order_line::Model| Payable {
                paid: line.paid_fen.0,
                list: line.list_fen.0,
                eligible: !line.category.as_ref().is_some_and(|name| excluded.contains(name)),
            };
            let lines: Vec<Payable> = self.lines.iter().map(payable).collect();
            for (line, share) in self.lines.iter_mut().zip(shares(deduction.points, &lines)) {
                line.deducted_points = share;
            }
            self.order.deducted_points = deduction.points;
        }
        self.deduction = Some(deduction);
    }
}
