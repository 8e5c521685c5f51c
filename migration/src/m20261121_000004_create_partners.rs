//! Create partners.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "partner")
                .col(key("id"))
                .col(text("name", 200))
                .col(instant(m, "created_at"))
                .col(instant_null(m, "disabled_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "partner", &["name"]).await?;
        m.create_table(
            table(m, "partner_key")
                .col(key("id"))
                .col(id("partner_id"))
                .col(text("name", 200))
                .col(digest("secret_digest"))
                .col(json("scopes"))
                .col(instant(m, "created_at"))
                .col(instant_null(m, "expires_at"))
                .col(instant_null(m, "last_used_at"))
                .col(instant_null(m, "revoked_at"))
                .to_owned(),
        )
        .await?;
        index(m, "partner_key", &["partner_id"]).await?;
        m.create_table(
            table(m, "idempotency_record")
                .col(digest("digest").primary_key().to_owned())
                .col(digest("fingerprint"))
                .col(id("owner"))
                .col(instant(m, "lease_until"))
                .col(small_null("status"))
                .col(answer("body"))
                .col(instant(m, "created_at"))
                .col(instant(m, "expires_at"))
                .to_owned(),
        )
        .await?;
        index(m, "idempotency_record", &["expires_at"]).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("idempotency_record").to_owned()).await?;
        m.drop_table(Table::drop().table("partner_key").to_owned()).await?;
        m.drop_table(Table::drop().table("partner").to_owned()).await?;
        Ok(())
    }
}
