//! Who reacts to what: the only list.

use futures_util::FutureExt;

use super::events::offer;
use crate::events::Reaction;
use crate::{leaderboards, orders, timeline, webhooks};

/// Every reaction, by name.
pub static REACTIONS: &[(&str, Reaction)] = &[
    ("leaderboards", leaderboards::service::on_events),
    ("orders", orders::service::on_events),
    ("timeline", timeline::service::on_events),
    ("webhooks", |app, batch| webhooks::service::on_events(app, batch, offer()).boxed_local()),
];
