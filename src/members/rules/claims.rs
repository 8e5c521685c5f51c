//! Identifiers as somebody gives them.

use std::fmt;

use entity::codes::IdentifierKind;
use entity::values::Digest;

/// The longest identifier that is kept, in bytes; whoever takes identifiers from outside refuses longer ones.
pub const MAX_IDENTIFIER_BYTES: usize = 128;

/// Shorter numbers are kept without their last four characters.
const SHORTEST_SHOWN: usize = 8;

/// Whether the person behind a claim showed that the identifiers are hers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A third party says so.
    Hearsay,
    /// WeChat says so, to us.
    Shown,
}

/// One identifier that somebody claims, and what it is looked up by. Debug shows the kind only.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    /// Kind.
    pub kind: IdentifierKind,
    /// App id or channel; empty where the kind has none.
    pub scope: String,
    /// The identifier itself.
    pub value: String,
    /// Blind index of kind, scope and value.
    pub digest: Digest,
}

impl Claim {
    /// The last four characters, for the kinds that people recognise by them; of a short card number they would be all.
    #[must_use]
    pub fn last4(&self) -> Option<String> {
        let length = self.value.chars().count();
        let shown = matches!(self.kind, IdentifierKind::Phone | IdentifierKind::Card);
        (shown && length >= SHORTEST_SHOWN).then(|| self.value.chars().skip(length - 4).collect())
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({})", self.kind)
    }
}

/// Of these a member has one at most (phones, union ids) or one an app (openids).
#[must_use]
pub const fn is_exclusive(kind: IdentifierKind) -> bool {
    match kind {
        IdentifierKind::UnionId | IdentifierKind::Phone | IdentifierKind::OpenId => true,
        IdentifierKind::Card | IdentifierKind::Marketplace => false,
    }
}

/// These sign their owner in.
pub(super) const fn is_login(kind: IdentifierKind) -> bool {
    match kind {
        IdentifierKind::UnionId | IdentifierKind::OpenId => true,
        IdentifierKind::Phone | IdentifierKind::Card | IdentifierKind::Marketplace => false,
    }
}
