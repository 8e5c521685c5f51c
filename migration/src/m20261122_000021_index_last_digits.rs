//! Index last digits: guides find customers by the last four digits of a phone (GD-2), which read every identifier.

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // The digits first: most identifiers of a kind are phones, few phones end alike.
        index(m, "member_identifier", &["last4", "kind"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let name = "ix_member_identifier_last4_kind";
        m.drop_index(Index::drop().name(name).table("member_identifier").to_owned()).await
    }
}
