//! The reaction: boards follow what happened.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use entity::codes::{Board, Ledger, TransferKind};
use entity::event_log::Model as Logged;
use entity::ids::{MemberId, StaffId};
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use uuid::Uuid;

use super::super::rules::{self, Scope, Standings, Stretch};
use super::super::store;
use super::{PERIODS, Tried, Trouble, entry, facts};
use crate::app::App;
use crate::http::Result;
use crate::members;

/// Subjects whose scores changed, by board.
type Touched = BTreeMap<(Board, Stretch), BTreeSet<Uuid>>;

/// What a batch asks for.
#[derive(Default)]
struct Wishes {
    touched: Touched,
    merged: Vec<Merged>,
}

#[derive(Deserialize)]
struct Moved {
    ledger: Ledger,
    kind: TransferKind,
}

#[derive(Deserialize)]
struct Credited {
    guide_id: StaffId,
}

#[derive(Deserialize)]
struct Merged {
    loser: MemberId,
    winner: MemberId,
}

/// Brings boards up to date after `points.moved`, `guide.credited` and `member.merged` (BN-7). Each subject is computed
/// once a batch. Succeeds while the kv is away: what a board missed is noted and made good by its next reader.
///
/// # Errors
/// The database's only.
#[must_use]
pub fn on_events<'a>(app: &'a App, batch: &'a [Logged]) -> LocalBoxFuture<'a, Result<()>> {
    Box::pin(follow(app, batch))
}

async fn follow(app: &App, batch: &[Logged]) -> Result<()> {
    let mut wishes = read(app, batch);
    touch_merged(app, &mut wishes);
    resolve_losers(app, &mut wishes.touched).await?;
    let mut missed = Vec::new();
    for ((board, stretch), subjects) in &wishes.touched {
        // After the first failure the rest would wait for the same server one by one.
        if missed.is_empty() {
            match bring_up(app, *board, *stretch, subjects).await {
                Ok(()) => continue,
                Err(Trouble::Other(error)) => return Err(error),
                Err(Trouble::Kv(error)) => {
                    tracing::warn!(%error, "leaderboards miss changes for now");
                }
            }
        }
        missed.push((*board, *stretch));
    }
    store::mark_gaps(app.db.write(), &missed).await
}

fn read(app: &App, batch: &[Logged]) -> Wishes {
    let mut wishes = Wishes::default();
    for event in batch {
        if note(app, event, &mut wishes).is_none() {
            tracing::warn!(event = %event.id, kind = event.kind, "an event has not the form that boards read");
        }
    }
    wishes
}

/// `None` when the event is of a kind that boards follow, but not of its form.
fn note(app: &App, event: &Logged, wishes: &mut Wishes) -> Option<()> {
    match event.kind.as_str() {
        "points.moved" => {
            let moved = Moved::deserialize(&event.payload).ok()?;
            let counts = matches!(moved.kind, TransferKind::Earn | TransferKind::Reverse);
            if moved.ledger == Ledger::Points && counts {
                touch(app, wishes, Board::MemberPoints, event, event.member_id?.0);
            }
        }
        "guide.credited" => {
            let credited = Credited::deserialize(&event.payload).ok()?;
            touch(app, wishes, Board::GuideSales, event, credited.guide_id.0);
        }
        "member.merged" => wishes.merged.push(Merged::deserialize(&event.payload).ok()?),
        _ => {}
    }
    Some(())
}

fn touch(app: &App, wishes: &mut Wishes, board: Board, event: &Logged, subject: Uuid) {
    let now = app.clock.now();
    let day = app.calendar.day(event.occurred_at);
    for period in PERIODS {
        let stretch = Stretch::around(app.calendar, *period, day);
        if stretch.is_kept(app.calendar, now) {
            wishes.touched.entry((board, stretch)).or_default().insert(subject);
        }
    }
}

/// Both sides of each merge change on every board that is kept.
fn touch_merged(app: &App, wishes: &mut Wishes) {
    for Merged { loser, winner } in &wishes.merged {
        for period in PERIODS {
            for stretch in Stretch::all_kept(app.calendar, *period, app.clock.now()) {
                let touched = wishes.touched.entry((Board::MemberPoints, stretch)).or_default();
                touched.extend([loser.0, winner.0]);
            }
        }
    }
}

/// Whoever was merged is computed under the id that stays, and is to leave the boards under her own.
async fn resolve_losers(app: &App, touched: &mut Touched) -> Result<()> {
    let members: BTreeSet<Uuid> = touched
        .iter()
        .filter(|((board, _), _)| *board == Board::MemberPoints)
        .flat_map(|(_, subjects)| subjects.iter().copied())
        .collect();
    let ids: Vec<MemberId> = members.into_iter().map(MemberId).collect();
    let winners = members::service::winners(app.db.read(), &ids).await?;
    for ((board, _), subjects) in touched {
        if *board == Board::MemberPoints {
            let resolved = subjects.iter().filter_map(|id| winners.get(&MemberId(*id)));
            let resolved: Vec<Uuid> = resolved.map(|winner| winner.0).collect();
            subjects.extend(resolved);
        }
    }
    Ok(())
}

async fn bring_up(
    app: &App,
    board: Board,
    stretch: Stretch,
    subjects: &BTreeSet<Uuid>,
) -> Tried<()> {
    let subjects: Vec<Uuid> = subjects.iter().copied().collect();
    let facts = facts::of(app, board, stretch, Some(&subjects)).await?;
    let standings = rules::standings(&facts);
    put(app, board, stretch, &standings).await?;
    if board == Board::MemberPoints {
        drop_merged(app, stretch, &subjects).await?;
    }
    Ok(())
}

pub(super) async fn put(
    app: &App,
    board: Board,
    stretch: Stretch,
    standings: &Standings,
) -> Tried<()> {
    for (scope, standings) in standings {
        let entries: Vec<_> = standings.iter().map(entry).collect();
        app.kv.board_put(&rules::key(board, stretch, *scope), &entries, life(stretch)).await?;
    }
    Ok(())
}

/// Takes merged members off. After the put, and asked anew: another process may have put a loser while she was merged.
async fn drop_merged(app: &App, stretch: Stretch, subjects: &[Uuid]) -> Tried<()> {
    let ids: Vec<MemberId> = subjects.iter().copied().map(MemberId).collect();
    let winners = members::service::winners(app.db.read(), &ids).await?;
    let merged: Vec<_> = winners.into_iter().filter(|(id, winner)| id != winner).collect();
    if merged.is_empty() {
        return Ok(());
    }
    let both = merged.iter().flat_map(|(loser, winner)| [*loser, *winner]).collect();
    let homes = facts::homes(app, both).await?;
    let mut leaving: BTreeMap<Scope, Vec<String>> = BTreeMap::new();
    for (loser, winner) in &merged {
        // Her store may have become the winner's.
        let scopes = [loser, winner].into_iter().filter_map(|id| homes.get(id)).flat_map(scopes);
        for scope in scopes.chain([Scope::Company]).collect::<BTreeSet<_>>() {
            leaving.entry(scope).or_default().push(loser.0.to_string());
        }
    }
    for (scope, losers) in leaving {
        let key = rules::key(Board::MemberPoints, stretch, scope);
        app.kv.board_remove(&key, &losers).await?;
    }
    Ok(())
}

fn scopes((store, region): &facts::Home) -> impl Iterator<Item = Scope> {
    [store.map(Scope::Store), region.map(Scope::Region)].into_iter().flatten()
}

/// How long a board lives in the kv after its last change.
pub(super) fn life(stretch: Stretch) -> Duration {
    stretch.kept_for().to_std().unwrap_or_default()
}
