//! Routes and wire types of partners.

mod admin;
mod key_wire;
mod keys;
mod open;
mod sandbox_keys;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use entity::ids::{PartnerId, PartnerKeyId};
use futures_util::future::LocalBoxFuture;
use std::str::FromStr;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::{Error, Result, codes, gate};

/// `/v1/admin`: partners and their keys.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config
        .service(admin::list_partners)
        .service(admin::register_partner)
        .service(admin::get_partner)
        .service(admin::change_partner)
        .service(admin::stop_partner)
        .service(admin::resume_partner)
        .service(keys::list_partner_keys)
        .service(keys::issue_partner_key)
        .service(keys::get_partner_key)
        .service(keys::change_partner_key)
        .service(keys::list_partner_key_usage)
        .service(keys::rotate_partner_key)
        .service(keys::revoke_partner_key)
        .service(sandbox_keys::list_sandbox_keys)
        .service(sandbox_keys::issue_sandbox_key)
        .service(sandbox_keys::revoke_sandbox_key);
}

/// `/v1/open`: who am I.
pub fn open(config: &mut ServiceConfig<'_>) {
    config.service(open::get_open_me);
}

/// `{id}` and `{key_id}` of a path; what is no id is answered like one that does not exist.
struct KeyPath {
    partner: PartnerId,
    key: PartnerKeyId,
}

impl FromRequest for KeyPath {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = || {
            let partner = segment(request, "id")?;
            Some(Self { partner, key: segment(request, "key_id")? })
        };
        let (path, passed) = (read(), gate::passed(request));
        Box::pin(async move {
            passed.await;
            path.ok_or_else(|| codes::NOT_FOUND.into())
        })
    }
}

fn segment<T: FromStr>(request: &HttpRequest, name: &str) -> Option<T> {
    request.match_info().get(name)?.parse().ok()
}
