//! Other value types that columns share.

use std::fmt;

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::codes::Channel;

/// An amount of money in fen (分), never a fraction.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    DeriveValueType,
)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}¥{}.{:02}", fen / 100, fen % 100)
    }
}

/// A person's name; its Debug shows no more than its length (S15).
#[derive(
    Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, DeriveValueType,
)]
#[serde(transparent)]
pub struct PersonName(pub String);

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonName({} chars)", self.0.chars().count())
    }
}

/// Text sealed with AES-256-GCM (S16): `v1.<key id>.<base64>`; opened only by `kernel::vault`.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct Sealed(pub String);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// A keyed or plain SHA-256 in hex: what secrets and identifiers are looked up by.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType)]
pub struct Digest(pub String);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

// Keys are never counted up by the database.
impl sea_orm::TryFromU64 for Digest {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("Digest"))
    }
}

/// 128 bits of an HMAC-SHA256 in base64url, 22 characters: made and checked by `kernel::vault` alone.
#[derive(Clone, Debug, PartialEq, Eq, DeriveValueType)]
pub struct Mac(pub String);

/// A list of short words in one JSON column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Words(pub Vec<String>);

/// A member's sizes by kind of garment, such as `上装 → 165/88A` (ID-5, GB/T 1335 or letters).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Sizes(pub std::collections::BTreeMap<String, String>);

/// Measures of a garment by size, in the sequence in which sizes are shown (OR-5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct SizeChart(pub Vec<SizeMeasures>);

/// Measures of one size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeMeasures {
    /// Size, as on the SKU.
    pub size: String,
    /// Measure, such as 胸围, in millimetres.
    pub measures_mm: std::collections::BTreeMap<String, i64>,
}

/// When and where a points campaign holds (BN-8); an empty list, or a `false`, asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct CampaignConditions {
    /// Days of the business week, 1 is Monday.
    pub weekdays: Vec<u8>,
    /// Days of the business month, such as every 8th.
    pub days_of_month: Vec<u8>,
    /// Only in the month of her birthday.
    pub birthday_month: bool,
    /// Only what is paid for goods of these categories.
    pub categories: Vec<String>,
    /// Codes of stores.
    pub stores: Vec<String>,
    /// Codes of tiers, at the business time.
    pub tiers: Vec<String>,
    /// Where the order was placed.
    pub channels: Vec<Channel>,
    /// Only while she has no other paid order.
    pub first_order: bool,
}
