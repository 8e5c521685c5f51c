//! Extend points: pending and settling, holds, expiry notices.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "points_lot", "due_at", instant_null(m, "due_at")).await?;
        fill_due(m).await?;
        index(m, "points_lot", &["settled", "due_at", "id"]).await?;
        let mut days = small("settles_after_days");
        days.default(0);
        add(m, "earning_rule", "settles_after_days", days).await?;
        // The return window of PT-2b; growth makes tiers at once.
        let week = Query::update()
            .table("earning_rule")
            .value("settles_after_days", 7)
            .and_where(Expr::col("code").eq("purchase_points"))
            .to_owned();
        m.execute(week).await?;
        m.create_table(
            table(m, "points_hold")
                .col(key("id"))
                .col(id("account_id"))
                .col(id("member_id"))
                .col(count("amount"))
                .col(count("captured"))
                .col(code("state"))
                .col(code("source"))
                .col(text("source_id", 128))
                .col(text_null("order_ref", 64))
                .col(id_null("partner_id"))
                .col(id_null("store_id"))
                .col(id("freeze_transfer"))
                .col(instant(m, "created_at"))
                .col(instant(m, "lapses_at"))
                .col(instant_null(m, "resolved_at"))
                .check(Expr::col("amount").gt(0))
                .check(Expr::col("captured").gte(0))
                .to_owned(),
        )
        .await?;
        unique(m, "points_hold", &["source", "source_id"]).await?;
        index(m, "points_hold", &["state", "lapses_at"]).await?;
        index(m, "points_hold", &["account_id", "state"]).await?;
        m.create_table(
            table(m, "points_notice")
                .col(id("account_id"))
                .col(instant(m, "expires_at"))
                .col(small("days"))
                .col(count("points"))
                .col(instant(m, "announced_at"))
                .primary_key(Index::create().col("account_id").col("expires_at").col("days"))
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("points_notice").to_owned()).await?;
        m.drop_table(Table::drop().table("points_hold").to_owned()).await?;
        drop_column(m, "earning_rule", "settles_after_days").await?;
        let due =
            Index::drop().name("ix_points_lot_settled_due_at_id").table("points_lot").to_owned();
        m.drop_index(due).await?;
        drop_column(m, "points_lot", "due_at").await
    }
}

/// MySQL's DDL survives a failed step: the column may be there.
async fn add(
    m: &SchemaManager<'_>,
    table: &'static str,
    name: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    if m.has_column(table, name).await? {
        return Ok(());
    }
    m.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}

async fn drop_column(
    m: &SchemaManager<'_>,
    table: &'static str,
    name: &'static str,
) -> Result<(), DbErr> {
    m.alter_table(Table::alter().table(table).drop_column(name).to_owned()).await
}

/// Until now every lot was settled: with something left it is due when it runs out.
async fn fill_due(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let due = Query::update()
        .table("points_lot")
        .value("due_at", Expr::col("expires_at"))
        .and_where(Expr::col("remaining").gt(0))
        .to_owned();
    m.execute(due).await
}
