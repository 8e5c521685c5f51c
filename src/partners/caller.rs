//! Which third party is calling, and that it may.

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::{FromRequest, HttpRequest};
use entity::ids::{PartnerId, PartnerKeyId};
use futures_util::future::LocalBoxFuture;

use super::service::{
    ActiveKey, HEADERS, Nonce, Target, Use, announced, authenticate, note_use, refuse_used, use_up,
    verify,
};
use crate::app::App;
use crate::http::bearer::bearer;
use crate::http::body::app;
use crate::http::{ClientIp, Error, Result, codes, gate, limits};
use crate::kernel::mode::Mode;

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

/// Reads products and stock.
#[derive(Clone, Copy, Debug)]
pub struct CatalogRead;
impl Scope for CatalogRead {
    const NAME: &'static str = "catalog:read";
}

/// Sends products.
#[derive(Clone, Copy, Debug)]
pub struct CatalogWrite;
impl Scope for CatalogWrite {
    const NAME: &'static str = "catalog:write";
}

/// Moves, counts and holds stock.
#[derive(Clone, Copy, Debug)]
pub struct StockWrite;
impl Scope for StockWrite {
    const NAME: &'static str = "stock:write";
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
    CatalogRead::NAME,
    CatalogWrite::NAME,
    StockWrite::NAME,
    WebhooksManage::NAME,
];

/// A third party whose key has the scope `S`: it sends `Authorization: Bearer hyk_…`, or signs (S21).
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

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        enter(request, payload, |key| {
            if !key.has(S::NAME) {
                return Err(codes::FORBIDDEN.into());
            }
            Ok(Self { partner: key.partner(), key: key.id(), scope: PhantomData })
        })
    }
}

/// A third party with a good key, whatever its scopes.
#[derive(Clone, Debug)]
pub struct AnyKey(pub ActiveKey);

impl FromRequest for AnyKey {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        enter(request, payload, |key| Ok(Self(key)))
    }
}

/// Lets a third party in: by signature where there is any trace of one, else by the key itself; from where it may come;
/// as often as it may; and as whoever it then is.
fn enter<T: 'static>(
    request: &HttpRequest,
    payload: &mut Payload,
    welcome: impl FnOnce(ActiveKey) -> Result<T> + 'static,
) -> LocalBoxFuture<'static, Result<T>> {
    let signs = signs(request);
    // A bearer's body is left to whoever wants it, once she is known.
    let payload = signs.then(|| payload.take());
    let asked = request.clone();
    gate::guard(request, async move {
        let app = app(&asked)?;
        let key = if let Some(payload) = payload {
            signed(&app, &asked, payload).await.inspect_err(|error| {
                if let Error::Refused(refusal) = error {
                    app.measures.signature_refused(refusal.code.code);
                }
            })?
        } else {
            let key = authenticate(&app, bearer(&asked)?).await?;
            key.check_address(ClientIp::of(&asked))?;
            admit(&app, &asked, &key).await?;
            note_use(&app, key.id(), Use::Admitted);
            key
        };
        welcome(key)
    })
}

async fn admit(app: &App, request: &HttpRequest, key: &ActiveKey) -> Result<()> {
    let (limit, quota) = key.limit();
    let admitted = limits::admit_openly(app, request, limit, quota).await;
    admitted.inspect_err(|_| note_use(app, key.id(), Use::Limited))
}

/// Whether anything that says who is calling names the sandbox: the beginning of the key, or of the id of one that signs.
/// Whoever names both worlds is judged by the sandbox, which knows no live key.
#[must_use]
pub fn is_for_sandbox(headers: &HeaderMap) -> bool {
    let [app_id, ..] = HEADERS;
    let begins = |name: &str, beginning: &str| {
        headers.get_all(name).any(|value| value.as_bytes().starts_with(beginning.as_bytes()))
    };
    let key = Mode::Sandbox.key_prefix();
    let bearer = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        text.split_once(' ').is_some_and(|(_, token)| token.trim_start().starts_with(key))
    };
    headers.get_all("authorization").any(bearer) || begins(app_id, Mode::Sandbox.id_prefix())
}

/// Whoever sends a key may send a timestamp for reasons of its own; a signature is never one of them.
fn signs(request: &HttpRequest) -> bool {
    let [.., signature] = HEADERS;
    let sent = |name: &str| request.headers().contains_key(name);
    sent(signature) || (!sent("authorization") && HEADERS.into_iter().any(sent))
}

/// What is cheap to refuse comes first: the headers, the key, the clock, the address; then the body is read and the proof
/// made; then whoever only repeats what was let in before is sent away, at nobody's cost; then the quota is counted; and
/// only what is let in uses up its nonce.
async fn signed(app: &App, request: &HttpRequest, payload: Payload) -> Result<ActiveKey> {
    let announced = announced(app, HEADERS.map(|name| only(request, name))).await?;
    announced.key().check_address(ClientIp::of(request))?;
    let body = gate::read_first(request, payload).await?;
    let target = Target {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
    };
    let (key, nonce): (ActiveKey, Nonce) = verify(app, announced, target, &body)?;
    refuse_used(app, &nonce).await?;
    admit(app, request, &key).await?;
    use_up(app, &nonce).await?;
    note_use(app, key.id(), Use::Admitted);
    Ok(key)
}

/// The text of a header that was sent once.
fn only<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let mut sent = request.headers().get_all(name);
    let value = sent.next().filter(|_| sent.next().is_none())?;
    value.to_str().ok()
}
