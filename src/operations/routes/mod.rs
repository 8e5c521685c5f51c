//! `/v1/admin`: background jobs and the audit log.

mod audit;
mod jobs;

use utoipa_actix_web::service_config::ServiceConfig;

/// `/v1/admin`: background jobs, the audit log.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config
        .service(jobs::list_jobs)
        .service(jobs::retry_job)
        .service(jobs::discard_job)
        .service(audit::list_audit_lines);
}
