//! Styles and SKUs (OR-5). Owns `product`, `sku`.

pub mod service;
mod store;
