//! What is sent, and what of the answer is kept.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;

/// Characters of an answer that are kept.
const KEPT: usize = 500;

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: String,
    data: &'a Value,
}

/// The body of a delivery, as the specification wants it.
#[must_use]
pub fn body(kind: &str, occurred_at: DateTime<Utc>, data: &Value) -> String {
    let timestamp = occurred_at.to_rfc3339_opts(SecondsFormat::Millis, true);
    serde_json::to_string(&Message { kind, timestamp, data }).unwrap_or_default()
}

/// The beginning of an answer, for people to read: text on as few lines as it has, without what no database keeps.
#[must_use]
pub fn excerpt(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    text.chars().filter(|c| !c.is_control() || *c == '\n').take(KEPT).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_has_a_type_a_timestamp_and_data() {
        let at = "2026-11-21T06:30:00Z".parse().unwrap();
        assert_eq!(
            body("order.paid", at, &json!({"points": 5})),
            r#"{"type":"order.paid","timestamp":"2026-11-21T06:30:00.000Z","data":{"points":5}}"#
        );
    }

    #[test]
    fn an_answer_is_kept_as_text_that_every_database_takes() {
        assert_eq!(excerpt(b"ok\0\r\n\x1b[31m\xff"), "ok\n[31m\u{fffd}");
        assert_eq!(excerpt("会".repeat(9_000).as_bytes()).chars().count(), KEPT);
    }
}
