//! Asking for an import or export.

use chrono::TimeDelta;
use entity::bulk_run::Model;
use entity::codes::{AuditAction, BulkDirection, BulkFile, BulkKind, BulkState, ImportMode};
use entity::ids::{BulkRunId, PartnerId};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Asker, files, kinds, running, sheets};
use crate::app::App;
use crate::audit::service::{self as audit, Line};
use crate::bulk::error::TOO_MANY_OPEN;
use crate::bulk::rules::options::{Filter, Options};
use crate::bulk::rules::outcome;
use crate::bulk::rules::table::Table;
use crate::bulk::store;
use crate::db::Tx;
use crate::http::{Error, Result, codes};
use crate::partners::service as partners;

/// How long files are kept: what is in them is personal.
const KEPT: TimeDelta = TimeDelta::days(7);
/// Files read at once: each may take much memory while it is unpacked (S5).
static READERS: Semaphore = Semaphore::const_new(2);
/// Runs of one person or partner that have not ended: each takes a worker for as long as it lasts.
const MOST_OPEN: u64 = 5;
/// What points are called that members bring along, unless the sender says otherwise.
const REFERENCE: &str = "opening";

/// An import that is asked for.
#[derive(Clone, Debug)]
pub struct ImportWish {
    /// What the rows are.
    pub kind: BulkKind,
    /// Whether it moves anything.
    pub mode: ImportMode,
    /// Whose orders they are.
    pub partner: Option<PartnerId>,
    /// What points are called that members bring along.
    pub reference: Option<String>,
}

/// An export that is asked for.
#[derive(Clone, Debug)]
pub struct ExportWish {
    /// What the rows are.
    pub kind: BulkKind,
    /// Which rows.
    pub filter: Filter,
}

/// A file that was read, and its place among those that are held in memory.
#[derive(Debug)]
pub struct Checked {
    records: Vec<u8>,
    rows: i64,
    ignored: Vec<String>,
    _place: SemaphorePermit<'static>,
}

/// Reads a file as far as it can be judged without its rows: format, encoding, header, size.
///
/// # Errors
/// `import_file_unreadable`, `import_file_is_xls`, `import_file_too_large`, `import_file_empty`, `import_header_wrong`;
/// `invalid_fields` for a kind that cannot be imported, and without the partner whose orders they are.
pub async fn check_import(
    app: &App,
    wish: &ImportWish,
    bytes: impl AsRef<[u8]> + Send + 'static,
) -> Result<Checked> {
    let columns = kinds::columns(wish.kind).ok_or_else(|| no_such_kind("?kind"))?;
    match (wish.kind, wish.partner) {
        (BulkKind::Orders, Some(partner)) => {
            partners::find(app, partner).await.map_err(|_| unknown_partner())?;
        }
        (BulkKind::Orders, None) => return Err(unknown_partner()),
        _ => {}
    }
    let place = READERS.acquire().await.map_err(Error::fault)?;
    let read = tokio::task::spawn_blocking(move || {
        let table = Table::read(columns, bytes.as_ref())?;
        let (rows, ignored) = (table.rows, table.ignored.clone());
        Result::Ok(Checked { records: table.into_records()?, rows, ignored, _place: place })
    });
    read.await.map_err(Error::fault)?
}

fn no_such_kind(pointer: &str) -> Error {
    Error::field(pointer, "kind", "不支持该类型", "not a kind for this")
}

fn unknown_partner() -> Error {
    let (zh, en) = ("请指定订单所属的对接方", "the partner whose orders they are");
    Error::field("?partner_id", "partner", zh, en)
}

