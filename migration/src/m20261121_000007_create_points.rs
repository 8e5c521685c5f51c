//! Create points.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "points_account")
                .col(key("id"))
                .col(id("member_id"))
                .col(code("ledger"))
                .col(count("pending"))
                .col(count("available"))
                .col(count("frozen"))
                .col(count("version"))
                .col(instant(m, "updated_at"))
                .check(Expr::col("pending").gte(0))
                .check(Expr::col("frozen").gte(0))
                .to_owned(),
        )
        .await?;
        unique(m, "points_account", &["member_id", "ledger"]).await?;
        m.create_table(
            table(m, "points_transfer")
                .col(key("id"))
                .col(id("account_id"))
                .col(code("ledger"))
                .col(count("seq"))
                .col(code("kind"))
                .col(code("from_bucket"))
                .col(code("to_bucket"))
                .col(count("amount"))
                .col(count("pending_after"))
                .col(count("available_after"))
                .col(count("frozen_after"))
                .col(code("source"))
                .col(text("source_id", 128))
                .col(id_null("reverses"))
                .col(id_null("order_id"))
                .col(id_null("store_id"))
                .col(id_null("rule_id"))
                .col(code("actor_kind"))
                .col(id_null("actor_id"))
                .col(instant(m, "occurred_at"))
                .col(instant(m, "recorded_at"))
                .check(Expr::col("amount").gt(0))
                .to_owned(),
        )
        .await?;
        unique(m, "points_transfer", &["account_id", "seq"]).await?;
        unique(m, "points_transfer", &["ledger", "source", "source_id", "kind"]).await?;
        index(m, "points_transfer", &["order_id"]).await?;
        index(m, "points_transfer", &["reverses"]).await?;
        index(m, "points_transfer", &["account_id", "occurred_at"]).await?;
        index(m, "points_transfer", &["ledger", "occurred_at"]).await?;
        m.create_table(
            table(m, "points_lot")
                .col(key("id"))
                .col(id("account_id"))
                .col(id("transfer_id"))
                .col(id_null("order_id"))
                .col(count("amount"))
                .col(count("remaining"))
                .col(flag("settled"))
                .col(instant(m, "settles_at"))
                .col(instant_null(m, "expires_at"))
                .col(instant(m, "earned_at"))
                .check(Expr::col("remaining").gte(0))
                .to_owned(),
        )
        .await?;
        index(m, "points_lot", &["account_id", "expires_at"]).await?;
        unique(m, "points_lot", &["transfer_id"]).await?;
        m.create_table(
            table(m, "points_lot_use")
                .col(key("id"))
                .col(id("lot_id"))
                .col(id("transfer_id"))
                .col(count("amount"))
                .to_owned(),
        )
        .await?;
        index(m, "points_lot_use", &["transfer_id"]).await?;
        index(m, "points_lot_use", &["lot_id"]).await?;
        m.create_table(
            table(m, "earning_rule")
                .col(key("id"))
                .col(text("code", 64))
                .col(small("version"))
                .col(code("ledger"))
                .col(count("fen_per_unit"))
                .col(flag("tier_multiplied"))
                .col(count_null("order_cap"))
                .col(count_null("day_cap"))
                .col(json("excluded_categories"))
                .col(small_null("months_valid"))
                .col(instant(m, "starts_at"))
                .col(instant_null(m, "ends_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "earning_rule", &["code", "version"]).await?;
        refuse_changes(m).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("earning_rule").to_owned()).await?;
        m.drop_table(Table::drop().table("points_lot_use").to_owned()).await?;
        m.drop_table(Table::drop().table("points_lot").to_owned()).await?;
        m.drop_table(Table::drop().table("points_transfer").to_owned()).await?;
        m.drop_table(Table::drop().table("points_account").to_owned()).await?;
        Ok(())
    }
}

/// Transfers are never updated or deleted, whoever holds the connection (PT-1).
async fn refuse_changes(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let statements: &[&str] = match m.get_database_backend() {
        sea_orm::DbBackend::Postgres => &[
            "CREATE OR REPLACE FUNCTION huiyi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'rows of % are immutable', TG_TABLE_NAME; END $$",
            "CREATE OR REPLACE TRIGGER points_transfer_immutable BEFORE UPDATE OR DELETE \
             ON points_transfer FOR EACH ROW EXECUTE FUNCTION huiyi_refuse_change()",
        ],
        sea_orm::DbBackend::MySql => &[
            "DROP TRIGGER IF EXISTS points_transfer_no_update",
            "CREATE TRIGGER points_transfer_no_update BEFORE UPDATE ON points_transfer FOR EACH ROW \
             SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'rows of points_transfer are immutable'",
            "DROP TRIGGER IF EXISTS points_transfer_no_delete",
            "CREATE TRIGGER points_transfer_no_delete BEFORE DELETE ON points_transfer FOR EACH ROW \
             SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'rows of points_transfer are immutable'",
        ],
        _ => &[
            "CREATE TRIGGER IF NOT EXISTS points_transfer_no_update BEFORE UPDATE ON points_transfer \
             BEGIN SELECT RAISE(ABORT, 'rows of points_transfer are immutable'); END",
            "CREATE TRIGGER IF NOT EXISTS points_transfer_no_delete BEFORE DELETE ON points_transfer \
             BEGIN SELECT RAISE(ABORT, 'rows of points_transfer are immutable'); END",
        ],
    };
    for statement in statements {
        m.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}
