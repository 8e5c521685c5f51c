//! Routes and wire types.

mod adjustments;
mod checkout;
mod checkout_wire;
mod history;
mod holds;
mod till;

use utoipa_actix_web::service_config::ServiceConfig;

/// `/v1/member`.
pub fn member(config: &mut ServiceConfig<'_>) {
    config.service(history::list_points_history).service(holds::list_points_holds);
}

/// `/v1/admin`.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config
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
