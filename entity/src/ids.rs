//! Typed ids: a UUIDv7 in the database, `prefix_` + base32 outside.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use data_encoding::{Encoding, Specification};
use sea_orm::DeriveValueType;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{NoContext, Timestamp, Uuid};

/// Text that is not an id of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an id of the form {}_…", self.prefix)
    }
}

impl std::error::Error for NotAnId {}

static BASE32: std::sync::LazyLock<Encoding> = std::sync::LazyLock::new(|| {
    let mut spec = Specification::new();
    spec.symbols.push_str("0123456789abcdefghijklmnopqrstuv");
    spec.encoding().unwrap_or(data_encoding::BASE32HEX_NOPAD)
});

fn encode(prefix: &str, id: Uuid) -> String {
    format!("{prefix}_{}", BASE32.encode(id.as_bytes()))
}

fn decode(prefix: &'static str, text: &str) -> Result<Uuid, NotAnId> {
    let body = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    let bytes = body.and_then(|body| BASE32.decode(body.as_bytes()).ok());
    bytes.and_then(|bytes| Uuid::from_slice(&bytes).ok()).ok_or(NotAnId { prefix })
}

fn millis_of(at: DateTime<Utc>) -> u64 {
    u64::try_from(at.timestamp_millis()).unwrap_or_default()
}

/// How far this process has counted within one millisecond.
#[derive(Clone, Copy, Default)]
struct Counted {
    millis: u64,
    last: u64,
}

/// Milliseconds that are counted in at once. By the golden ratio two of them share a slot only when they lie seconds apart
/// (2.6 and more), which is longer than a transaction takes between reading the clock and making its ids.
const SLOTS: usize = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 12;
static COUNTED: [Mutex<Counted>; SLOTS] =
    [const { Mutex::new(Counted { millis: 0, last: 0 }) }; SLOTS];

/// Bits after the time that count up within a millisecond; the rest is random.
const COUNTER_BITS: u32 = 42;
/// Where the count begins: in the lower half, so that there is room for some ten million ids a millisecond.
const FIRST: u64 = (1 << (COUNTER_BITS - 1)) - 1;
/// Steps are random too, so that nobody reads from two ids how many lie between them.
const STEP: u64 = (1 << 16) - 1;

/// The next number of a millisecond: one that is larger than those before it, by what chance says.
fn next_of(millis: u64, chance: u64) -> u64 {
    let slot = millis.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SLOT_BITS);
    let slot = &COUNTED[usize::try_from(slot).unwrap_or_default() % SLOTS];
    let mut counted = slot.lock().unwrap_or_else(PoisonError::into_inner);
    counted.last = if counted.millis == millis && counted.last > 0 {
        counted.last + 1 + (chance & STEP)
    } else {
        1 + (chance & FIRST)
    };
    counted.millis = millis;
    counted.last & ((1 << COUNTER_BITS) - 1)
}

/// A UUIDv7 with a count behind its time (RFC 9562 6.2, method 1): what one process makes in a millisecond keeps its order,
/// also when clocks of tests stand still or others go back.
fn uuid_at(at: DateTime<Utc>) -> Uuid {
    let millis = millis_of(at);
    let nanos = u32::try_from(millis % 1000).unwrap_or_default() * 1_000_000;
    let random = Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1000, nanos)).as_u128();
    // The 62 random bits after the variant.
    let chance = u64::try_from(random & ((1 << 62) - 1)).unwrap_or_default();
    let count = u128::from(next_of(millis, chance >> 16));
    let (high, low) = (count >> 30, count & ((1 << 30) - 1));
    let kept = random & !(((1 << 12) - 1) << 64) & !(((1 << 30) - 1) << 32);
    Uuid::from_u128(kept | high << 64 | low << 32)
}

