//! What staff look for among the members they may see.

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, StoreId};

/// Which members of a scope are wanted.
#[derive(Clone, Debug, Default)]
pub struct MemberFilter {
    /// Only those of this tier.
    pub tier: Option<String>,
    /// Only those whose name or nickname begins with this.
    pub name_prefix: Option<String>,
    /// Only those with a phone that ends in these four digits.
    pub phone_last4: Option<String>,
    /// Only those who bought, but not since.
    pub quiet_since: Option<DateTime<Utc>>,
    /// Only those made before this one: the last of the page before.
    pub after: Option<MemberId>,
}

/// Which members are wanted; merged ones never are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MembersWanted {
    /// Made at or after this.
    pub from: Option<DateTime<Utc>>,
    /// Made before this.
    pub until: Option<DateTime<Utc>>,
    /// Of this home store.
    pub store: Option<StoreId>,
    /// Of this tier.
    pub tier: Option<String>,
}
