//! Who did it.

use entity::codes::ActorKind;
use uuid::Uuid;

/// Who did something: kept with every movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Member, staff, partner or a rule of ours.
    pub kind: ActorKind,
    /// Which one; none for the system.
    pub id: Option<Uuid>,
}

impl Actor {
    /// A rule or job of ours.
    pub const SYSTEM: Self = Self { kind: ActorKind::System, id: None };

    /// A third party.
    #[must_use]
    pub const fn partner(id: entity::ids::PartnerId) -> Self {
        Self { kind: ActorKind::Partner, id: Some(id.0) }
    }

    /// A member.
    #[must_use]
    pub const fn member(id: entity::ids::MemberId) -> Self {
        Self { kind: ActorKind::Member, id: Some(id.0) }
    }

    /// Staff.
    #[must_use]
    pub const fn staff(id: entity::ids::StaffId) -> Self {
        Self { kind: ActorKind::Staff, id: Some(id.0) }
    }
}
