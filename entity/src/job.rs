//! Work to be done once its time has come, by one worker at a time.

use sea_orm::entity::prelude::*;

use crate::codes::JobState;
use crate::ids::JobId;

/// Work to be done once its time has come, by one worker at a time.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// Which handler does it.
    pub kind: String,
    /// What it is about, unique: `name@slot` for schedules.
    pub key: String,
    /// Its data as JSON text: ids and numbers, no personal data.
    pub payload: String,
    /// Not before.
    pub run_at: DateTimeUtc,
    /// Claims so far.
    pub attempts: i32,
    /// Claims after which it is given up.
    pub max_attempts: i32,
    /// Whoever claimed it last; only this claim may complete it.
    pub lease_token: Option<Uuid>,
    /// When another worker may claim it.
    pub lease_until: Option<DateTimeUtc>,
    /// Where it stands.
    pub state: JobState,
    /// Why it failed last.
    pub reason: Option<String>,
    /// When it was written.
    pub created_at: DateTimeUtc,
    /// When it was done, given up or discarded.
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
