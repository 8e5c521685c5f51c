//! What stands in a cell, read as people and spreadsheets write it.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SubsecRound, TimeDelta, Timelike, Utc};
use entity::values::Fen;
use unicode_normalization::UnicodeNormalization;

use crate::kernel::calendar::Calendar;
use crate::kernel::mobile::Mobile;

/// Why a cell cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Stable word.
    pub code: &'static str,
    /// For people, Chinese.
    pub zh: String,
}

impl Wrong {
    /// Not of its form.
    pub fn invalid(zh: impl Into<String>) -> Self {
        Self { code: "cell_invalid", zh: zh.into() }
    }

    /// There is nothing in it.
    #[must_use]
    pub fn missing() -> Self {
        Self { code: "cell_missing", zh: "不能为空".to_owned() }
    }

    fn scientific(text: &str) -> Self {
        let zh =
            format!("“{text}”是 Excel 的科学计数法，数字已经丢失，请把该列设为文本格式后重新填写");
        Self { code: "cell_scientific", zh }
    }
}

/// What is read, or why it cannot be.
pub type Read<T> = Result<T, Wrong>;

/// Full-width letters and digits as plain ones, without the `'` that makes a spreadsheet take a number for text.
fn folded(text: &str) -> String {
    let text: String = text.nfkc().collect();
    text.trim().trim_start_matches('\'').to_owned()
}

/// `1.38E+10`: what Excel writes for a long number in a narrow column. Its digits are gone.
fn is_scientific(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    digits(exponent) && number.split('.').all(digits) && number.split('.').count() <= 2
}

/// Money in yuan, such as `1299`, `1,299.00`, `¥1，299.5`, `1299元`: exactly, never below zero.
///
/// # Errors
/// Anything else, more than two decimals among it.
pub fn money(text: &str) -> Read<Fen> {
    let wrong = || Wrong::invalid("不是金额，例如 1,299.00（单位：元，最多两位小数）");
    let text = folded(text);
    if is_scientific(&text) {
        return Err(Wrong::scientific(&text));
    }
    let text = text.trim_start_matches(['¥', '￥']).trim_end_matches('元').trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.trim_end_matches('0');
    if part.len() > 2 || !part.bytes().all(|b| b.is_ascii_digit()) || text.ends_with('.') {
        return Err(wrong());
    }
    let yuan = grouped(whole).ok_or_else(wrong)?;
    let fen: i64 = format!("{part:0<2}").parse().map_err(|_| wrong())?;
    yuan.checked_mul(100).and_then(|yuan| yuan.checked_add(fen)).map(Fen).ok_or_else(wrong)
}

/// Digits, in groups of three or in one.
fn grouped(text: &str) -> Option<i64> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let fits = rest.is_empty() || (first.len() <= 3 && rest.iter().all(|group| group.len() == 3));
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b',');
    if !fits || !digits || first.is_empty() {
        return None;
    }
    format!("{first}{}", rest.concat()).parse().ok()
}

/// A whole number from 0 on, such as `12`, `1,200` or the `12.0` of a spreadsheet.
///
/// # Errors
/// Anything else.
pub fn whole(text: &str) -> Read<i64> {
    let text = folded(text);
    if is_scientific(&text) {
        return Err(Wrong::scientific(&text));
    }
    let (number, part) = text.split_once('.').unwrap_or((&text, "0"));
    let fraction = part.is_empty() || part.bytes().any(|b| b != b'0');
    let number = if fraction { None } else { grouped(number) };
    number.ok_or_else(|| Wrong::invalid("不是整数"))
}

/// A whole number that fits into 32 bits.
///
/// # Errors
/// As [`whole`].
pub fn small(text: &str) -> Read<i32> {
    i32::try_from(whole(text)?).map_err(|_| Wrong::invalid("数字过大"))
}

/// A mainland mobile number.
///
/// # Errors
/// Anything else; what Excel made of it in a narrow column with a word of its own.
pub fn phone(text: &str) -> Read<Mobile> {
    let text = folded(text);
    if is_scientific(&text) {
        return Err(Wrong::scientific(&text));
    }
    let text = text.strip_suffix(".0").unwrap_or(&text);
    Mobile::parse(text).map_err(|_| Wrong::invalid("不是有效的大陆手机号"))
}

