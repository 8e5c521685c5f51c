//! A member's points statement, page by page, with the names that people know (PT-8).

use std::collections::{BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use entity::codes::AuditAction;
use entity::ids::{MemberId, OrderId, StoreId};

use super::orders::store_names;
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::http::Result;
use crate::members::service as members;
use crate::orders::service::headings;
use crate::points::service::{Statement, StatementLine, Sums};
use crate::staff::service::{StaffRef, scope_of};

/// Movements read at a time.
const PAGE: u64 = 500;

/// A statement being read.
#[derive(Debug)]
pub struct Sheet {
    statement: Statement,
}

/// A line of a statement.
#[derive(Clone, Debug)]
pub struct SheetLine {
    /// The movement and what it changed.
    pub line: StatementLine,
    /// Number of the order behind it.
    pub order_no: Option<String>,
    /// Name of the store behind it.
    pub store: Option<String>,
}

/// The statement of a member over business days of booking, both ends in it.
///
/// # Errors
/// The database's.
pub async fn sheet(app: &App, member: MemberId, from: NaiveDate, to: NaiveDate) -> Result<Sheet> {
    let (from, to) = (app.calendar.start(from), app.calendar.start(to + Days::new(1)));
    let statement = Statement::open(app.db.read(), member, from, to).await?;
    Ok(Sheet { statement })
}

/// The statement of a customer, for staff.
///
/// # Errors
/// `not_found` also outside the caller's data scope.
pub async fn customer_sheet(
    app: &App,
    (staff, author): (&StaffRef, &Author),
    customer: MemberId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Sheet> {
    let customer = members::find_in_scope(app.db.read(), scope_of(staff), customer).await?;
    let taken = Line::new(AuditAction::MemberExported).about(customer.id);
    audit::write(app, author, taken.word("part", "points_statement")).await?;
    sheet(app, customer.id, from, to).await
}

impl Sheet {
    /// What she has where the statement has been read to.
    #[must_use]
    pub fn sums(&self) -> Sums {
        self.statement.sums()
    }

    /// The next lines; none at the end.
    ///
    /// # Errors
    /// The database's.
    pub async fn next(&mut self, app: &App) -> Result<Vec<SheetLine>> {
        let lines = self.statement.next(app.db.read(), PAGE).await?;
        let orders: BTreeSet<OrderId> =
            lines.iter().filter_map(|it| it.transfer.order_id).collect();
        let orders = headings(app.db.read(), &orders).await?;
        let stores: BTreeSet<StoreId> =
            lines.iter().filter_map(|it| it.transfer.store_id).collect();
        let stores: HashMap<StoreId, String> = store_names(app, stores).await?;
        let named = |line: StatementLine| {
            let order = line.transfer.order_id.and_then(|id| orders.get(&id));
            SheetLine {
                order_no: order.map(|order| order.external_no.clone()),
                store: line.transfer.store_id.and_then(|id| stores.get(&id).cloned()),
                line,
            }
        };
        Ok(lines.into_iter().map(named).collect())
    }
}
