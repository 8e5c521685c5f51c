//! Reading boards: from the kv, from SQL when that cannot help, never not at all (F1, F2).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::codes::Board;
use entity::ids::{MemberId, StaffId};
use entity::values::PersonName;
use uuid::Uuid;

use super::super::rules::{self, Scope, Standing, Standings, Stretch};
use super::super::store;
use super::rebuild::rebuild_stretch;
use super::{RebuildReport, Shelf, Tried, Trouble, facts};
use crate::app::App;
use crate::http::{Error, Result};
use crate::kv::{BoardRow, Fresh};
use crate::{members, staff};

/// Which part of which board, and whose own row with it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The board.
    pub board: Board,
    /// Over which stretch.
    pub stretch: Stretch,
    /// Of whom.
    pub scope: Scope,
    /// Rows before the first.
    pub offset: u64,
    /// Most rows.
    pub limit: u64,
    /// Guide or member whose own row is added wherever it stands.
    pub own: Option<Uuid>,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Place {
    /// From 1; no two subjects share one.
    pub rank: u64,
    /// Guide or member.
    pub subject: Uuid,
    /// As shown to everybody: staff by name, members by nickname or masked name.
    pub name: PersonName,
    /// Fen or points, net.
    pub score: i64,
    /// Business time of the latest contribution.
    pub reached_at: DateTime<Utc>,
}

/// A part of a board.
#[derive(Clone, Debug)]
pub struct BoardPage {
    /// The rows, best first.
    pub rows: Vec<Place>,
    /// The caller's own row, also when it is not among them; none while she has no score.
    pub own: Option<Place>,
    /// Subjects on the whole board.
    pub total: u64,
    /// Whether the kv was away: the rows may be some seconds behind.
    pub stale: bool,
}

/// How long a page is given out before it is read again (performance: boards).
const PAGE_LIFE: Duration = Duration::from_secs(1);
/// How long sums from SQL are, each over a whole stretch. A page cut from them while the kv is away is not kept, so that
/// none says `stale` once it is back.
const SUM_LIFE: Duration = Duration::from_secs(10);

/// What every asker of the same page gets.
pub(super) struct Shared {
    rows: Vec<Place>,
    total: u64,
    source: Source,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Redis or its twin.
    Kv,
    /// SQL, because the stretch is too old to be kept.
    Archive,
    /// SQL, because the kv is away.
    Fallback,
}

/// A page of a board with the caller's own row (BN-7). A board that the kv lost is rebuilt on the way; while the kv is
/// away the page comes from SQL and says `stale`.
///
/// # Errors
/// The database's only.
pub async fn page(app: &App, wanted: Wanted) -> Result<BoardPage> {
    let key = rules::key(wanted.board, wanted.stretch, wanted.scope);
    let name = format!("{key} {}+{}", wanted.offset, wanted.limit);
    let pages = app.memory.of::<Shelf>();
    let fresh = pages.pages.get_or(&name, shared(app, wanted, &key)).await.map_err(again)?;
    let shared = &fresh.value;
    Ok(BoardPage {
        own: own(app, wanted, &key, shared).await?,
        rows: shared.rows.clone(),
        total: shared.total,
        stale: shared.source == Source::Fallback,
    })
}

/// The failure of whoever computed it, for one who waited.
fn again(error: Arc<Error>) -> Error {
    Arc::try_unwrap(error).unwrap_or_else(|error| Error::Refused(Box::new(error.refusal())))
}

async fn shared(app: &App, wanted: Wanted, key: &str) -> Result<Fresh<Shared>> {
    if !wanted.stretch.is_kept(app.calendar, app.clock.now()) {
        return from_sql(app, wanted, Source::Archive).await;
    }
    match from_kv(app, wanted, key).await {
        Ok(found) => Ok(found),
        Err(Trouble::Other(error)) => Err(error),
        Err(Trouble::Kv(error)) => {
            tracing::warn!(%error, "a leaderboard is answered from SQL");
            from_sql(app, wanted, Source::Fallback).await
        }
    }
}

async fn from_kv(app: &App, wanted: Wanted, key: &str) -> Tried<Fresh<Shared>> {
    make_whole(app, wanted, key).await?;
    let rows = app.kv.board_page(key, wanted.offset, wanted.limit).await?;
    let total = app.kv.board_len(key).await?;
    let rows = rows.iter().filter_map(place).collect();
    let rows = named(app, wanted.board, rows).await?;
    Ok(Fresh { life: PAGE_LIFE, value: Shared { rows, total, source: Source::Kv } })
}

