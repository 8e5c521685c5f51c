//! Leaderboards: who stands where, as a projection of facts that SQL holds (BN-7).

use super::KvError;

/// One subject's standing to be put on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardEntry {
    /// Who: an id of ours, never a name.
    pub subject: String,
    /// The absolute score, within ±2^53; higher is better.
    pub score: i64,
    /// When the score was reached, milliseconds UTC; of equal scores the earlier wins.
    pub reached_at_ms: i64,
    /// Grows with each change of the fact; an older one never overwrites a newer one.
    pub version: i64,
}

/// One subject's standing as read from a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardRow {
    /// The place, from 1; no two subjects share one.
    pub rank: u64,
    /// Who.
    pub subject: String,
    /// The score.
    pub score: i64,
    /// When the score was reached, milliseconds UTC.
    pub reached_at_ms: i64,
}

/// Redis keeps scores as doubles: past this they would lose units and ties would be decided
/// wrongly.
const HIGHEST_SCORE: i64 = 1 << 53;

/// Refuses what not every store can rank exactly.
pub(super) fn check(entries: &[BoardEntry]) -> Result<(), KvError> {
    if entries.iter().any(|entry| entry.score.unsigned_abs() > HIGHEST_SCORE.unsigned_abs()) {
        return Err(KvError::Protocol("a board score lies outside ±2^53".to_owned()));
    }
    Ok(())
}

/// Digits of a number written by [`sortable`].
const DIGITS: usize = 16;

/// A signed number as 16 hex digits that sort as bytes the way the numbers do.
pub(super) fn sortable(number: i64) -> String {
    format!("{:016x}", number.cast_unsigned() ^ (1 << 63))
}

/// What ranks equal scores inside a Redis ZSET, whose members sort as bytes: time, then subject.
pub(super) fn member_of(entry: &BoardEntry) -> String {
    format!("{}{}", sortable(entry.reached_at_ms), entry.subject)
}

/// Reads a row back; `None` when the member is not one of ours.
pub(super) fn row_of(rank: u64, member: &str, negated_score: f64) -> Option<BoardRow> {
    let (digits, subject) = member.split_at_checked(DIGITS)?;
    let reached_at_ms = (u64::from_str_radix(digits, 16).ok()? ^ (1 << 63)).cast_signed();
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within ±2^53, see check")]
    let score = -(negated_score as i64);
    Some(BoardRow { rank, subject: subject.to_owned(), score, reached_at_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_sorts_as_the_numbers_do() {
        let numbers = [i64::MIN, -1_000, -1, 0, 1, 255, 256, 1_700_000_000_000, i64::MAX];
        let written: Vec<String> = numbers.iter().map(|number| sortable(*number)).collect();
        assert!(written.is_sorted());
        assert!(written.iter().all(|digits| digits.len() == DIGITS));
    }

    #[test]
    fn a_member_gives_back_what_it_was_made_of() {
        for reached_at_ms in [i64::MIN, -5, 0, 1_700_000_000_123, i64::MAX] {
            let entry =
                BoardEntry { subject: "衣-7".into(), score: 12, reached_at_ms, version: 1 };
            let row = row_of(3, &member_of(&entry), -12.0).unwrap();
            assert_eq!(row, BoardRow { rank: 3, subject: "衣-7".into(), score: 12, reached_at_ms });
        }
    }

    #[test]
    fn a_strange_member_is_no_row() {
        assert_eq!(row_of(1, "short", 1.0), None);
        assert_eq!(row_of(1, "zzzzzzzzzzzzzzzzsubject", 1.0), None);
        assert_eq!(row_of(1, "000000000000000衣", 1.0), None);
    }
}
