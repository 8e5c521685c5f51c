//! Chain points transfers: a keyed code over each, so that a change by hand is seen (L7).

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: [(&str, &str); 3] =
    [("points_transfer", "mac"), ("points_account", "last_mac"), ("points_account", "mac")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            // MySQL's DDL survives a failed step: the column may be there.
            if !m.has_column(table, column).await? {
                let added =
                    Table::alter().table(table).add_column(text_null(column, 22)).to_owned();
                m.alter_table(added).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            m.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
