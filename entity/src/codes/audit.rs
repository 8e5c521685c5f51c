//! Words of the audit log (PV-6).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

code!(/// What a line of the audit log says was done. The words are stored for years: add some, change none.
AuditAction {
    /// One member's data was read; `part` says which.
    MemberRead = "member.read",
    /// Members were looked for or listed; `rows` says how many were shown.
    MemberSearched = "member.searched",
    /// A member's data was taken out as a file.
    MemberExported = "member.exported",
    /// Fields of a member were changed; `fields` names them.
    MemberChanged = "member.changed",
    /// Two members became one; `from` is the other.
    MemberMerged = "member.merged",
    /// Points were added or taken by hand, or that was asked for.
    PointsAdjusted = "points.adjusted",
    /// A second person agreed to an adjustment.
    PointsApproved = "points.adjustment_approved",
    /// A second person refused an adjustment.
    PointsRejected = "points.adjustment_rejected",
    /// Head office fixed a tier.
    TierPinned = "tier.pinned",
    /// Head office lifted a fixed tier.
    TierUnpinned = "tier.unpinned",
    /// The staff was listed.
    StaffListed = "staff.listed",
    /// Somebody was added to the staff.
    StaffHired = "staff.hired",
    /// A one-time link was made.
    StaffInvited = "staff.invited",
    /// Somebody was disabled.
    StaffDisabled = "staff.disabled",
    /// Somebody set a password by a one-time link.
    StaffPasswordSet = "staff.password_set",
    /// Somebody signed in, or tried to.
    StaffSignedIn = "staff.signed_in",
    /// Somebody signed out.
    StaffSignedOut = "staff.signed_out",
    /// A third party was added, changed, stopped or resumed; `change` says which.
    PartnerChanged = "partner.changed",
    /// A key of a third party was issued, changed, rotated or revoked; `change` says which.
    PartnerKeyChanged = "partner_key.changed",
    /// Where events are delivered to was added, changed, removed or given another secret; `change` says which.
    WebhookChanged = "webhook.changed",
    /// A delivery of an event was read with its content.
    WebhookRead = "webhook.read",
    /// Events were delivered again, or a test was; `rows` says how many.
    WebhookResent = "webhook.resent",
    /// What purchases earn was changed; `change` says how.
    EarningRuleChanged = "earning_rule.changed",
    /// A points campaign was changed; `change` says how.
    CampaignChanged = "points_campaign.changed",
    /// The ladder of tiers was changed; `change` says how.
    LadderChanged = "tier_ladder.changed",
    /// A plan of paid cards was changed; `change` says how.
    PlanChanged = "membership_plan.changed",
    /// A job that was given up was queued again.
    JobRetried = "job.retried",
    /// A job that was given up was laid to rest.
    JobDiscarded = "job.discarded",
    /// Rows were sent to be imported, or to be looked at before.
    ImportStarted = "import.started",
    /// A second person agreed to an import.
    ImportApproved = "import.approved",
    /// An import was cancelled.
    ImportCancelled = "import.cancelled",
    /// The report of an import was read.
    ImportRead = "import.read",
    /// An export was cancelled.
    ExportCancelled = "export.cancelled",
    /// The audit log itself was read.
    AuditRead = "audit.read",
    /// Lines whose time was over were deleted.
    AuditForgotten = "audit.forgotten",
});

code!(/// How what a line of the audit log tells of ended.
AuditOutcome {
    /// It was done.
    Done = "done",
    /// It was refused: no such member, or not for the caller to see; a wrong password.
    Refused = "refused",
});
