//! Rules for texts of callers: what a database cannot hold, or would change, is refused where it comes in.

/// 1 to 64 printable ASCII characters without spaces: a number that fits into a path.
///
/// # Errors
/// Anything else.
pub fn number(text: &str, (): &()) -> garde::Result {
    if (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(garde::Error::new("1 to 64 printable ASCII characters, no spaces"))
}

/// 1 to `MOST` characters, none of them a control character, no space around them: `MariaDB` would trim the last.
///
/// # Errors
/// Anything else.
pub fn plain<const MOST: usize>(text: &str, (): &()) -> garde::Result {
    let sound = !text.chars().any(char::is_control) && text.trim() == text;
    if (1..=MOST).contains(&text.chars().count()) && sound {
        return Ok(());
    }
    Err(garde::Error::new(format!(
        "1 to {MOST} characters, no control characters, no spaces around them"
    )))
}

/// As [`plain`], where it is given.
///
/// # Errors
/// As [`plain`].
pub fn maybe_plain<const MOST: usize>(text: &Option<String>, (): &()) -> garde::Result {
    text.as_deref().map_or(Ok(()), |text| plain::<MOST>(text, &()))
}
