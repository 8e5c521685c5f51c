//! Version tier multipliers: an order that comes in late earns with the multiplier that was in force (PT-2, TR-1).

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "tier_multiplier")
                .col(text("tier", 32))
                .col(instant(m, "valid_from"))
                .col(small("rank"))
                .col(count("multiplier_bps"))
                .primary_key(Index::create().col("tier").col("valid_from"))
                .to_owned(),
        )
        .await?;
        // Nobody knows what was in force before; a step that broke off begins anew.
        m.execute(Query::delete().from_table("tier_multiplier").to_owned()).await?;
        let stands = Query::select()
            .column("code")
            .expr(Expr::val(sea_orm::prelude::DateTimeUtc::UNIX_EPOCH))
            .column("rank")
            .column("multiplier_bps")
            .from("tier")
            .to_owned();
        let copy = Query::insert()
            .into_table("tier_multiplier")
            .columns(["tier", "valid_from", "rank", "multiplier_bps"])
            .select_from(stands)
            .map_err(|error| DbErr::Migration(error.to_string()))?
            .to_owned();
        m.execute(copy).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("tier_multiplier").to_owned()).await
    }
}
