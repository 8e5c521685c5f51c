//! What becomes of a row, and what the report says of it.

use crate::http::Result;
use crate::http::csv::{Cell, Lines};
use crate::http::problem::Refusal;

/// The columns of a report.
pub const REPORT: [&str; 5] = ["行号", "标识", "结果", "代码", "说明"];

/// Characters that are told of what a row is about.
const LONGEST_KEY: usize = 64;

/// What became of a row, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It made something.
    Created,
    /// It changed something.
    Updated,
    /// It stood already.
    Unchanged,
    /// It cannot stand.
    Refused,
}

impl Outcome {
    const fn zh(self) -> &'static str {
        match self {
            Self::Created => "新增",
            Self::Updated => "更新",
            Self::Unchanged => "未变",
            Self::Refused => "拒绝",
        }
    }
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its row in the file that was sent; the header is row 1.
    pub row: i64,
    /// What it is about, as far as anybody may read it: an order number, a phone without its middle.
    pub key: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, or what to look at; empty when there is nothing.
    pub code: String,
    /// The same for people, Chinese.
    pub text: String,
}

impl Told {
    /// Nothing more to say.
    #[must_use]
    pub const fn plain(row: i64, key: String, outcome: Outcome) -> Self {
        Self { row, key, outcome, code: String::new(), text: String::new() }
    }

    /// It was refused as a request would have been; `name` says how people call a field.
    #[must_use]
    pub fn refused(
        row: i64,
        key: String,
        refusal: &Refusal,
        name: impl Fn(&str) -> Option<&'static str>,
    ) -> Self {
        let fields = refusal.fields.iter().map(|field| {
            let of = field.pointer.rsplit('/').find_map(&name);
            of.map_or_else(|| field.zh.clone(), |of| format!("{of}：{}", field.zh))
        });
        let text: Vec<String> = std::iter::once(refusal.code.zh.to_owned()).chain(fields).collect();
        let (code, text) = (refusal.code.code.to_owned(), text.join("；"));
        Self { row, key, outcome: Outcome::Refused, code, text }
    }

    /// With something to look at.
    #[must_use]
    pub fn noting(mut self, code: &str, text: &str) -> Self {
        let gap = if self.code.is_empty() { "" } else { " " };
        self.code = format!("{}{gap}{code}", self.code);
        let gap = if self.text.is_empty() { "" } else { "；" };
        self.text = format!("{}{gap}{text}", self.text);
        self
    }
}

/// How many rows came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that made something.
    pub created: i64,
    /// Rows that changed something.
    pub updated: i64,
    /// Rows that stood already.
    pub unchanged: i64,
    /// Rows that were refused.
    pub refused: i64,
}

impl Tally {
    /// Counts rows.
    #[must_use]
    pub fn of(rows: &[Told]) -> Self {
        let mut tally = Self::default();
        for row in rows {
            *match row.outcome {
                Outcome::Created => &mut tally.created,
                Outcome::Updated => &mut tally.updated,
                Outcome::Unchanged => &mut tally.unchanged,
                Outcome::Refused => &mut tally.refused,
            } += 1;
        }
        tally
    }
}

/// The beginning of a report.
///
/// # Errors
/// None in practice: it writes to memory.
pub fn head() -> Result<Vec<u8>> {
    Ok(Lines::headed(&REPORT)?.into_bytes()?.to_vec())
}

/// Lines of a report.
///
/// # Errors
/// None in practice: it writes to memory.
pub fn lines(rows: &[Told]) -> Result<Vec<u8>> {
    let mut lines = Lines::more();
    for row in rows {
        let key: String = row.key.chars().take(LONGEST_KEY).collect();
        lines.add([
            Cell::from(row.row),
            key.as_str().into(),
            row.outcome.zh().into(),
            row.code.as_str().into(),
            row.text.as_str().into(),
        ])?;
    }
    Ok(lines.into_bytes()?.to_vec())
}
