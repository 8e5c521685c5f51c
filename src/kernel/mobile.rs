//! Mainland mobile numbers (ID-4).

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// A mobile number in E.164, such as `+8613800138000`; Debug masks it (S15).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mobile(String);

/// The text is not a mainland mobile number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMobile;

impl Mobile {
    /// Reads a number as people write it: full-width digits, `+86`, `0086`, `86`, spaces, dashes, brackets.
    ///
    /// # Errors
    /// Anything that is then not `1[3-9]` and nine more digits.
    pub fn parse(text: &str) -> Result<Self, NotAMobile> {
        if text.len() > 64 {
            return Err(NotAMobile);
        }
        let folded: String = text
            .nfkc()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')' | '‐' | '–'))
            .collect();
        let national = ["+86", "0086", "86"]
            .iter()
            .find_map(|prefix| folded.strip_prefix(prefix).filter(|rest| rest.len() == 11))
            .unwrap_or(&folded);
        let digits = national.as_bytes();
        let valid = digits.len() == 11
            && digits[0] == b'1'
            && (b'3'..=b'9').contains(&digits[1])
            && digits.iter().all(u8::is_ascii_digit);
        if valid { Ok(Self(format!("+86{national}"))) } else { Err(NotAMobile) }
    }

    /// E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four digits.
    #[must_use]
    pub fn last4(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// As shown to others: `138****8000`.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}****{}", &self.0[3..6], self.last4())
    }
}

impl fmt::Debug for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mobile(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expect: Option<&str>) {
        let got = Mobile::parse(input).ok();
        assert_eq!(got.as_ref().map(Mobile::as_str), expect, "{input:?}");
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for input in [
            "13800138000",
            " 138 0013 8000 ",
            "138-0013-8000",
            "+86 13800138000",
            "+86-138-0013-8000",
            "008613800138000",
            "8613800138000",
            "(+86)13800138000",
            "１３８００１３８０００",
            "＋８６ １３８００１３８０００",
        ] {
            check(input, Some("+8613800138000"));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for input in [
            "",
            "1",
            "12800138000",
            "1380013800",
            "138001380001",
            "400-800-8820",
            "01088888888",
            "+1 2025550123",
            "+8512345678",
            "1380013800a",
            "+8601380013800",
            "13800138000;",
            "١٣٨٠٠١٣٨٠٠٠",
            "\u{0}13800138000",
        ] {
            check(input, None);
        }
        check(&"1".repeat(1_000_000), None);
    }

    #[test]
    fn nobody_reads_it_in_a_log() {
        let mobile = Mobile::parse("13800138000").unwrap();
        assert_eq!(format!("{mobile:?}"), "Mobile(…)");
        assert_eq!(mobile.masked(), "138****8000");
    }
}
