//! Routes and wire types.

mod history;
mod till;

use utoipa_actix_web::service_config::ServiceConfig;

/// `/v1/member`.
pub fn member(config: &mut ServiceConfig<'_>) {
    config.service(history::list_points_history);
}

/// `/v1/open`.
pub fn open(config: &mut ServiceConfig<'_>) {
    config.service(till::spend_points).service(till::grant_points).service(till::give_points_back);
}
