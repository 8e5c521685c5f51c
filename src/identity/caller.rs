//! Which shopper is calling. A handler with this cannot run without it.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use entity::codes::Audience;
use entity::ids::{MemberId, SessionId};
use futures_util::future::LocalBoxFuture;

use crate::http::{Error, Result, credential, gate};
use crate::sessions::service::authenticate;

/// A shopper signed in to the mini-program or portal (`/v1/member`): always "me".
#[derive(Clone, Copy, Debug)]
pub struct Shopper {
    /// Who; after a merge the winner.
    pub member: MemberId,
    /// The device's session.
    pub session: SessionId,
}

impl FromRequest for Shopper {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let credential = credential(request);
        gate::guard(request, async move {
            let (app, token) = credential?;
            let session = authenticate(&app, &token, Audience::Member).await?;
            Ok(Self { member: session.member()?, session: session.id })
        })
    }
}
