//! Accounts of merged members are closed (ID-3): whoever reads one without a lock sees that nothing may move in it.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // MySQL's DDL survives a failed step: the column may be there.
        if !m.has_column("points_account", "closed").await? {
            let mut closed = flag("closed");
            closed.default(false);
            let add = Table::alter().table("points_account").add_column(closed).to_owned();
            m.alter_table(add).await?;
        }
        let merged = Query::select()
            .column("id")
            .from("member")
            .and_where(Expr::col("merged_into").is_not_null())
            .to_owned();
        let close = Query::update()
            .table("points_account")
            .value("closed", true)
            .and_where(Expr::col("member_id").in_subquery(merged))
            .to_owned();
        m.exec_stmt(close).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.alter_table(Table::alter().table("points_account").drop_column("closed").to_owned()).await
    }
}
