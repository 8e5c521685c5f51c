//! Use cases of partners.

mod authenticate;
mod keys;
mod register;
mod sandbox;
mod signatures;
mod usage;

use crate::http::{Result, codes};

pub use authenticate::{ActiveKey, authenticate};
pub use keys::{
    Key, KeyChanges, KeyTerms, NewKey, Rotation, change_key, find_key, find_key_of, issue_key,
    keys, revoke_key, rotate_key,
};
pub use register::{
    NewPartner, Partner, PartnerChanges, change, find, list, lock_in, register, register_with_key,
    resume, stop, stopped,
};
pub use sandbox::{
    catch_up_sandbox, issue_sandbox_key, register_with_sandbox_key, revoke_sandbox_key,
    sandbox_keys,
};
pub use signatures::{
    Announced, HEADERS, Nonce, SentHeaders, Target, announced, refuse_used, use_up, verify,
};
pub use usage::{UsageDay, Use, keep_writing_uses, note_use, usage, write_uses};

/// The versions that a change may be made to; none is whichever there is.
pub type IfVersions = Option<Vec<i64>>;

fn matches_version(wanted: &IfVersions, version: i64) -> Result<()> {
    match wanted {
        Some(versions) if !versions.contains(&version) => Err(codes::VERSION_CONFLICT.into()),
        _ => Ok(()),
    }
}
