//! The columns of a kind of rows.

use unicode_normalization::UnicodeNormalization;

/// Whether every file must have a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Without it nothing can be read.
    Always,
    /// It may be left out.
    Maybe,
}

/// A column of a file: known by its English or its Chinese name, whatever the letters' case and the blanks.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// English name, the same as in the API.
    pub name: &'static str,
    /// Chinese name, written into templates.
    pub zh: &'static str,
    /// Other names that old systems use.
    pub also: &'static [&'static str],
    /// Whether every file must have it.
    pub need: Need,
    /// What stands in it, for the documentation.
    pub about: &'static str,
}

/// A column that every file must have.
#[must_use]
pub const fn needed(
    name: &'static str,
    zh: &'static str,
    also: &'static [&'static str],
    about: &'static str,
) -> Column {
    Column { name, zh, also, need: Need::Always, about }
}

/// A column that may be left out.
#[must_use]
pub const fn optional(
    name: &'static str,
    zh: &'static str,
    also: &'static [&'static str],
    about: &'static str,
) -> Column {
    Column { name, zh, also, need: Need::Maybe, about }
}

impl Column {
    /// What headers that mean this column are, folded.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        [self.name, self.zh].into_iter().chain(self.also.iter().copied()).map(folded)
    }
}

/// The part of a header that is looked at.
const LONGEST: usize = 256;

/// Without blanks, marks of required columns and what stands in brackets behind the name, such as `实付金额（元）*`.
pub(super) fn folded(header: &str) -> String {
    let header: String = header.chars().take(LONGEST).nfkc().collect();
    let header = header.split(['(', '[']).next().unwrap_or_default();
    let kept =
        header.chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | '_' | '-' | '\u{feff}'));
    kept.flat_map(char::to_lowercase).collect()
}
