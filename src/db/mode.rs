//! A database is the live one or the sandbox's for ever, under whatever URL it is reached (OP-2).

use entity::ids::MemberId;
use entity::installation::{Column, Entity, Model};
use entity::member;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel, QuerySelect};

use super::Db;
use crate::kernel::mode::Mode;

const NAME: &str = "mode";

/// Says once that this database is one of `mode`; `false` when it is one of the other. A database with members that does not
/// say so yet is a shop's, from a time before there were sandboxes.
///
/// # Errors
/// The database's.
pub async fn claim_mode(db: &Db, mode: Mode) -> Result<bool, DbErr> {
    if mode == Mode::Sandbox && said(db).await?.is_none() && has_members(db).await? {
        return Ok(false);
    }
    let row = Model { name: NAME.to_owned(), value: mode.as_str().to_owned() };
    let new = row.clone().into_active_model().reset_all();
    Entity::insert(new)
        .on_conflict_do_nothing_on([Column::Name])
        .exec_without_returning(db.write())
        .await?;
    Ok(said(db).await? == Some(row))
}

async fn said(db: &Db) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(NAME.to_owned()).one(db.write()).await
}

async fn has_members(db: &Db) -> Result<bool, DbErr> {
    let ids = member::Entity::find().select_only().column(member::Column::Id);
    Ok(ids.into_tuple::<MemberId>().one(db.write()).await?.is_some())
}
