//! Ports to the outside: one client a provider.

pub mod wechat;
