//! A file as it is kept: one record a row, its number first, then the columns of its kind in their sequence.

use std::collections::HashMap;

use super::columns::{Column, Need, folded};
use super::text::{Format, decode, format_of, separator};
use super::workbook;
use crate::bulk::error::{FILE_EMPTY, FILE_TOO_LARGE, FILE_UNREADABLE, HEADER_WRONG};
use crate::http::{Error, Result};

/// Most rows of a file.
pub const MOST_ROWS: i64 = 200_000;
/// Columns that are looked at.
pub(super) const MOST_COLUMNS: usize = 256;
/// Most bytes that are kept of one.
const MOST_KEPT: usize = 48 << 20;
/// Most headers without a column that are named.
const MOST_IGNORED: usize = 50;
/// The longest part of a header that is named.
const LONGEST_HEADER: usize = 64;

/// A file that was read.
#[derive(Debug)]
pub struct Table {
    columns: &'static [Column],
    /// For each column where it stands in the file.
    places: Option<Vec<Option<usize>>>,
    records: csv::Writer<Vec<u8>>,
    /// How many rows there are below the header.
    pub rows: i64,
    /// Headers that no column is called: their cells are not looked at.
    pub ignored: Vec<String>,
}

impl Table {
    /// Reads a file of any format and encoding that people send.
    ///
    /// # Errors
    /// `import_file_unreadable`, `import_file_is_xls`, `import_file_too_large`, `import_file_empty`,
    /// `import_header_wrong`.
    pub fn read(columns: &'static [Column], bytes: &[u8]) -> Result<Self> {
        let mut table = Self {
            columns,
            places: None,
            records: csv::Writer::from_writer(Vec::new()),
            rows: 0,
            ignored: Vec::new(),
        };
        match format_of(bytes)? {
            Format::Xlsx => workbook::read(bytes, &mut table)?,
            Format::Csv => table.read_text(&decode(bytes)?)?,
        }
        if table.rows == 0 {
            return Err(FILE_EMPTY.into());
        }
        Ok(table)
    }

    fn read_text(&mut self, text: &str) -> Result<()> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator(text))
            .from_reader(text.as_bytes());
        let (mut record, mut lines) = (csv::StringRecord::new(), Lines::of(text));
        while reader.read_record(&mut record).map_err(|_| FILE_UNREADABLE)? {
            let begins = record.position().map_or(0, csv::Position::byte);
            let line = lines.at(usize::try_from(begins).unwrap_or(usize::MAX));
            self.add(line, record.iter())?;
        }
        Ok(())
    }

    /// The next row; the first one is the header, and empty ones are passed over.
    pub(super) fn add<'a>(
        &mut self,
        number: i64,
        cells: impl Iterator<Item = &'a str>,
    ) -> Result<()> {
        let cells: Vec<&str> = cells.take(MOST_COLUMNS).map(str::trim).collect();
        if cells.iter().all(|cell| cell.is_empty()) {
            return Ok(());
        }
        let Some(places) = &self.places else { return self.head(&cells) };
        self.rows += 1;
        if self.rows > MOST_ROWS {
            return Err(FILE_TOO_LARGE.into());
        }
        let number = number.to_string();
        let cell =
            |place: &Option<usize>| place.and_then(|at| cells.get(at).copied()).unwrap_or("");
        let record = std::iter::once(number.as_str()).chain(places.iter().map(cell));
        self.records.write_record(record).map_err(Error::fault)?;
        if self.records.get_ref().len() > MOST_KEPT {
            return Err(FILE_TOO_LARGE.into());
        }
        Ok(())
    }

    fn head(&mut self, cells: &[&str]) -> Result<()> {
        let mut places = vec![None; self.columns.len()];
        let all = self.columns.iter().enumerate();
        let names: HashMap<String, usize> =
            all.flat_map(|(i, column)| column.names().map(move |name| (name, i))).collect();
        let mut wrong = Error::from(HEADER_WRONG);
        let mut bad = false;
        for (at, header) in cells.iter().enumerate().filter(|(_, header)| !header.is_empty()) {
            match names.get(&folded(header)).copied() {
                Some(i) if places[i].is_none() => places[i] = Some(at),
                Some(i) => {
                    bad = true;
                    wrong = twice(wrong, &self.columns[i]);
                }
                None if self.ignored.len() < MOST_IGNORED => {
                    self.ignored.push(header.chars().take(LONGEST_HEADER).collect());
                }
                None => {}
            }
        }
        for (column, place) in self.columns.iter().zip(&places) {
            if place.is_none() && column.need == Need::Always {
                bad = true;
                wrong = missing(wrong, column);
            }
        }
        self.places = Some(places);
        if bad { Err(wrong) } else { Ok(()) }
    }

    /// The records as they are kept.
    ///
    /// # Errors
    /// None in practice: it writes to memory.
    pub fn into_records(self) -> Result<Vec<u8>> {
        self.records.into_inner().map_err(Error::fault)
    }
}

/// The numbers of lines. The reader's own count stays behind where lines end in two characters and where some are empty.
struct Lines<'a> {
    rest: &'a [u8],
    byte: usize,
    line: i64,
}

impl<'a> Lines<'a> {
    const fn of(text: &'a str) -> Self {
        Self { rest: text.as_bytes(), byte: 0, line: 1 }
    }

    /// The line of the first character at or after `byte` that ends none.
    fn at(&mut self, byte: usize) -> i64 {
        while let [first, rest @ ..] = self.rest {
            let ends = matches!(first, b'\r' | b'\n');
            if self.byte >= byte && !ends {
                break;
            }
            // The first half of a pair ends nothing yet.
            let half = *first == b'\r' && rest.first() == Some(&b'\n');
            self.line += i64::from(ends && !half);
            self.byte += 1;
            self.rest = rest;
        }
        self.line
    }
}

fn missing(error: Error, column: &Column) -> Error {
    let zh = format!("缺少必填列“{}”", column.zh);
    let en = format!("the column {} is missing", column.name);
    error.at(format!("/{}", column.name), "missing", &zh, &en)
}

fn twice(error: Error, column: &Column) -> Error {
    let zh = format!("列“{}”出现了两次", column.zh);
    let en = format!("the column {} comes twice", column.name);
    error.at(format!("/{}", column.name), "unique", &zh, &en)
}

/// An empty file of these columns, as a spreadsheet opens it.
///
/// # Errors
/// None in practice: it writes to memory.
pub fn template(columns: &'static [Column]) -> Result<Vec<u8>> {
    let names: Vec<&'static str> = columns.iter().map(|column| column.zh).collect();
    Ok(crate::http::csv::Lines::headed(&names)?.into_bytes()?.to_vec())
}
