//! Merging of members (ID-3).

use std::collections::{BTreeSet, HashMap};

use entity::codes::Ledger;
use entity::ids::{MemberId, MergeId};

use super::posting;
use crate::app::App;
use crate::db::Tx;
use crate::db::rows::Writes;
use crate::http::{Error, Result};
use crate::points::rules::{self, Mark};
use crate::points::store;

/// Carries everything of `from` over to `to`: balances, lots with their expiry and their spent-by records,
/// and what is held for checkouts (ID-3).
///
/// The transfers of `from` stay in her account for ever. Whoever merges marks her as merged in the same transaction,
/// so that refunds of her orders find the one who stays.
pub async fn merge_in(
    tx: &Tx,
    app: &App,
    from: MemberId,
    to: MemberId,
    cause: MergeId,
) -> Result<()> {
    if from == to {
        return Err(Error::fault("a member cannot be merged into herself"));
    }
    let now = app.clock.now();
    // Held points go over too. Whoever makes holds of hers has locked the member, as our caller has.
    let holds = store::open_holds_of(tx, &[from, to]).await?;
    store::lock_holds(tx, &holds).await?;
    let both = Ledger::ALL.iter().flat_map(|ledger| [(from, *ledger), (to, *ledger)]);
    let accounts = posting::locked(tx, app, &both.collect::<BTreeSet<_>>(), now).await?;
    let ids: Vec<_> = accounts.iter().map(|row| row.id).collect();
    let hers = accounts.iter().filter(|row| row.member_id == from);
    store::close_accounts(tx, &hers.map(|row| row.id).collect::<Vec<_>>()).await?;
    let mut accounts = posting::by_key(accounts);
    posting::shelve(store::lots_left(tx, &ids).await?, accounts.values_mut());
    for ledger in Ledger::ALL {
        let pair = (accounts.remove(&(from, *ledger)), accounts.remove(&(to, *ledger)));
        let (Some(mut loser), Some(mut winner)) = pair else {
            return Err(Error::fault("an account that was just locked is gone"));
        };
        let entries = rules::merge(&mut loser, &mut winner, cause, now);
        loser.row.closed = true;
        loser.mark = Mark::Changed;
        store::move_lots(tx, loser.row.id, winner.row.id).await?;
        store::move_holds(tx, loser.row.id, (winner.row.id, to)).await?;
        let mut writes = Writes::new(tx);
        posting::write(&mut writes, app, [loser, winner].into_iter(), &entries).await?;
        posting::publish(&mut writes, &entries, &HashMap::new(), now).await?;
        writes.send().await?;
    }
    Ok(())
}
