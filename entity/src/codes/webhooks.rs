//! Closed sets of webhooks (OP-3).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

code!(/// Whether a webhook endpoint gets anything (OP-3).
WebhookState {
    /// Events are delivered to it.
    Enabled = "enabled",
    /// Events are written down as missed.
    Disabled = "disabled",
});

code!(/// Why a webhook endpoint gets nothing (OP-3).
WebhookOff {
    /// Somebody switched it off.
    ByHand = "by_hand",
    /// It answered 410 Gone.
    Gone = "gone",
    /// Nothing but failures for five days.
    Failing = "failing",
});

code!(/// Where a delivery stands (OP-3).
DeliveryState {
    /// Waits for its time.
    Waiting = "waiting",
    /// Waits for an earlier event of the same member.
    Queued = "queued",
    /// The endpoint took it.
    Delivered = "delivered",
    /// Given up after the last attempt.
    Failed = "failed",
    /// The endpoint was switched off.
    Missed = "missed",
});

code!(/// How an attempt to deliver ended (OP-3).
AttemptOutcome {
    /// Answered 2xx.
    Delivered = "delivered",
    /// Answered anything else.
    Refused = "refused",
    /// Answered 410 Gone.
    Gone = "gone",
    /// No answer in time.
    TimedOut = "timed_out",
    /// No connection, or it broke.
    Unreachable = "unreachable",
    /// The address is one to which nothing may be sent.
    Blocked = "blocked",
});
