//! Create webhooks.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "webhook_endpoint")
                .col(key("id"))
                .col(id("partner_id"))
                .col(text("url", 2000))
                .col(text("description", 200))
                .col(json("events"))
                .col(code("state"))
                .col(text_null("off_reason", 32))
                .col(instant_null(m, "off_since"))
                .col(instant_null(m, "failing_since"))
                .col(instant_null(m, "rest_until"))
                .col(text("secret", 256))
                .col(text_null("old_secret", 256))
                .col(instant_null(m, "old_secret_until"))
                .col(instant(m, "created_at"))
                .col(count("version"))
                .col(instant_null(m, "wake_at"))
                .col(id_null("lease_token"))
                .col(instant_null(m, "lease_until"))
                .to_owned(),
        )
        .await?;
        index(m, "webhook_endpoint", &["partner_id", "id"]).await?;
        m.create_table(
            table(m, "webhook_delivery")
                .col(key("id"))
                .col(id("endpoint_id"))
                .col(id("event_id"))
                .col(text("kind", 64))
                .col(id_null("member_id"))
                .col(answer("body").not_null().to_owned())
                .col(code("state"))
                .col(small("attempts"))
                .col(instant(m, "next_at"))
                .col(small_null("last_status"))
                .col(instant(m, "created_at"))
                .col(instant_null(m, "finished_at"))
                .to_owned(),
        )
        .await?;
        unique(m, "webhook_delivery", &["endpoint_id", "event_id"]).await?;
        // What is due; whom somebody waits for; the log, newest first.
        index(m, "webhook_delivery", &["endpoint_id", "state", "next_at"]).await?;
        index(m, "webhook_delivery", &["endpoint_id", "member_id", "state"]).await?;
        index(m, "webhook_delivery", &["endpoint_id", "id"]).await?;
        m.create_table(
            table(m, "webhook_attempt")
                .col(key("id"))
                .col(id("delivery_id"))
                .col(instant(m, "at"))
                .col(code("outcome"))
                .col(small_null("status"))
                .col(count("duration_ms"))
                .col(text_null("answer", 1000))
                .to_owned(),
        )
        .await?;
        index(m, "webhook_attempt", &["delivery_id", "id"]).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for name in ["webhook_attempt", "webhook_delivery", "webhook_endpoint"] {
            m.drop_table(Table::drop().table(name).to_owned()).await?;
        }
        Ok(())
    }
}
