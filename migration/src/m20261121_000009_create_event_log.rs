//! Create event log.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "event_log")
                .col(key("id"))
                .col(text("kind", 64))
                .col(small("version"))
                .col(id_null("member_id"))
                .col(json("payload"))
                .col(instant(m, "occurred_at"))
                .col(instant(m, "recorded_at"))
                .col(instant_null(m, "relayed_at"))
                .col(instant_null(m, "claimed_until"))
                .col(small("attempts"))
                .to_owned(),
        )
        .await?;
        index(m, "event_log", &["relayed_at", "id"]).await?;
        index(m, "event_log", &["member_id", "id"]).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("event_log").to_owned()).await?;
        Ok(())
    }
}
