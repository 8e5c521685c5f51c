//! Create sessions.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "session")
                .col(key("id"))
                .col(code("principal_kind"))
                .col(id("principal_id"))
                .col(code("audience"))
                .col(text("device", 100))
                .col(instant(m, "created_at"))
                .col(instant(m, "last_seen_at"))
                .col(instant(m, "expires_at"))
                .col(instant_null(m, "revoked_at"))
                .col(instant_null(m, "changed_at"))
                .to_owned(),
        )
        .await?;
        index(m, "session", &["principal_kind", "principal_id"]).await?;
        index(m, "session", &["changed_at"]).await?;
        m.create_table(
            table(m, "refresh_token")
                .col(digest("digest").primary_key().to_owned())
                .col(id("session_id"))
                .col(instant(m, "issued_at"))
                .col(instant_null(m, "used_at"))
                .col(text_null("successor", 600))
                .to_owned(),
        )
        .await?;
        index(m, "refresh_token", &["session_id"]).await?;
        m.create_table(
            table(m, "sign_in_failure")
                .col(digest("digest").primary_key().to_owned())
                .col(small("failures"))
                .col(instant(m, "failed_at"))
                .col(instant_null(m, "blocked_until"))
                .to_owned(),
        )
        .await?;
        index(m, "sign_in_failure", &["failed_at"]).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("sign_in_failure").to_owned()).await?;
        m.drop_table(Table::drop().table("refresh_token").to_owned()).await?;
        m.drop_table(Table::drop().table("session").to_owned()).await?;
        Ok(())
    }
}
