//! Secrets that we hand out: made at random, kept as digests, compared in constant time.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::fill;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use entity::values::Digest;

/// 256 random bits as 43 characters that are safe in URLs and headers.
///
/// # Panics
/// Never in practice: only when the operating system has no randomness, where going on would be worse.
#[must_use]
pub fn random_token() -> String {
    let mut bytes = [0_u8; 32];
    #[expect(clippy::expect_used, reason = "without randomness no secret may be made")]
    fill(&mut bytes).expect("the operating system gives randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a secret of full entropy is stored and looked up by.
#[must_use]
pub fn digest_of(parts: &[&[u8]]) -> Digest {
    let mut input = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        input.extend_from_slice(&(part.len() as u64).to_be_bytes());
        input.extend_from_slice(part);
    }
    Digest(HEXLOWER.encode(digest(&SHA256, &input).as_ref()))
}

/// Equal, in time that does not tell where they differ (S20).
#[must_use]
pub fn same(a: &Digest, b: &Digest) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a.0.as_bytes(), b.0.as_bytes()).is_ok()
}

/// The SHA-256 of `bytes` in lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

/// What requests are signed with (S21): HMAC-SHA256.
pub struct RequestKey(hmac::Key);

impl fmt::Debug for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestKey(…)")
    }
}

impl RequestKey {
    /// Of a key as it was shown, byte for byte.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()))
    }

    /// The signature of `text` in lower-case hex.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        HEXLOWER.encode(hmac::sign(&self.0, text.as_bytes()).as_ref())
    }

    /// Whether `signature` is that of `text`, in time that does not tell where it differs (S20).
    #[must_use]
    pub fn has_signed(&self, text: &str, signature: &[u8]) -> bool {
        hmac::verify(&self.0, text.as_bytes(), signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(digest_of(&[b"ab", b"c"]), digest_of(&[b"a", b"bc"]));
        assert!(same(&digest_of(&[b"a"]), &digest_of(&[b"a"])));
    }

    #[test]
    fn tokens_differ() {
        assert_ne!(random_token(), random_token());
        assert_eq!(random_token().len(), 43);
    }
}
