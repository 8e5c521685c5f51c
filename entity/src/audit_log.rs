//! Who read, searched, took out or changed what, and whose (PV-6). Rows are added and later chained, never changed.

use sea_orm::entity::prelude::*;

use crate::ids::{AuditId, MemberId, StoreId};
use crate::values::Mac;

/// Who read, searched, took out or changed what, and whose (PV-6). Rows are added and later chained, never changed.
///
/// Words of closed sets are kept as text here, so that one that somebody spoiled can still be read and named.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    /// Id; later ones sort later.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditId,
    /// When.
    pub at: DateTimeUtc,
    /// What kind of actor, an `ActorKind`.
    pub actor_kind: String,
    /// Which one; none for the system, and for somebody who is not known.
    pub actor_id: Option<Uuid>,
    /// The store that the actor belonged to.
    pub store_id: Option<StoreId>,
    /// What, an `AuditAction`.
    pub action: String,
    /// How it ended, an `AuditOutcome`.
    pub outcome: String,
    /// Whose data, by the id under which it was asked for.
    pub member_id: Option<MemberId>,
    /// What else it was about, by its public id.
    pub subject: Option<String>,
    /// How many rows a search gave.
    pub rows_given: Option<i64>,
    /// The request that it was done in, as in the program's own log; the command for commands.
    pub request_id: String,
    /// JSON text: names of fields, ids, counts, no personal data. Text, because the code is over its bytes.
    pub details: String,
    /// Over all of the above.
    pub mac: Mac,
    /// Number in the chain; none until the worker has chained it.
    pub seq: Option<i64>,
    /// Link of the line before it in the chain.
    pub prev_link: Option<Mac>,
    /// Over the number, the line, and the link before it.
    pub link: Option<Mac>,
}

impl ActiveModelBehavior for ActiveModel {}
