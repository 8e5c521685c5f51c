//! What happened to stock, as third parties and files tell it: by codes, in batches (OR-5).

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::codes::{StockMoveKind, StockSource};
use entity::ids::{PartnerId, SkuId, StoreId};

use super::posting::{Leg, StockPosted, Wish, post_in};
use crate::app::App;
use crate::catalog::rules::stock::{Change, MOST_PIECES};
use crate::catalog::{error, store};
use crate::db::{self, Conn};
use crate::http::chunks::each_by_itself;
use crate::http::problem::Refusal;
use crate::http::text::{number, plain};
use crate::http::{Error, Result};
use crate::stores::service as stores;

/// Who tells.
#[derive(Clone, Debug)]
pub enum Reporter {
    /// A third party.
    Partner(PartnerId),
    /// A file, by the number of its import: 1 to 64 printable ASCII characters.
    Import(String),
}

/// What happened to a SKU in a store.
#[derive(Clone, Debug)]
pub struct StockReport {
    /// Number of the document, or of the count.
    pub document_no: String,
    /// Line of the document; a count has none.
    pub line_no: Option<i32>,
    /// Of what.
    pub sku_code: String,
    /// Where.
    pub store_code: String,
    /// What.
    pub act: StockAct,
    /// Business time; of a count, as of when.
    pub at: DateTime<Utc>,
}

/// What happened, in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StockAct {
    /// Goods came in.
    Receive(i64),
    /// Sold.
    Sell(i64),
    /// A customer brought them back.
    Return(i64),
    /// Sent to another store: out there and in here are one.
    Transfer {
        /// Pieces.
        pieces: i64,
        /// Code of the other store.
        to: String,
    },
    /// Corrected by hand: above zero found, below zero lost.
    Adjust(i64),
    /// Counted: so many are there.
    Count(i64),
}

/// What became of a report, or why it was refused.
pub type StockResult = std::result::Result<StockPosted, Refusal>;

/// Writes what happened (OR-5), each with its own result in the sequence given; what is refused spoils no other. Every line
/// of a document, and every SKU in a store of a count, is written once for ever. Sales and whatever else happened are never refused for
/// want of stock: the level says what is short.
///
/// # Errors
/// Only when the database is away; what was written before stays, and a resend finds it.
pub async fn report_stock(
    app: &App,
    who: &Reporter,
    reports: &[StockReport],
) -> Result<Vec<StockResult>> {
    // PostgreSQL would refuse the question for one code that no text can be.
    let checked: Vec<Result<&StockReport>> =
        reports.iter().map(|report| check(report).map(|()| report)).collect();
    let sound: Vec<&StockReport> = checked.iter().flatten().copied().collect();
    let known = Known::load(app, &sound).await?;
    let read = checked.into_iter().map(|report| known.wish(who, report?));
    let mut wishes = Vec::with_capacity(reports.len());
    let mut answers = Vec::with_capacity(reports.len());
    for wish in read {
        answers.push(match wish {
            Ok(wish) => {
                wishes.push(wish);
                None
            }
            Err(error) => Some(Err(error.refusal())),
        });
    }
    let settle = async |part: &[Wish]| {
        let posted = db::in_tx(&app.db, async |tx| post_in(tx, app, part).await).await?;
        let answer =
            |posted: std::result::Result<_, _>| posted.map_err(|code| Error::from(code).refusal());
        Ok(posted.into_iter().map(answer).collect::<Vec<StockResult>>())
    };
    let refuse = |_: &Wish, refusal| Err(refusal);
    let mut settled = each_by_itself(&wishes, settle, refuse).await?.into_iter();
    app.bell.ring();
    Ok(answers.into_iter().filter_map(|answer| answer.or_else(|| settled.next())).collect())
}

/// What the codes of reports stand for.
pub(super) struct Known {
    skus: HashMap<String, SkuId>,
    stores: HashMap<String, StoreId>,
}

impl Known {
    async fn load(app: &App, reports: &[&StockReport]) -> Result<Self> {
        let skus = reports.iter().map(|report| report.sku_code.as_str());
        let other = reports.iter().filter_map(|report| match &report.act {
            StockAct::Transfer { to, .. } => Some(to.as_str()),
            _ => None,
        });
        let places = reports.iter().map(|report| report.store_code.as_str()).chain(other);
        Self::of(app.db.read(), skus, places).await
    }

    /// Of codes as they come.
    pub(super) async fn of(
        db: &impl Conn,
        skus: impl Iterator<Item = &str>,
        places: impl Iterator<Item = &str>,
    ) -> Result<Self> {
        let skus: BTreeSet<String> = skus.map(str::to_owned).collect();
        let places: BTreeSet<String> = places.map(str::to_owned).collect();
        let skus = store::skus_by_code(db, &skus.into_iter().collect::<Vec<_>>()).await?;
        let places = stores::by_codes(db, &places.into_iter().collect::<Vec<_>>()).await?;
        Ok(Self {
            skus: skus.into_iter().map(|row| (row.code, row.id)).collect(),
            stores: places.into_iter().map(|(code, store)| (code, store.id)).collect(),
        })
    }

