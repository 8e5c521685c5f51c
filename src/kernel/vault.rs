//! Encryption of personal data at rest, with blind indexes to find it again (PV-5, S16).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::fill;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use entity::values::{Digest, Mac, Sealed};

/// Seals and opens text under the installation's data key.
pub struct Vault {
    key_id: String,
    seal: LessSafeKey,
    index: hmac::Key,
    chain: hmac::Key,
}

/// Sealed text that does not open: wrong key, wrong place, or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CannotOpen;

impl fmt::Display for CannotOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sealed text does not open with this key in this place")
    }
}

impl std::error::Error for CannotOpen {}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.key_id)
    }
}

impl Vault {
    /// A vault under `data_key`, 32 random bytes; sealing and indexing keys are derived from it.
    ///
    /// `None` never happens for 32 bytes; it spares the caller a panic.
    #[must_use]
    pub fn new(data_key: &[u8; 32]) -> Option<Self> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, data_key);
        let derive = |label: &str| hmac::sign(&root, label.as_bytes());
        let seal =
            LessSafeKey::new(UnboundKey::new(&AES_256_GCM, derive("huiyi seal v1").as_ref()).ok()?);
        let index = hmac::Key::new(hmac::HMAC_SHA256, derive("huiyi index v1").as_ref());
        let chain = hmac::Key::new(hmac::HMAC_SHA256, derive("huiyi chain v1").as_ref());
        let key_id = HEXLOWER.encode(&derive("huiyi key id").as_ref()[..4]);
        Some(Self { key_id, seal, index, chain })
    }

    /// The vault of the sandbox of an installation whose key is `data_key`: what one has sealed the other cannot open (OP-2).
    #[must_use]
    pub fn of_sandbox(data_key: &[u8; 32]) -> Option<Self> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, data_key);
        let own = hmac::sign(&root, b"huiyi sandbox v1");
        Self::new(own.as_ref().try_into().ok()?)
    }

    /// Seals `text` for one `place` (table, column, row): it opens nowhere else.
    ///
    /// # Panics
    /// Only without randomness from the operating system.
    #[must_use]
    pub fn seal(&self, place: &str, text: &str) -> Sealed {
        let bytes = self.seal_bytes(place, text.as_bytes());
        Sealed(format!("v1.{}.{}", self.key_id, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The same for bytes, without a name of the key: for what does not outlive it.
    ///
    /// # Panics
    /// As [`Vault::seal`].
    #[must_use]
    pub fn seal_bytes(&self, place: &str, content: &[u8]) -> Vec<u8> {
        let mut nonce = [0_u8; NONCE_LEN];
        #[expect(clippy::expect_used, reason = "without randomness nothing may be sealed")]
        fill(&mut nonce).expect("the operating system gives randomness");
        let mut data = content.to_vec();
        #[expect(clippy::expect_used, reason = "fails only beyond 64 GiB")]
        self.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place),
                &mut data,
            )
            .expect("what fits into memory can be sealed");
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&data);
        bytes
    }

    /// Opens what was sealed for the same `place`.
    ///
    /// # Errors
    /// [`CannotOpen`] when the key or the place is another one, or a byte was changed.
    pub fn open(&self, place: &str, sealed: &Sealed) -> Result<String, CannotOpen> {
        let body =
            sealed.0.strip_prefix("v1.").and_then(|rest| rest.strip_prefix(self.key_id.as_str()));
        let body = body.and_then(|rest| rest.strip_prefix('.')).ok_or(CannotOpen)?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| CannotOpen)?;
        String::from_utf8(self.open_bytes(place, bytes)?).map_err(|_| CannotOpen)
    }

    /// Opens what [`Vault::seal_bytes`] sealed for the same `place`.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open_bytes(&self, place: &str, mut bytes: Vec<u8>) -> Result<Vec<u8>, CannotOpen> {
        if bytes.len() < NONCE_LEN {
            return Err(CannotOpen);
        }
        let mut data = bytes.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&bytes).map_err(|_| CannotOpen)?;
        let plain =
            self.seal.open_in_place(nonce, Aad::from(place), &mut data).map_err(|_| CannotOpen)?;
        let length = plain.len();
        data.truncate(length);
        Ok(data)
    }

    /// The blind index of `text` of one `kind`: finds it without opening anything.
    #[must_use]
    pub fn index(&self, kind: &str, text: &str) -> Digest {
        let mut context = hmac::Context::with_key(&self.index);
        context.update(&(kind.len() as u64).to_be_bytes());
        context.update(kind.as_bytes());
        context.update(text.as_bytes());
        Digest(HEXLOWER.encode(context.sign().as_ref()))
    }

    /// Proves that `bytes` were written by somebody with the data key (L7): the first half of an HMAC-SHA256.
    #[must_use]
    pub fn mac(&self, bytes: &[u8]) -> Mac {
        Mac(URL_SAFE_NO_PAD.encode(&hmac::sign(&self.chain, bytes).as_ref()[..16]))
    }

    /// Whether `mac` is that of `bytes`, in time that does not tell where it differs (S20).
    #[must_use]
    pub fn has_mac(&self, bytes: &[u8], mac: &Mac) -> bool {
        let real = self.mac(bytes);
        constant_time::verify_slices_are_equal(real.0.as_bytes(), mac.0.as_bytes()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let sealed = vault.seal("member_identifier.sealed.1", "+8613800138000");
        assert_eq!(vault.open("member_identifier.sealed.1", &sealed).unwrap(), "+8613800138000");
        assert_eq!(vault.open("member_identifier.sealed.2", &sealed), Err(CannotOpen));
        assert!(!sealed.0.contains("13800138000"));
        assert_ne!(sealed, vault.seal("member_identifier.sealed.1", "+8613800138000"));
    }

    #[test]
    fn another_key_or_a_changed_byte_opens_nothing() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let sealed = vault.seal("p", "text");
        assert_eq!(Vault::new(&[8; 32]).unwrap().open("p", &sealed), Err(CannotOpen));
        // The last base64 character carries unused bits, so it is left alone.
        for i in 0..sealed.0.len() - 1 {
            let mut bytes = sealed.0.clone().into_bytes();
            bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                vault.open("p", &Sealed(String::from_utf8(bytes).unwrap())),
                Err(CannotOpen)
            );
        }
    }

    #[test]
    fn a_code_fits_its_bytes_and_its_key_only() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let mac = vault.mac(b"text");
        assert_eq!(mac.0.len(), 22);
        assert!(vault.has_mac(b"text", &mac));
        assert!(!vault.has_mac(b"test", &mac));
        assert!(!Vault::new(&[8; 32]).unwrap().has_mac(b"text", &mac));
        assert!(!vault.has_mac(b"text", &Mac(String::new())));
    }

    #[test]
    fn the_index_is_stable_and_keyed() {
        let vault = Vault::new(&[7; 32]).unwrap();
        assert_eq!(vault.index("phone", "a"), vault.index("phone", "a"));
        assert_ne!(vault.index("phone", "a"), vault.index("card", "a"));
        assert_ne!(vault.index("phone", "a"), Vault::new(&[8; 32]).unwrap().index("phone", "a"));
    }
}
