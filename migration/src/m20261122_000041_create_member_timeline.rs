//! Create the members' timeline.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "member_timeline")
                .col(key("event_id"))
                .col(id("member_id"))
                .col(code("kind"))
                .col(instant(m, "occurred_at"))
                .col(json("facts"))
                .to_owned(),
        )
        .await?;
        // A page of everything, and a page of one kind, newest first.
        index(m, "member_timeline", &["member_id", "occurred_at", "event_id"]).await?;
        index(m, "member_timeline", &["member_id", "kind", "occurred_at", "event_id"]).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("member_timeline").to_owned()).await
    }
}
