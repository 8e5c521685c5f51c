//! Create jobs and what their schedules have reached.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "job")
                .col(key("id"))
                .col(text("kind", 64))
                .col(text("key", 128))
                // Text, not JSON: one payload that cannot be read must not spoil the reading of its neighbours.
                .col(answer("payload").not_null())
                .col(instant(m, "run_at"))
                .col(small("attempts"))
                .col(small("max_attempts"))
                .col(id_null("lease_token"))
                .col(instant_null(m, "lease_until"))
                .col(code("state"))
                .col(text_null("reason", 500))
                .col(instant(m, "created_at"))
                .col(instant_null(m, "finished_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "job", &["key"]).await?;
        index(m, "job", &["state", "run_at"]).await?;
        index(m, "job", &["kind", "state"]).await?;
        m.create_table(
            table(m, "job_schedule")
                .col(text("name", 64).primary_key())
                .col(instant(m, "last_slot"))
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("job_schedule").to_owned()).await?;
        m.drop_table(Table::drop().table("job").to_owned()).await
    }
}
