//! Pure rules: who is who in a batch, what a profile may hold.

mod claims;
mod filter;
mod merging;
mod placing;
mod profile;
mod sizes;
mod text;

pub use claims::{Claim, MAX_IDENTIFIER_BYTES, Proof, is_exclusive};
pub use filter::{MemberFilter, MembersWanted};
pub use merging::{Taken, fill_gaps};
pub use placing::{Addition, Clash, Held, Placing};
pub use profile::{ProfilePatch, apply};
