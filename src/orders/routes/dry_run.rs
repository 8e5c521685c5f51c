//! `/v1/admin/earning-rules:dry-run` and `/v1/admin/points-campaigns:dry-run` (NC-3).

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, post};
use chrono::NaiveDate;
use entity::codes::Ledger;
use entity::ids::MemberId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::context::language;
use crate::http::problem::Language;
use crate::http::text::maybe_plain;
use crate::http::{Body, Problem, Result};
use crate::orders::service::{self, Draft, Tally, Trial, Verdict};
use crate::points::routes::{EarningRuleTerms, PointsCampaignPlan};
use crate::staff::caller::AdminCaller;

/// An earning rule and the past days to try it on.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "ledger": "points", "terms": {"fen_per_unit": 50, "tier_multiplied": true, "months_valid": 12, "settles_after_days": 7},
    "from_day": "2026-01-01", "to_day": "2026-03-14"
}))]
pub struct DryRunEarningRuleRequest {
    /// What it grants; it is tried in place of all rules of this ledger.
    #[garde(skip)]
    pub ledger: Ledger,
    /// Its terms.
    #[garde(dive)]
    pub terms: EarningRuleTerms,
    /// First business day.
    #[garde(skip)]
    pub from_day: NaiveDate,
    /// Last business day: today at the latest, at most 400 days in all.
    #[garde(skip)]
    pub to_day: NaiveDate,
}

/// A campaign and the past days to try it on.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "plan": {"name": "会员日双倍积分", "multiplier_bps": 20_000, "conditions": {"days_of_month": [8]}},
    "from_day": "2026-01-01", "to_day": "2026-03-14"
}))]
pub struct DryRunPointsCampaignRequest {
    /// The campaign that it is to change, which is then left out; none for a new one.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(max_length = 64)]
    pub code: Option<String>,
    /// What it gives; it is tried over all these days.
    #[garde(dive)]
    pub plan: PointsCampaignPlan,
    /// First business day.
    #[garde(skip)]
    pub from_day: NaiveDate,
    /// Last business day: today at the latest, at most 400 days in all.
    #[garde(skip)]
    pub to_day: NaiveDate,
}

/// Orders of a tier that would have earned something else.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"tier": "gold", "orders": 1_204, "points": 30_150}))]
pub struct DryRunOfTier {
    /// Code of the tier at the business time.
    pub tier: String,
    /// How many orders.
    pub orders: u64,
    /// Points more (above zero) or less.
    pub points: i64,
}

/// Orders of a month that would have earned something else.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"month": "2026-02-01", "orders": 1_204, "points": 30_150}))]
pub struct DryRunOfMonth {
    /// First day of the business month.
    pub month: NaiveDate,
    /// How many orders.
    pub orders: u64,
    /// Points more (above zero) or less.
    pub points: i64,
}

/// A member who would have got more.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"member_id": "mem_0698v9qe00t134m6ou6d8h2lak", "points": 2_000}))]
pub struct DryRunOfMember {
    /// Who.
    pub member_id: MemberId,
    /// Points more.
    pub points: i64,
}

/// What it would have cost. Nothing was written.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "summary": "2026-01-01 至 2026-03-14：共需 41,200 积分，涉及 3,110 位会员、4,006 笔订单",
    "orders": 20_480, "orders_touched": 4_006, "members_touched": 3_110, "granted": 612_000, "cost": 41_200,
    "by_tier": [{"tier": "gold", "orders": 1_204, "points": 30_150}],
    "by_month": [{"month": "2026-02-01", "orders": 1_204, "points": 30_150}],
    "top_members": [{"member_id": "mem_0698v9qe00t134m6ou6d8h2lak", "points": 2_000}]
}))]
pub struct EarningDryRun {
    /// All of it in one sentence, in the language asked for.
    pub summary: String,
    /// Paid orders of members on these days.
    pub orders: u64,
    /// Those of them that would have earned something else.
    pub orders_touched: u64,
    /// Members with such an order.
    pub members_touched: u64,
    /// What the orders were granted.
    pub granted: i64,
    /// Points more (above zero) or less than were granted.
    pub cost: i64,
    /// By tier.
    pub by_tier: Vec<DryRunOfTier>,
    /// By month.
    pub by_month: Vec<DryRunOfMonth>,
    /// The ten who would have got the most more.
    pub top_members: Vec<DryRunOfMember>,
}

