//! Rules for texts of third parties: what a database cannot hold is refused where it comes in.

use crate::members::service::MAX_IDENTIFIER_BYTES;

pub(super) use crate::http::text::{maybe_plain, number, plain};

/// An identifier of a person as members keep it, where it is given.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
pub(super) fn maybe_identifier(text: &Option<String>, (): &()) -> garde::Result {
    let Some(text) = text else { return Ok(()) };
    let plain = !text.chars().any(char::is_control) && text.trim() == text;
    if plain && (1..=MAX_IDENTIFIER_BYTES).contains(&text.len()) {
        return Ok(());
    }
    let what = format!("1 to {MAX_IDENTIFIER_BYTES} bytes, no spaces around them");
    Err(garde::Error::new(what))
}
