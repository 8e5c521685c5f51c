//! Random texts that look like WeChat's.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;
use rand::RngExt;
use rand::distr::Alphanumeric;

/// `count` letters and digits.
pub(super) fn letters(count: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(count).map(char::from).collect()
}

/// `N` random bytes in hexadecimal.
pub(super) fn hex<const N: usize>() -> String {
    HEXLOWER.encode(&rand::random::<[u8; N]>())
}

/// A `session_key`: 16 bytes in base64.
pub(super) fn session_key() -> String {
    STANDARD.encode(rand::random::<[u8; 16]>())
}
