//! Routes by audience.

mod member;

use utoipa_actix_web::service_config::ServiceConfig;

/// `/v1/member`.
pub fn member(config: &mut ServiceConfig<'_>) {
    config.service(member::list_tiers);
}
