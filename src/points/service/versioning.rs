//! What changing rules and changing campaigns have in common: a change is a new version.

use chrono::{DateTime, Utc};
use entity::ids::StaffId;

use crate::audit::service::Author;
use crate::http::{Error, Result, codes};
use crate::points::rules::{Book, Phase, Version};

/// From when to when a version is wanted; at once when it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First instant.
    pub starts_at: Option<DateTime<Utc>>,
    /// First instant after it.
    pub ends_at: Option<DateTime<Utc>>,
}

/// Who changes a rule or a campaign, for the row and for the audit log.
pub type By<'a> = (StaffId, &'a Author);

/// Which versions a list shows.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// In this phase; the newest of each code when it does not matter.
    pub phase: Option<Phase>,
    /// Codes after this one.
    pub after: Option<String>,
    /// At most so many.
    pub limit: u64,
}

impl Span {
    /// The span that is written down.
    ///
    /// # Errors
    /// `invalid_fields` for one that reaches back, because what an order earned then stands, or that is empty.
    pub(super) fn from(self, now: DateTime<Utc>) -> Result<(DateTime<Utc>, Option<DateTime<Utc>>)> {
        let starts_at = self.starts_at.unwrap_or(now);
        if starts_at < now {
            let en = "a version cannot begin in the past";
            return Err(Error::field("/starts_at", "past", "开始时间不能早于现在", en));
        }
        if self.ends_at.is_some_and(|end| end <= starts_at) {
            let en = "it must end after it begins";
            return Err(Error::field("/ends_at", "order", "结束时间必须晚于开始时间", en));
        }
        Ok((starts_at, self.ends_at))
    }
}

/// The number of the version that follows `after`.
///
/// # Errors
/// `not_found` where there is none; `version_conflict` when somebody wrote another one meanwhile.
pub(super) fn next_number<V: Version>(versions: &[V], after: i32) -> Result<i32> {
    let newest = versions.iter().map(Version::number).max().ok_or(codes::NOT_FOUND)?;
    if newest != after {
        return Err(codes::VERSION_CONFLICT.into());
    }
    Ok(newest + 1)
}

/// One version of each code, by code: the newest, or the newest of a phase. What is planned or running has not ended.
pub(super) fn listed<V: Version + Clone>(
    book: &Book<V>,
    wanted: &Listed,
    now: DateTime<Utc>,
) -> Vec<V> {
    let newest: Vec<&V> = match wanted.phase {
        None => book.newest().collect(),
        Some(Phase::Running) => book.at(now).collect(),
        Some(Phase::Planned) => {
            let planned = book.all().filter(|it| Phase::of(*it, now) == Phase::Planned);
            planned.fold(Vec::new(), |mut found: Vec<&V>, version| {
                if found.last().is_none_or(|last| last.code() != version.code()) {
                    found.push(version);
                }
                found
            })
        }
        Some(Phase::Ended) => book.newest().filter(|it| has_ended(book, *it, now)).collect(),
    };
    let after = |version: &&&V| wanted.after.as_deref().is_none_or(|code| version.code() > code);
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    newest.iter().filter(after).take(limit).map(|version| (**version).clone()).collect()
}

fn has_ended<V: Version>(book: &Book<V>, of: &V, now: DateTime<Utc>) -> bool {
    let mut versions = book.all().filter(|version| version.code() == of.code());
    versions.all(|version| Phase::of(version, now) == Phase::Ended)
}
