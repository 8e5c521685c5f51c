//! Create board gaps.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "board_gap")
                .col(code("board"))
                .col(code("period"))
                .col(day("starts_on"))
                .col(id("mark"))
                .primary_key(Index::create().col("board").col("period").col("starts_on"))
                .to_owned(),
        )
        .await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("board_gap").to_owned()).await
    }
}
