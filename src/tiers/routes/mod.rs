//! Routes by audience.

mod admin_ladder;
mod admin_ladder_wire;
mod admin_members;
mod admin_plans;
mod history;
mod member;
mod open_benefits;
mod open_cards;

use utoipa_actix_web::service_config::ServiceConfig;

/// `/v1/member`: what a shopper reads about tiers.
pub fn member(config: &mut ServiceConfig<'_>) {
    config
        .service(member::list_tiers)
        .service(history::list_member_tier_history)
        .service(member::list_member_benefits);
}

/// `/v1/guide`: what a guide reads about her customers' tiers.
pub fn guide(config: &mut ServiceConfig<'_>) {
    config.service(history::list_customer_tier_history);
}

/// `/v1/admin`: the ladder, plans of cards, members.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config
        .service(admin_ladder::list_tier_details)
        .service(admin_ladder::add_tier)
        .service(admin_ladder::read_tier)
        .service(admin_ladder::change_tier)
        .service(admin_ladder::remove_tier)
        .service(admin_plans::list_membership_plans)
        .service(admin_plans::add_membership_plan)
        .service(admin_plans::change_membership_plan)
        .service(admin_members::read_member_tier)
        .service(history::list_member_tier_changes)
        .service(admin_members::pin_member_tier)
        .service(admin_members::lift_member_tier_pin);
}

/// `/v1/open`: cards and benefits at a till.
pub fn open(config: &mut ServiceConfig<'_>) {
    config
        .service(open_cards::sell_membership_card)
        .service(open_cards::cancel_membership_card)
        .service(open_benefits::use_benefit)
        .service(open_benefits::undo_benefit_use);
}
