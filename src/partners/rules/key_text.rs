//! What a key looks like.

use std::str::FromStr;

use entity::ids::PartnerKeyId;
use entity::values::Digest;

use crate::kernel::mode::Mode;
use crate::kernel::secret::digest_of;

/// 256 bits in base64.
const SECRET_LENGTH: usize = 43;

/// The two halves of a key as sent: `hyk_<id>_<secret>`, or `hys_<id>_<secret>` in the sandbox.
pub struct KeyText<'a> {
    /// The public half.
    pub id: PartnerKeyId,
    secret: &'a str,
}

impl<'a> KeyText<'a> {
    /// Reads a key of `mode`; anything of another form, and a key of the other mode, is none.
    pub fn parse(mode: Mode, text: &'a str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(mode.key_prefix())?.split_once('_')?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if secret.len() != SECRET_LENGTH || !secret.bytes().all(plain) {
            return None;
        }
        let id = PartnerKeyId::from_str(&format!("{}_{id}", PartnerKeyId::PREFIX)).ok()?;
        Some(Self { id, secret })
    }

    /// What the secret half is stored as.
    pub fn digest(&self) -> Digest {
        secret_digest(self.id, self.secret)
    }
}

/// What a secret is stored as: bound to its key, so that a digest means nothing in another row.
pub fn secret_digest(id: PartnerKeyId, secret: &str) -> Digest {
    digest_of(&[b"partner key", id.0.as_bytes(), secret.as_bytes()])
}

/// The whole key, shown once.
pub fn key_text(mode: Mode, id: PartnerKeyId, secret: &str) -> String {
    let id = id.to_string();
    let body = id.split_once('_').map_or(id.as_str(), |(_, body)| body);
    format!("{}{body}_{secret}", mode.key_prefix())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::kernel::secret::random_token;

    #[test]
    fn a_key_is_read_as_it_was_shown() {
        for _ in 0..100 {
            let (id, secret) = (PartnerKeyId::new(DateTime::UNIX_EPOCH), random_token());
            for (mode, other) in [(Mode::Live, Mode::Sandbox), (Mode::Sandbox, Mode::Live)] {
                let text = key_text(mode, id, &secret);
                let read = KeyText::parse(mode, &text).unwrap();
                assert_eq!((read.id, read.digest()), (id, secret_digest(id, &secret)));
                assert!(KeyText::parse(other, &text).is_none());
            }
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        let good = key_text(Mode::Live, PartnerKeyId::new(DateTime::UNIX_EPOCH), &random_token());
        let long = format!("{good}a");
        for bad in [
            "",
            "hyk_",
            "hyk__",
            &good[..73],
            &long,
            &good[4..],
            &good.to_uppercase(),
            &good.replace("hyk_", "hyk_key_"),
        ] {
            assert!(KeyText::parse(Mode::Live, bad).is_none(), "{bad}");
        }
    }
}
