//! Use cases of leaderboards.

mod facts;
mod follow;
mod read;
mod rebuild;
mod scopes;

pub use super::rules::{Scope, Stretch};
pub use follow::on_events;
pub use read::{BoardPage, Place, Wanted, page};
pub use rebuild::{RebuildReport, rebuild};
pub use scopes::{Reach, scope_of_member, scope_of_office, scope_of_staff};

use entity::codes::{AuditAction, Board, Period};

use super::rules::{Standing, Standings};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::http::{Error, Result, codes};
use crate::kv::{BoardEntry, KvError, Recent};

/// Every board.
const BOARDS: &[Board] = Board::ALL;

/// Every period.
const PERIODS: &[Period] = Period::ALL;

/// What may stop work on a board.
#[derive(Debug)]
enum Trouble {
    /// The kv is away: SQL still knows everything.
    Kv(KvError),
    /// Anything else.
    Other(Error),
}

type Tried<T> = std::result::Result<T, Trouble>;

impl Trouble {
    /// The same once more, for another one who waited.
    fn copied(&self) -> Self {
        match self {
            Self::Kv(error) => Self::Kv(error.clone()),
            Self::Other(error) => Self::Other(Error::Refused(Box::new(error.refusal()))),
        }
    }
}

impl From<KvError> for Trouble {
    fn from(error: KvError) -> Self {
        Self::Kv(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Kv(_) => codes::UNAVAILABLE.into(),
            Trouble::Other(error) => error,
        }
    }
}

/// What this process read of boards a moment ago.
#[derive(Default)]
struct Shelf {
    pages: Recent<read::Shared>,
    sums: Recent<Standings>,
    rebuilds: Recent<RebuildReport>,
}

/// Forgets what this process read a moment ago, so that the next reader sees the boards as they are now.
pub fn forget_pages(app: &App) {
    let shelf = app.memory.of::<Shelf>();
    shelf.pages.clear();
    shelf.sums.clear();
    shelf.rebuilds.clear();
}

/// A standing as the kv ranks it; ids as text sort as ids do.
fn entry(standing: &Standing) -> BoardEntry {
    BoardEntry {
        subject: standing.subject.to_string(),
        score: standing.score,
        reached_at_ms: standing.reached_at.timestamp_millis(),
        version: standing.version,
    }
}

/// Writes down that staff saw members on a board (PV-6); boards of guides show no member.
///
/// # Errors
/// The database's.
pub async fn note(app: &App, author: &Author, board: Board, rows: usize) -> Result<()> {
    if board != Board::MemberPoints {
        return Ok(());
    }
    let line = Line::new(AuditAction::MemberSearched).word("part", "leaderboard").gave(rows);
    audit::write(app, author, line).await
}
