//! What a signature is made over (S21): `docs/signing.md` says it to engineers, and its vectors are tested here.

use data_encoding::HEXLOWER_PERMISSIVE;
use entity::ids::PartnerKeyId;

use crate::kernel::mode::Mode;
use crate::kernel::secret::sha256_hex;

/// How far a timestamp may lie from the server's clock, in seconds.
pub const WINDOW_SECONDS: i64 = 300;

/// The headers of a signed request, in the sequence of [`SentHeaders`].
pub const HEADERS: [&str; 4] = ["X-App-Id", "X-Timestamp", "X-Nonce", "X-Signature"];

/// What was sent in each of [`HEADERS`]; none where a header is missing, repeated or no text.
pub type SentHeaders<'a> = [Option<&'a str>; 4];

/// The request line, as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Upper case.
    pub method: &'a str,
    /// With its percent signs.
    pub path: &'a str,
    /// Without the question mark.
    pub query: &'a str,
}

/// What the headers of a signed request say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which key signed.
    pub key: PartnerKeyId,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// Used once.
    pub nonce: String,
    /// The HMAC that was sent, which may be wrong.
    pub signature: Vec<u8>,
}

impl Claim {
    /// Reads the four headers, or names those that are missing or not of their form.
    /// In the sandbox the id has `sandbox_` before it.
    pub fn read(mode: Mode, sent: SentHeaders<'_>) -> Result<Self, Vec<&'static str>> {
        let [key, timestamp, nonce, signature] = sent;
        // The middleware sends what has no such word before it to the other mode, so a plain id is no id of ours here.
        let key = key.and_then(|text| text.strip_prefix(mode.id_prefix())?.parse().ok());
        let timestamp = timestamp.filter(|text| is_seconds(text)).and_then(|it| it.parse().ok());
        let nonce = nonce.filter(|text| is_nonce(text)).map(str::to_owned);
        let signature = signature.filter(|text| text.len() == 64);
        let signature = signature.and_then(|text| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok());
        let good = [key.is_some(), timestamp.is_some(), nonce.is_some(), signature.is_some()];
        match (key, timestamp, nonce, signature) {
            (Some(key), Some(timestamp), Some(nonce), Some(signature)) => {
                Ok(Self { key, timestamp, nonce, signature })
            }
            _ => Err(HEADERS.into_iter().zip(good).filter(|it| !it.1).map(|it| it.0).collect()),
        }
    }
}

/// Digits without a leading zero, so that there is one spelling of each second.
fn is_seconds(text: &str) -> bool {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits && (1..=12).contains(&text.len()) && !text.starts_with('0')
}

fn is_nonce(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (16..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// The text that is signed: six lines without a line feed at the end.
pub fn signed_text(target: Target<'_>, timestamp: i64, nonce: &str, body: &[u8]) -> String {
    let Target { method, path, query } = target;
    let (query, body) = (sorted(query), sha256_hex(body));
    format!("{method}\n{path}\n{query}\n{timestamp}\n{nonce}\n{body}")
}

/// The parts between `&`, sorted byte by byte as they were sent: nobody has to agree on how to decode them.
fn sorted(query: &str) -> String {
    let mut parts: Vec<&str> = query.split('&').filter(|part| !part.is_empty()).collect();
    parts.sort_unstable();
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde::Deserialize;

    use super::*;
    use crate::kernel::secret::RequestKey;

    #[derive(Deserialize)]
    struct Vector {
        key: String,
        method: String,
        target: String,
        timestamp: i64,
        nonce: String,
        body: String,
        signed_text: String,
        signature: String,
    }

    /// The vectors that the documentation gives to everybody.
    fn vectors() -> Vec<Vector> {
        let page = include_str!("../../../docs/signing.md");
        let block = page.split("```json\n").find(|block| block.contains("\"signed_text\""));
        serde_json::from_str(block.unwrap().split("```").next().unwrap()).unwrap()
    }

    #[test]
    fn the_vectors_of_the_documentation_are_what_the_server_signs() {
        let vectors = vectors();
        assert!(vectors.len() >= 6);
        for vector in vectors {
            let (path, query) = vector.target.split_once('?').unwrap_or((&vector.target, ""));
            let target = Target { method: &vector.method, path, query };
            let text = signed_text(target, vector.timestamp, &vector.nonce, vector.body.as_bytes());
            assert_eq!(text, vector.signed_text, "{} {}", vector.method, vector.target);
            let key = RequestKey::new(&vector.key);
            assert_eq!(key.sign(&text), vector.signature, "{} {}", vector.method, vector.target);
            let sent = HEXLOWER_PERMISSIVE.decode(vector.signature.as_bytes()).unwrap();
            assert!(key.has_signed(&text, &sent));
            assert!(!key.has_signed(&format!("{text}\n"), &sent));
        }
    }

    #[test]
    fn queries_are_sorted_as_they_were_sent() {
        for (query, expect) in [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=10&a=1", "a=1&a=10&a=2"),
            ("b&a=&&c=%E4%BC%9A", "a=&b&c=%E4%BC%9A"),
            ("%61=1&A=1&a=1", "%61=1&A=1&a=1"),
        ] {
            assert_eq!(sorted(query), expect, "{query}");
        }
    }

    #[test]
    fn headers_of_another_form_are_named() {
        let id = PartnerKeyId::new(DateTime::UNIX_EPOCH).to_string();
        let (nonce, signature) = ("n".repeat(16), "0aF".repeat(21) + "0");
        let good = [Some(id.as_str()), Some("1763784000"), Some(&*nonce), Some(&*signature)];
        assert_eq!(Claim::read(Mode::Live, good).unwrap().timestamp, 1_763_784_000);
        let long = "n".repeat(65);
        let bad: [(usize, &[Option<&str>]); 4] = [
            (0, &[None, Some(""), Some("key_x"), Some("1")]),
            (1, &[None, Some(""), Some("-1"), Some("+1"), Some("01"), Some("1.5"), Some(&long)]),
            (2, &[None, Some("short"), Some(&long), Some("0123456789abcde\u{e9}")]),
            (3, &[None, Some(""), Some("zz"), Some(&signature[1..])]),
        ];
        for (at, values) in bad {
            for value in values {
                let mut sent = good;
                sent[at] = *value;
                assert_eq!(Claim::read(Mode::Live, sent), Err(vec![HEADERS[at]]), "{value:?}");
            }
        }
        assert_eq!(Claim::read(Mode::Live, [None; 4]), Err(HEADERS.to_vec()));
    }
}
