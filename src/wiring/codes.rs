//! Every code that can be answered, for the documentation.

use crate::http::{Code, codes};
use crate::{
    catalog, identity, members, operations, orders, partners, points, sessions, staff, tiers,
    webhooks,
};

/// All of them: the general ones, then each capability's.
pub static CODES: &[&[Code]] = &[
    codes::ALL,
    sessions::error::ALL,
    identity::error::ALL,
    members::error::ALL,
    staff::error::ALL,
    partners::error::ALL,
    orders::error::ALL,
    points::error::ALL,
    operations::error::ALL,
    tiers::error::ALL,
    webhooks::error::ALL,
    catalog::error::ALL,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn all() -> impl Iterator<Item = &'static Code> {
        CODES.iter().copied().flatten()
    }

    #[test]
    fn codes_and_numbers_are_unique() {
        let (mut words, mut numbers) = (HashSet::new(), HashSet::new());
        for code in all() {
            assert!(words.insert(code.code), "{} is used twice", code.code);
            assert!(numbers.insert(code.errcode), "{} is used twice", code.errcode);
        }
    }

    #[test]
    fn codes_are_snake_case_errors_with_a_text_in_both_languages() {
        for code in all() {
            let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(code.code.chars().all(snake) && !code.code.is_empty(), "{}", code.code);
            assert!((400..600).contains(&code.status), "{}: {}", code.code, code.status);
            let chinese = code.zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(chinese, "{}: no Chinese text", code.code);
            assert!(!code.en.is_empty() && code.en.is_ascii(), "{}: no English text", code.code);
        }
    }
}
