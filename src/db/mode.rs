//! A database is the live one or the sandbox's for ever, under whatever URL it is reached (OP-2).

use entity::installation::{Column, Entity, Model};
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel};

use super::Db;
use crate::kernel::mode::Mode;

const NAME: &str = "mode";

/// Says once that this database is one of `mode`; `false` when it is one of the other.
///
/// # Errors
/// The database's.
pub async fn claim_mode(db: &Db, mode: Mode) -> Result<bool, DbErr> {
    let row = Model { name: NAME.to_owned(), value: mode.as_str().to_owned() };
    let new = row.clone().into_active_model().reset_all();
    Entity::insert(new)
        .on_conflict_do_nothing_on([Column::Name])
        .exec_without_returning(db.write())
        .await?;
    let said = Entity::find_by_id(NAME.to_owned()).one(db.write()).await?;
    Ok(said == Some(row))
}
