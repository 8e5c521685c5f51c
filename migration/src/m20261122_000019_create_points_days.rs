//! Create the daily totals of the ledger.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "points_closed_day")
                .col(day("day").primary_key())
                .col(instant(m, "closed_at"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            table(m, "points_day_total")
                .col(key("id"))
                .col(day("day"))
                .col(code("ledger"))
                .col(code("kind"))
                .col(code("from_bucket"))
                .col(code("to_bucket"))
                .col(instant_null(m, "expires_at"))
                .col(count("points"))
                .col(count("transfers"))
                .to_owned(),
        )
        .await?;
        index(m, "points_day_total", &["ledger", "day"]).await?;
        index(m, "points_day_total", &["ledger", "expires_at"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("points_day_total").to_owned()).await?;
        m.drop_table(Table::drop().table("points_closed_day").to_owned()).await
    }
}
