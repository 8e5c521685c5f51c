//! Huiyi 会衣: customer management of apparel retailers. This list is the map of the code.

pub mod channels;
pub mod kernel;
pub mod kv;
pub mod mock;
