//! Use cases of customers.

mod explain;
mod guide;
mod orders;
mod standing;
mod statement;

pub use explain::{Explained, explain, explain_any, explain_customers};
pub use guide::{
    Customer, CustomerInList, CustomerSearch, Rhythm, customer, customers, history_of, orders_of,
    points_of,
};
pub use orders::{OrderSeen, order, orders};
pub use standing::{Me, PointsSummary, me, points};
pub use statement::{Sheet, SheetLine, customer_sheet, sheet};

pub use super::rules::{Grant, Other, Part, Purchase, Story};
