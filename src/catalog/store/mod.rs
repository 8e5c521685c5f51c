//! Queries.

mod products;
mod stock;
mod stock_audit;

pub use products::ProductFilter;
pub(super) use products::{
    Changes, list_products, lock_products, product_by_code, product_by_id, product_ids,
    save_products, skus_by_code, skus_by_id, skus_of, skus_with_products, upsert_products,
    upsert_skus,
};
pub use stock::{Place, StockOnly};
pub(super) use stock::{
    StockChanges, StockFilter, hold_by_cause, hold_by_id, insert_hold, insert_levels, levels_at,
    levels_by_id, list_levels, lock_levels, lock_stock_holds, moved_since, moves_by_cause,
    save_holds, save_moves, stock_holds_due,
};
pub(super) use stock_audit::{MoveSums, held_by_level, levels_after, moves_after, sums_between};

/// Rows a statement and values a list: SQLite binds at most 32,766 values.
const CHUNK: usize = 1000;
