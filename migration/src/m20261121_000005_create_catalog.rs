//! Create catalog.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "product")
                .col(key("id"))
                .col(text("style_code", 64))
                .col(text("name", 200))
                .col(text("category", 64))
                .col(text("season", 64))
                .col(text("price_band", 64))
                .col(text("style_tag", 64))
                .col(count("list_fen"))
                .to_owned(),
        )
        .await?;
        unique(m, "product", &["style_code"]).await?;
        m.create_table(
            table(m, "sku")
                .col(key("id"))
                .col(id("product_id"))
                .col(text("code", 64))
                .col(text("colour", 64))
                .col(text("size", 32))
                .to_owned(),
        )
        .await?;
        unique(m, "sku", &["code"]).await?;
        index(m, "sku", &["product_id"]).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("sku").to_owned()).await?;
        m.drop_table(Table::drop().table("product").to_owned()).await?;
        Ok(())
    }
}
