//! Create adjustments of points by hand.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "points_adjustment")
                .col(key("id"))
                .col(id("member_id"))
                .col(count("points"))
                .col(code("reason"))
                .col(text("note", 500))
                .col(code("state"))
                .col(id("requested_by"))
                .col(id_null("decided_by"))
                .col(text_null("decision_note", 500))
                .col(id_null("transfer_id"))
                .col(instant(m, "created_at"))
                .col(instant_null(m, "decided_at"))
                .to_owned(),
        )
        .await?;
        index(m, "points_adjustment", &["state", "created_at"]).await?;
        index(m, "points_adjustment", &["member_id", "created_at"]).await?;
        index(m, "points_adjustment", &["created_at"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("points_adjustment").to_owned()).await
    }
}
