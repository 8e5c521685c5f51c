//! Rows of a file that was kept, one after the other.

use std::io::Cursor;

use super::cells::Wrong;
use super::columns::Column;
use super::outcome::{Outcome, Told};
use crate::http::{Error, Result};

/// A row: its number and its cells.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it stands in the file that was sent; the header is row 1.
    pub number: i64,
    columns: &'static [Column],
    record: csv::StringRecord,
}

/// A cell that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    column: &'static str,
    wrong: Wrong,
}

impl Row {
    /// A cell as it stands there, without blanks around it; empty when the column is missing.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        let at = self.columns.iter().position(|column| column.name == name);
        at.and_then(|at| self.record.get(at + 1)).unwrap_or_default()
    }

    /// A cell that may be empty.
    ///
    /// # Errors
    /// What `read` says, with the name of the column.
    pub fn maybe<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> std::result::Result<T, Wrong>,
    ) -> std::result::Result<Option<T>, Flaw> {
        match self.raw(name) {
            "" => Ok(None),
            text => read(text).map(Some).map_err(|wrong| self.flaw(name, wrong)),
        }
    }

    /// A cell that must not be empty.
    ///
    /// # Errors
    /// As [`Row::maybe`].
    pub fn must<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> std::result::Result<T, Wrong>,
    ) -> std::result::Result<T, Flaw> {
        self.maybe(name, read)?.ok_or_else(|| self.flaw(name, Wrong::missing()))
    }

    /// Something that is wrong with a cell.
    #[must_use]
    pub fn flaw(&self, name: &str, wrong: Wrong) -> Flaw {
        let column = self.columns.iter().find(|column| column.name == name);
        Flaw { column: column.map_or("", |column| column.zh), wrong }
    }

    /// How people call a column.
    #[must_use]
    pub fn called(&self, name: &str) -> Option<&'static str> {
        self.columns.iter().find(|column| column.name == name).map(|column| column.zh)
    }

    /// What became of it.
    #[must_use]
    pub fn told(&self, key: String, outcome: Outcome) -> Told {
        Told::plain(self.number, key, outcome)
    }

    /// It was refused because of a cell.
    #[must_use]
    pub fn flawed(&self, key: String, flaw: &Flaw) -> Told {
        let told = Told::plain(self.number, key, Outcome::Refused);
        told.noting(flaw.wrong.code, &format!("{}：{}", flaw.column, flaw.wrong.zh))
    }
}

/// Reads rows; holds the file and no more than one row of it.
pub struct Rows {
    columns: &'static [Column],
    reader: csv::Reader<Cursor<Vec<u8>>>,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rows({} columns)", self.columns.len())
    }
}

impl Rows {
    /// The rows of a file as [`Table::into_records`](super::table::Table::into_records) gave it.
    #[must_use]
    pub fn of(columns: &'static [Column], records: Vec<u8>) -> Self {
        let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(Cursor::new(records));
        Self { columns, reader }
    }

    /// The next row; none at the end.
    ///
    /// # Errors
    /// A fault when it is none of ours.
    pub fn next_row(&mut self) -> Result<Option<Row>> {
        let mut record = csv::StringRecord::new();
        if !self.reader.read_record(&mut record).map_err(Error::fault)? {
            return Ok(None);
        }
        let number = record.get(0).and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| Error::fault("a record of an import has no number"))?;
        Ok(Some(Row { number, columns: self.columns, record }))
    }
}
