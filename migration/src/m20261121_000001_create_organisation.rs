//! Create organisation.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "region")
                .col(key("id"))
                .col(text("code", 64))
                .col(text("name", 200))
                .to_owned(),
        )
        .await?;
        unique(m, "region", &["code"]).await?;
        m.create_table(
            table(m, "store")
                .col(key("id"))
                .col(id("region_id"))
                .col(text("code", 64))
                .col(text("name", 200))
                .col(text("city", 64))
                .to_owned(),
        )
        .await?;
        unique(m, "store", &["code"]).await?;
        index(m, "store", &["region_id"]).await?;
        m.create_table(
            table(m, "staff")
                .col(key("id"))
                .col(text("staff_no", 32))
                .col(text("name", 200))
                .col(code("role"))
                .col(id_null("store_id"))
                .col(id_null("region_id"))
                .col(code("status"))
                .col(text_null("password", 200))
                .col(instant(m, "created_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "staff", &["staff_no"]).await?;
        index(m, "staff", &["store_id"]).await?;
        m.create_table(
            table(m, "staff_invitation")
                .col(key("id"))
                .col(id("staff_id"))
                .col(digest("token_digest"))
                .col(instant(m, "expires_at"))
                .col(instant_null(m, "used_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "staff_invitation", &["token_digest"]).await?;
        index(m, "staff_invitation", &["staff_id"]).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("staff_invitation").to_owned()).await?;
        m.drop_table(Table::drop().table("staff").to_owned()).await?;
        m.drop_table(Table::drop().table("store").to_owned()).await?;
        m.drop_table(Table::drop().table("region").to_owned()).await?;
        Ok(())
    }
}
