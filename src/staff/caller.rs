//! Who is calling from the guide app or the console. A handler with one of these cannot run without it.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use entity::codes::{Audience, StaffRole};
use entity::ids::SessionId;
use futures_util::future::LocalBoxFuture;

use super::service::{StaffRef, on_duty};
use crate::audit::service::Author;
use crate::http::context::RequestId;
use crate::http::{Error, Result, codes, credential, gate};
use crate::sessions::service::authenticate;

/// A person of the staff signed in to the guide app (`/v1/guide`).
#[derive(Clone, Debug)]
pub struct GuideCaller {
    /// Who.
    pub staff: StaffRef,
    /// The same for the audit log, with the request.
    pub author: Author,
    /// The device's session.
    pub session: SessionId,
}

/// A head-office administrator signed in to the console (`/v1/admin`).
#[derive(Clone, Debug)]
pub struct AdminCaller {
    /// Who.
    pub staff: StaffRef,
    /// The same for the audit log, with the request.
    pub author: Author,
    /// The device's session.
    pub session: SessionId,
}

/// Somebody signed in to the console who may read the audit log: an administrator, or an auditor, who may do nothing else.
#[derive(Clone, Debug)]
pub struct AuditCaller {
    /// Who.
    pub staff: StaffRef,
    /// The same for the audit log, with the request.
    pub author: Author,
    /// The device's session.
    pub session: SessionId,
}

/// Her row is read for each request: a role or store taken away is gone with the next one. Who is let in by the audience may
/// still have the wrong one of its `roles`.
fn staff(
    request: &HttpRequest,
    audience: Audience,
    roles: &'static [StaffRole],
) -> LocalBoxFuture<'static, Result<(StaffRef, Author, SessionId)>> {
    let (credential, id) = (credential(request), RequestId::of(request));
    gate::guard(request, async move {
        let (app, token) = credential?;
        let session = authenticate(&app, &token, audience).await?;
        let staff = on_duty(&app, session.staff()?, audience).await?;
        if !roles.contains(&staff.role) {
            return Err(codes::FORBIDDEN.into());
        }
        let author = Author::staff(staff.id, staff.store_id, &id.0);
        Ok((staff, author, session.id))
    })
}

impl FromRequest for GuideCaller {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let staff = staff(request, Audience::Guide, StaffRole::ALL);
        Box::pin(async move {
            staff.await.map(|(staff, author, session)| Self { staff, author, session })
        })
    }
}

impl FromRequest for AdminCaller {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let staff = staff(request, Audience::Admin, &[StaffRole::Admin]);
        Box::pin(async move {
            staff.await.map(|(staff, author, session)| Self { staff, author, session })
        })
    }
}

impl FromRequest for AuditCaller {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let staff = staff(request, Audience::Admin, &[StaffRole::Admin, StaffRole::Auditor]);
        Box::pin(async move {
            staff.await.map(|(staff, author, session)| Self { staff, author, session })
        })
    }
}
