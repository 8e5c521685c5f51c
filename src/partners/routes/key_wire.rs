//! What keys look like on the wire.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::codes::Signing;
use entity::ids::PartnerKeyId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::text::{maybe_plain, plain};
use crate::http::{Error, Patch, Result};
use crate::kernel::cidr::Cidrs;
use crate::partners::service::{Key, KeyChanges, KeyTerms, NewKey, Rotation, UsageDay};

/// A key of a partner; its secret is shown only when it is made.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "key_0698v9qe00t134m6ou6d8h2lak", "name": "till", "scopes": ["orders:write"],
    "allowed_networks": ["203.0.113.0/24"], "signing": "optional",
    "created_at": "2026-11-21T08:00:00Z", "last_used_at": "2026-11-21T09:30:00Z", "version": 1
}))]
pub struct PartnerKeyDetails {
    /// Id: the middle part of the key, and the `X-App-Id` of signed requests.
    pub id: PartnerKeyId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Networks it may be used from; none is everywhere.
    pub allowed_networks: Vec<String>,
    /// Whether requests are signed.
    pub signing: Signing,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Latest use; told within ten seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
    /// Counts changes; the same as its `ETag`.
    pub version: i64,
}

impl From<Key> for PartnerKeyDetails {
    fn from(row: Key) -> Self {
        Self {
            id: row.id,
            name: row.name,
            scopes: row.scopes,
            allowed_networks: row.networks,
            signing: row.signing,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
            version: row.version,
        }
    }
}

/// A new key of a partner.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "till", "scopes": ["orders:write", "points:write"], "allowed_networks": ["203.0.113.0/24"]
}))]
pub struct IssuePartnerKeyRequest {
    /// What it is for.
    #[garde(custom(plain::<100>))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it may do: `orders:write`, `points:write`, `members:read`, `benefits:write`, `catalog:read`,
    /// `catalog:write`, `stock:write`, `webhooks:manage`.
    #[garde(length(min = 1, max = 20))]
    #[schema(min_items = 1, max_items = 20)]
    pub scopes: Vec<String>,
    /// Networks it may be used from, such as `203.0.113.0/24` or one address; none is everywhere.
    #[garde(length(max = 50))]
    #[serde(default)]
    #[schema(max_items = 50)]
    pub allowed_networks: Vec<String>,
    /// Whether requests are signed; `off` when absent. A key that was made without cannot sign later: replace it.
    #[garde(skip)]
    #[serde(default)]
    pub signing: Option<Signing>,
    /// When it stops working; never when absent.
    #[garde(skip)]
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl IssuePartnerKeyRequest {
    pub(super) fn terms(self) -> Result<KeyTerms> {
        Ok(KeyTerms {
            name: self.name,
            scopes: self.scopes,
            networks: networks(&self.allowed_networks)?,
            signing: self.signing.unwrap_or(Signing::Off),
            expires_at: self.expires_at,
        })
    }
}

/// Changes to a key: a field that is absent stays.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"allowed_networks": ["203.0.113.0/24"], "expires_at": "2027-01-01T00:00:00Z"}))]
pub struct ChangePartnerKeyRequest {
    /// What it is for.
    #[garde(custom(maybe_plain::<100>))]
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// What it may do: all of it.
    #[garde(inner(length(min = 1, max = 20)))]
    #[serde(default)]
    #[schema(min_items = 1, max_items = 20)]
    pub scopes: Option<Vec<String>>,
    /// Networks it may be used from: all of them; an empty list is everywhere.
    #[garde(inner(length(max = 50)))]
    #[serde(default)]
    #[schema(max_items = 50)]
    pub allowed_networks: Option<Vec<String>>,
    /// Whether requests are signed. Once `off`, it is off for good: replace the key by one that signs.
    #[garde(skip)]
    #[serde(default)]
    pub signing: Option<Signing>,
    /// When it stops working; null is never.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub expires_at: Patch<DateTime<Utc>>,
}

impl ChangePartnerKeyRequest {
    pub(super) fn changes(self) -> Result<KeyChanges> {
        Ok(KeyChanges {
            name: self.name,
            scopes: self.scopes,
            networks: self.allowed_networks.as_deref().map(networks).transpose()?,
            signing: self.signing,
            expires_at: self.expires_at.wish(),
        })
    }
}

/// Networks as they were sent, or an error that names the one that is none.
fn networks(texts: &[String]) -> Result<Cidrs> {
    let read = |(i, text): (usize, &String)| {
        text.parse().map_err(|why| {
            let pointer = format!("/allowed_networks/{i}");
            let zh = "应为 IP 地址或网段，如 203.0.113.0/24";
            Error::field(pointer, "network", zh, &format!("{why}"))
        })
    };
    texts.iter().enumerate().map(read).collect::<Result<_>>().map(Cidrs)
}

/// How a key is replaced.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overlap_hours": 24, "signing": "required"}))]
pub struct RotatePartnerKeyRequest {
    /// For how many hours the old key works on; 0 stops it at once.
    #[garde(range(max = 168))]
    #[schema(maximum = 168)]
    pub overlap_hours: u32,
    /// Whether requests with the new key are signed; as before when absent.
    #[garde(skip)]
    #[serde(default)]
    pub signing: Option<Signing>,
}

impl From<&RotatePartnerKeyRequest> for Rotation {
    fn from(sent: &RotatePartnerKeyRequest) -> Self {
        let overlap = TimeDelta::hours(i64::from(sent.overlap_hours));
        Self { overlap, signing: sent.signing }
    }
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "key_0698v9qe00t134m6ou6d8h2lak",
    "key": "hyk_0698v9qe00t134m6ou6d8h2lak_mZ1pXo0yq3uYt9cS4bKfE7wVhJ2nRgLdA6iT8sQxNkU"
}))]
pub struct IssuedPartnerKey {
    /// Id; the `X-App-Id` of signed requests.
    pub id: PartnerKeyId,
    /// The whole key: sent as `Authorization: Bearer …`, or what requests are signed with. Shown this once.
    pub key: String,
}

impl From<NewKey> for IssuedPartnerKey {
    fn from(new: NewKey) -> Self {
        Self { id: new.id, key: new.key }
    }
}

/// What a key did on one business day.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"day": "2026-11-21", "requests": 48_210, "rate_limited": 3}))]
pub struct PartnerKeyUsage {
    /// Business day.
    pub day: NaiveDate,
    /// Requests that were let in.
    pub requests: i64,
    /// Requests that were refused for being too many.
    pub rate_limited: i64,
}

impl From<UsageDay> for PartnerKeyUsage {
    fn from(row: UsageDay) -> Self {
        Self { day: row.day, requests: row.requests, rate_limited: row.limited }
    }
}
