//! Business days, weeks and months in the retailer's zone.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// The retailer's business time zone.
#[derive(Clone, Copy, Debug)]
pub struct Calendar(pub Tz);

impl Calendar {
    /// The business day of an instant.
    #[must_use]
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.0).date_naive()
    }

    /// The Monday of the business week of an instant.
    #[must_use]
    pub fn week(&self, at: DateTime<Utc>) -> NaiveDate {
        let day = self.day(at);
        day - Days::new(u64::from(day.weekday().num_days_from_monday()))
    }

    /// The first day of the business month of an instant.
    #[must_use]
    pub fn month(&self, at: DateTime<Utc>) -> NaiveDate {
        let day = self.day(at);
        day.with_day(1).unwrap_or(day)
    }

    /// The instant at which a business day begins; where the clock skips midnight, the first instant after.
    #[must_use]
    pub fn start(&self, day: NaiveDate) -> DateTime<Utc> {
        self.at(day, 0, 0)
    }

    /// A time of a business day: the earlier one where the clock shows it twice, an hour later where it is skipped.
    #[must_use]
    pub fn at(&self, day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
        let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
        let asked = day.and_time(time);
        let local = self.0.from_local_datetime(&asked).earliest().or_else(|| {
            self.0.from_local_datetime(&(asked + chrono::TimeDelta::hours(1))).earliest()
        });
        local.map_or_else(|| asked.and_utc(), |local| local.with_timezone(&Utc))
    }

    /// The first instant after the month that lies `months` after the month of `at`: when a lot runs out (PT-3).
    #[must_use]
    pub fn end_of_month_after(&self, at: DateTime<Utc>, months: u32) -> DateTime<Utc> {
        self.start(self.month(at) + Months::new(months + 1))
    }

    /// The same local time of day `months` later, or the last day of a shorter month; where the clock skips that time, an
    /// hour later.
    #[must_use]
    pub fn months_later(&self, at: DateTime<Utc>, months: u32) -> DateTime<Utc> {
        let local = at.with_timezone(&self.0);
        let later = local.naive_local() + Months::new(months);
        let skipped =
            || self.0.from_local_datetime(&(later + chrono::TimeDelta::hours(1))).earliest();
        let local = self.0.from_local_datetime(&later).earliest().or_else(skipped);
        local.map_or_else(|| later.and_utc(), |local| local.with_timezone(&Utc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHANGHAI: Calendar = Calendar(chrono_tz::Asia::Shanghai);

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_business_day_begins_at_local_midnight() {
        assert_eq!(SHANGHAI.day(utc("2026-11-21T15:59:59.999Z")).to_string(), "2026-11-21");
        assert_eq!(SHANGHAI.day(utc("2026-11-21T16:00:00Z")).to_string(), "2026-11-22");
        assert_eq!(SHANGHAI.start("2026-11-22".parse().unwrap()), utc("2026-11-21T16:00:00Z"));
    }

    #[test]
    fn a_week_begins_on_monday() {
        assert_eq!(SHANGHAI.week(utc("2026-11-22T00:00:00Z")).to_string(), "2026-11-16");
        assert_eq!(SHANGHAI.week(utc("2026-11-22T16:00:00Z")).to_string(), "2026-11-23");
    }

    #[test]
    fn a_lot_lasts_to_the_end_of_its_month() {
        assert_eq!(
            SHANGHAI.end_of_month_after(utc("2026-01-15T00:00:00Z"), 12),
            utc("2027-01-31T16:00:00Z")
        );
        assert_eq!(
            SHANGHAI.end_of_month_after(utc("2026-01-31T16:30:00Z"), 12),
            utc("2027-02-28T16:00:00Z")
        );
    }

    #[test]
    fn a_skipped_midnight_begins_an_hour_later() {
        let beirut = Calendar(chrono_tz::Asia::Beirut);
        assert_eq!(beirut.start("2026-03-29".parse().unwrap()), utc("2026-03-28T22:00:00Z"));
    }

    #[test]
    fn a_year_later_from_a_leap_day_is_the_last_of_february() {
        assert_eq!(
            SHANGHAI.months_later(utc("2024-02-29T04:00:00Z"), 12),
            utc("2025-02-28T04:00:00Z")
        );
    }
}
