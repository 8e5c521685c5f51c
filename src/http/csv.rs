//! Tables for people who open them in a spreadsheet: UTF-8 with a mark, every text a text and never a formula (S19).

use std::borrow::Cow;

use actix_web::http::header::{
    ACCEPT, CONTENT_TYPE, ContentDisposition, DispositionParam, DispositionType,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::Stream;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Error, Result};

/// Its media type, as documents name it.
pub const MEDIA: &str = "text/csv";
/// Without it Excel reads UTF-8 as the code page of the machine.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Words. What a spreadsheet would take for a formula gets a `'` in front.
    Text(Cow<'a, str>),
    /// A number; stays one, also below zero.
    Number(i64),
    /// Nothing.
    Empty,
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Empty, Into::into)
    }
}

/// Lines of a table.
#[derive(Debug)]
pub struct Lines(csv::Writer<Vec<u8>>);

impl Lines {
    /// The beginning of a file: the mark and the names of the columns.
    ///
    /// # Errors
    /// None in practice: it writes to memory.
    pub fn headed(columns: &[&'static str]) -> Result<Self> {
        let mut lines = Self(writer(MARK.to_vec()));
        lines.add(columns.iter().map(|name| Cell::from(*name)))?;
        Ok(lines)
    }

    /// Lines that come after others.
    #[must_use]
    pub fn more() -> Self {
        Self(writer(Vec::new()))
    }

    /// One more line.
    ///
    /// # Errors
    /// None in practice: it writes to memory.
    pub fn add<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> Result<()> {
        let fields = cells.into_iter().map(|cell| match cell {
            Cell::Text(text) => harmless(text),
            Cell::Number(number) => Cow::Owned(number.to_string()),
            Cell::Empty => Cow::Borrowed(""),
        });
        let fields: Vec<Cow<'a, str>> = fields.collect();
        self.0.write_record(fields.iter().map(|field| field.as_bytes())).map_err(Error::fault)
    }

    /// As bytes.
    ///
    /// # Errors
    /// None in practice: it writes to memory.
    pub fn into_bytes(self) -> Result<Bytes> {
        self.0.into_inner().map(Bytes::from).map_err(Error::fault)
    }
}

fn writer(start: Vec<u8>) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(start)
}

/// Spreadsheets compute what begins like a formula, some of them also behind blanks.
fn harmless(text: Cow<'_, str>) -> Cow<'_, str> {
    let begins = |text: &str| {
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'])
    };
    if begins(&text) || begins(text.trim_start()) {
        return Cow::Owned(format!("'{text}"));
    }
    text
}

/// In which form a table is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableFormat {
    /// JSON.
    Json,
    /// CSV.
    Csv,
}

/// Whether the caller asks for CSV: by `format`, or else by `Accept`.
#[must_use]
pub fn is_wanted(request: &HttpRequest, format: Option<TableFormat>) -> bool {
    let accepts = || {
        let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.trim_start().starts_with(MEDIA))
    };
    format.map_or_else(accepts, |format| format == TableFormat::Csv)
}

/// A whole file; `name` is plain ASCII.
#[must_use]
pub fn file(name: &str, lines: Bytes) -> HttpResponse {
    response(name).body(lines)
}

/// A file in pieces, each made when the one before was sent. An error breaks the connection off, so that half a table
/// never passes for a whole one.
#[must_use]
pub fn stream(name: &str, pieces: impl Stream<Item = Result<Bytes>> + 'static) -> HttpResponse {
    response(name).streaming(pieces)
}

fn response(name: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name.to_owned())],
    };
    response.insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"));
    response.insert_header(disposition);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cell: Cell<'_>) -> String {
        let mut lines = Lines::more();
        lines.add([cell, Cell::Empty]).unwrap();
        String::from_utf8(lines.into_bytes().unwrap().to_vec()).unwrap()
    }

    /// S19
    #[test]
    fn no_text_is_a_formula() {
        for payload in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "\0=1",
            "＝1",
            "＋1",
            "－1",
            "＠1",
            " =1",
            "\u{3000}=1",
            "=cmd|' /C calc'!A0",
            "=HYPERLINK(\"http://x\",\"y\")",
        ] {
            let line = written(payload.into());
            assert!(line.starts_with('\'') || line.starts_with("\"'"), "{payload:?}: {line:?}");
        }
        for plain in ["SH01-1", "静安店", "a=b", "1-2", "'x", ""] {
            assert!(written(plain.into()).contains(plain), "{plain}");
        }
    }

    #[test]
    fn numbers_stay_numbers_and_separators_stay_inside_their_cell() {
        assert_eq!(written((-5).into()), "-5,\r\n");
        assert_eq!(written("a,\"b\"\r\n=c".into()), "\"a,\"\"b\"\"\r\n=c\",\r\n");
        assert_eq!(written(None::<i64>.into()), ",\r\n");
    }

    #[test]
    fn a_file_begins_with_the_mark_and_its_columns() {
        let bytes = Lines::headed(&["时间", "积分"]).unwrap().into_bytes().unwrap();
        assert_eq!(&bytes[..], "\u{feff}时间,积分\r\n".as_bytes());
    }
}
