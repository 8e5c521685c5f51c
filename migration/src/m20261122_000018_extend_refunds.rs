//! Extend refunds: what could not be taken back and is to be deducted from the money (PT-6).

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: [&str; 2] = ["shortfall_points", "shortfall_fen"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for name in COLUMNS {
            // MySQL's DDL survives a failed step: the column may be there.
            if !m.has_column("order_refund", name).await? {
                let mut column = count(name);
                column.default(0);
                m.alter_table(Table::alter().table("order_refund").add_column(column).to_owned())
                    .await?;
            }
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for name in COLUMNS {
            m.alter_table(Table::alter().table("order_refund").drop_column(name).to_owned())
                .await?;
        }
        Ok(())
    }
}
