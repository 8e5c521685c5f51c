//! `/v1/admin/audit`: who read, searched, took out or changed what (PV-6).

use actix_web::get;
use actix_web::web::{Json, ThinData};
use chrono::{DateTime, Utc};
use entity::codes::{ActorKind, AuditAction, AuditOutcome};
use entity::ids::{AuditId, MemberId, PartnerId, StaffId, StoreId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::audit::service::Written;
use crate::http::{Cursor, Error, Page, Problem, Query, Result};
use crate::operations::service::{self, AuditSearch};
use crate::staff::caller::AuditCaller;

/// A line of the audit log.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "aud_0698v9qe00t134m6ou6d8h2lak", "at": "2026-11-21T08:00:00Z", "actor": "staff",
    "actor_id": "stf_0698v9qe00t134m6ou6d8h2lak", "store_id": "sto_0698v9qe00t134m6ou6d8h2lak",
    "action": "member.read", "outcome": "done", "member_id": "mem_0698v9qe00t134m6ou6d8h2lak",
    "request_id": "0e3c6f0b6c0e4a51b0d5c3f5f2a1d9aa", "details": {"part": "profile"}, "seq": 40_112
}))]
pub struct AuditLine {
    /// Id.
    pub id: AuditId,
    /// When.
    pub at: DateTime<Utc>,
    /// What kind of actor.
    #[schema(value_type = ActorKind)]
    pub actor: String,
    /// Which one; absent for the system and for somebody who is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<String>,
    /// The store that staff belonged to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
    /// What was done.
    #[schema(value_type = AuditAction)]
    pub action: String,
    /// How it ended.
    #[schema(value_type = AuditOutcome)]
    pub outcome: String,
    /// Whose data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
    /// What else it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How many rows a search gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<i64>,
    /// The request, as in the program's own log; the command for commands.
    pub request_id: String,
    /// Names of fields, ids, words of ours; no personal data.
    #[schema(value_type = Object)]
    pub details: Value,
    /// Number in the chain; absent during the first minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
}

impl From<Written> for AuditLine {
    fn from(row: Written) -> Self {
        let staff = || row.actor_id.map(|id| StaffId(id).to_string());
        let actor_id = match row.actor_kind.as_str() {
            "member" => row.actor_id.map(|id| MemberId(id).to_string()),
            "partner" => row.actor_id.map(|id| PartnerId(id).to_string()),
            _ => staff(),
        };
        Self {
            id: row.id,
            at: row.at,
            actor: row.actor_kind,
            actor_id,
            store_id: row.store_id,
            action: row.action,
            outcome: row.outcome,
            member_id: row.member_id,
            subject: row.subject,
            rows: row.rows_given,
            request_id: row.request_id,
            details: serde_json::from_str(&row.details).unwrap_or_default(),
            seq: row.seq,
        }
    }
}

/// Which lines; the words narrow each other.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Of this member of staff, member or third party: `stf_…`, `mem_…` or `par_…`.
    #[garde(length(max = 64))]
    #[param(example = "stf_0698v9qe00t134m6ou6d8h2lak")]
    pub actor: Option<String>,
    /// Of this action.
    #[garde(skip)]
    #[param(inline)]
    pub action: Option<AuditAction>,
    /// About this member and those merged into her.
    #[garde(skip)]
    pub member_id: Option<MemberId>,
    /// At or after this instant.
    #[garde(skip)]
    #[param(example = "2026-11-01T00:00:00Z")]
    pub from: Option<DateTime<Utc>>,
    /// Before this instant.
    #[garde(skip)]
    #[param(example = "2026-12-01T00:00:00Z")]
    pub until: Option<DateTime<Utc>>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "default_limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

const fn default_limit() -> u64 {
    20
}

impl AuditQuery {
    fn search(&self) -> Result<AuditSearch> {
        Ok(AuditSearch {
            actor: self.actor.as_deref().map(actor).transpose()?,
            action: self.action,
            member: self.member_id,
            from: self.from,
            until: self.until,
            before: None,
        })
    }
}

fn actor(text: &str) -> Result<uuid::Uuid> {
    let staff = text.parse().map(|id: StaffId| id.0);
    let member = || text.parse().map(|id: MemberId| id.0);
    let partner = || text.parse().map(|id: PartnerId| id.0);
    staff.or_else(|_| member()).or_else(|_| partner()).map_err(|_| {
        Error::field(
            "?actor",
            "type",
            "不是员工、会员或合作方的编号",
            "no id of staff, a member or a partner",
        )
    })
}

/// Read the audit log
///
/// The latest lines first. Reading it is written down in it, too. `huiyi audit verify` proves that nobody changed it.
#[utoipa::path(
    tag = "operations",
    security(("admin_token" = [])),
    params(AuditQuery),
    responses(
        (status = 200, body = Page<AuditLine>, description = "A page of lines.", example = json!({
            "items": [{"id": "aud_0698v9qe00t134m6ou6d8h2lak", "at": "2026-11-21T08:00:00Z", "actor": "staff",
                "actor_id": "stf_0698v9qe00t134m6ou6d8h2lak", "action": "member.read", "outcome": "done",
                "member_id": "mem_0698v9qe00t134m6ou6d8h2lak", "request_id": "0e3c6f0b6c0e4a51b0d5c3f5f2a1d9aa",
                "details": {"part": "profile"}, "seq": 40_112}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/audit")]
pub(super) async fn list_audit_lines(
    app: ThinData<App>,
    caller: AuditCaller,
    query: Query<AuditQuery>,
) -> Result<Json<Page<AuditLine>>> {
    let mut search = query.0.search()?;
    let list = format!("audit {search:?}");
    let cursor = query.0.cursor.as_deref();
    search.before = cursor.map(|cursor| Cursor::read(&app.vault, &list, cursor)).transpose()?;
    let rows = service::audit_lines(&app, &caller.author, search, query.0.limit + 1).await?;
    let write = |row: &Written| Cursor::write(&app.vault, &list, &row.id);
    Ok(Json(Page::cut(rows, query.0.limit, write).map(Into::into)))
}
