//! Lines of text and codes that people type.

use unicode_normalization::UnicodeNormalization;

use crate::http::{Error, Result};

/// A line of text, trimmed and composed (NFC).
///
/// # Errors
/// `invalid_fields` at `pointer` for nothing but blanks, for more than `longest` characters, and for characters
/// that cannot be seen or turn the direction of writing: on a board they would disguise a name.
pub(super) fn line(pointer: &str, text: &str, longest: usize) -> Result<String> {
    let refuse = |rule, zh: &str, en: &str| Err(Error::field(pointer, rule, zh, en));
    // Composing looks at every character: bound the work first.
    if text.len() > longest * 8 {
        return refuse(
            "length",
            &format!("最多 {longest} 个字"),
            &format!("at most {longest} characters"),
        );
    }
    let line: String = text.trim().nfc().collect();
    if line.is_empty() {
        return refuse("empty", "不能为空；要清除请用 null", "must not be empty; null clears it");
    }
    if line.chars().count() > longest {
        return refuse(
            "length",
            &format!("最多 {longest} 个字"),
            &format!("at most {longest} characters"),
        );
    }
    if line.chars().any(is_hidden) {
        return refuse("characters", "含有不可见字符", "has characters that cannot be seen");
    }
    Ok(line)
}

/// Control characters and format characters, save the joiner that emoji are composed with.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The first two digits of GB/T 2260: provinces, municipalities, regions.
const PROVINCES: [&str; 34] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71",
    "81", "82",
];

/// Whether it has the form of a GB/T 2260 code: six digits, the first two a province. No list of counties is kept: it
/// changes each year.
pub(super) fn is_region(code: &str) -> bool {
    code.len() == 6
        && code.bytes().all(|byte| byte.is_ascii_digit())
        && PROVINCES.contains(&&code[..2])
        // 00 of a city with a county would be a county without a city.
        && (&code[2..4] != "00" || &code[4..] == "00")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expect: std::result::Result<&str, &'static str>) {
        let got = line("/name", input, 64).map_err(|error| error.refusal().fields[0].rule);
        assert_eq!(got, expect.map(str::to_owned), "{input:?}");
    }

    #[test]
    fn a_line_is_trimmed_and_can_be_seen() {
        check(" 李娜\u{3000}", Ok("李娜"));
        check("e\u{301}", Ok("é"));
        check("👩\u{200d}👧", Ok("👩\u{200d}👧"));
        check(&"衣".repeat(64), Ok(&"衣".repeat(64)));
        for empty in ["", " ", "\u{3000}\t"] {
            check(empty, Err("empty"));
        }
        for hidden in ["a\0b", "a\nb", "a\u{202e}b", "\u{feff}a", "a\u{200b}b", "a\u{2066}b"] {
            check(hidden, Err("characters"));
        }
        check(&"衣".repeat(65), Err("length"));
        check(&"x".repeat(1_000_000), Err("length"));
    }

    #[test]
    fn a_region_has_the_form_of_the_standard() {
        for code in ["110000", "310115", "440300", "810000"] {
            assert!(is_region(code), "{code}");
        }
        for code in ["", "31011", "3101150", "990000", "310O15", "310001", "３１０１１５"] {
            assert!(!is_region(code), "{code}");
        }
    }
}
