//! Whose a session is.

use entity::codes::PrincipalKind;
use entity::ids::{MemberId, StaffId};
use uuid::Uuid;

/// Who a session belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    /// Member or staff.
    pub kind: PrincipalKind,
    /// Which one.
    pub id: Uuid,
}

impl Principal {
    /// A shopper.
    #[must_use]
    pub const fn member(id: MemberId) -> Self {
        Self { kind: PrincipalKind::Member, id: id.0 }
    }

    /// Staff.
    #[must_use]
    pub const fn staff(id: StaffId) -> Self {
        Self { kind: PrincipalKind::Staff, id: id.0 }
    }

    /// The shopper, if it is one.
    #[must_use]
    pub fn as_member(self) -> Option<MemberId> {
        (self.kind == PrincipalKind::Member).then_some(MemberId(self.id))
    }

    /// The person of the staff, if it is one.
    #[must_use]
    pub fn as_staff(self) -> Option<StaffId> {
        (self.kind == PrincipalKind::Staff).then_some(StaffId(self.id))
    }
}
