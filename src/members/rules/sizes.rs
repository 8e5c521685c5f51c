//! Sizes by kind of garment: GB/T 1335, letters, numbers (ID-5).

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::text::line;
use crate::http::{Error, Result};

/// Kinds of garment a profile names at most.
const MOST: usize = 20;
/// The longest name of a kind, in characters.
const LONGEST_KIND: usize = 20;

const LETTERS: [&str; 14] =
    ["XS", "S", "M", "L", "XL", "XXL", "XXXL", "XXXXL", "XXXXXL", "2XL", "3XL", "4XL", "5XL", "F"];

/// Reads the sizes of a profile.
///
/// # Errors
/// `invalid_fields` at `/sizes` or the kind that is wrong.
pub(super) fn read(given: BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    if given.len() > MOST {
        let (zh, en) = (format!("最多 {MOST} 项"), format!("at most {MOST} entries"));
        return Err(Error::field("/sizes", "length", &zh, &en));
    }
    given.into_iter().map(|(kind, size)| entry(&kind, &size)).collect()
}

fn entry(kind: &str, size: &str) -> Result<(String, String)> {
    let kind = line("/sizes", kind, LONGEST_KIND)?;
    let pointer = format!("/sizes/{}", kind.replace('~', "~0").replace('/', "~1"));
    let read = read_size(size).ok_or_else(|| {
        let zh = "尺码应为 165/88A、字母（XS 至 5XL，均码为 F）或数字";
        let en = "a size is 165/88A, a letter size (XS to 5XL, F fits all) or a number";
        Error::field(pointer, "size", zh, en)
    })?;
    Ok((kind, read))
}

/// `１６５／８８ａ` as `165/88A`; `None` for what is no size.
fn read_size(text: &str) -> Option<String> {
    if text.len() > 64 {
        return None;
    }
    let size: String =
        text.nfkc().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    (is_standard(&size) || LETTERS.contains(&size.as_str()) || is_number(&size)).then_some(size)
}

/// GB/T 1335: height over girth in centimetres, then the body type.
fn is_standard(size: &str) -> bool {
    let Some((height, rest)) = size.split_once('/') else { return false };
    let girth = rest.strip_suffix(['Y', 'A', 'B', 'C']).unwrap_or(rest);
    is_between(height, 50, 210) && is_between(girth, 30, 150)
}

/// Shoes, trousers, rings: whole or half.
fn is_number(size: &str) -> bool {
    is_between(size.strip_suffix(".5").unwrap_or(size), 1, 210)
}

fn is_between(digits: &str, least: u16, most: u16) -> bool {
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain && digits.parse::<u16>().is_ok_and(|number| (least..=most).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expect: Option<&str>) {
        assert_eq!(read_size(input).as_deref(), expect, "{input:?}");
    }

    #[test]
    fn sizes_are_read_as_labels_have_them() {
        check("165/88A", Some("165/88A"));
        check("１６５／８８ａ", Some("165/88A"));
        check("80/48", Some("80/48"));
        check("170 / 92 B", Some("170/92B"));
        check("xl", Some("XL"));
        check("5XL", Some("5XL"));
        check("F", Some("F"));
        check("38", Some("38"));
        check("38.5", Some("38.5"));
    }

    #[test]
    fn anything_else_is_refused() {
        for input in [
            "", "165/", "/88A", "165/88D", "500/88A", "165/8A", "6XL", "XXS?", "-1", "38.2", "038",
            "99999", "大",
        ] {
            check(input, None);
        }
        check(&"X".repeat(1_000_000), None);
    }

    #[test]
    fn the_error_names_the_kind() {
        let given = BTreeMap::from([("上装/外套".to_owned(), "?".to_owned())]);
        assert_eq!(read(given).unwrap_err().refusal().fields[0].pointer, "/sizes/上装~1外套");
        let many = (0..21).map(|n| (format!("k{n}"), "M".to_owned())).collect();
        assert_eq!(read(many).unwrap_err().refusal().fields[0].pointer, "/sizes");
    }
}
