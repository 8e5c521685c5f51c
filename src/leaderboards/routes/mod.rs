//! Routes.

mod page;
mod query;

use actix_web::{get, web};
use entity::codes::Board;
use utoipa_actix_web::service_config::ServiceConfig;

use super::service;
use crate::app::App;
use crate::http::{Problem, Query, Result, codes};
use crate::identity::caller::Shopper;
use crate::staff::caller::{AdminCaller, GuideCaller};
use page::{Asked, Ids, Leaderboard};
use query::{AdminLeaderboardQuery, BoardPath, GuideLeaderboardQuery, MemberLeaderboardQuery};

/// The shopper's routes.
pub fn member(config: &mut ServiceConfig<'_>) {
    config.service(read_member_leaderboard);
}

/// The guide's routes.
pub fn guide(config: &mut ServiceConfig<'_>) {
    config.service(read_guide_leaderboard);
}

/// Head office's routes.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config.service(read_admin_leaderboard);
}

/// Members by points earned, with the caller's own place
///
/// Boards of a day, a week or a month; points taken back count against. `guide_sales` is for staff only.
#[utoipa::path(
    tag = "leaderboards",
    operation_id = "read_member_leaderboard",
    params(("board" = Board, Path, description = "Only `member_points`", example = "member_points"), MemberLeaderboardQuery),
    responses(
        (status = 200, body = Leaderboard, description = "A page of the board"),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 422, body = Problem, description = "invalid_fields, also when the shopper has no store"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    ),
    security(("member_token" = []))
)]
#[get("/leaderboards/{board}")]
pub async fn read_member_leaderboard(
    app: web::ThinData<App>,
    who: Shopper,
    board: BoardPath,
    Query(query): Query<MemberLeaderboardQuery>,
) -> Result<web::Json<Leaderboard>> {
    let board = Some(board.0).filter(|board| *board == Board::MemberPoints);
    let board = board.ok_or(codes::NOT_FOUND)?;
    let scope = service::scope_of_member(&app, who.member, query.scope).await?;
    let asked = Asked { board, scope, own: Some(who.member.0), ids: Ids::Hidden, author: None };
    let (period, date) = (query.period, query.date);
    Ok(web::Json(asked.read(&app, period, date, query.cursor.as_deref(), query.limit).await?))
}

/// Guides by sales, or members of the own store by points
///
/// Sales boards are shown for the store, the region and the company; members only for the caller's own store, a regional
/// manager's own region.
#[utoipa::path(
    tag = "leaderboards",
    operation_id = "read_guide_leaderboard",
    params(("board" = Board, Path, description = "Which board", example = "guide_sales"), GuideLeaderboardQuery),
    responses(
        (status = 200, body = Leaderboard, description = "A page of the board"),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden: members beyond the own store"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    ),
    security(("guide_token" = []))
)]
#[get("/leaderboards/{board}")]
pub async fn read_guide_leaderboard(
    app: web::ThinData<App>,
    who: GuideCaller,
    board: BoardPath,
    Query(query): Query<GuideLeaderboardQuery>,
) -> Result<web::Json<Leaderboard>> {
    let board = board.0;
    let scope = service::scope_of_staff(&app, &who.staff, board, query.scope).await?;
    let asked = Asked {
        board,
        scope,
        own: Some(who.staff.id.0),
        ids: Ids::Guides,
        author: Some(who.author),
    };
    let (period, date) = (query.period, query.date);
    Ok(web::Json(asked.read(&app, period, date, query.cursor.as_deref(), query.limit).await?))
}

/// Any board of any part of the company
///
/// Members are named as everybody sees them, with their ids beside.
#[utoipa::path(
    tag = "leaderboards",
    operation_id = "read_admin_leaderboard",
    params(("board" = Board, Path, description = "Which board", example = "guide_sales"), AdminLeaderboardQuery),
    responses(
        (status = 200, body = Leaderboard, description = "A page of the board"),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 422, body = Problem, description = "invalid_fields, also for an unknown store or region"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    ),
    security(("admin_token" = []))
)]
#[get("/leaderboards/{board}")]
pub async fn read_admin_leaderboard(
    app: web::ThinData<App>,
    who: AdminCaller,
    board: BoardPath,
    Query(query): Query<AdminLeaderboardQuery>,
) -> Result<web::Json<Leaderboard>> {
    let board = board.0;
    let scope =
        service::scope_of_office(&app, query.scope, query.region_id, query.store_id).await?;
    let author = Some(who.author);
    let asked = Asked { board, scope, own: None, ids: Ids::All, author };
    let (period, date) = (query.period, query.date);
    Ok(web::Json(asked.read(&app, period, date, query.cursor.as_deref(), query.limit).await?))
}
