//! Where points came from and where they went: to the shopper, her guide, support (PT-3, PT-8).

use actix_web::dev::Payload;
use actix_web::web::{Json, ThinData};
use actix_web::{FromRequest, HttpRequest, get};
use entity::ids::{MemberId, TransferId};
use futures_util::future::LocalBoxFuture;

use super::explain_wire::PointsMovementExplained;
use super::trace_wire::PointsTransferTrace;
use crate::app::App;
use crate::customers::service;
use crate::http::context::language;
use crate::http::{Error, PathId, Problem, Result, codes, gate};
use crate::identity::caller::Shopper;
use crate::staff::caller::{AdminCaller, GuideCaller};

/// `{id}` of a customer and `{transfer_id}`; what is no id is answered like one that does not exist.
#[derive(Clone, Copy, Debug)]
pub struct CustomersMovement {
    customer: MemberId,
    transfer: TransferId,
}

impl FromRequest for CustomersMovement {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let path = request.match_info();
        let customer = path.get("id").and_then(|text| text.parse().ok());
        let transfer = path.get("transfer_id").and_then(|text| text.parse().ok());
        let both = customer.zip(transfer);
        let passed = gate::passed(request);
        Box::pin(async move {
            passed.await;
            let (customer, transfer) = both.ok_or(codes::NOT_FOUND)?;
            Ok(Self { customer, transfer })
        })
    }
}

/// One of my points movements, explained
///
/// In sentences and in fields. Points that came: by which purchase and rule, pending and good until when, how many are
/// left and where the rest went. Points that went: which purchases had brought them, with the expiry of each. What is
/// taken back: of what.
#[utoipa::path(
    tag = "customers",
    security(("member_token" = [])),
    params(("id" = TransferId, Path, description = "The movement, from the points history.", example = "trf_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = PointsMovementExplained, description = "The movement explained."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 404, body = Problem, description = "not_found, also for another's movement"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points/history/{id}")]
pub async fn explain_my_points(
    app: ThinData<App>,
    who: Shopper,
    PathId(id): PathId<TransferId>,
    request: HttpRequest,
) -> Result<Json<PointsMovementExplained>> {
    let explained = service::explain(&app, who.member, id).await?;
    Ok(Json(PointsMovementExplained::new(explained, language(&request))))
}

/// One of a customer's points movements, explained
///
/// The same as she reads in the portal, at the same time.
#[utoipa::path(
    tag = "customers",
    security(("guide_token" = [])),
    params(
        ("id" = MemberId, Path, description = "The customer.", example = "mem_0698v9qe00t134m6ou6d8h2lak"),
        ("transfer_id" = TransferId, Path, description = "The movement, from her points history.", example = "trf_0698v9qe00t134m6ou6d8h2lak"),
    ),
    responses(
        (status = 200, body = PointsMovementExplained, description = "The movement explained."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 404, body = Problem, description = "not_found, also for a customer who is not the caller's to see, or another's movement"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/customers/{id}/points/history/{transfer_id}")]
pub async fn explain_customers_points(
    app: ThinData<App>,
    who: GuideCaller,
    path: CustomersMovement,
    request: HttpRequest,
) -> Result<Json<PointsMovementExplained>> {
    let CustomersMovement { customer, transfer } = path;
    let explained =
        service::explain_customers(&app, (&who.staff, &who.author), customer, transfer).await?;
    Ok(Json(PointsMovementExplained::new(explained, language(&request))))
}

/// Read a movement of points or growth
///
/// All that the ledger knows: account, number, cause, who did it, balances after, rule and version, lots made and used,
/// what it takes back and what takes it back; and the text that the member reads.
#[utoipa::path(
    tag = "customers",
    security(("admin_token" = [])),
    params(("id" = TransferId, Path, description = "The movement.", example = "trf_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = PointsTransferTrace, description = "The movement."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points/transfers/{id}")]
pub async fn read_points_transfer(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<TransferId>,
    request: HttpRequest,
) -> Result<Json<PointsTransferTrace>> {
    let explained = service::explain_any(&app, &caller.author, id).await?;
    Ok(Json(PointsTransferTrace::new(explained, language(&request))))
}
