//! Words of the timeline (ID-7).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

code!(/// What a line of a member's timeline tells of (ID-7).
TimelineKind {
    /// She became known: by an order, an import or a sign-in.
    Joined = "joined",
    /// She signed in for the first time.
    Registered = "registered",
    /// A device of hers signed in.
    SignedIn = "signed_in",
    /// Her profile changed.
    ProfileChanged = "profile_changed",
    /// She proved a phone or another identifier that somebody had by hearsay.
    IdentifierProved = "identifier_proved",
    /// Another member turned out to be her.
    Merged = "merged",
    /// She paid for an order.
    Purchase = "purchase",
    /// A refund of hers was booked.
    Refund = "refund",
    /// An order of hers was cancelled.
    Cancellation = "cancellation",
    /// Points of hers moved.
    Points = "points",
    /// Growth value of hers moved.
    Growth = "growth",
    /// Points of hers run out soon.
    PointsExpiring = "points_expiring",
    /// She reached a higher tier.
    TierUpgraded = "tier_upgraded",
    /// She went down to a lower tier.
    TierLowered = "tier_lowered",
    /// Her tier began anew.
    TierRenewed = "tier_renewed",
    /// Her tier ends soon.
    TierExpiring = "tier_expiring",
});
