//! Prove points whole: a code over what was written before there were codes, that it was sealed, and what the last proof
//! found (L7, PT-9). And one index less: nothing reads transfers by their order, they are found by their cause.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

const BY_ORDER: &str = "ix_points_transfer_order_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // MySQL's DDL survives a failed step: the column may be there, the index gone.
        if !m.has_column("points_account", "sealed_mac").await? {
            let sealed = text_null("sealed_mac", 22);
            let added = Table::alter().table("points_account").add_column(sealed).to_owned();
            m.alter_table(added).await?;
        }
        m.create_table(
            table(m, "points_seal")
                .col(code("name").primary_key())
                .col(id_null("upto"))
                .col(count("accounts"))
                .col(instant_null(m, "finished_at"))
                .col(text("mac", 22))
                .to_owned(),
        )
        .await?;
        m.create_table(
            table(m, "points_proof")
                .col(code("name").primary_key())
                .col(count("differences"))
                .col(instant(m, "proved_at"))
                .to_owned(),
        )
        .await?;
        if m.has_index("points_transfer", BY_ORDER).await? {
            m.drop_index(Index::drop().name(BY_ORDER).table("points_transfer").to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        index(m, "points_transfer", &["order_id"]).await?;
        m.drop_table(Table::drop().table("points_proof").to_owned()).await?;
        m.drop_table(Table::drop().table("points_seal").to_owned()).await?;
        let dropped = Table::alter().table("points_account").drop_column("sealed_mac").to_owned();
        m.alter_table(dropped).await
    }
}
