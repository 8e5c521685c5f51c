//! Nobody reads events by member, and every movement of points paid for the index.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let name = "ix_event_log_member_id_id";
        m.drop_index(Index::drop().name(name).table("event_log").to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        index(m, "event_log", &["member_id", "id"]).await
    }
}
