//! What each route of staff leaves in the audit log (PV-6): the only list. A test walks all routes of the guide app and
//! the console, calls each that leaves a line, and looks for it.

use entity::codes::AuditAction as Action;

/// What a route owes the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// A line of this action, about a person's data or a change by staff.
    Line(Action),
    /// Nothing, for this reason.
    Nothing(&'static str),
}

const RULES: &str = "what the programme does, not what anybody is";
const SUMS: &str = "sums over everybody";
const SELF: &str = "the caller's own name and role";
const TOKENS: &str = "tokens of a sign-in that has its line";
const MACHINES: &str = "third parties and their keys are no persons";
const GOODS: &str = "goods and pieces, nobody's data";
const FORMS: &str = "an empty form";
const COUNTS: &str = "how far work is: counts, and who asked for it";
const WORK: &str = "work of ours by kind, time and reason";

/// Every route of staff: method, path, duty. A path that ends in `*` stands for all that begin so.
pub static STAFF_ROUTES: &[(&str, &str, Duty)] = &[
    ("post", "/v1/guide/invitations:accept", Duty::Line(Action::StaffPasswordSet)),
    ("post", "/v1/guide/sessions", Duty::Line(Action::StaffSignedIn)),
    ("post", "/v1/guide/sessions/refresh", Duty::Nothing(TOKENS)),
    ("delete", "/v1/guide/sessions/current", Duty::Line(Action::StaffSignedOut)),
    ("get", "/v1/guide/me", Duty::Nothing(SELF)),
    ("get", "/v1/guide/customers", Duty::Line(Action::MemberSearched)),
    ("get", "/v1/guide/customers/{id}", Duty::Line(Action::MemberRead)),
    ("get", "/v1/guide/customers/{id}/orders", Duty::Line(Action::MemberRead)),
    ("get", "/v1/guide/customers/{id}/points", Duty::Line(Action::MemberRead)),
    ("get", "/v1/guide/customers/{id}/points/history", Duty::Line(Action::MemberRead)),
    (
        "get",
        "/v1/guide/customers/{id}/points/history/{transfer_id}",
        Duty::Line(Action::MemberRead),
    ),
    ("get", "/v1/guide/customers/{id}/tier/history", Duty::Line(Action::MemberRead)),
    ("get", "/v1/guide/customers/{id}/timeline", Duty::Line(Action::MemberRead)),
    ("get", "/v1/guide/products*", Duty::Nothing(GOODS)),
    ("get", "/v1/guide/stock", Duty::Nothing(GOODS)),
    ("get", "/v1/admin/products*", Duty::Nothing(GOODS)),
    ("get", "/v1/admin/stock", Duty::Nothing(GOODS)),
    ("get", "/v1/guide/leaderboards/{board}", Duty::Line(Action::MemberSearched)),
    ("post", "/v1/admin/invitations:accept", Duty::Line(Action::StaffPasswordSet)),
    ("post", "/v1/admin/sessions", Duty::Line(Action::StaffSignedIn)),
    ("post", "/v1/admin/sessions/refresh", Duty::Nothing(TOKENS)),
    ("delete", "/v1/admin/sessions/current", Duty::Line(Action::StaffSignedOut)),
    ("get", "/v1/admin/me", Duty::Nothing(SELF)),
    ("get", "/v1/admin/staff", Duty::Line(Action::StaffListed)),
    ("post", "/v1/admin/staff", Duty::Line(Action::StaffHired)),
    ("post", "/v1/admin/staff/{id}/invitations", Duty::Line(Action::StaffInvited)),
    ("post", "/v1/admin/staff/{id}:disable", Duty::Line(Action::StaffDisabled)),
    ("get", "/v1/admin/partners*", Duty::Nothing(MACHINES)),
    ("post", "/v1/admin/partners", Duty::Line(Action::PartnerChanged)),
    ("patch", "/v1/admin/partners/{id}", Duty::Line(Action::PartnerChanged)),
    ("post", "/v1/admin/partners/{id}:stop", Duty::Line(Action::PartnerChanged)),
    ("post", "/v1/admin/partners/{id}:resume", Duty::Line(Action::PartnerChanged)),
    ("post", "/v1/admin/partners/{id}/keys", Duty::Line(Action::PartnerKeyChanged)),
    ("patch", "/v1/admin/partners/{id}/keys/{key_id}", Duty::Line(Action::PartnerKeyChanged)),
    ("delete", "/v1/admin/partners/{id}/keys/{key_id}", Duty::Line(Action::PartnerKeyChanged)),
    ("post", "/v1/admin/partners/{id}/keys/{key_id}:rotate", Duty::Line(Action::PartnerKeyChanged)),
    ("post", "/v1/admin/partners/{id}/sandbox-keys", Duty::Line(Action::PartnerKeyChanged)),
    (
        "delete",
        "/v1/admin/partners/{id}/sandbox-keys/{key_id}",
        Duty::Line(Action::PartnerKeyChanged),
    ),
    ("post", "/v1/admin/partners/{id}/webhook-endpoints", Duty::Line(Action::WebhookChanged)),
    ("get", "/v1/admin/webhook-endpoints*", Duty::Nothing(MACHINES)),
    ("patch", "/v1/admin/webhook-endpoints/{id}", Duty::Line(Action::WebhookChanged)),
    ("delete", "/v1/admin/webhook-endpoints/{id}", Duty::Line(Action::WebhookChanged)),
    ("post", "/v1/admin/webhook-endpoints/{id}:rotate-secret", Duty::Line(Action::WebhookChanged)),
    ("post", "/v1/admin/webhook-endpoints/{id}:test", Duty::Line(Action::WebhookResent)),
    ("post", "/v1/admin/webhook-endpoints/{id}:recover", Duty::Line(Action::WebhookResent)),
    ("get", "/v1/admin/webhook-deliveries/{id}", Duty::Line(Action::WebhookRead)),
    ("post", "/v1/admin/webhook-deliveries/{id}:resend", Duty::Line(Action::WebhookResent)),
    ("get", "/v1/admin/leaderboards/{board}", Duty::Line(Action::MemberSearched)),
    ("get", "/v1/admin/jobs", Duty::Nothing(WORK)),
    ("post", "/v1/admin/jobs/{id}:retry", Duty::Line(Action::JobRetried)),
    ("post", "/v1/admin/jobs/{id}:discard", Duty::Line(Action::JobDiscarded)),
    ("get", "/v1/admin/imports/templates/{kind}", Duty::Nothing(FORMS)),
    ("post", "/v1/admin/imports", Duty::Line(Action::ImportStarted)),
    ("get", "/v1/admin/imports", Duty::Nothing(COUNTS)),
    ("get", "/v1/admin/imports/{id}", Duty::Nothing(COUNTS)),
    ("get", "/v1/admin/imports/{id}/report.csv", Duty::Line(Action::ImportRead)),
    ("post", "/v1/admin/imports/{id}:cancel", Duty::Line(Action::ImportCancelled)),
    ("post", "/v1/admin/imports/{id}:approve", Duty::Line(Action::ImportApproved)),
    ("post", "/v1/admin/exports", Duty::Line(Action::MemberExported)),
    ("get", "/v1/admin/exports", Duty::Nothing(COUNTS)),
    ("get", "/v1/admin/exports/{id}", Duty::Nothing(COUNTS)),
    ("get", "/v1/admin/exports/{id}/file.csv", Duty::Line(Action::MemberExported)),
    ("post", "/v1/admin/exports/{id}:cancel", Duty::Line(Action::ExportCancelled)),
    ("get", "/v1/admin/audit", Duty::Line(Action::AuditRead)),
    ("get", "/v1/admin/points/liability", Duty::Nothing(SUMS)),
    ("get", "/v1/admin/points/activity", Duty::Nothing(SUMS)),
    ("get", "/v1/admin/points/transfers/{id}", Duty::Line(Action::MemberRead)),
    ("post", "/v1/admin/points/adjustments", Duty::Line(Action::PointsAdjusted)),
    ("get", "/v1/admin/points/adjustments", Duty::Line(Action::MemberSearched)),
    ("get", "/v1/admin/points/adjustments/{id}", Duty::Line(Action::MemberRead)),
    ("post", "/v1/admin/points/adjustments/{id}:approve", Duty::Line(Action::PointsApproved)),
    ("post", "/v1/admin/points/adjustments/{id}:reject", Duty::Line(Action::PointsRejected)),
    ("get", "/v1/admin/members/{id}/points/statement.csv", Duty::Line(Action::MemberExported)),
    ("get", "/v1/admin/members/{id}/tier", Duty::Line(Action::MemberRead)),
    ("get", "/v1/admin/members/{id}/tier/history", Duty::Line(Action::MemberRead)),
    ("get", "/v1/admin/members/{id}/timeline", Duty::Line(Action::MemberRead)),
    ("put", "/v1/admin/members/{id}/tier-pin", Duty::Line(Action::TierPinned)),
    ("delete", "/v1/admin/members/{id}/tier-pin", Duty::Line(Action::TierUnpinned)),
    ("post", "/v1/admin/earning-rules:dry-run", Duty::Line(Action::MemberSearched)),
    ("post", "/v1/admin/points-campaigns:dry-run", Duty::Line(Action::MemberSearched)),
    ("get", "/v1/admin/earning-rules", Duty::Nothing(RULES)),
    ("post", "/v1/admin/earning-rules", Duty::Line(Action::EarningRuleChanged)),
    ("get", "/v1/admin/earning-rules/*", Duty::Nothing(RULES)),
    ("post", "/v1/admin/earning-rules/*", Duty::Line(Action::EarningRuleChanged)),
    ("get", "/v1/admin/points-campaigns", Duty::Nothing(RULES)),
    ("post", "/v1/admin/points-campaigns", Duty::Line(Action::CampaignChanged)),
    ("get", "/v1/admin/points-campaigns/*", Duty::Nothing(RULES)),
    ("post", "/v1/admin/points-campaigns/*", Duty::Line(Action::CampaignChanged)),
    ("get", "/v1/admin/tiers*", Duty::Nothing(RULES)),
    ("post", "/v1/admin/tiers", Duty::Line(Action::LadderChanged)),
    ("patch", "/v1/admin/tiers/{code}", Duty::Line(Action::LadderChanged)),
    ("delete", "/v1/admin/tiers/{code}", Duty::Line(Action::LadderChanged)),
    ("get", "/v1/admin/membership-plans", Duty::Nothing(RULES)),
    ("post", "/v1/admin/membership-plans", Duty::Line(Action::PlanChanged)),
    ("patch", "/v1/admin/membership-plans/{code}", Duty::Line(Action::PlanChanged)),
];

/// The rows of the list that stand for a route: one, where the list is right.
pub fn duties(method: &str, path: &str) -> impl Iterator<Item = Duty> {
    let stands_for = move |listed: &str| match listed.strip_suffix('*') {
        Some(beginning) => path.starts_with(beginning),
        None => listed == path,
    };
    let rows =
        STAFF_ROUTES.iter().filter(move |(of, listed, _)| *of == method && stands_for(listed));
    rows.map(|(_, _, duty)| *duty)
}