/// Rebuilds the board unless the kv holds it whole; of all who find it missing one does it for all.
async fn make_whole(app: &App, wanted: Wanted, key: &str) -> Tried<()> {
    let Wanted { board, stretch, .. } = wanted;
    let gap = store::gap(app.db.read(), board, stretch).await?;
    if gap.is_none() && app.kv.board_exists(key).await? {
        return Ok(());
    }
    let shelf = app.memory.of::<Shelf>();
    let name = rules::key(board, stretch, Scope::Company);
    let rebuilt = shelf.rebuilds.get_or(&name, async {
        let mut report = RebuildReport::default();
        rebuild_stretch(app, board, stretch, &mut report).await?;
        tracing::info!(%board, period = %stretch.period, rows = report.rows, "leaderboards rebuilt");
        Ok(Fresh { life: PAGE_LIFE, value: report })
    });
    match rebuilt.await {
        Ok(_) => Ok(()),
        Err(trouble) => {
            Err(Arc::try_unwrap(trouble).unwrap_or_else(|trouble: Arc<Trouble>| trouble.copied()))
        }
    }
}

async fn from_sql(app: &App, wanted: Wanted, source: Source) -> Result<Fresh<Shared>> {
    let sums = sums(app, wanted.board, wanted.stretch).await?;
    let board = sums.value.get(&wanted.scope).map_or(&[][..], Vec::as_slice);
    let offset = usize::try_from(wanted.offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let ranked = (1..).zip(board).skip(offset).take(limit);
    let rows = ranked.map(|(rank, standing)| unnamed(rank, standing)).collect();
    let rows = named(app, wanted.board, rows).await?;
    let total = board.len() as u64;
    let life = match source {
        Source::Fallback => Duration::ZERO,
        Source::Archive | Source::Kv => SUM_LIFE,
    };
    Ok(Fresh { life, value: Shared { rows, total, source } })
}

/// Every board of a stretch, summed by SQL.
async fn sums(app: &App, board: Board, stretch: Stretch) -> Result<Arc<Fresh<Standings>>> {
    let shelf = app.memory.of::<Shelf>();
    let name = rules::key(board, stretch, Scope::Company);
    let sums = shelf.sums.get_or(&name, async {
        let facts = facts::of(app, board, stretch, None).await?;
        Ok(Fresh { life: SUM_LIFE, value: rules::standings(&facts) })
    });
    sums.await.map_err(again)
}

async fn own(app: &App, wanted: Wanted, key: &str, shared: &Shared) -> Result<Option<Place>> {
    let Some(subject) = wanted.own else { return Ok(None) };
    // From the page where it is on it, so that the two never disagree.
    if let Some(row) = shared.rows.iter().find(|row| row.subject == subject) {
        return Ok(Some(row.clone()));
    }
    if shared.source == Source::Kv
        && let Ok(row) = app.kv.board_find(key, &subject.to_string()).await
    {
        let row = row.as_ref().and_then(place).into_iter().collect();
        return Ok(named(app, wanted.board, row).await?.pop());
    }
    let sums = sums(app, wanted.board, wanted.stretch).await?;
    let mut ranked = (1..).zip(sums.value.get(&wanted.scope).into_iter().flatten());
    let row = ranked.find(|(_, standing)| standing.subject == subject);
    let row = row.map(|(rank, standing)| unnamed(rank, standing)).into_iter().collect();
    Ok(named(app, wanted.board, row).await?.pop())
}

fn place(row: &BoardRow) -> Option<Place> {
    Some(Place {
        rank: row.rank,
        subject: Uuid::parse_str(&row.subject).ok()?,
        name: PersonName::default(),
        score: row.score,
        reached_at: DateTime::from_timestamp_millis(row.reached_at_ms)?,
    })
}

fn unnamed(rank: u64, standing: &Standing) -> Place {
    Place {
        rank,
        subject: standing.subject,
        name: PersonName::default(),
        score: standing.score,
        reached_at: standing.reached_at,
    }
}

async fn named(app: &App, board: Board, mut rows: Vec<Place>) -> Result<Vec<Place>> {
    if rows.is_empty() {
        return Ok(rows);
    }
    let subjects: Vec<Uuid> = rows.iter().map(|row| row.subject).collect();
    let mut names = match board {
        Board::GuideSales => guide_names(app, &subjects).await?,
        Board::MemberPoints => member_names(app, &subjects).await?,
    };
    for row in &mut rows {
        row.name = names.remove(&row.subject).unwrap_or_default();
    }
    Ok(rows)
}

async fn guide_names(app: &App, ids: &[Uuid]) -> Result<HashMap<Uuid, PersonName>> {
    let ids: Vec<StaffId> = ids.iter().copied().map(StaffId).collect();
    let staff = staff::service::by_ids(app.db.read(), &ids).await?;
    Ok(staff.into_iter().map(|(id, staff)| (id.0, staff.name)).collect())
}

async fn member_names(app: &App, ids: &[Uuid]) -> Result<HashMap<Uuid, PersonName>> {
    let ids: Vec<MemberId> = ids.iter().copied().map(MemberId).collect();
    let members = members::service::by_ids(app.db.read(), &ids).await?;
    let shown = |member: &entity::member::Model| {
        let text = |name: &Option<PersonName>| name.as_ref().map(|name| name.0.clone());
        PersonName(rules::public_name(
            text(&member.nickname).as_deref(),
            text(&member.name).as_deref(),
        ))
    };
    Ok(members.iter().map(|(id, member)| (id.0, shown(member))).collect())
}
