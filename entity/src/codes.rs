//! Closed sets that columns share: stored as short text, the same words on the wire.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

// Words and docs come as `tt`: as `literal` or `meta` they would reach derives inside an invisible group, where utoipa
// does not see them.
macro_rules! code {
    (
        $(#[doc = $doc:tt])* $name:ident { $($(#[doc = $vdoc:tt])* $variant:ident = $text:tt),+ $(,)? }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum,
                 Serialize, Deserialize, ToSchema)]
        #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))")]
        pub enum $name {
            $($(#[doc = $vdoc])* #[sea_orm(string_value = $text)] #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// The word stored and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Every value, in the order written.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

mod audit;
mod bulk;
mod stock;
mod timeline;
mod webhooks;

pub use audit::{AuditAction, AuditOutcome};
pub use bulk::*;
pub use stock::*;
pub use timeline::TimelineKind;
pub use webhooks::*;

code!(/// Where a member stands.
MemberStatus {
    /// Made from an order or an import; has not signed in yet (OR-3).
    Unregistered = "unregistered",
    /// Signed in at least once.
    Active = "active",
    /// Merged into another member; the id resolves to the winner (ID-3).
    Merged = "merged",
});

code!(/// Gender as the member gave it.
Gender {
    /// 女
    Female = "female",
    /// 男
    Male = "male",
    /// Not said.
    Unknown = "unknown",
});

code!(/// What kind of identifier names a member (ID-2), in matching order.
IdentifierKind {
    /// WeChat union id; scope is empty.
    UnionId = "union_id",
    /// Phone in E.164; scope is empty.
    Phone = "phone",
    /// Card number printed by the retailer; scope is empty.
    Card = "card",
    /// Openid; scope is the app id.
    OpenId = "open_id",
    /// Buyer id of a marketplace; scope is the channel.
    Marketplace = "marketplace",
});

code!(/// Where an order was placed (OR-1).
Channel {
    /// In a store.
    Pos = "pos",
    /// WeChat mini-program.
    MiniProgram = "mini_program",
    /// The brand's own site.
    OwnSite = "own_site",
    /// Taobao or Tmall.
    Taobao = "taobao",
    /// JD.
    Jd = "jd",
    /// Douyin shop.
    Douyin = "douyin",
    /// Live stream.
    LiveStream = "live_stream",
});

code!(/// Where an order stands, as far as members are concerned (OR-4).
OrderStatus {
    /// Placed, not paid: grants nothing.
    Placed = "placed",
    /// Paid: grants points and growth.
    Paid = "paid",
    /// Cancelled: whatever it granted is taken back.
    Cancelled = "cancelled",
});

code!(/// Role of staff (OG-1); each role has permissions and a data scope.
StaffRole {
    /// 导购: own customers.
    Guide = "guide",
    /// 店长: reads the store.
    StoreManager = "store_manager",
    /// 区域经理: reads the region.
    RegionalManager = "regional_manager",
    /// Head-office administrator.
    Admin = "admin",
    /// 审计: reads the audit log and nothing else.
    Auditor = "auditor",
});

code!(/// Whether staff may sign in.
StaffStatus {
    /// Invited, no password yet.
    Invited = "invited",
    /// May sign in.
    Active = "active",
    /// Left or disabled: every session is dead at once (S10).
    Disabled = "disabled",
});

code!(/// Who a session belongs to.
PrincipalKind {
    /// A shopper.
    Member = "member",
    /// Staff.
    Staff = "staff",
});

code!(/// The surface a token is good for: the first path segment after `/v1`.
Audience {
    /// Mini-program and portal.
    Member = "member",
    /// Guide app.
    Guide = "guide",
    /// Console.
    Admin = "admin",
    /// Third parties.
    Open = "open",
});

code!(/// The two ledgers on one engine (PT-1, TR-4).
Ledger {
    /// Points that can be spent.
    Points = "points",
    /// Growth value that makes tiers.
    Growth = "growth",
});

code!(/// What a movement is (PT-1).
TransferKind {
    /// Granted.
    Earn = "earn",
    /// Pending became available.
    Settle = "settle",
    /// Used.
    Spend = "spend",
    /// Held for a checkout.
    Freeze = "freeze",
    /// The hold was used.
    Capture = "capture",
    /// The hold was given back.
    Release = "release",
    /// Ran out.
    Expire = "expire",
    /// Takes back an earlier movement, whole or in part.
    Reverse = "reverse",
    /// By staff, with a reason.
    Adjust = "adjust",
    /// Carried from a merged member to the one that stays (ID-3).
    Merge = "merge",
});

code!(/// One side of a transfer: a member's bucket or a programme account.
Bucket {
    /// Programme: where points come from.
    Issued = "issued",
    /// Member: granted, still inside the return window.
    Pending = "pending",
    /// Member: can be spent.
    Available = "available",
    /// Member: held for a checkout.
    Frozen = "frozen",
    /// Programme: where spent points go.
    Redeemed = "redeemed",
    /// Programme: where points go that ran out.
    Expired = "expired",
    /// Programme: where points go that are taken back.
    Reversed = "reversed",
    /// Programme: by staff.
    Adjusted = "adjusted",
    /// Programme: in transit between merged members.
    Merged = "merged",
});

code!(/// What caused a movement; with the source id and the kind unique for ever (PT-1).
Source {
    /// An order; the id is ours.
    Order = "order",
    /// A refund of an order; the id is ours.
    Refund = "refund",
    /// A till's own receipt number, scoped by the partner.
    Till = "till",
    /// Another transfer.
    Transfer = "transfer",
    /// A merge of members.
    Merge = "merge",
    /// Lots that ran out; the id is the account and the number of the transfer in it.
    Expiry = "expiry",
    /// An adjustment by staff; the id is ours.
    Adjustment = "adjustment",
    /// A tier that a member rose to: its upgrade gift, once for ever.
    Tier = "tier",
    /// A row of an import (OP-4): what was brought along from another system.
    Import = "import",
});

code!(/// Who did it.
ActorKind {
    /// The member herself.
    Member = "member",
    /// Staff.
    Staff = "staff",
    /// A third party.
    Partner = "partner",
    /// A rule or job of ours.
    System = "system",
});

code!(/// Whether a credit adds or takes back (GD-8).
CreditKind {
    /// A paid order.
    Sale = "sale",
    /// A refund or cancellation.
    Refund = "refund",
});

code!(/// A leaderboard (BN-7).
Board {
    /// Guides by sales credited to them, in fen.
    GuideSales = "guide_sales",
    /// Members by points earned, less what was taken back.
    MemberPoints = "member_points",
});

code!(/// A stretch of the business calendar that a leaderboard counts over (BN-7).
Period {
    /// A business day.
    Day = "day",
    /// A business week, from Monday.
    Week = "week",
    /// A business month.
    Month = "month",
});

code!(/// Where a background job stands.
JobState {
    /// Waits for its time, for a worker, or for its worker to end.
    Queued = "queued",
    /// Ended well; forgotten after seven days.
    Done = "done",
    /// Given up with a reason; waits for a person.
    Dead = "dead",
    /// A person decided that it is not to run any more.
    Discarded = "discarded",
});

code!(/// Where points that are held for a checkout stand (PT-4).
HoldState {
    /// Held.
    Held = "held",
    /// Used, all or a part; the rest went back.
    Captured = "captured",
    /// Went back because the checkout was given up.
    Released = "released",
    /// Went back because nobody finished the checkout in time.
    Lapsed = "lapsed",
});

code!(/// Why a member's tier changed, or did not (TR-4).
TierCause {
    /// She reached it by what she spent in 12 months.
    Spend = "spend",
    /// She reached it by growth value.
    Growth = "growth",
    /// She reached it again before its end.
    Renewal = "renewal",
    /// She did not reach it again: one step down.
    NotReached = "not_reached",
    /// Two members turned out to be one.
    Merge = "merge",
    /// Head office fixed it.
    Pin = "pin",
    /// Head office lifted the fixing.
    PinLifted = "pin_lifted",
    /// The fixing ran out.
    PinEnded = "pin_ended",
    /// A paid membership card began or was extended.
    Card = "card",
    /// A paid membership card was given back.
    CardCancelled = "card_cancelled",
    /// A paid membership card ran out.
    CardEnded = "card_ended",
});

code!(/// What gives a member the tier that is in force.
TierPart {
    /// Her own spending or growth value.
    Earned = "earned",
    /// A paid membership card.
    Card = "card",
    /// Head office.
    Pin = "pin",
});

code!(/// What a tier offers (TR-3).
BenefitKind {
    /// Price in ten-thousandths: 9500 is 95%, 九五折.
    DiscountRate = "discount_rate",
    /// Free delivery from so many fen on; 0 is always.
    FreeShippingOver = "free_shipping_over",
    /// Returns cost nothing.
    FreeReturns = "free_returns",
    /// A gift in the month of her birthday, in points; 0 is a gift in the store.
    BirthdayGift = "birthday_gift",
    /// Points on rising to the tier, once for ever.
    UpgradeGift = "upgrade_gift",
    /// New styles so many hours before everybody.
    EarlyAccess = "early_access",
    /// A guide of her own.
    DedicatedService = "dedicated_service",
    /// Alterations without charge.
    Tailoring = "tailoring",
    /// Points for each point that a purchase earns, in ten-thousandths; set with the tier itself.
    PointMultiplier = "point_multiplier",
});

code!(/// How long a quota lasts before it begins anew.
QuotaPeriod {
    /// A business month.
    Month = "month",
    /// A quarter of the business calendar.
    Quarter = "quarter",
    /// A business year, from January.
    Year = "year",
    /// As long as she holds the tier.
    Hold = "hold",
});

code!(/// Why points are adjusted by hand (PT-7).
AdjustmentReason {
    /// 补偿: something went wrong for her.
    Compensation = "compensation",
    /// 更正: what was booked was wrong.
    Correction = "correction",
    /// 活动: given at an event.
    Campaign = "campaign",
    /// 迁移: brought from another programme.
    Migration = "migration",
    /// 违规: got by abuse.
    Abuse = "abuse",
    /// Told in the text.
    Other = "other",
});

code!(/// Where an adjustment stands (PT-7).
AdjustmentState {
    /// Waits for a second person.
    PendingApproval = "pending_approval",
    /// The points moved.
    Posted = "posted",
    /// A second person said no.
    Rejected = "rejected",
});

code!(/// Whether requests with a partner's key are signed (S21).
Signing {
    /// Never: the key itself is sent.
    Off = "off",
    /// Either way.
    Optional = "optional",
    /// Always: the key itself is never sent.
    Required = "required",
});
