//! What staff look for among the members they may see.

use chrono::{DateTime, Utc};
use entity::ids::MemberId;

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
