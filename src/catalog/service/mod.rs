//! Use cases of the catalogue and of stock.

mod holding;
mod posting;
mod products;
mod proving;
mod reading;
mod reporting;
mod upserting;

pub use super::rules::product::{ProductIn, SkuIn};
pub use super::rules::stock::Level;
pub use super::rules::stock_audit::{StockDifference, StockFault};
pub use super::store::{Place, ProductFilter};
pub use holding::{
    HoldWish, NewStockHold, StockHeld, capture_hold_in, hold_for_in, hold_in, hold_of,
    lapse_stock_holds, release_hold_in,
};
pub use posting::{StockOutcome, StockPosted};
pub use products::{SkuInfo, WholeProduct, by_codes, find, find_by_code, list, put};
pub use proving::prove_stock;
pub use reading::{StockAt, StockOnly, StockWish, ask_stock, list_stock};
pub use reporting::{Reporter, StockAct, StockReport, StockResult, report_stock};
pub use upserting::{ProductOutcome, ProductResult, upsert};
