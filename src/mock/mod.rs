//! Stand-in providers for developers and tests.

pub mod wechat;
