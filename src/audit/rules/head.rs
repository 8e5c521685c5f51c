//! The head of the chain as it is kept outside the database: one JSON object a line.

use chrono::{DateTime, SecondsFormat, Utc};
use entity::values::Mac;
use serde_json::{Value, json};

use crate::kernel::vault::Vault;

/// Where the chain ended at some time, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last line.
    pub seq: i64,
    /// Its link.
    pub link: Mac,
    /// When.
    pub at: DateTime<Utc>,
    /// Over all of the above.
    pub code: Mac,
}

impl Head {
    /// Signs where the chain ends.
    #[must_use]
    pub fn sign(vault: &Vault, seq: i64, link: Mac, at: DateTime<Utc>) -> Self {
        let mut head = Self { seq, link, at, code: Mac(String::new()) };
        head.seal(vault);
        head
    }

    /// The head as a line of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        json!({ "seq": self.seq, "link": self.link.0, "at": at, "code": self.code.0 }).to_string()
    }

    /// The head that a line of the file tells of; none if it is not one that we signed.
    #[must_use]
    pub fn read(vault: &Vault, text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let word = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let head = Self {
            seq: value.get("seq")?.as_i64()?,
            link: Mac(word("link")?),
            at: word("at")?.parse().ok()?,
            code: Mac(word("code")?),
        };
        head.is_ours(vault).then_some(head)
    }
}
