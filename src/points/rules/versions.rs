//! Versions of rules and campaigns: the newest that is in force at the business time applies (PT-2).

use chrono::{DateTime, Utc};
use entity::{earning_rule, points_campaign};

/// A version of something that head office changes by adding versions.
pub trait Version {
    /// What it is a version of.
    fn code(&self) -> &str;
    /// Its number, from 1.
    fn number(&self) -> i32;
    /// First instant in force.
    fn starts_at(&self) -> DateTime<Utc>;
    /// First instant no longer in force.
    fn ends_at(&self) -> Option<DateTime<Utc>>;

    /// Whether an instant lies in its span.
    fn spans(&self, at: DateTime<Utc>) -> bool {
        self.starts_at() <= at && self.ends_at().is_none_or(|end| end > at)
    }
}

impl Version for earning_rule::Model {
    fn code(&self) -> &str {
        &self.code
    }
    fn number(&self) -> i32 {
        self.version
    }
    fn starts_at(&self) -> DateTime<Utc> {
        self.starts_at
    }
    fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.ends_at
    }
}

impl Version for points_campaign::Model {
    fn code(&self) -> &str {
        &self.code
    }
    fn number(&self) -> i32 {
        self.version
    }
    fn starts_at(&self) -> DateTime<Utc> {
        self.starts_at
    }
    fn ends_at(&self) -> Option<DateTime<Utc>> {
        Some(self.ends_at)
    }
}

/// Where a version stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It begins later.
    Planned,
    /// It lies in its span.
    Running,
    /// It is over.
    Ended,
}

impl Phase {
    /// Of a version at an instant.
    #[must_use]
    pub fn of(version: &impl Version, at: DateTime<Utc>) -> Self {
        if version.ends_at().is_some_and(|end| end <= at.max(version.starts_at())) {
            Self::Ended
        } else if version.starts_at() > at {
            Self::Planned
        } else {
            Self::Running
        }
    }
}

/// Versions by code, the newest of each code first.
#[derive(Clone, Debug)]
pub struct Book<V> {
    versions: Vec<V>,
}

impl<V> Default for Book<V> {
    fn default() -> Self {
        Self { versions: Vec::new() }
    }
}

impl<V: Version> Book<V> {
    /// A book of these versions.
    #[must_use]
    pub fn new(mut versions: Vec<V>) -> Self {
        versions.sort_by(|a, b| a.code().cmp(b.code()).then(b.number().cmp(&a.number())));
        Self { versions }
    }

    /// The newest version of each code that is in force at `at`, by code.
    pub fn at(&self, at: DateTime<Utc>) -> impl Iterator<Item = &V> {
        let mut last = None;
        self.versions.iter().filter(move |version| {
            let first = version.spans(at) && last != Some(version.code());
            if first {
                last = Some(version.code());
            }
            first
        })
    }

    /// The one version that applies at `at` where only one can: of several codes the one that began last.
    #[must_use]
    pub fn one_at(&self, at: DateTime<Utc>) -> Option<&V> {
        self.at(at).max_by_key(|version| version.starts_at())
    }

    /// The newest version of each code, by code.
    pub fn newest(&self) -> impl Iterator<Item = &V> {
        let mut last = None;
        self.versions
            .iter()
            .filter(move |version| last.replace(version.code()) != Some(version.code()))
    }

    /// All versions.
    pub fn all(&self) -> impl Iterator<Item = &V> {
        self.versions.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Phase::{Ended, Planned, Running};
    use super::*;

    #[derive(Debug)]
    struct Row(&'static str, i32, i64, Option<i64>);

    impl Version for Row {
        fn code(&self) -> &str {
            self.0
        }
        fn number(&self) -> i32 {
            self.1
        }
        fn starts_at(&self) -> DateTime<Utc> {
            at(self.2)
        }
        fn ends_at(&self) -> Option<DateTime<Utc>> {
            self.3.map(at)
        }
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn book() -> Book<Row> {
        Book::new(vec![
            Row("a", 1, 0, None),
            Row("a", 2, 10, Some(20)),
            Row("a", 3, 15, Some(15)),
            Row("b", 1, 5, Some(30)),
        ])
    }

    #[track_caller]
    fn check(second: i64, expected: &[(&str, i32)], one: Option<(&str, i32)>) {
        let book = book();
        let found: Vec<_> = book.at(at(second)).map(|row| (row.0, row.1)).collect();
        assert_eq!(found, expected);
        assert_eq!(book.one_at(at(second)).map(|row| (row.0, row.1)), one);
    }

    #[test]
    fn the_newest_version_in_force_applies() {
        check(-1, &[], None);
        check(0, &[("a", 1)], Some(("a", 1)));
        check(5, &[("a", 1), ("b", 1)], Some(("b", 1)));
        check(10, &[("a", 2), ("b", 1)], Some(("a", 2)));
        // Version 3 was stopped before it began.
        check(15, &[("a", 2), ("b", 1)], Some(("a", 2)));
        check(20, &[("a", 1), ("b", 1)], Some(("b", 1)));
        check(30, &[("a", 1)], Some(("a", 1)));
    }

    #[test]
    fn a_version_that_was_stopped_before_it_began_has_ended() {
        let phases =
            |second| book().all().map(|row| Phase::of(row, at(second))).collect::<Vec<_>>();
        assert_eq!(phases(7), [Ended, Planned, Running, Running]);
        assert_eq!(phases(25), [Ended, Ended, Running, Running]);
        assert_eq!(book().newest().map(|row| row.1).collect::<Vec<_>>(), [3, 1]);
    }
}
