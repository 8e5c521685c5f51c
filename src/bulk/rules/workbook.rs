//! Excel workbooks, read cell by cell within limits (S5).

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Xlsx};
use zip::ZipArchive;

use super::table::Table;
use crate::bulk::error::{FILE_EMPTY, FILE_TOO_LARGE, FILE_UNREADABLE};
use crate::http::Result;

/// What all files of a workbook may unpack to.
const MOST_UNPACKED: u64 = 160 << 20;
/// What any of them but the sheets may: they are held in memory.
const MOST_HELD: u64 = 24 << 20;
/// Files in a workbook.
const MOST_FILES: usize = 2_000;
/// Columns that are looked at.
const MOST_COLUMNS: u32 = 256;

/// Reads the first sheet into `table`.
///
/// # Errors
/// `import_file_unreadable`, `import_file_too_large`, `import_file_empty`, or what `table` refuses.
pub fn read(bytes: &[u8], table: &mut Table) -> Result<()> {
    measure(bytes)?;
    let unreadable = || FILE_UNREADABLE;
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let name = workbook.sheet_names().first().cloned().ok_or(FILE_EMPTY)?;
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(|_| unreadable())?;
    let mut row: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(cell) = cells.next_cell().map_err(|_| unreadable())? {
        let (line, column) = cell.get_position();
        if line < at {
            return Err(unreadable().into());
        }
        if line > at {
            table.add(i64::from(at) + 1, row.iter().map(String::as_str))?;
            row.clear();
            at = line;
        }
        if column >= MOST_COLUMNS {
            continue;
        }
        let column = usize::try_from(column).unwrap_or_default();
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        row[column] = text(cell.get_value());
    }
    table.add(i64::from(at) + 1, row.iter().map(String::as_str))
}

/// Unpacks everything once into nothing: what a file says of its own size is not to be believed.
fn measure(bytes: &[u8]) -> Result<()> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| FILE_UNREADABLE)?;
    if archive.len() > MOST_FILES {
        return Err(FILE_TOO_LARGE.into());
    }
    let mut left = MOST_UNPACKED;
    for i in 0..archive.len() {
        let file = archive.by_index(i).map_err(|_| FILE_UNREADABLE)?;
        let name = file.name().map_err(|_| FILE_UNREADABLE)?;
        let sheet = name.to_ascii_lowercase().contains("worksheets/");
        let most = if sheet { left } else { left.min(MOST_HELD) };
        let mut unpacked = file.take(most + 1);
        let size = std::io::copy(&mut unpacked, &mut std::io::sink());
        let size = size.map_err(|_| FILE_UNREADABLE)?;
        if size > most {
            return Err(FILE_TOO_LARGE.into());
        }
        left -= size;
    }
    Ok(())
}

/// A cell as people see it in a file of text.
fn text(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::DateTime(at) => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}
