//! Sealing of accounts from before the codes (L7): once, by a person, after an upgrade.
//!
//! What stands in those accounts is believed if everything else about it is right. From then on it is under a code as all
//! else is, so it must not happen again: who takes codes away would only have to wait for the next time.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::ids::AccountId;
use entity::points_seal::Model as Record;
use entity::values::Mac;

use super::reconciling::audit;
use crate::app::App;
use crate::db::{self, Tx};
use crate::http::Result;
use crate::points::rules::{self, Difference, Fault};
use crate::points::store::{self, Page};

/// Accounts a transaction.
const ACCOUNTS: u64 = 200;

/// What came of sealing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// All accounts have their codes now; so many were sealed, by this run or one that broke off.
    Done(i64),
    /// It was done before, then; nothing has changed.
    DoneBefore(DateTime<Utc>),
    /// These stand in the way. Accounts without any were sealed; run it again when the others are right.
    Refused(Vec<Difference>),
}

/// Seals every account from before the codes of which nothing else is wrong, page by page; a run that breaks off goes on
/// where it ended.
///
/// # Errors
/// The database's.
pub async fn seal_accounts(app: &App) -> Result<Sealing> {
    if let Some(doubt) = doubt(app).await? {
        return Ok(Sealing::Refused(vec![doubt]));
    }
    let mut record = store::seal_record(app.db.read()).await?.unwrap_or_else(|| begin(app));
    if let Some(at) = record.finished_at {
        return Ok(Sealing::DoneBefore(at));
    }
    let mut wrong = Vec::new();
    let mut above = Some(record.upto.unwrap_or(store::ENDS.above));
    while let Some(from) = above {
        let end = store::page_end(app.db.read(), from, ACCOUNTS).await?;
        let page = Page { above: from, upto: end.unwrap_or(store::ENDS.upto) };
        let (next, found) =
            db::in_tx(&app.db, async |tx| page_in(tx, app, page, &record).await).await?;
        record = next;
        wrong.extend(found);
        above = end;
    }
    if wrong.is_empty() {
        record.finished_at = Some(app.clock.now());
    } else {
        record.upto = None;
    }
    rules::seal_record(&app.vault, &mut record);
    store::save_seal_record(app.db.write(), &record).await?;
    Ok(if wrong.is_empty() { Sealing::Done(record.accounts) } else { Sealing::Refused(wrong) })
}

fn begin(app: &App) -> Record {
    let mac = Mac(String::new());
    let name = store::ALL.to_owned();
    let mut record = Record { name, upto: None, accounts: 0, finished_at: None, mac };
    rules::seal_record(&app.vault, &mut record);
    record
}

/// Seals a page of accounts, and notes that.
async fn page_in(
    tx: &Tx,
    app: &App,
    page: Page,
    record: &Record,
) -> Result<(Record, Vec<Difference>)> {
    let ids = store::accounts_in(tx, page).await?;
    let mut rows = store::lock_accounts(tx, &ids).await?;
    let (found, mut chains) = audit(tx, &app.vault, &rows).await?;
    let unsealed = found.iter().filter(|one| one.what == Fault::Unsealed);
    let unsealed: BTreeSet<AccountId> = unsealed.filter_map(|one| one.account).collect();
    let wrong: Vec<Difference> =
        found.into_iter().filter(|one| one.what != Fault::Unsealed).collect();
    let spoiled: BTreeSet<AccountId> = wrong.iter().filter_map(|one| one.account).collect();
    rows.retain(|row| unsealed.contains(&row.id) && !spoiled.contains(&row.id));
    for row in &mut rows {
        rules::seal_account(&app.vault, row, chains.entry(row.id).or_default());
    }
    store::save_seals(tx, &rows).await?;
    let sealed = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let mut next = Record {
        upto: Some(page.upto),
        accounts: record.accounts.saturating_add(sealed),
        ..record.clone()
    };
    rules::seal_record(&app.vault, &mut next);
    store::save_seal_record(tx, &next).await?;
    Ok((next, wrong))
}

/// What is wrong with the record of sealing itself: changed, or taken away while accounts tell that there was one.
///
/// # Errors
/// The database's.
pub(super) async fn doubt(app: &App) -> Result<Option<Difference>> {
    let db = app.db.read();
    let wrong = match store::seal_record(db).await? {
        Some(record) => !rules::is_ours(&app.vault, &record),
        None => store::is_any_sealed(db).await?,
    };
    Ok(wrong.then(|| Difference::of_all(None, Fault::SealRecord, 1, 0)))
}
