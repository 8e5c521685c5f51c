//! Create orders.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "sales_order")
                .col(key("id"))
                .col(code("channel"))
                .col(text("external_no", 64))
                .col(count("version"))
                .col(digest("fingerprint"))
                .col(code("status"))
                .col(id_null("member_id"))
                .col(id("partner_id"))
                .col(id_null("store_id"))
                .col(id_null("guide_id"))
                .col(instant(m, "occurred_at"))
                .col(count("list_fen"))
                .col(count("paid_fen"))
                .col(count("refunded_fen"))
                .col(instant_null(m, "refunded_at"))
                .col(count("points"))
                .col(count("growth"))
                .col(instant(m, "received_at"))
                .col(instant(m, "updated_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "sales_order", &["channel", "external_no"]).await?;
        index(m, "sales_order", &["member_id", "occurred_at", "id"]).await?;
        m.create_table(
            table(m, "order_line")
                .col(key("id"))
                .col(id("order_id"))
                .col(small("line_no"))
                .col(text("sku_code", 64))
                .col(flag("sku_known"))
                .col(text_null("style_code", 64))
                .col(text("name", 200))
                .col(text_null("colour", 64))
                .col(text_null("size", 32))
                .col(text_null("category", 64))
                .col(text_null("season", 64))
                .col(text_null("price_band", 64))
                .col(text_null("style_tag", 64))
                .col(small("quantity"))
                .col(count("list_fen"))
                .col(count("paid_fen"))
                .col(count("points"))
                .col(count("growth"))
                .col(small("refunded_quantity"))
                .col(count("refunded_fen"))
                .col(count("points_reversed"))
                .col(count("growth_reversed"))
                .to_owned(),
        )
        .await?;
        unique(m, "order_line", &["order_id", "line_no"]).await?;
        m.create_table(
            table(m, "order_payment")
                .col(key("id"))
                .col(id("order_id"))
                .col(text("method", 32))
                .col(count("paid_fen"))
                .to_owned(),
        )
        .await?;
        index(m, "order_payment", &["order_id"]).await?;
        m.create_table(
            table(m, "order_refund")
                .col(key("id"))
                .col(code("channel"))
                .col(text("external_no", 64))
                .col(text("order_external_no", 64))
                .col(id_null("order_id"))
                .col(digest("fingerprint"))
                .col(id("partner_id"))
                .col(instant(m, "occurred_at"))
                .col(count("amount_fen"))
                .col(instant_null(m, "applied_at"))
                .col(text_null("refused", 64))
                .col(count("points_reversed"))
                .col(instant(m, "received_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "order_refund", &["channel", "external_no"]).await?;
        index(m, "order_refund", &["channel", "order_external_no"]).await?;
        index(m, "order_refund", &["order_id"]).await?;
        m.create_table(
            table(m, "order_refund_line")
                .col(key("id"))
                .col(id("refund_id"))
                .col(small("line_no"))
                .col(small("quantity"))
                .col(count("amount_fen"))
                .to_owned(),
        )
        .await?;
        index(m, "order_refund_line", &["refund_id"]).await?;
        m.create_table(
            table(m, "sales_credit")
                .col(key("id"))
                .col(code("kind"))
                .col(id("cause"))
                .col(id("guide_id"))
                .col(id_null("store_id"))
                .col(id_null("region_id"))
                .col(count("amount_fen"))
                .col(instant(m, "occurred_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "sales_credit", &["cause", "kind"]).await?;
        index(m, "sales_credit", &["guide_id", "occurred_at"]).await?;
        index(m, "sales_credit", &["occurred_at"]).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("sales_credit").to_owned()).await?;
        m.drop_table(Table::drop().table("order_refund_line").to_owned()).await?;
        m.drop_table(Table::drop().table("order_refund").to_owned()).await?;
        m.drop_table(Table::drop().table("order_payment").to_owned()).await?;
        m.drop_table(Table::drop().table("order_line").to_owned()).await?;
        m.drop_table(Table::drop().table("sales_order").to_owned()).await?;
        Ok(())
    }
}
