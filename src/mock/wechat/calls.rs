//! What was asked of the stand-in: a log without secrets, and counters.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

/// So many calls are kept; the counters count on.
const KEPT: usize = 10_000;
/// What the log does not show.
const SECRET_KEYS: [&str; 6] =
    ["secret", "appsecret", "access_token", "js_code", "code", "session_key"];

/// A call as it came over the wire.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Call {
    /// A parameter of the query; an empty one is a missing one, as with WeChat.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// One call in the log; secrets, tokens and codes are shown as `***`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallRecord {
    /// When, by the stand-in's clock.
    pub at: DateTime<Utc>,
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query without secrets.
    pub query: BTreeMap<String, String>,
    /// The JSON body without secrets, or null.
    pub body: Value,
    /// What WeChat answered, 0 for success; none if a fault kept it from acting.
    pub errcode: Option<i64>,
    /// The fault that struck the call.
    pub fault: Option<String>,
}

/// How often a path was called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PathCount {
    /// All calls.
    pub calls: u64,
    /// Of these, by errcode, those that WeChat answered (0 is success).
    pub answered: BTreeMap<i64, u64>,
}

#[derive(Default)]
pub(super) struct CallLog {
    calls: VecDeque<CallRecord>,
    counts: BTreeMap<String, PathCount>,
}

impl CallLog {
    pub(super) fn record(&mut self, record: CallRecord) {
        let count = self.counts.entry(record.path.clone()).or_default();
        count.calls += 1;
        if let Some(errcode) = record.errcode {
            *count.answered.entry(errcode).or_default() += 1;
        }
        if self.calls.len() == KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(record);
    }

    pub(super) fn all(&self) -> Vec<CallRecord> {
        self.calls.iter().cloned().collect()
    }

    pub(super) fn counts(&self) -> BTreeMap<String, PathCount> {
        self.counts.clone()
    }
}

pub(super) fn redacted_query(query: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let shown = |(key, value): (&String, &String)| {
        let value = if SECRET_KEYS.contains(&key.as_str()) { "***" } else { value };
        (key.clone(), value.to_owned())
    };
    query.iter().map(shown).collect()
}

pub(super) fn redacted_body(body: &[u8]) -> Value {
    let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(body) else { return Value::Null };
    let shown = |(key, value): (String, Value)| {
        let value = if SECRET_KEYS.contains(&key.as_str()) { Value::from("***") } else { value };
        (key, value)
    };
    Value::Object(fields.into_iter().map(shown).collect())
}
