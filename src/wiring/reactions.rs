//! Who reacts to what: the only list.

use crate::events::Reaction;
use crate::{leaderboards, orders};

/// Every reaction, by name.
pub static REACTIONS: &[(&str, Reaction)] =
    &[("leaderboards", leaderboards::service::on_events), ("orders", orders::service::on_events)];
