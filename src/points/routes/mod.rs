//! Routes and wire types.

mod adjustments;
mod campaign_wire;
mod campaigns;
mod checkout;
mod checkout_wire;
mod earning_rules;
mod earning_wire;
mod finance;
mod finance_tables;
mod history;
mod holds;
mod running;
mod till;
mod version_wire;

use utoipa_actix_web::service_config::ServiceConfig;

pub use campaign_wire::PointsCampaignPlan;
pub use earning_wire::EarningRuleTerms;

/// `/v1/member`.
pub fn member(config: &mut ServiceConfig<'_>) {
    config
        .service(history::list_points_history)
        .service(running::list_my_points_campaigns)
        .service(holds::list_points_holds);
}

/// `/v1/admin`: earning rules, points campaigns, adjustments.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config
        .service(finance::read_points_liability)
        .service(finance::read_points_activity)
        .service(earning_rules::list_earning_rules)
        .service(earning_rules::add_earning_rule)
        .service(earning_rules::list_earning_rule_versions)
        .service(earning_rules::change_earning_rule)
        .service(earning_rules::stop_earning_rule)
        .service(campaigns::list_points_campaigns)
        .service(campaigns::add_points_campaign)
        .service(campaigns::list_points_campaign_versions)
        .service(campaigns::change_points_campaign)
        .service(campaigns::stop_points_campaign)
        .service(adjustments::adjust_points)
        .service(adjustments::list_points_adjustments)
        .service(adjustments::read_points_adjustment)
        .service(adjustments::approve_points_adjustment)
        .service(adjustments::reject_points_adjustment);
}

/// `/v1/open`.
pub fn open(config: &mut ServiceConfig<'_>) {
    config
        .service(till::spend_points)
        .service(till::grant_points)
        .service(till::give_points_back)
        .service(checkout::quote_points)
        .service(checkout::hold_points)
        .service(checkout::capture_points)
        .service(checkout::release_points)
        .service(checkout::read_points_hold);
}