impl EarningDryRun {
    fn new(verdict: Verdict, trial: &Trial, language: Language) -> Self {
        let Tally { orders: orders_touched, points: cost } = verdict.touched;
        let (from, to) = (trial.from, trial.to);
        let (points, members, orders) =
            (grouped(&cost), grouped(&verdict.members), grouped(&orders_touched));
        let zh =
            format!("{from} 至 {to}：共需 {points} 积分，涉及 {members} 位会员、{orders} 笔订单");
        let en = format!(
            "{from} to {to} would have cost {points} points and touched {members} members and {orders} orders"
        );
        let of_tier = |(tier, Tally { orders, points })| DryRunOfTier { tier, orders, points };
        let of_month = |(month, Tally { orders, points })| DryRunOfMonth { month, orders, points };
        let of_member = |(member_id, points)| DryRunOfMember { member_id, points };
        Self {
            summary: language.pick(&zh, &en).to_owned(),
            orders: verdict.orders,
            orders_touched,
            members_touched: verdict.members,
            granted: verdict.granted,
            cost,
            by_tier: verdict.by_tier.into_iter().map(of_tier).collect(),
            by_month: verdict.by_month.into_iter().map(of_month).collect(),
            top_members: verdict.top.into_iter().map(of_member).collect(),
        }
    }
}

/// `41200` as `41,200`.
fn grouped(number: &impl ToString) -> String {
    let text = number.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let mut grouped = sign.to_owned();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Try an earning rule on the past
///
/// Grants the paid orders of these days once more, in the sequence in which they came in, as if the rule had been in
/// force, and says what it would have cost against what was granted. Budgets are full at the beginning. Nothing is
/// written.
#[utoipa::path(
    tag = "earning rules",
    security(("admin_token" = [])),
    request_body = DryRunEarningRuleRequest,
    responses(
        (status = 200, body = EarningDryRun, description = "What it would have cost."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/earning-rules:dry-run")]
pub(super) async fn dry_run_earning_rule(
    app: ThinData<App>,
    caller: AdminCaller,
    request: HttpRequest,
    body: Body<DryRunEarningRuleRequest>,
) -> Result<Json<EarningDryRun>> {
    let DryRunEarningRuleRequest { ledger, terms, from_day, to_day } = body.value;
    let trial = Trial { draft: Draft::Rule(ledger, terms.into()), from: from_day, to: to_day };
    let verdict = service::dry_run(&app, &caller.author, &trial).await?;
    Ok(Json(EarningDryRun::new(verdict, &trial, language(&request))))
}

/// Try a campaign on the past
///
/// Grants the paid orders of these days once more, in the sequence in which they came in, as if the campaign had been
/// in force beside the others, and says what it would have cost against what was granted. Budgets are full at the
/// beginning. Nothing is written.
#[utoipa::path(
    tag = "points campaigns",
    security(("admin_token" = [])),
    request_body = DryRunPointsCampaignRequest,
    responses(
        (status = 200, body = EarningDryRun, description = "What it would have cost."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points-campaigns:dry-run")]
pub(super) async fn dry_run_points_campaign(
    app: ThinData<App>,
    caller: AdminCaller,
    request: HttpRequest,
    body: Body<DryRunPointsCampaignRequest>,
) -> Result<Json<EarningDryRun>> {
    let DryRunPointsCampaignRequest { code, plan, from_day, to_day } = body.value;
    let trial = Trial { draft: Draft::Campaign(code, plan.into()), from: from_day, to: to_day };
    let verdict = service::dry_run(&app, &caller.author, &trial).await?;
    Ok(Json(EarningDryRun::new(verdict, &trial, language(&request))))
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (41_200, "41,200"), (-1_000_000, "-1,000,000"), (-12, "-12")]
        {
            assert_eq!(grouped(&number), expected);
        }
    }
}
