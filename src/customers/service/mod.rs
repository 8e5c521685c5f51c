//! Use cases of customers.

mod guide;
mod orders;
mod standing;

pub use guide::{
    Customer, CustomerInList, CustomerSearch, Rhythm, customer, customers, history_of, orders_of,
    points_of,
};
pub use orders::{OrderSeen, order, orders};
pub use standing::{Me, PointsSummary, me, points};
