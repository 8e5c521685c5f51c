//! What may be asked of a board.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use chrono::{Datelike, NaiveDate};
use entity::codes::{Board, Period};
use entity::ids::{RegionId, StoreId};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Error, Result, codes};
use crate::leaderboards::service::Reach;

/// The `{board}` of the path; a word that is no board is answered like a path that does not exist.
pub struct BoardPath(pub(super) Board);

impl FromRequest for BoardPath {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let word = request.match_info().get("board").unwrap_or_default();
        let board = Board::ALL.iter().find(|board| board.as_str() == word);
        ready(board.map(|board| Self(*board)).ok_or_else(|| codes::NOT_FOUND.into()))
    }
}

/// What a shopper may ask of a board.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MemberLeaderboardQuery {
    /// Over a day, a week from Monday, or a month of the business calendar.
    #[garde(skip)]
    #[serde(default = "day")]
    #[param(inline, default = "day")]
    pub(super) period: Period,
    /// The company, her own region or her own store.
    #[garde(skip)]
    #[serde(default = "company")]
    #[param(inline, default = "company")]
    pub(super) scope: Reach,
    /// Any day of the period; today when absent.
    #[garde(custom(plausible))]
    #[param(example = "2026-11-21")]
    pub(super) date: Option<NaiveDate>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub(super) cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub(super) limit: u64,
}

/// What a guide may ask of a board.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GuideLeaderboardQuery {
    /// Over a day, a week from Monday, or a month of the business calendar.
    #[garde(skip)]
    #[serde(default = "day")]
    #[param(inline, default = "day")]
    pub(super) period: Period,
    /// The company, her own region or her own store; the last when absent.
    #[garde(skip)]
    #[param(inline)]
    pub(super) scope: Option<Reach>,
    /// Any day of the period; today when absent.
    #[garde(custom(plausible))]
    #[param(example = "2026-11-21")]
    pub(super) date: Option<NaiveDate>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub(super) cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub(super) limit: u64,
}

/// What head office may ask of a board.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AdminLeaderboardQuery {
    /// Over a day, a week from Monday, or a month of the business calendar.
    #[garde(skip)]
    #[serde(default = "day")]
    #[param(inline, default = "day")]
    pub(super) period: Period,
    /// The company, or the region or store named beside it.
    #[garde(skip)]
    #[serde(default = "company")]
    #[param(inline, default = "company")]
    pub(super) scope: Reach,
    /// Which region, with `scope=region`.
    #[garde(skip)]
    pub(super) region_id: Option<RegionId>,
    /// Which store, with `scope=store`.
    #[garde(skip)]
    pub(super) store_id: Option<StoreId>,
    /// Any day of the period; today when absent.
    #[garde(custom(plausible))]
    #[param(example = "2026-11-21")]
    pub(super) date: Option<NaiveDate>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub(super) cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub(super) limit: u64,
}

const fn day() -> Period {
    Period::Day
}

const fn company() -> Reach {
    Reach::Company
}

const fn limit() -> u64 {
    20
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::ref_option,
    reason = "the form that garde calls"
)]
fn plausible(date: &Option<NaiveDate>, (): &()) -> garde::Result {
    match date {
        Some(date) if !(2000..2200).contains(&date.year()) => {
            Err(garde::Error::new("the year is not between 2000 and 2199"))
        }
        _ => Ok(()),
    }
}