/// Keeps what was sent and queues the work; points wait for a second person (S25).
///
/// # Errors
/// `bulk_too_many_open`.
pub async fn start_import_in(
    tx: &Tx,
    app: &App,
    asker: Asker<'_>,
    wish: &ImportWish,
    file: &Checked,
) -> Result<Model> {
    one_more(tx, asker).await?;
    let points = wish.kind == BulkKind::PointsBalances;
    let reference = points.then(|| wish.reference.as_deref().unwrap_or(REFERENCE).to_owned());
    let options = Options {
        partner: wish.partner.filter(|_| wish.kind == BulkKind::Orders),
        reference,
        ignored: file.ignored.clone(),
        ..Options::default()
    };
    let mut run = new_run(app, BulkDirection::Import, wish.kind, &options, asker)?;
    run.mode = Some(wish.mode);
    run.rows_total = Some(file.rows);
    if points && wish.mode == ImportMode::Apply {
        run.state = BulkState::PendingApproval;
    }
    store::insert_run(tx, &run).await?;
    files::keep(tx, app, (run.id, BulkFile::Upload), &file.records).await?;
    files::add(tx, app, (run.id, BulkFile::Report, files::HEAD), &outcome::head()?).await?;
    if run.state == BulkState::Queued {
        running::queue_in(tx, app, &run).await?;
    }
    if let Asker::Staff(_, author) = asker {
        let line = Line::new(AuditAction::ImportStarted).of(run.id);
        let line = line.word("kind", run.kind.as_str()).word("mode", wish.mode.as_str());
        let rows = usize::try_from(file.rows).unwrap_or_default();
        audit::write_in(tx, app, author, &[line.gave(rows)]).await?;
    }
    Ok(run)
}

/// Whether such rows can be exported.
///
/// # Errors
/// `invalid_fields`.
pub fn check_export(wish: &ExportWish) -> Result<()> {
    if !sheets::has(wish.kind) {
        return Err(no_such_kind("/kind"));
    }
    let Filter { from, until, .. } = wish.filter;
    match (from, until) {
        (Some(from), Some(until)) if from >= until => {
            let (zh, en) = ("结束日期不能早于开始日期", "ends before it begins");
            Err(Error::field("/to_day", "range", zh, en))
        }
        _ => Ok(()),
    }
}

/// Queues an export; the audit log keeps who asked for what (PV-6).
///
/// # Errors
/// `bulk_too_many_open`.
pub async fn start_export_in(
    tx: &Tx,
    app: &App,
    asker: Asker<'_>,
    wish: &ExportWish,
) -> Result<Model> {
    let Asker::Staff(_, author) = asker else { return Err(codes::FORBIDDEN.into()) };
    one_more(tx, asker).await?;
    let options = Options { filter: wish.filter.clone(), ..Options::default() };
    let run = new_run(app, BulkDirection::Export, wish.kind, &options, asker)?;
    store::insert_run(tx, &run).await?;
    running::queue_in(tx, app, &run).await?;
    let line = Line::new(AuditAction::MemberExported).of(run.id).word("part", run.kind.as_str());
    let line = match wish.filter.member {
        Some(member) => line.about(member),
        None => line,
    };
    audit::write_in(tx, app, author, &[line]).await?;
    Ok(run)
}

async fn one_more(tx: &Tx, asker: Asker<'_>) -> Result<()> {
    let open = store::count_open(tx, asker.actor()).await?;
    if open < MOST_OPEN { Ok(()) } else { Err(TOO_MANY_OPEN.into()) }
}

fn new_run(
    app: &App,
    direction: BulkDirection,
    kind: BulkKind,
    options: &Options,
    asker: Asker<'_>,
) -> Result<Model> {
    let now = app.clock.now();
    let (actor_kind, actor_id) = asker.actor();
    Ok(Model {
        id: BulkRunId::new(now),
        direction,
        kind,
        mode: None,
        state: BulkState::Queued,
        options: serde_json::to_string(options).map_err(Error::fault)?,
        rows_total: None,
        rows_done: 0,
        rows_created: 0,
        rows_updated: 0,
        rows_unchanged: 0,
        rows_refused: 0,
        position: None,
        reason: None,
        actor_kind,
        actor_id,
        approved_by: None,
        created_at: now,
        started_at: None,
        updated_at: now,
        finished_at: None,
        expires_at: now + KEPT,
        files_deleted: false,
    })
}
