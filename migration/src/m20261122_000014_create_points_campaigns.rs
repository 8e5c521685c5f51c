//! Earning rules with budgets and authors, points campaigns, and what granted an order its points (PT-2, PT-2b, PT-6).

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// What is added to tables that stand.
fn additions(m: &SchemaManager<'_>) -> Vec<(&'static str, ColumnDef)> {
    let none = |mut column: ColumnDef| {
        column.default(0);
        column
    };
    vec![
        ("earning_rule", count_null("budget_total")),
        ("earning_rule", count_null("budget_per_day")),
        ("earning_rule", count_null("budget_per_member")),
        ("earning_rule", id_null("created_by")),
        ("earning_rule", instant_null(m, "created_at")),
        ("earning_rule", id_null("stopped_by")),
        ("earning_rule", instant_null(m, "stopped_at")),
        ("sales_order", id_null("points_rule_id")),
        ("sales_order", id_null("growth_rule_id")),
        ("sales_order", id_null("campaign_id")),
        ("sales_order", none(count("campaign_points"))),
        ("order_line", none(count("campaign_points"))),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "points_campaign")
                .col(key("id"))
                .col(text("code", 64))
                .col(small("version"))
                .col(text("name", 100))
                .col(count("multiplier_bps"))
                .col(json("conditions"))
                .col(count_null("bonus_cap"))
                .col(count_null("budget_total"))
                .col(count_null("budget_per_day"))
                .col(count_null("budget_per_member"))
                .col(instant(m, "starts_at"))
                .col(instant(m, "ends_at"))
                .col(id_null("created_by"))
                .col(instant(m, "created_at"))
                .col(id_null("stopped_by"))
                .col(instant_null(m, "stopped_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "points_campaign", &["code", "version"]).await?;
        index(m, "points_campaign", &["ends_at"]).await?;
        let mut counter = text("counter", 128);
        m.create_table(
            table(m, "points_budget")
                .col(counter.primary_key())
                .col(count("issued"))
                .col(instant(m, "updated_at"))
                .to_owned(),
        )
        .await?;
        for (table, column) in additions(m) {
            // MySQL's DDL survives a failed step.
            if !m.has_column(table, column.get_column_name()).await? {
                m.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in additions(m).into_iter().rev() {
            let name = Alias::new(column.get_column_name());
            m.alter_table(Table::alter().table(table).drop_column(name).to_owned()).await?;
        }
        m.drop_table(Table::drop().table("points_budget").to_owned()).await?;
        m.drop_table(Table::drop().table("points_campaign").to_owned()).await
    }
}
