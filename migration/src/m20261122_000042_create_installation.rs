//! Create what a database says of itself.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let mut name = text("name", 32);
        name.primary_key();
        m.create_table(table(m, "installation").col(name).col(text("value", 32)).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("installation").to_owned()).await
    }
}
