//! Which third party is calling, and that it may.

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use entity::ids::{PartnerId, PartnerKeyId};
use futures_util::future::LocalBoxFuture;

use super::service::{ActiveKey, authenticate};
use crate::http::{Error, Result, codes, credential, gate};

/// A permission of third parties.
pub trait Scope: 'static {
    /// As written in a key's list.
    const NAME: &'static str;
}

/// Sends orders and refunds.
#[derive(Clone, Copy, Debug)]
pub struct OrdersWrite;
impl Scope for OrdersWrite {
    const NAME: &'static str = "orders:write";
}

/// Moves points at a till.
#[derive(Clone, Copy, Debug)]
pub struct PointsWrite;
impl Scope for PointsWrite {
    const NAME: &'static str = "points:write";
}

/// Looks members up.
#[derive(Clone, Copy, Debug)]
pub struct MembersRead;
impl Scope for MembersRead {
    const NAME: &'static str = "members:read";
}

/// Uses benefits of tiers and sells membership cards.
#[derive(Clone, Copy, Debug)]
pub struct BenefitsWrite;
impl Scope for BenefitsWrite {
    const NAME: &'static str = "benefits:write";
}

/// Has events delivered to itself.
#[derive(Clone, Copy, Debug)]
pub struct WebhooksManage;
impl Scope for WebhooksManage {
    const NAME: &'static str = "webhooks:manage";
}

/// Every scope that a key can have.
pub const SCOPES: &[&str] = &[
    OrdersWrite::NAME,
    PointsWrite::NAME,
    MembersRead::NAME,
    BenefitsWrite::NAME,
    WebhooksManage::NAME,
];

/// A third party whose key has the scope `S`: `Authorization: Bearer hyk_…`.
#[derive(Clone, Copy, Debug)]
pub struct PartnerCaller<S> {
    /// Who.
    pub partner: PartnerId,
    /// By which key.
    pub key: PartnerKeyId,
    pub(super) scope: PhantomData<S>,
}

impl<S: Scope> FromRequest for PartnerCaller<S> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let credential = credential(request);
        gate::guard(request, async move {
            let (app, text) = credential?;
            let key = authenticate(&app, &text).await?;
            if !key.has(S::NAME) {
                return Err(codes::FORBIDDEN.into());
            }
            Ok(Self { partner: key.partner, key: key.id, scope: PhantomData })
        })
    }
}

/// A third party with a good key, whatever its scopes.
#[derive(Clone, Debug)]
pub struct AnyKey(pub ActiveKey);

impl FromRequest for AnyKey {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let credential = credential(request);
        gate::guard(request, async move {
            let (app, text) = credential?;
            authenticate(&app, &text).await.map(Self)
        })
    }
}
