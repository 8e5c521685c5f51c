//! What a workbook unpacks to, and what it makes its reader hold, before anything of it is read (S5).

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::bulk::error::{FILE_TOO_LARGE, FILE_UNREADABLE};
use crate::http::Result;

/// What all files of a workbook may unpack to, and all its cells together, bytes.
pub(super) const MOST_UNPACKED: u64 = 160 << 20;
/// What any of them but the sheets may: they are held in memory.
const MOST_HELD: u64 = 24 << 20;
/// Files in a workbook.
const MOST_FILES: usize = 2_000;
/// Texts that a workbook may say its cells share: the reader makes room for as many as it is told.
const MOST_SHARED: u64 = 2_000_000;
/// Formats of cells; Excel has 65,490, named and of cells.
const MOST_FORMATS: usize = 131_072;
/// The longest piece of the formats as often as there are formats, bytes: the reader copies names into each.
const MOST_COPIED: usize = 256 << 20;
/// Parts that are held wherever they stand.
const HELD: [&str; 5] = ["sharedstrings.xml", "styles.xml", "theme1.xml", "workbook.xml", ".rels"];

/// Unpacks everything once: what a file says of its own size is not to be believed.
///
/// # Errors
/// `import_file_unreadable`, `import_file_too_large`.
pub(super) fn measure(bytes: &[u8]) -> Result<()> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| FILE_UNREADABLE)?;
    if archive.len() > MOST_FILES {
        return Err(FILE_TOO_LARGE.into());
    }
    let mut left = MOST_UNPACKED;
    for i in 0..archive.len() {
        let file = archive.by_index(i).map_err(|_| FILE_UNREADABLE)?;
        let name = file.name().map_err(|_| FILE_UNREADABLE)?.to_ascii_lowercase();
        let held = HELD.iter().any(|end| name.ends_with(end));
        let sheet = !held && name.replace('\\', "/").contains("worksheets/");
        let most = if sheet { left } else { left.min(MOST_HELD) };
        let mut unpacked = file.take(most + 1);
        let mut text = Vec::new();
        let size = if held {
            unpacked.read_to_end(&mut text).ok().and_then(|size| u64::try_from(size).ok())
        } else {
            std::io::copy(&mut unpacked, &mut std::io::sink()).ok()
        };
        let size = size.ok_or(FILE_UNREADABLE)?;
        if size > most || claims_too_much(&name, text) {
            return Err(FILE_TOO_LARGE.into());
        }
        left -= size;
    }
    Ok(())
}

fn claims_too_much(name: &str, mut text: Vec<u8>) -> bool {
    // The same in UTF-16.
    text.retain(|byte| *byte != 0);
    if name.ends_with("sharedstrings.xml") {
        return told(&text, b"uniqueCount").any(|count| count > MOST_SHARED);
    }
    if name.ends_with("styles.xml") {
        let formats = text.windows(3).filter(|it| matches!(*it, b"<xf" | b":xf")).count();
        let longest = text.split(|byte| *byte == b'<').map(<[u8]>::len).max().unwrap_or_default();
        return formats > MOST_FORMATS || formats.saturating_mul(longest) > MOST_COPIED;
    }
    false
}

/// Every number that is given under a name, wherever it stands.
fn told<'a>(text: &'a [u8], name: &'static [u8]) -> impl Iterator<Item = u64> + 'a {
    let ends = text.windows(name.len()).enumerate();
    ends.filter(move |(_, window)| *window == name).map(move |(at, _)| {
        let rest = text.get(at + name.len()..).unwrap_or_default();
        let digits = rest.iter().skip_while(|byte| !byte.is_ascii_digit() && **byte != b'>');
        digits.take_while(|byte| byte.is_ascii_digit()).fold(0, |number: u64, digit| {
            number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        })
    })
}
