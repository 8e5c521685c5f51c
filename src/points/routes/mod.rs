//! Routes and wire types.

mod campaign_wire;
mod campaigns;
mod earning_rules;
mod earning_wire;
mod finance;
mod finance_tables;
mod history;
mod running;
mod till;
mod version_wire;

use utoipa_actix_web::service_config::ServiceConfig;

pub use campaign_wire::PointsCampaignPlan;
pub use earning_wire::EarningRuleTerms;

/// `/v1/member`.
pub fn member(config: &mut ServiceConfig<'_>) {
    config.service(history::list_points_history).service(running::list_my_points_campaigns);
}

/// `/v1/admin`: earning rules and points campaigns.
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
        .service(campaigns::stop_points_campaign);
}

/// `/v1/open`.
pub fn open(config: &mut ServiceConfig<'_>) {
    config.service(till::spend_points).service(till::grant_points).service(till::give_points_back);
}
