//! What `huiyi reconcile` and the night prove: the only list.

use crate::app::App;
use crate::http::Result;
use crate::orders::service as orders;
use crate::points::jobs as measures;
use crate::points::service::{self as points, Difference};

/// Proves every book of money's worth and says what differs; nothing in them is changed. How it ended is kept and
/// measured. Up to `lanes` statements run at a time.
///
/// # Errors
/// The database's.
pub async fn prove(app: &App, lanes: usize) -> Result<Vec<Difference>> {
    let mut found = points::reconcile_in_lanes(app, lanes).await?;
    found.extend(orders::prove_budgets(app).await?);
    points::note_proof(app, found.len()).await?;
    measures::measure(app).await?;
    Ok(found)
}
