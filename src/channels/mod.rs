//! Ports to the outside: one client a provider.

pub mod otlp;
pub mod wechat;
