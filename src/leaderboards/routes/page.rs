//! A board on the wire.

use chrono::{DateTime, Days, NaiveDate, Utc};
use entity::codes::{Board, Period};
use entity::ids::{MemberId, RegionId, StaffId, StoreId};
use entity::values::PersonName;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::audit::service::Author;
use crate::http::limits::{admit, per_minute};
use crate::http::{Cursor, Result};
use crate::leaderboards::service::{self, BoardPage, Place, Reach, Scope, Stretch, Wanted};

/// Boards that the kv no longer keeps, read by all callers together in a minute.
const OLD_BOARDS_A_MINUTE: u32 = 60;

/// A part of a leaderboard, best first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "board": "member_points", "period": "week", "starts_on": "2026-11-16", "ends_on": "2026-11-22",
    "scope": "company", "stale": false, "total": 812, "has_more": true, "next_cursor": "MzQ1",
    "items": [{"rank": 1, "name": "小衣", "score": 1280, "reached_at": "2026-11-20T09:30:00Z", "mine": false}],
    "me": {"rank": 57, "name": "王**", "score": 300, "reached_at": "2026-11-19T02:10:00Z", "mine": true}
}))]
pub struct Leaderboard {
    /// Which board.
    pub board: Board,
    /// Over what.
    pub period: Period,
    /// First business day.
    pub starts_on: NaiveDate,
    /// Last business day.
    pub ends_on: NaiveDate,
    /// How wide it ranks.
    pub scope: Reach,
    /// The region, when it ranks one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region_id: Option<RegionId>,
    /// The store, when it ranks one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
    /// True while the ranking store is away: rows may be some seconds behind.
    pub stale: bool,
    /// How many are ranked in all.
    pub total: u64,
    /// The rows.
    pub items: Vec<LeaderboardRow>,
    /// The caller's own row wherever it stands; absent while she has no score in the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub me: Option<LeaderboardRow>,
    /// Send it as `cursor` to read on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Whether there is more.
    pub has_more: bool,
}

/// One row of a leaderboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeaderboardRow {
    /// The place, from 1; of equal scores the one reached earlier stands higher.
    pub rank: u64,
    /// Staff by name, members by nickname or masked name.
    pub name: PersonName,
    /// Fen of `guide_sales`, points of `member_points`; below zero after refunds of an earlier period's purchases.
    pub score: i64,
    /// Business time of the latest contribution.
    pub reached_at: DateTime<Utc>,
    /// Whether it is the caller's own.
    pub mine: bool,
    /// The guide; never sent to shoppers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guide_id: Option<StaffId>,
    /// The member; sent to head office only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
}

/// Whose ids an audience gets beside names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    Hidden,
    Guides,
    All,
}

/// A board that a caller may see.
pub(super) struct Asked {
    pub(super) board: Board,
    pub(super) scope: Scope,
    pub(super) own: Option<Uuid>,
    pub(super) ids: Ids,
    /// Staff who look at it.
    pub(super) author: Option<Author>,
}

impl Asked {
    pub(super) async fn read(
        &self,
        app: &App,
        period: Period,
        date: Option<NaiveDate>,
        cursor: Option<&str>,
        limit: u64,
    ) -> Result<Leaderboard> {
        let date = date.unwrap_or_else(|| app.calendar.day(app.clock.now()));
        let stretch = Stretch::around(app.calendar, period, date);
        let Self { board, scope, own, .. } = *self;
        let list = format!("leaderboard {board} {scope:?} {period} {}", stretch.starts_on);
        let offset = cursor.map_or(Ok(0), |cursor| Cursor::read(&app.vault, &list, cursor))?;
        if !stretch.is_kept(app.calendar, app.clock.now()) {
            // Each is a sum over the whole company: rare, and dear to those who ask for many.
            admit(app, "old boards", "", per_minute(OLD_BOARDS_A_MINUTE)).await?;
        }
        let page = service::page(app, Wanted { board, stretch, scope, offset, limit, own }).await?;
        if let Some(author) = &self.author {
            service::note(app, author, board, page.rows.len()).await?;
        }
        let next = offset + page.rows.len() as u64;
        let has_more = !page.rows.is_empty() && next < page.total;
        let next_cursor = has_more.then(|| Cursor::write(&app.vault, &list, &next));
        Ok(self.on_the_wire(stretch, page, next_cursor))
    }

    fn on_the_wire(
        &self,
        stretch: Stretch,
        page: BoardPage,
        next_cursor: Option<String>,
    ) -> Leaderboard {
        let (scope, region_id, store_id) = match self.scope {
            Scope::Company => (Reach::Company, None, None),
            Scope::Region(id) => (Reach::Region, Some(id), None),
            Scope::Store(id) => (Reach::Store, None, Some(id)),
        };
        Leaderboard {
            board: self.board,
            period: stretch.period,
            starts_on: stretch.starts_on,
            ends_on: stretch.ends_before() - Days::new(1),
            scope,
            region_id,
            store_id,
            stale: page.stale,
            total: page.total,
            items: page.rows.into_iter().map(|row| self.row(row)).collect(),
            me: page.own.map(|row| self.row(row)),
            has_more: next_cursor.is_some(),
            next_cursor,
        }
    }

    fn row(&self, row: Place) -> LeaderboardRow {
        let guides = self.board == Board::GuideSales && self.ids != Ids::Hidden;
        let members = self.board == Board::MemberPoints && self.ids == Ids::All;
        LeaderboardRow {
            mine: self.own == Some(row.subject),
            rank: row.rank,
            name: row.name,
            score: row.score,
            reached_at: row.reached_at,
            guide_id: guides.then_some(StaffId(row.subject)),
            member_id: members.then_some(MemberId(row.subject)),
        }
    }
}
