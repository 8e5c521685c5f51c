//! Partners have a rate; their keys may sign, come from named networks only, and are counted by day (OP-2).

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "partner", small_null("requests_per_minute")).await?;
        add(m, "partner", count("version").default(1).to_owned()).await?;
        add(m, "partner_key", code("signing").default("off").to_owned()).await?;
        add(m, "partner_key", text_null("sealed_key", 255)).await?;
        add(m, "partner_key", json_null("allowed_networks")).await?;
        add(m, "partner_key", count("version").default(1).to_owned()).await?;
        m.create_table(
            table(m, "partner_key_usage")
                .col(id("key_id"))
                .col(day("day"))
                .col(count("requests"))
                .col(count("limited"))
                .primary_key(Index::create().col("key_id").col("day"))
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("partner_key_usage").to_owned()).await?;
        for (table, name) in [
            ("partner", "requests_per_minute"),
            ("partner", "version"),
            ("partner_key", "signing"),
            ("partner_key", "sealed_key"),
            ("partner_key", "allowed_networks"),
            ("partner_key", "version"),
        ] {
            m.alter_table(Table::alter().table(table).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}

async fn add(m: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    // MySQL's DDL survives a failed step: the column may be there.
    if m.has_column(table, column.get_column_name()).await? {
        return Ok(());
    }
    m.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}
