//! Create members.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "member")
                .col(key("id"))
                .col(code("status"))
                .col(id_null("merged_into"))
                .col(text_null("name", 200))
                .col(text_null("nickname", 64))
                .col(code("gender"))
                .col(day_null("birthday"))
                .col(instant_null(m, "birthday_changed_at"))
                .col(text_null("region_code", 6))
                .col(text_null("occupation", 100))
                .col(text_null("body_shape", 50))
                .col(text_null("style", 100))
                .col(json("sizes"))
                .col(id_null("store_id"))
                .col(id_null("guide_id"))
                .col(text("source", 32))
                .col(text("tier", 32))
                .col(instant(m, "tier_since"))
                .col(instant_null(m, "tier_until"))
                .col(instant_null(m, "registered_at"))
                .col(instant(m, "created_at"))
                .col(instant(m, "updated_at"))
                .col(count("version"))
                .to_owned(),
        )
        .await?;
        index(m, "member", &["guide_id", "id"]).await?;
        index(m, "member", &["store_id", "id"]).await?;
        index(m, "member", &["merged_into"]).await?;
        m.create_table(
            table(m, "member_identifier")
                .col(key("id"))
                .col(id("member_id"))
                .col(code("kind"))
                .col(text("scope", 64))
                .col(digest("digest"))
                .col(text("sealed", 400))
                .col(text_null("last4", 4))
                .col(instant_null(m, "verified_at"))
                .col(instant(m, "created_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "member_identifier", &["kind", "scope", "digest"]).await?;
        index(m, "member_identifier", &["member_id"]).await?;
        m.create_table(
            table(m, "member_total")
                .col(key("member_id"))
                .col(count("order_count"))
                .col(count("paid_fen"))
                .col(count("refunded_fen"))
                .col(instant_null(m, "first_order_at"))
                .col(instant_null(m, "last_order_at"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            table(m, "member_spend")
                .col(id("member_id"))
                .col(day("day"))
                .col(count("paid_fen"))
                .col(count("refunded_fen"))
                .primary_key(Index::create().col("member_id").col("day"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            table(m, "member_merge")
                .col(key("id"))
                .col(id("winner_id"))
                .col(id("loser_id"))
                .col(text("reason", 64))
                .col(json("journal"))
                .col(instant(m, "merged_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "member_merge", &["loser_id"]).await?;
        index(m, "member_merge", &["winner_id"]).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("member_merge").to_owned()).await?;
        m.drop_table(Table::drop().table("member_spend").to_owned()).await?;
        m.drop_table(Table::drop().table("member_total").to_owned()).await?;
        m.drop_table(Table::drop().table("member_identifier").to_owned()).await?;
        m.drop_table(Table::drop().table("member").to_owned()).await?;
        Ok(())
    }
}
