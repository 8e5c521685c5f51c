//! Pure rules.

pub mod product;
pub mod stock;
pub mod stock_audit;
