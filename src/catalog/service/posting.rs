//! The only way stock moves: a batch, its levels locked, decided in pure rules, written together.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::codes::{StockMoveKind, StockSource};
use entity::ids::{PartnerId, SkuId, StockLevelId, StockMoveId, StoreId};
use entity::{stock_level, stock_move};

use crate::app::App;
use crate::catalog::rules::stock::{Change, Level, apply, is_ahead};
use crate::catalog::store::{self, Place, StockChanges};
use crate::catalog::{error, events};
use crate::db::Tx;
use crate::db::rows::Writes;
use crate::events::{Event, publish_with};
use crate::http::{Code, Error, Result};
use crate::stores::service as stores;

/// What is to be written under one cause: all of it or nothing.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub source: StockSource,
    pub source_id: String,
    pub partner: Option<PartnerId>,
    pub at: DateTime<Utc>,
    pub legs: Vec<Leg>,
}

/// One movement of a wish.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    pub place: Place,
    pub kind: StockMoveKind,
    pub quantity: i64,
    pub change: Change,
}

/// What became of a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockOutcome {
    /// It moved stock.
    Moved,
    /// It was written before.
    Unchanged,
    /// It was written, and a later count has it in it already.
    Absorbed,
}

/// What was written, and where it left the level that is named first.
#[derive(Clone, Copy, Debug)]
pub struct StockPosted {
    /// In one word.
    pub outcome: StockOutcome,
    /// Which level.
    pub level: StockLevelId,
    /// Where it stands.
    pub now: Level,
}

/// Writes wishes, each with its own answer; one that is refused spoils no other. Each cause once: what was written before
/// is answered as it stands.
///
/// # Errors
/// The database's; a cause that another transaction wrote meanwhile is a duplicate, and found when all is run again.
pub(super) async fn post_in(
    tx: &Tx,
    app: &App,
    wishes: &[Wish],
) -> Result<Vec<std::result::Result<StockPosted, Code>>> {
    let mut batch = Batch::load(tx, app.clock.now(), wishes).await?;
    let mut answers = Vec::with_capacity(wishes.len());
    for wish in wishes {
        answers.push(batch.take(wish)?);
    }
    batch.save(tx).await?;
    Ok(answers)
}

type Cause = (StockSource, String);

struct Batch {
    now: DateTime<Utc>,
    /// By place, as they are now.
    levels: BTreeMap<Place, stock_level::Model>,
    before: HashMap<StockLevelId, stock_level::Model>,
    /// What was added to a level by what happened after a time, without the moves of this batch.
    since: HashMap<(StockLevelId, DateTime<Utc>), i64>,
    known: HashMap<Cause, Vec<stock_move::Model>>,
    moves: Vec<stock_move::Model>,
}

impl Batch {
    async fn load(tx: &Tx, now: DateTime<Utc>, wishes: &[Wish]) -> Result<Self> {
        let places = wishes.iter().flat_map(|wish| &wish.legs).map(|leg| leg.place);
        let levels = lock(tx, places.collect(), now).await?;
        // After the locks: whoever wrote the same cause before us has committed.
        let known = known(tx, wishes).await?;
        let since = since(tx, &levels, wishes).await?;
        let before = levels.values().map(|row| (row.id, row.clone())).collect();
        Ok(Self { now, levels, before, since, known, moves: Vec::new() })
    }

    fn take(&mut self, wish: &Wish) -> Result<std::result::Result<StockPosted, Code>> {
        if let Some(answer) = self.written_before(wish)? {
            return Ok(answer);
        }
        if is_ahead(wish.at, self.now) {
            return Ok(Err(error::STOCK_IN_FUTURE));
        }
        let mut written = Vec::with_capacity(wish.legs.len());
        for leg in &wish.legs {
            // Whatever can be refused has one leg: nothing has to be undone.
            match self.step(wish, leg)? {
                Ok(row) => written.push(row),
                Err(code) => return Ok(Err(code)),
            }
        }
        let facts = wish.legs.iter().all(|leg| matches!(leg.change, Change::Fact(_)));
        let absorbed = facts && written.iter().all(|row| row.delta == 0);
        let outcome = if absorbed { StockOutcome::Absorbed } else { StockOutcome::Moved };
        self.known.insert((wish.source, wish.source_id.clone()), written.clone());
        self.moves.extend(written);
        self.posted(wish, outcome).map(Ok)
    }