macro_rules! id {
    ($(#[doc = $doc:literal])* $name:ident, $prefix:literal) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What the id starts with outside.
            pub const PREFIX: &'static str = $prefix;

            /// A new id; those that one process makes of one time sort in the order in which they were made.
            #[must_use]
            pub fn new(at: DateTime<Utc>) -> Self {
                Self(uuid_at(at))
            }

            /// Sorts before every id made at `at` or later, and after those made before: where reading from a time begins.
            #[must_use]
            pub fn earliest(at: DateTime<Utc>) -> Self {
                Self(Uuid::from_u128(uuid_at(at).as_u128() >> 80 << 80))
            }
        }

        // Keys are never counted up by the database.
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&encode($prefix, self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                decode($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!("Id.", $($doc),*)))
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-v]{26}$")))
                    .examples([serde_json::Value::String(encode($prefix, EXAMPLE))])
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

const EXAMPLE: Uuid = Uuid::from_u128(0x0198_3f2a_5c00_7a11_8b22_c333_d444_e555);

id!(/// A member (ID-1).
    MemberId, "mem");
id!(/// One identifier of a member (ID-2).
    IdentifierId, "idn");
id!(/// One merge of two members (ID-3).
    MergeId, "mrg");
id!(/// One signed-in device.
    SessionId, "ses");
id!(/// A region of the company (OG-1).
    RegionId, "reg");
id!(/// A store (OG-1).
    StoreId, "sto");
id!(/// A person on the staff.
    StaffId, "stf");
id!(/// A one-time invitation of staff.
    InvitationId, "inv");
id!(/// A third party (OP-2).
    PartnerId, "par");
id!(/// One credential of a partner.
    PartnerKeyId, "key");
id!(/// A style of the catalogue (OR-5).
    ProductId, "prd");
id!(/// A style in one colour and size.
    SkuId, "sku");
id!(/// Pieces of a SKU in a store (OR-5).
    StockLevelId, "stl");
id!(/// One immutable movement of stock (OR-5).
    StockMoveId, "stm");
id!(/// Pieces promised for a while (OR-5).
    StockHoldId, "sth");
id!(/// An order of any channel (OR-1).
    OrderId, "ord");
id!(/// A line of an order.
    OrderLineId, "orl");
id!(/// A payment of an order.
    PaymentId, "pay");
id!(/// A refund of an order.
    RefundId, "rfd");
id!(/// A line of a refund.
    RefundLineId, "rfl");
id!(/// Sales credited to a guide (GD-8).
    CreditId, "crd");
id!(/// A member's account in one ledger (PT-1).
    AccountId, "acc");
id!(/// One immutable movement of a ledger (PT-1).
    TransferId, "trf");
id!(/// Points earned together, with one expiry (PT-3).
    LotId, "lot");
id!(/// What one transfer took from or gave back to one lot (PT-3).
    LotUseId, "lus");
id!(/// One version of an earning rule (PT-2).
    RuleId, "rul");
id!(/// One change of tier (TR-4).
    TierChangeId, "tch");
id!(/// An event of the log.
    EventId, "evt");
id!(/// A background job.
    JobId, "job");
id!(/// Points held for a checkout (PT-4).
    HoldId, "hld");
id!(/// One version of a points campaign (BN-8).
    CampaignId, "cmp");
id!(/// A paid membership card of a member (TR-2b).
    CardId, "mcd");
id!(/// One use of a benefit (TR-3).
    BenefitUseId, "bfu");
id!(/// An adjustment of points by hand (PT-7).
    AdjustmentId, "adj");
id!(/// What the programme moved in one way on one business day (PT-9).
    PointsDayTotalId, "pdt");
id!(/// Where a partner wants events delivered (OP-3).
    WebhookEndpointId, "whe");
id!(/// One event on its way to one endpoint (OP-3).
    WebhookDeliveryId, "whd");
id!(/// One attempt to deliver an event (OP-3).
    WebhookAttemptId, "wha");
id!(/// A line of the audit log (PV-6).
    AuditId, "aud");

id!(/// An import or export of many rows (OP-4).
    BulkRunId, "run");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id = MemberId::new(DateTime::UNIX_EPOCH);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().len(), 30);
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = MemberId::new(DateTime::UNIX_EPOCH).to_string();
        assert!(id.parse::<OrderId>().is_err());
        for bad in ["", "mem", "mem_", "mem_zzz", "mem_0123456789", "MEM_"] {
            assert!(bad.parse::<MemberId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_was_made_in_a_span_is_a_range_of_ids() {
        let at = |millis| DateTime::from_timestamp_millis(millis).unwrap();
        for millis in [0, 999, 1_773_547_200_000, 1_773_547_200_123] {
            for _ in 0..50 {
                let id = TransferId::new(at(millis));
                assert!(
                    TransferId::earliest(at(millis)) <= id
                        && id < TransferId::earliest(at(millis + 1))
                );
            }
        }
    }

    /// Per-member order of events needs ids that grow within a process, whatever else is made beside them.
    #[test]
    fn ids_of_one_millisecond_sort_in_the_order_in_which_they_were_made() {
        let at = |millis| DateTime::from_timestamp_millis(millis).unwrap();
        let beside = std::thread::spawn(move || {
            for n in 0..20_000 {
                let _ = OrderId::new(at(1_773_547_200_000 + n % 7));
            }
        });
        let mut last = EventId::earliest(at(1_773_547_200_000));
        for n in 0..20_000 {
            let id = EventId::new(at(1_773_547_200_000));
            assert!(id > last, "{n}: {last} {id}");
            assert_eq!(id.0.get_version_num(), 7);
            assert_eq!(id.0.get_variant(), uuid::Variant::RFC4122);
            // Others make ids of some moments ago and of later ones in between.
            for apart in [1, 89, 144, 233, 377, 610, 987] {
                let _ = EventId::new(at(1_773_547_200_000 - apart));
                let _ = EventId::new(at(1_773_547_200_000 + apart));
            }
            last = id;
        }
        assert!(last < EventId::earliest(at(1_773_547_200_001)));
        beside.join().unwrap();
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let early = MemberId::new(DateTime::from_timestamp(1_000, 0).unwrap());
        let late = MemberId::new(DateTime::from_timestamp(2_000, 0).unwrap());
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
    }
}