/// Text of at most `MOST` characters.
///
/// # Errors
/// Longer text, or control characters in it.
pub fn line<const MOST: usize>(text: &str) -> Read<String> {
    if text.chars().any(char::is_control) {
        return Err(Wrong::invalid("不能包含换行等控制字符"));
    }
    if text.chars().count() > MOST {
        return Err(Wrong::invalid(format!("最多 {MOST} 个字")));
    }
    Ok(text.to_owned())
}

/// A number of somebody else's: 1 to 64 printable ASCII characters.
///
/// # Errors
/// Anything else; a long number that Excel cut.
pub fn number(text: &str) -> Read<String> {
    let text = folded(text);
    if is_scientific(&text) {
        return Err(Wrong::scientific(&text));
    }
    if (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(text);
    }
    Err(Wrong::invalid("须为 1 到 64 个字母、数字或符号，不含空格"))
}

/// A card number or another identifier, at most `MOST` bytes.
///
/// # Errors
/// Anything else; a long number that Excel cut.
pub fn identifier<const MOST: usize>(text: &str) -> Read<String> {
    let text = text.trim().trim_start_matches('\'');
    if is_scientific(text) {
        return Err(Wrong::scientific(text));
    }
    if text.is_empty() || text.len() > MOST || text.chars().any(char::is_control) {
        return Err(Wrong::invalid(format!("须为 1 到 {MOST} 个字节")));
    }
    Ok(text.to_owned())
}

/// A day: `2026-11-21`, `2026/1/5`, `2026.11.21`, `2026年11月21日`, `20261121`, also with a time behind it.
///
/// # Errors
/// Anything else.
pub fn day(text: &str) -> Read<NaiveDate> {
    local(&folded(text)).map(|at| at.date()).ok_or_else(no_date)
}

/// An instant: a day of the business zone with or without a time, or RFC 3339 with its own zone.
///
/// # Errors
/// Anything else.
pub fn instant(text: &str, calendar: Calendar) -> Read<DateTime<Utc>> {
    let text = folded(text);
    if let Ok(at) = DateTime::parse_from_rfc3339(&text) {
        return Ok(at.with_timezone(&Utc).trunc_subsecs(3));
    }
    let at = local(&text).ok_or_else(no_date)?;
    let seconds = TimeDelta::seconds(i64::from(at.second()));
    Ok(calendar.at(at.date(), at.hour(), at.minute()) + seconds)
}

fn no_date() -> Wrong {
    Wrong::invalid("不是日期，例如 2026-11-21 或 2026/11/21 14:30")
}

fn local(text: &str) -> Option<NaiveDateTime> {
    const DAYS: [&str; 5] = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"];
    const TIMES: [&str; 3] = ["%H:%M:%S", "%H:%M", "%H:%M:%S%.f"];
    let (day, time) =
        text.split_once([' ', 'T']).map_or((text, None), |(day, time)| (day, Some(time)));
    // `%Y%m%d` would read 2026115 as well.
    let compact = |format: &str| format != "%Y%m%d" || day.len() == 8;
    let mut days = DAYS.iter().filter(|format| compact(format));
    let day = days.find_map(|format| NaiveDate::parse_from_str(day, format).ok())?;
    let times = |time: &str| {
        TIMES.iter().find_map(|format| chrono::NaiveTime::parse_from_str(time.trim(), format).ok())
    };
    let time = time.map_or(Some(chrono::NaiveTime::MIN), times)?;
    (1900..=2200).contains(&day.year()).then(|| day.and_time(time))
}

/// One of a few words, each known by several.
///
/// # Errors
/// Any other word.
pub fn word<T: Copy>(text: &str, words: &[(&[&str], T)]) -> Read<T> {
    let text = folded(text).to_lowercase();
    let known = words.iter().find(|(names, _)| names.contains(&text.as_str()));
    known.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> =
            words.iter().filter_map(|(names, _)| names.last().copied()).collect();
        Wrong::invalid(format!("只能是：{}", names.join("、")))
    })
}