    fn written_before(
        &self,
        wish: &Wish,
    ) -> Result<Option<std::result::Result<StockPosted, Code>>> {
        let Some(known) = self.known.get(&(wish.source, wish.source_id.clone())) else {
            return Ok(None);
        };
        // A hold causes its beginning and its end.
        let of_kind = |row: &&stock_move::Model| {
            wish.source != StockSource::Hold || wish.legs.iter().any(|leg| leg.kind == row.kind)
        };
        let known: Vec<&stock_move::Model> = known.iter().filter(of_kind).collect();
        if known.is_empty() {
            return Ok(None);
        }
        let same = |leg: &Leg| {
            let level = self.levels.get(&leg.place).map(|row| row.id);
            known.iter().any(|row| {
                row.kind == leg.kind && row.quantity == leg.quantity && Some(row.level_id) == level
            })
        };
        if known.len() != wish.legs.len() || !wish.legs.iter().all(same) {
            return Ok(Some(Err(error::STOCK_CAUSE_CONFLICT)));
        }
        self.posted(wish, StockOutcome::Unchanged).map(|posted| Some(Ok(posted)))
    }

    fn posted(&self, wish: &Wish, outcome: StockOutcome) -> Result<StockPosted> {
        let level = wish.legs.first().and_then(|leg| self.levels.get(&leg.place));
        let level = level.ok_or_else(|| Error::fault("a level is gone"))?;
        Ok(StockPosted { outcome, level: level.id, now: level_of(level) })
    }

    fn step(
        &mut self,
        wish: &Wish,
        leg: &Leg,
    ) -> Result<std::result::Result<stock_move::Model, Code>> {
        let row = self.levels.get_mut(&leg.place).ok_or_else(|| Error::fault("a level is gone"))?;
        let change = match leg.change {
            Change::Count { counted, .. } => {
                let before = self.since.get(&(row.id, wish.at)).copied().unwrap_or_default();
                let mine = self.moves.iter().filter(|it| it.level_id == row.id);
                let mine = mine.filter(|it| it.occurred_at > wish.at).map(|it| it.delta);
                Change::Count { counted, since: before + mine.sum::<i64>() }
            }
            other => other,
        };
        let step = match apply(level_of(row), change, wish.at) {
            Ok(step) => step,
            Err(code) => return Ok(Err(code)),
        };
        row.on_hand = step.after.on_hand;
        row.held = step.after.held;
        row.short = step.after.short;
        row.counted_at = step.after.counted_at;
        row.version += 1;
        row.updated_at = self.now;
        Ok(Ok(stock_move::Model {
            id: StockMoveId::new(self.now),
            level_id: row.id,
            seq: row.version,
            kind: leg.kind,
            quantity: leg.quantity,
            delta: step.delta,
            held_delta: step.held_delta,
            on_hand_after: row.on_hand,
            held_after: row.held,
            short_after: row.short,
            source: wish.source,
            source_id: wish.source_id.clone(),
            partner_id: wish.partner,
            occurred_at: wish.at,
            recorded_at: self.now,
        }))
    }

    async fn save(&self, tx: &Tx) -> Result<()> {
        if self.moves.is_empty() {
            return Ok(());
        }
        let touched: HashSet<StockLevelId> = self.moves.iter().map(|row| row.level_id).collect();
        let mut levels: Vec<&stock_level::Model> =
            self.levels.values().filter(|row| touched.contains(&row.id)).collect();
        levels.sort_unstable_by_key(|row| row.id);
        let told = self.told(tx, &levels).await?;
        let changes = StockChanges { levels, moves: self.moves.iter().collect() };
        let mut writes = Writes::new(tx);
        store::save_moves(&mut writes, &changes).await?;
        publish_with(&mut writes, told, self.now).await?;
        writes.send().await?;
        Ok(())
    }

