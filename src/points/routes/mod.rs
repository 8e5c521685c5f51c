//! Routes and wire types.

mod finance;
mod finance_tables;
mod history;
mod till;

use utoipa_actix_web::service_config::ServiceConfig;

/// `/v1/member`.
pub fn member(config: &mut ServiceConfig<'_>) {
    config.service(history::list_points_history);
}

/// `/v1/admin`.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config.service(finance::read_points_liability).service(finance::read_points_activity);
}

/// `/v1/open`.
pub fn open(config: &mut ServiceConfig<'_>) {
    config.service(till::spend_points).service(till::grant_points).service(till::give_points_back);
}