    /// The SKU with this code.
    pub(super) fn sku(&self, code: &str) -> Result<SkuId> {
        let (zh, en) = ("没有这个 SKU", "there is no such SKU");
        let unknown = || Error::from(error::STOCK_SKU_UNKNOWN).at("/sku_code", "unknown", zh, en);
        self.skus.get(code).copied().ok_or_else(unknown)
    }

    /// The store with this code, which stands in `field`.
    pub(super) fn store(&self, field: &str, code: &str) -> Result<StoreId> {
        let (zh, en) = ("没有这家门店", "there is no such store");
        let unknown = || Error::from(error::STOCK_STORE_UNKNOWN).at(field, "unknown", zh, en);
        self.stores.get(code).copied().ok_or_else(unknown)
    }

    fn wish(&self, who: &Reporter, report: &StockReport) -> Result<Wish> {
        let sku = self.sku(&report.sku_code)?;
        let place = (sku, self.store("/store_code", &report.store_code)?);
        let to = match &report.act {
            StockAct::Transfer { to, .. } => Some((sku, self.store("/to_store_code", to)?)),
            _ => None,
        };
        // A count has a line for each SKU in each store.
        let line = report.line_no.map_or_else(|| format!("{sku} {}", place.1), |n| n.to_string());
        let (source, partner, whose) = match who {
            Reporter::Partner(id) if matches!(report.act, StockAct::Count(_)) => {
                (StockSource::Count, Some(*id), id.to_string())
            }
            Reporter::Partner(id) => (StockSource::Document, Some(*id), id.to_string()),
            Reporter::Import(number) => (StockSource::Import, None, number.clone()),
        };
        let source_id = format!("{whose} {} {line}", report.document_no);
        let legs = legs(&report.act, place, to.unwrap_or(place));
        Ok(Wish { source, source_id, partner, at: report.at, legs })
    }
}

fn legs(act: &StockAct, place: store::Place, to: store::Place) -> Vec<Leg> {
    use StockMoveKind as Kind;
    let leg = |place, kind, quantity, change| Leg { place, kind, quantity, change };
    match *act {
        StockAct::Receive(n) => vec![leg(place, Kind::Receive, n, Change::Fact(n))],
        StockAct::Sell(n) => vec![leg(place, Kind::Sell, n, Change::Fact(-n))],
        StockAct::Return(n) => vec![leg(place, Kind::Return, n, Change::Fact(n))],
        StockAct::Adjust(n) => vec![leg(place, Kind::Adjust, n, Change::Fact(n))],
        StockAct::Transfer { pieces: n, .. } => vec![
            leg(place, Kind::TransferOut, n, Change::Fact(-n)),
            leg(to, Kind::TransferIn, n, Change::Fact(n)),
        ],
        StockAct::Count(n) => {
            vec![leg(place, Kind::Count, n, Change::Count { counted: n, since: 0 })]
        }
    }
}

fn check(report: &StockReport) -> Result<()> {
    let counts = matches!(report.act, StockAct::Count(_));
    let named = if counts { "/count_no" } else { "/document_no" };
    let wrong = |pointer: &str, zh: &str, en: &str| Err(Error::field(pointer, "invalid", zh, en));
    if let Err(what) = number(&report.document_no, &()) {
        return wrong(named, "1 至 64 个可打印 ASCII 字符，不含空格", &what.to_string());
    }
    if report.line_no.is_some_and(|line| !(1..=1_000_000).contains(&line)) {
        return wrong("/line_no", "1 至 1000000", "1 to 1,000,000");
    }
    let to = match &report.act {
        StockAct::Transfer { to, .. } => Some(("/to_store_code", to)),
        _ => None,
    };
    let codes = [("/sku_code", &report.sku_code), ("/store_code", &report.store_code)];
    for (pointer, text) in codes.into_iter().chain(to) {
        if let Err(what) = plain::<64>(text, &()) {
            return wrong(pointer, "1 至 64 个字符", &what.to_string());
        }
    }
    let (least, pieces) = match &report.act {
        StockAct::Receive(n) | StockAct::Sell(n) | StockAct::Return(n) => (1, *n),
        StockAct::Transfer { pieces, .. } => (1, *pieces),
        StockAct::Adjust(n) => (-MOST_PIECES, *n),
        StockAct::Count(n) => (0, *n),
    };
    let nothing = pieces == 0 && !counts;
    if nothing || !(least..=MOST_PIECES).contains(&pieces) {
        let pointer = if counts { "/on_hand" } else { "/quantity" };
        return wrong(pointer, "件数超出范围", "a number of pieces out of range");
    }
    match to {
        Some((pointer, to)) if *to == report.store_code => {
            wrong(pointer, "调入门店与调出门店相同", "the same store")
        }
        _ => Ok(()),
    }
}
