//! Products have a material, a size chart, versions and an end; SKUs have an end (OR-5).

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "product", text_null("material", 200)).await?;
        add(m, "product", json_null("size_chart")).await?;
        add(m, "product", code("state").default("active").to_owned()).await?;
        // What stands already was loaded by ourselves: any version of a third party's is newer.
        add(m, "product", count("version").default(0).to_owned()).await?;
        add(m, "product", text_null("fingerprint", 64)).await?;
        add(m, "product", instant_null(m, "updated_at")).await?;
        add(m, "sku", code("state").default("active").to_owned()).await?;
        // In which sequence SKUs are shown: sizes know none of their own.
        add(m, "sku", small("position").default(0).to_owned()).await?;
        // The console's list, latest first.
        index(m, "product", &["category", "id"]).await?;
        index(m, "product", &["season", "id"]).await?;
        index(m, "product", &["state", "id"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for name in ["category", "season", "state"] {
            let index = format!("ix_product_{name}_id");
            m.drop_index(Index::drop().name(index).table("product").to_owned()).await?;
        }
        for (table, name) in [
            ("product", "material"),
            ("product", "size_chart"),
            ("product", "state"),
            ("product", "version"),
            ("product", "fingerprint"),
            ("product", "updated_at"),
            ("sku", "state"),
            ("sku", "position"),
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
