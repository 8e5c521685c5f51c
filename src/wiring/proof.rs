//! What `huiyi reconcile` and the night prove: the only list.

use std::fmt;

use crate::app::App;
use crate::catalog::service::{self as catalog, StockDifference};
use crate::http::Result;
use crate::orders::service as orders;
use crate::points::jobs as measures;
use crate::points::service::{self as points, Difference};

/// Something that differs, in whichever book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// In the ledgers of points and growth, or in a budget.
    Ledger(Difference),
    /// In the stock.
    Stock(StockDifference),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(difference) => difference.fmt(f),
            Self::Stock(difference) => difference.fmt(f),
        }
    }
}

/// Proves every book of money's worth and says what differs; nothing in them is changed. How it ended is kept and
/// measured. Up to `lanes` statements run at a time.
///
/// # Errors
/// The database's.
pub async fn prove(app: &App, lanes: usize) -> Result<Vec<Found>> {
    let mut ledgers = points::reconcile_in_lanes(app, lanes).await?;
    ledgers.extend(orders::prove_budgets(app).await?);
    let mut found: Vec<Found> = ledgers.into_iter().map(Found::Ledger).collect();
    found.extend(catalog::prove_stock(app).await?.into_iter().map(Found::Stock));
    points::note_proof(app, found.len()).await?;
    measures::measure(app).await?;
    Ok(found)
}
