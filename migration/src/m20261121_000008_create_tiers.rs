//! Create tiers.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "tier")
                .col(text("code", 32).primary_key().to_owned())
                .col(text("name", 200))
                .col(small("rank"))
                .col(count("spend_fen"))
                .col(count("growth"))
                .col(count("multiplier_bps"))
                .col(small("months"))
                .col(json("benefits"))
                .to_owned(),
        )
        .await?;
        unique(m, "tier", &["rank"]).await?;
        m.create_table(
            table(m, "tier_change")
                .col(key("id"))
                .col(id("member_id"))
                .col(text_null("from_tier", 32))
                .col(text("to_tier", 32))
                .col(text("cause", 32))
                .col(id_null("order_id"))
                .col(count("spend_fen"))
                .col(count("growth"))
                .col(instant(m, "changed_at"))
                .col(instant_null(m, "holds_until"))
                .to_owned(),
        )
        .await?;
        index(m, "tier_change", &["member_id", "changed_at"]).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("tier_change").to_owned()).await?;
        m.drop_table(Table::drop().table("tier").to_owned()).await?;
        Ok(())
    }
}
