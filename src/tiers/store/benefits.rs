//! Rows of `tier_benefit`, `tier_gift` and `benefit_use`.

use chrono::{DateTime, Utc};
use entity::codes::BenefitKind;
use entity::ids::{BenefitUseId, MemberId, PartnerId};
use entity::{benefit_use as used, tier_benefit as benefit, tier_gift as gift};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder,
};

use super::CHUNK;
use crate::db::Conn;

/// Every benefit of every tier.
pub async fn benefits_of(db: &impl Conn, tiers: &[&str]) -> Result<Vec<benefit::Model>, DbErr> {
    benefit::Entity::find()
        .filter(benefit::Column::Tier.is_in(tiers.iter().copied()))
        .order_by_asc(benefit::Column::Tier)
        .order_by_asc(benefit::Column::Kind)
        .all(db)
        .await
}

/// Replaces the benefits of a tier whose row is locked.
pub async fn set_benefits(
    db: &impl Conn,
    tier: &str,
    rows: Vec<benefit::Model>,
) -> Result<(), DbErr> {
    benefit::Entity::delete_many().filter(benefit::Column::Tier.eq(tier)).exec(db).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
    benefit::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// The upgrade gifts that members got.
pub async fn gifts_of(db: &impl Conn, members: &[MemberId]) -> Result<Vec<gift::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let ids = chunk.iter().copied();
        let rows = gift::Entity::find().filter(gift::Column::MemberId.is_in(ids)).all(db).await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Notes upgrade gifts.
pub async fn insert_gifts(db: &impl Conn, rows: &[gift::Model]) -> Result<(), DbErr> {
    for chunk in rows.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        gift::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Gives one member's gifts to another, who may have got the same: then hers stay.
pub async fn move_gifts(db: &impl Conn, from: MemberId, to: MemberId) -> Result<(), DbErr> {
    let rows = gifts_of(db, &[from, to]).await?;
    let (hers, theirs): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.member_id == to);
    let new = |row: &gift::Model| !hers.iter().any(|own| own.tier == row.tier);
    let moved: Vec<gift::Model> =
        theirs.into_iter().filter(new).map(|row| gift::Model { member_id: to, ..row }).collect();
    insert_gifts(db, &moved).await?;
    gift::Entity::delete_many().filter(gift::Column::MemberId.eq(from)).exec(db).await?;
    Ok(())
}

/// How often a member has used a benefit since an instant, without what was taken back.
pub async fn uses_since(
    db: &impl Conn,
    member: MemberId,
    kind: BenefitKind,
    since: DateTime<Utc>,
) -> Result<u64, DbErr> {
    used::Entity::find()
        .filter(used::Column::MemberId.eq(member))
        .filter(used::Column::Kind.eq(kind))
        .filter(used::Column::UsedAt.gte(since))
        .filter(used::Column::UndoneAt.is_null())
        .count(db)
        .await
}

/// The use of a receipt, taken back or not.
pub async fn find_use(
    db: &impl Conn,
    partner: PartnerId,
    kind: BenefitKind,
    receipt_no: &str,
) -> Result<Option<used::Model>, DbErr> {
    used::Entity::find()
        .filter(used::Column::PartnerId.eq(partner))
        .filter(used::Column::Kind.eq(kind))
        .filter(used::Column::ReceiptNo.eq(receipt_no))
        .one(db)
        .await
}

pub async fn insert_use(db: &impl Conn, row: used::Model) -> Result<(), DbErr> {
    let row = row.into_active_model().reset_all();
    used::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Takes a use back; the time of the first taking back stays.
pub async fn undo_use(db: &impl Conn, id: BenefitUseId, now: DateTime<Utc>) -> Result<(), DbErr> {
    used::Entity::update_many()
        .col_expr(used::Column::UndoneAt, Expr::value(Some(now)))
        .filter(used::Column::Id.eq(id))
        .filter(used::Column::UndoneAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Gives the uses of one member to another.
pub async fn move_uses(db: &impl Conn, from: MemberId, to: MemberId) -> Result<(), DbErr> {
    used::Entity::update_many()
        .col_expr(used::Column::MemberId, Expr::value(to))
        .filter(used::Column::MemberId.eq(from))
        .exec(db)
        .await?;
    Ok(())
}
