//! When a delivery is tried again, and when an endpoint is given up (promise A3).

use chrono::{DateTime, TimeDelta, Utc};

/// Seconds between two attempts, the example of the specification: ten attempts over 75 h 35 min 5 s.
const PAUSES: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// Attempts in all.
pub const ATTEMPTS: usize = PAUSES.len() + 1;
/// A tenth more or less, so that what failed together does not come back together.
const JITTER_PERCENT: i64 = 10;
/// The longest pause that an endpoint may ask for.
pub const LONGEST_REST: TimeDelta = TimeDelta::hours(24);
/// An endpoint at which nothing has succeeded for so long is switched off.
pub const PATIENCE: TimeDelta = TimeDelta::hours(120);
/// How long both secrets sign after a rotation.
pub const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// The pause after `attempts` failures, or `None` after the last one. `chance` is between -1 and 1.
#[must_use]
pub fn pause(attempts: i32, chance: f64) -> Option<TimeDelta> {
    let at = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let millis = PAUSES.get(at)? * 1000;
    let most = millis * JITTER_PERCENT / 100;
    #[expect(clippy::cast_possible_truncation, reason = "at most a tenth of a day")]
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a day fit a float")]
    let jitter = (most as f64 * chance.clamp(-1.0, 1.0)) as i64;
    Some(TimeDelta::milliseconds(millis + jitter))
}

/// Until when an endpoint wants to be left alone, by its `Retry-After`: seconds or a date, at most a day.
#[must_use]
pub fn rest_until(retry_after: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = retry_after.trim();
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let until = if plain {
        let seconds = text.parse().unwrap_or(i64::MAX).min(LONGEST_REST.num_seconds());
        now + TimeDelta::seconds(seconds)
    } else {
        DateTime::parse_from_rfc2822(text).ok()?.to_utc()
    };
    (until > now).then(|| until.min(now + LONGEST_REST))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// W4: the table of the specification, exact to a tenth.
    #[test]
    fn ten_attempts_are_spread_over_three_days() {
        let whole: i64 = (1..).map_while(|n| pause(n, 0.0)).map(|it| it.num_seconds()).sum();
        assert_eq!(whole, 75 * 3600 + 35 * 60 + 5);
        assert_eq!((ATTEMPTS, pause(10, 0.0)), (10, None));
        for (attempt, seconds) in [(1, 5), (2, 300), (3, 1_800), (9, 86_400)] {
            for chance in [-9.0, -1.0, -0.3, 0.0, 0.7, 1.0, 9.0] {
                let off = pause(attempt, chance).unwrap().num_milliseconds() - seconds * 1000;
                assert!(off.abs() <= seconds * 100, "{attempt} {chance}: {off}");
            }
        }
        for odd in [0, -1, i32::MIN, i32::MAX] {
            assert_eq!(pause(odd, 0.0), None);
        }
    }

    #[test]
    fn a_rest_is_asked_for_in_seconds_or_by_a_date() {
        let now: DateTime<Utc> = "1994-11-06T08:49:37Z".parse().unwrap();
        let check = |text: &str, seconds: Option<i64>| {
            let rest = rest_until(text, now).map(|until| (until - now).num_seconds());
            assert_eq!(rest, seconds, "{text}");
        };
        check("120", Some(120));
        check("Sun, 06 Nov 1994 08:50:37 GMT", Some(60));
        check("99999999999999999999999", Some(86_400));
        check("Sat, 06 Nov 2094 08:50:37 GMT", Some(86_400));
        for nothing in ["", "0", "-5", "1.5", "soon", "Sun, 06 Nov 1994 08:48:37 GMT"] {
            check(nothing, None);
        }
    }
}
