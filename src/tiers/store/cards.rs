//! Rows of `membership_plan` and `membership_card`.

use chrono::{DateTime, Utc};
use entity::ids::{CardId, MemberId, PartnerId};
use entity::{membership_card as card, membership_plan as plan};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::CHUNK;
use crate::db::{Conn, rows};

/// Every plan, by code.
pub async fn plans(db: &impl Conn) -> Result<Vec<plan::Model>, DbErr> {
    plan::Entity::find().order_by_asc(plan::Column::Code).all(db).await
}

pub async fn find_plan(db: &impl Conn, code: &str) -> Result<Option<plan::Model>, DbErr> {
    plan::Entity::find_by_id(code.to_owned()).one(db).await
}

pub async fn lock_plan(db: &impl Conn, code: &str) -> Result<Option<plan::Model>, DbErr> {
    plan::Entity::find_by_id(code.to_owned()).lock_exclusive().one(db).await
}

pub async fn insert_plan(db: &impl Conn, row: plan::Model) -> Result<(), DbErr> {
    let row = row.into_active_model().reset_all();
    plan::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a whole row that the caller has locked.
pub async fn save_plan(db: &impl Conn, row: plan::Model) -> Result<(), DbErr> {
    plan::Entity::update_many()
        .filter(plan::Column::Code.eq(row.code.as_str()))
        .set(row.into_active_model().reset_all())
        .exec(db)
        .await?;
    Ok(())
}

/// The cards of members that were not given back, in the order in which they begin.
pub async fn cards_of(db: &impl Conn, members: &[MemberId]) -> Result<Vec<card::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let rows = card::Entity::find()
            .filter(rows::among(db, card::Column::MemberId, chunk.iter().copied()))
            .filter(card::Column::CancelledAt.is_null())
            .order_by_asc(card::Column::StartsAt)
            .order_by_asc(card::Column::Id)
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// The card of a receipt, given back or not.
pub async fn find_card(
    db: &impl Conn,
    partner: PartnerId,
    receipt_no: &str,
) -> Result<Option<card::Model>, DbErr> {
    card::Entity::find()
        .filter(card::Column::PartnerId.eq(partner))
        .filter(card::Column::ReceiptNo.eq(receipt_no))
        .one(db)
        .await
}

pub async fn insert_card(db: &impl Conn, row: card::Model) -> Result<(), DbErr> {
    let row = row.into_active_model().reset_all();
    card::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Gives a card another start and end.
pub async fn move_to(
    db: &impl Conn,
    id: CardId,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> Result<(), DbErr> {
    card::Entity::update_many()
        .col_expr(card::Column::StartsAt, Expr::value(starts_at))
        .col_expr(card::Column::EndsAt, Expr::value(ends_at))
        .filter(card::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Notes that a card was given back.
pub async fn cancel(db: &impl Conn, id: CardId, now: DateTime<Utc>) -> Result<(), DbErr> {
    card::Entity::update_many()
        .col_expr(card::Column::CancelledAt, Expr::value(Some(now)))
        .filter(card::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Gives the cards of one member to another.
pub async fn move_cards(db: &impl Conn, from: MemberId, to: MemberId) -> Result<(), DbErr> {
    card::Entity::update_many()
        .col_expr(card::Column::MemberId, Expr::value(to))
        .filter(card::Column::MemberId.eq(from))
        .exec(db)
        .await?;
    Ok(())
}
