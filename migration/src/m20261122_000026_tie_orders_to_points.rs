//! Tie orders to the points that paid for them: refunds give them back with their lines (PT-4, PT-6).

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const COUNTS: [(&str, &str); 4] = [
    ("sales_order", "deducted_points"),
    ("order_line", "deducted_points"),
    ("order_line", "deducted_returned"),
    ("order_refund", "points_returned"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "sales_order", text_null("points_receipt", 64)).await?;
        for (table, name) in COUNTS {
            add(m, table, count(name).default(0).to_owned()).await?;
        }
        // A capture looks for the order that named it.
        index(m, "sales_order", &["points_receipt", "partner_id"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let name = "ix_sales_order_points_receipt_partner_id";
        m.drop_index(Index::drop().name(name).table("sales_order").to_owned()).await?;
        for (table, name) in COUNTS.into_iter().chain([("sales_order", "points_receipt")]) {
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
