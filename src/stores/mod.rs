//! Regions and stores (OG-1). Owns `region`, `store`. Codes are the retailer's own and unique.

pub mod service;
mod store;
