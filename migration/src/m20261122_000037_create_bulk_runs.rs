//! Create imports and exports of many rows, and their files in pieces.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "bulk_run")
                .col(key("id"))
                .col(code("direction"))
                .col(code("kind"))
                .col(text_null("mode", 32))
                .col(code("state"))
                .col(answer("options").not_null())
                .col(count_null("rows_total"))
                .col(count("rows_done"))
                .col(count("rows_created"))
                .col(count("rows_updated"))
                .col(count("rows_unchanged"))
                .col(count("rows_refused"))
                .col(id_null("position"))
                .col(text_null("reason", 64))
                .col(code("actor_kind"))
                .col(id("actor_id"))
                .col(id_null("approved_by"))
                .col(instant(m, "created_at"))
                .col(instant_null(m, "started_at"))
                .col(instant(m, "updated_at"))
                .col(instant_null(m, "finished_at"))
                .col(instant(m, "expires_at"))
                .col(flag("files_deleted"))
                .to_owned(),
        )
        .await?;
        index(m, "bulk_run", &["direction", "id"]).await?;
        index(m, "bulk_run", &["actor_id", "id"]).await?;
        index(m, "bulk_run", &["files_deleted", "expires_at"]).await?;
        index(m, "bulk_run", &["state", "updated_at"]).await?;
        m.create_table(
            table(m, "bulk_file_part")
                .col(id("run_id"))
                .col(code("file"))
                .col(count("seq"))
                .col(bytes(m, "content"))
                .primary_key(Index::create().col("run_id").col("file").col("seq"))
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("bulk_file_part").to_owned()).await?;
        m.drop_table(Table::drop().table("bulk_run").to_owned()).await
    }
}

/// Up to 16 MiB: MySQL's own BLOB ends at 64 KiB.
fn bytes(m: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    if m.get_database_backend() == sea_orm::DbBackend::MySql {
        column.custom("mediumblob");
    } else {
        column.blob();
    }
    column.not_null();
    column
}
