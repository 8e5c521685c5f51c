//! Stock as lists: for third parties, for head office, and for guides who look where else a size is (GD-7).

use actix_web::get;
use actix_web::web::{Json, ThinData};
use garde::Validate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::stock_wire::StockDetails;
use crate::app::App;
use crate::catalog::service::{self, StockAt, StockOnly, StockWish};
use crate::http::text::maybe_plain;
use crate::http::{Cursor, Page, Problem, Query, Result};
use crate::partners::caller::{CatalogRead, PartnerCaller};
use crate::staff::caller::{AdminCaller, GuideCaller};

/// Which of the levels are of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockOnlyWord {
    /// Those with something that can be sold.
    Available,
    /// Those of which more left than was known to be there.
    Short,
}

/// Which levels are listed.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StockQuery {
    /// Of this SKU.
    #[garde(custom(maybe_plain::<64>))]
    pub sku_code: Option<String>,
    /// In this store.
    #[garde(custom(maybe_plain::<64>))]
    pub store_code: Option<String>,
    /// `available`: those with something that can be sold; `short`: those of which more left than was known to be there.
    #[garde(skip)]
    #[param(inline)]
    pub only: Option<StockOnlyWord>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "some")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

const fn some() -> u64 {
    20
}

async fn page(app: &App, query: StockQuery) -> Result<Json<Page<StockDetails>>> {
    let cursor = query.cursor.as_deref();
    let after = cursor.map(|text| Cursor::read(&app.vault, "stock", text)).transpose()?;
    let only = query.only.map(|only| match only {
        StockOnlyWord::Available => StockOnly::Available,
        StockOnlyWord::Short => StockOnly::Short,
    });
    let StockQuery { sku_code, store_code, limit, .. } = query;
    let wish = StockWish { sku_code, store_code, only, after };
    let rows = service::list_stock(app, &wish, limit + 1).await?;
    let write = |row: &StockAt| Cursor::write(&app.vault, "stock", &row.id);
    Ok(Json(Page::cut(rows, limit, write).map(Into::into)))
}

macro_rules! listed {
    ($name:ident, $caller:ty, $scheme:literal, $scopes:tt, $($limited:tt)*) => {
        /// List stock
        ///
        /// By SKU, by store, or both; where stock never was, nothing is listed. `only=short` are the discrepancies.
        #[utoipa::path(
            tag = "stock",
            security(($scheme = $scopes)),
            params(StockQuery),
            responses(
                (status = 200, body = Page<StockDetails>, description = "A page of stock.", example = json!({
                    "items": [{"sku_code": "D100-RED-M", "colour": "红", "size": "M", "state": "active",
                        "store_code": "SH001", "store_name": "南京路店",
                        "stock": {"on_hand": 4, "held": 1, "available": 3, "short": 0}, "version": 17}],
                    "has_more": false
                })),
                (status = 400, body = Problem, description = "bad_cursor"),
                (status = 401, body = Problem, description = "unauthenticated"),
                (status = 403, body = Problem, description = "forbidden"),
                (status = 422, body = Problem, description = "invalid_fields, stock_sku_unknown, stock_store_unknown"),
                $($limited)*
                (status = 503, body = Problem, description = "unavailable"),
            )
        )]
        #[get("/stock")]
        pub(super) async fn $name(
            app: ThinData<App>,
            _caller: $caller,
            query: Query<StockQuery>,
        ) -> Result<Json<Page<StockDetails>>> {
            page(&app, query.0).await
        }
    };
}

listed!(list_admin_stock, AdminCaller, "admin_token", [],);
listed!(list_guide_stock, GuideCaller, "guide_token", [],);
listed!(
    list_open_stock,
    PartnerCaller<CatalogRead>,
    "partner_key",
    ["catalog:read"],
    (status = 429, body = Problem, description = "rate_limited"),
);
