//! What a run was asked for, as it is kept: codes, ids and times.

use chrono::{DateTime, Utc};
use entity::codes::{Channel, OrderStatus};
use entity::ids::{MemberId, PartnerId, StoreId};
use serde::{Deserialize, Serialize};

/// What a run was asked for besides its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Whose orders they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
    /// What the points are called that members bring along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Headers of the file that no column is called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
    /// What is exported.
    #[serde(skip_serializing_if = "Filter::is_empty")]
    pub filter: Filter,
}

/// Which rows are exported; each may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// At or after this: members by when they were made, orders by their business time, movements by booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// Before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// Of this home store, or of orders of this store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreId>,
    /// Members of this tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Orders of this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Orders that stand here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<OrderStatus>,
    /// Orders or movements of this member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
}

impl Filter {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
