//! Create the audit log, the marks of its chain, and what its last proof found (PV-6, S17).

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            table(m, "audit_log")
                .col(key("id"))
                .col(instant(m, "at"))
                .col(code("actor_kind"))
                .col(id_null("actor_id"))
                .col(id_null("store_id"))
                .col(code("action"))
                .col(code("outcome"))
                .col(id_null("member_id"))
                .col(text_null("subject", 64))
                .col(count_null("rows_given"))
                .col(text("request_id", 64))
                .col(answer("details").not_null())
                .col(text("mac", 22))
                .col(count_null("seq"))
                .col(text_null("prev_link", 22))
                .col(text_null("link", 22))
                .to_owned(),
        )
        .await?;
        unique(m, "audit_log", &["seq"]).await?;
        index(m, "audit_log", &["member_id", "id"]).await?;
        index(m, "audit_log", &["actor_id", "id"]).await?;
        index(m, "audit_log", &["action", "id"]).await?;
        m.create_table(
            table(m, "audit_mark")
                .col(code("name").primary_key())
                .col(count("seq"))
                .col(text("link", 22))
                .col(instant(m, "marked_at"))
                .col(text("mac", 22))
                .to_owned(),
        )
        .await?;
        m.create_table(
            table(m, "audit_proof")
                .col(code("name").primary_key())
                .col(count("faults"))
                .col(instant(m, "proved_at"))
                .to_owned(),
        )
        .await?;
        refuse_changes(m).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_table(Table::drop().table("audit_proof").to_owned()).await?;
        m.drop_table(Table::drop().table("audit_mark").to_owned()).await?;
        m.drop_table(Table::drop().table("audit_log").to_owned()).await
    }
}

/// What is chained is never changed, and is deleted only up to the mark `start`, whoever holds the connection.
async fn refuse_changes(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let statements: &[&str] = match m.get_database_backend() {
        sea_orm::DbBackend::Postgres => &[
            "CREATE OR REPLACE FUNCTION huiyi_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF TG_OP = 'UPDATE' AND OLD.seq IS NULL THEN RETURN NEW; END IF; \
             IF TG_OP = 'DELETE' AND OLD.seq <= (SELECT seq FROM audit_mark WHERE name = 'start') \
             THEN RETURN OLD; END IF; \
             RAISE EXCEPTION 'lines of audit_log are immutable'; END $$",
            "CREATE OR REPLACE TRIGGER audit_log_immutable BEFORE UPDATE OR DELETE ON audit_log \
             FOR EACH ROW EXECUTE FUNCTION huiyi_refuse_audit_change()",
        ],
        sea_orm::DbBackend::MySql => &[
            "DROP TRIGGER IF EXISTS audit_log_no_update",
            "CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log FOR EACH ROW \
             IF OLD.seq IS NOT NULL THEN SIGNAL SQLSTATE '45000' \
             SET MESSAGE_TEXT = 'lines of audit_log are immutable'; END IF",
            "DROP TRIGGER IF EXISTS audit_log_no_delete",
            "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log FOR EACH ROW \
             IF OLD.seq IS NULL OR OLD.seq > COALESCE((SELECT seq FROM audit_mark WHERE name = 'start'), 0) \
             THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'lines of audit_log are immutable'; END IF",
        ],
        _ => &[
            "CREATE TRIGGER IF NOT EXISTS audit_log_no_update BEFORE UPDATE ON audit_log \
             WHEN OLD.seq IS NOT NULL \
             BEGIN SELECT RAISE(ABORT, 'lines of audit_log are immutable'); END",
            "CREATE TRIGGER IF NOT EXISTS audit_log_no_delete BEFORE DELETE ON audit_log \
             WHEN OLD.seq IS NULL OR OLD.seq > COALESCE((SELECT seq FROM audit_mark WHERE name = 'start'), 0) \
             BEGIN SELECT RAISE(ABORT, 'lines of audit_log are immutable'); END",
        ],
    };
    for statement in statements {
        m.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}