    /// One event a level, where anything is different than before the batch.
    async fn told(&self, tx: &Tx, levels: &[&stock_level::Model]) -> Result<Vec<Event>> {
        let differs = |row: &&&stock_level::Model| {
            self.before.get(&row.id).map(level_numbers) != Some(level_numbers(row))
        };
        let changed: Vec<&stock_level::Model> = levels.iter().filter(differs).copied().collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let skus: BTreeSet<SkuId> = changed.iter().map(|row| row.sku_id).collect();
        let skus = store::skus_by_id(tx, &skus.into_iter().collect::<Vec<_>>()).await?;
        let skus: HashMap<SkuId, String> = skus.into_iter().map(|row| (row.id, row.code)).collect();
        let places: BTreeSet<StoreId> = changed.iter().map(|row| row.store_id).collect();
        let places = stores::by_ids(tx, &places.into_iter().collect::<Vec<_>>()).await?;
        let event = |row: &&stock_level::Model| {
            let (sku, place) = (skus.get(&row.sku_id)?, places.get(&row.store_id)?);
            Some(events::stock_changed(row, sku, &place.code, self.now))
        };
        Ok(changed.iter().filter_map(event).collect())
    }
}

const fn level_numbers(row: &stock_level::Model) -> (i64, i64, i64) {
    (row.on_hand, row.held, row.short)
}

/// What the rules know of a row.
pub(super) const fn level_of(row: &stock_level::Model) -> Level {
    let stock_level::Model { on_hand, held, short, counted_at, .. } = *row;
    Level { on_hand, held, short, counted_at }
}

/// The levels of places, locked in the order of their ids; those that are missing are made.
async fn lock(
    tx: &Tx,
    places: BTreeSet<Place>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<Place, stock_level::Model>> {
    let mut found = store::levels_at(tx, &places).await?;
    let there: HashSet<Place> = found.iter().map(|row| (row.sku_id, row.store_id)).collect();
    let missing = places.iter().filter(|place| !there.contains(*place));
    let missing: Vec<stock_level::Model> = missing.map(|place| empty(*place, now)).collect();
    if !missing.is_empty() {
        store::insert_levels(tx, &missing).await?;
        found = store::levels_at(tx, &places).await?;
    }
    let mut ids: Vec<StockLevelId> = found.into_iter().map(|row| row.id).collect();
    ids.sort_unstable();
    let rows = store::lock_levels(tx, &ids).await?;
    Ok(rows.into_iter().map(|row| ((row.sku_id, row.store_id), row)).collect())
}

fn empty((sku_id, store_id): Place, now: DateTime<Utc>) -> stock_level::Model {
    stock_level::Model {
        id: StockLevelId::new(now),
        sku_id,
        store_id,
        on_hand: 0,
        held: 0,
        short: 0,
        version: 0,
        counted_at: None,
        updated_at: now,
    }
}

async fn known(tx: &Tx, wishes: &[Wish]) -> Result<HashMap<Cause, Vec<stock_move::Model>>> {
    let mut causes: BTreeMap<StockSource, BTreeSet<String>> = BTreeMap::new();
    for wish in wishes {
        causes.entry(wish.source).or_default().insert(wish.source_id.clone());
    }
    let mut known: HashMap<Cause, Vec<stock_move::Model>> = HashMap::new();
    for (source, ids) in causes {
        let ids: Vec<String> = ids.into_iter().collect();
        for row in store::moves_by_cause(tx, source, &ids).await? {
            known.entry((source, row.source_id.clone())).or_default().push(row);
        }
    }
    Ok(known)
}

async fn since(
    tx: &Tx,
    levels: &BTreeMap<Place, stock_level::Model>,
    wishes: &[Wish],
) -> Result<HashMap<(StockLevelId, DateTime<Utc>), i64>> {
    let mut counts: BTreeMap<DateTime<Utc>, BTreeSet<StockLevelId>> = BTreeMap::new();
    for wish in wishes {
        let counted = wish.legs.iter().filter(|leg| matches!(leg.change, Change::Count { .. }));
        let counted = counted.filter_map(|leg| levels.get(&leg.place)).map(|row| row.id);
        for level in counted {
            counts.entry(wish.at).or_default().insert(level);
        }
    }
    let mut since = HashMap::new();
    for (at, levels) in counts {
        let levels: Vec<StockLevelId> = levels.into_iter().collect();
        let sums = store::moved_since(tx, &levels, at).await?;
        since.extend(sums.into_iter().map(|(level, sum)| ((level, at), sum)));
    }
    Ok(since)
}
