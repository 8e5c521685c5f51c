//! Create stock: levels by SKU and store, their moves, what is held (OR-5).

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "stock_level")
                .col(key("id"))
                .col(id("sku_id"))
                .col(id("store_id"))
                .col(count("on_hand"))
                .col(count("held"))
                .col(count("short"))
                .col(count("version"))
                .col(instant_null(m, "counted_at"))
                .col(instant(m, "updated_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "stock_level", &["sku_id", "store_id"]).await?;
        index(m, "stock_level", &["store_id", "id"]).await?;
        // Discrepancies are few.
        index(m, "stock_level", &["short"]).await?;
        m.create_table(
            table(m, "stock_move")
                .col(key("id"))
                .col(id("level_id"))
                .col(count("seq"))
                .col(code("kind"))
                .col(count("quantity"))
                .col(count("delta"))
                .col(count("held_delta"))
                .col(count("on_hand_after"))
                .col(count("held_after"))
                .col(count("short_after"))
                .col(code("source"))
                .col(text("source_id", 160))
                .col(id_null("partner_id"))
                .col(instant(m, "occurred_at"))
                .col(instant(m, "recorded_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "stock_move", &["source", "source_id", "kind"]).await?;
        unique(m, "stock_move", &["level_id", "seq"]).await?;
        // What happened after a count.
        index(m, "stock_move", &["level_id", "occurred_at"]).await?;
        m.create_table(
            table(m, "stock_hold")
                .col(key("id"))
                .col(id("level_id"))
                .col(count("quantity"))
                .col(count("captured"))
                .col(code("state"))
                .col(code("source"))
                .col(text("source_id", 160))
                .col(id_null("partner_id"))
                .col(instant(m, "created_at"))
                .col(instant(m, "lapses_at"))
                .col(instant_null(m, "resolved_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "stock_hold", &["source", "source_id"]).await?;
        index(m, "stock_hold", &["state", "lapses_at"]).await?;
        index(m, "stock_hold", &["level_id", "state"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for name in ["stock_hold", "stock_move", "stock_level"] {
            m.drop_table(Table::drop().table(name).to_owned()).await?;
        }
        Ok(())
    }
}
