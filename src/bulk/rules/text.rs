//! Bytes of a file as text, and text as records.

use std::borrow::Cow;

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use crate::bulk::error::{FILE_IS_XLS, FILE_UNREADABLE};
use crate::http::Result;

/// What a file is, by what stands in it: names and media types lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with separators.
    Csv,
    /// An Excel workbook since 2007.
    Xlsx,
}

/// What a file is.
///
/// # Errors
/// `import_file_is_xls`.
pub fn format_of(bytes: &[u8]) -> Result<Format> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Format::Xlsx);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(FILE_IS_XLS.into());
    }
    Ok(Format::Csv)
}

/// Text in UTF-8 or UTF-16 with a mark, in UTF-8 without one, else in GB18030: Excel in China saves "CSV" in that.
///
/// # Errors
/// `import_file_unreadable`.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>> {
    let unreadable = || FILE_UNREADABLE;
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => {
            Cow::Borrowed(std::str::from_utf8(rest).map_err(|_| unreadable())?)
        }
        [0xff, 0xfe, rest @ ..] => whole(UTF_16LE.decode_without_bom_handling(rest))?,
        [0xfe, 0xff, rest @ ..] => whole(UTF_16BE.decode_without_bom_handling(rest))?,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => whole(GB18030.decode_without_bom_handling(bytes))?,
        },
    };
    // No table of people has these; pictures and programs do.
    if text.contains('\0') {
        return Err(unreadable().into());
    }
    Ok(text)
}

fn whole((text, broken): (Cow<'_, str>, bool)) -> Result<Cow<'_, str>> {
    if broken { Err(FILE_UNREADABLE.into()) } else { Ok(text) }
}

/// The separator that comes most often in the first line, outside quotes.
pub fn separator(text: &str) -> u8 {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b'\t', 0), (b';', 0)];
    for byte in line.bytes() {
        quoted ^= byte == b'"';
        let known = counts.iter_mut().find(|(separator, _)| *separator == byte && !quoted);
        if let Some((_, count)) = known {
            *count += 1;
        }
    }
    // Of equals the first: a comma.
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default();
    counts.iter().find(|(_, count)| *count == most).map_or(b',', |(separator, _)| *separator)
}
