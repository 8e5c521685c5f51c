//! Access tokens: Ed25519-signed JWTs that name a session (S9).

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use entity::codes::Audience;
use entity::ids::SessionId;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};

const ISSUER: &str = "huiyi";
const LONGEST: usize = 2048;

/// Signs and checks access tokens with one key and one algorithm.
pub struct TokenKey {
    key_id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// Tokens whose signature was good, by their SHA-256: an Ed25519 check costs more than the row that a request
    /// reads. Only what the signature covers is kept, so a hit can be neither stale nor forged.
    verified: Cache<[u8; 32], Verified>,
}

#[derive(Clone, Copy)]
struct Verified {
    session: SessionId,
    audience: Audience,
    expires: i64,
}

const REMEMBERED: u64 = 50_000;

/// No token of ours lives longer, so one that claims to is none: a stolen key's forgeries end, too.
pub const LONGEST_LIFE: TimeDelta = TimeDelta::days(1);

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({})", self.key_id)
    }
}

/// The key text is no Ed25519 private key in PKCS#8 PEM.
#[derive(Clone, Copy, Debug)]
pub struct NotAKey;

/// The token is not one of ours for this audience, or has run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadToken;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    typ: String,
    sid: String,
    jti: String,
    iat: i64,
    exp: i64,
}

impl TokenKey {
    /// Reads a PKCS#8 PEM.
    ///
    /// # Errors
    /// [`NotAKey`] for anything but an Ed25519 private key.
    pub fn from_pem(pem: &str) -> Result<Self, NotAKey> {
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der =
            base64::engine::general_purpose::STANDARD.decode(body.trim()).map_err(|_| NotAKey)?;
        Self::from_der(&der)
    }

    fn from_der(der: &[u8]) -> Result<Self, NotAKey> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| NotAKey)?;
        let public = pair.public_key().as_ref();
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public);
        Ok(Self {
            key_id: HEXLOWER.encode(&hash.as_ref()[..8]),
            encoding: EncodingKey::from_ed_der(der),
            decoding: DecodingKey::from_ed_der(public),
            verified: Cache::new(REMEMBERED),
        })
    }

    /// A new key as PKCS#8 PEM.
    ///
    /// # Errors
    /// [`NotAKey`] only without randomness from the operating system.
    pub fn generate_pem() -> Result<String, NotAKey> {
        let pair = Ed25519KeyPair::generate().map_err(|_| NotAKey)?;
        let der = pair.to_pkcs8v1().map_err(|_| NotAKey)?;
        let body = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = body
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap_or_default())
            .collect();
        Ok(format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            lines.join("\n")
        ))
    }

    /// A token for `session`, good for `audience` until `expires`.
    ///
    /// # Errors
    /// [`BadToken`] never in practice: the key was checked when read.
    pub fn sign(
        &self,
        session: SessionId,
        audience: Audience,
        now: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Result<String, BadToken> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.key_id.clone());
        let mut jti = [0_u8; 12];
        aws_lc_rs::rand::fill(&mut jti).map_err(|_| BadToken)?;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: session.to_string(),
            aud: audience.as_str().to_owned(),
            typ: "access".to_owned(),
            sid: session.to_string(),
            jti: URL_SAFE_NO_PAD.encode(jti),
            iat: now.timestamp(),
            exp: expires.timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(|_| BadToken)
    }

    /// The session that `token` names.
    ///
    /// # Errors
    /// [`BadToken`] for another algorithm, key, audience or type, a missing or odd claim, or when it has run out.
    pub fn verify(
        &self,
        token: &str,
        audience: Audience,
        now: DateTime<Utc>,
    ) -> Result<SessionId, BadToken> {
        if token.len() > LONGEST {
            return Err(BadToken);
        }
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        let digest = <[u8; 32]>::try_from(digest.as_ref()).map_err(|_| BadToken)?;
        let verified = if let Some(verified) = self.verified.get(&digest) {
            verified
        } else {
            let verified = self.check(token, audience, now)?;
            self.verified.insert(digest, verified);
            verified
        };
        if verified.audience != audience || verified.expires <= now.timestamp() {
            return Err(BadToken);
        }
        Ok(verified.session)
    }

    fn check(
        &self,
        token: &str,
        audience: Audience,
        now: DateTime<Utc>,
    ) -> Result<Verified, BadToken> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| BadToken)?;
        if header.kid.as_deref() != Some(self.key_id.as_str()) {
            return Err(BadToken);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[audience.as_str()]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Judged below against our own clock.
        validation.validate_exp = false;
        let data = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|_| BadToken)?;
        let claims = data.claims;
        let now = now.timestamp();
        if claims.typ != "access"
            || claims.exp <= now
            || claims.iat > now + 60
            || claims.exp.saturating_sub(claims.iat) > LONGEST_LIFE.num_seconds()
            || claims.sid != claims.sub
        {
            return Err(BadToken);
        }
        let session = claims.sid.parse().map_err(|_| BadToken)?;
        Ok(Verified { session, audience, expires: claims.exp })
    }
}
