//! Excel workbooks, read cell by cell within limits (S5).

use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};

use super::table::{MOST_COLUMNS, Table};
use super::unpacking::{MOST_UNPACKED, measure};
use crate::bulk::error::{FILE_EMPTY, FILE_TOO_LARGE, FILE_UNREADABLE};
use crate::http::Result;

/// The longest text of a cell, bytes: Excel's 32,767 characters. Cells share texts, so a short file can have many long ones.
const LONGEST: usize = 131_072;

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
    let mut left = usize::try_from(MOST_UNPACKED).unwrap_or(usize::MAX);
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
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= MOST_COLUMNS {
            continue;
        }
        let length = length(cell.get_value());
        left = left.checked_sub(length).filter(|_| length <= LONGEST).ok_or(FILE_TOO_LARGE)?;
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        row[column] = text(cell.get_value());
    }
    table.add(i64::from(at) + 1, row.iter().map(String::as_str))
}

/// Bytes of a text, before it is copied.
fn length(cell: &DataRef<'_>) -> usize {
    match cell {
        DataRef::SharedString(text) => text.len(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.len()
        }
        _ => 0,
    }
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
