//! Index hot paths: what read a large table from end to end (tests/it/plans).

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // The chore that deletes sessions which have run out looks for them every ten minutes; without this it read all sessions
        // each time. Sessions are written at sign-in and refresh, which is rare beside reading.
        index(m, "session", &["expires_at", "id"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let over = Index::drop().name("ix_session_expires_at_id").table("session").to_owned();
        m.drop_index(over).await
    }
}
