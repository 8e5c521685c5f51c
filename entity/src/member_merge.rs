//! The journal of merges (ID-3).

use sea_orm::entity::prelude::*;

use crate::ids::{MemberId, MergeId};

/// The journal of merges (ID-3).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "member_merge")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MergeId,
    /// Who stays.
    pub winner_id: MemberId,
    /// Who went, unique: nobody is merged twice.
    pub loser_id: MemberId,
    /// What both had in common.
    pub reason: String,
    /// What was taken over, field by field.
    pub journal: Json,
    /// When.
    pub merged_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
