//! Rows of `tier`.

use chrono::{DateTime, Utc};
use entity::{membership_card, membership_plan, tier, tier_hold, tier_multiplier};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::db::Conn;

/// Every tier, lowest first.
pub async fn tiers(db: &impl Conn) -> Result<Vec<tier::Model>, DbErr> {
    tier::Entity::find().order_by_asc(tier::Column::Rank).all(db).await
}

/// Every tier, lowest first, locked: changes of the ladder come one after the other.
pub async fn lock_tiers(db: &impl Conn) -> Result<Vec<tier::Model>, DbErr> {
    tier::Entity::find().order_by_asc(tier::Column::Rank).lock_exclusive().all(db).await
}

/// The codes among `codes` that are tiers, kept from being deleted until the transaction ends.
pub async fn pin_codes(db: &impl Conn, codes: &[String]) -> Result<Vec<String>, DbErr> {
    tier::Entity::find()
        .select_only()
        .column(tier::Column::Code)
        .filter(tier::Column::Code.is_in(codes.iter().map(String::as_str)))
        .order_by_asc(tier::Column::Code)
        .lock_shared()
        .into_tuple()
        .all(db)
        .await
}

/// What multipliers tiers had since when, oldest first, of tiers that were deleted too.
pub async fn multipliers(db: &impl Conn) -> Result<Vec<tier_multiplier::Model>, DbErr> {
    use tier_multiplier::Column::{Tier, ValidFrom};
    tier_multiplier::Entity::find().order_by_asc(ValidFrom).order_by_asc(Tier).all(db).await
}

/// Notes what multiplier a tier has from an instant on; the last one of an instant holds.
pub async fn note_multiplier(db: &impl Conn, row: tier_multiplier::Model) -> Result<(), DbErr> {
    use tier_multiplier::Column::{MultiplierBps, Rank, Tier, ValidFrom};
    let update =
        OnConflict::columns([Tier, ValidFrom]).update_columns([Rank, MultiplierBps]).to_owned();
    let row = row.into_active_model().reset_all();
    tier_multiplier::Entity::insert(row).on_conflict(update).exec_without_returning(db).await?;
    Ok(())
}

pub async fn insert_tier(db: &impl Conn, row: tier::Model) -> Result<(), DbErr> {
    let row = row.into_active_model().reset_all();
    tier::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a whole row that the caller has locked.
pub async fn save_tier(db: &impl Conn, row: tier::Model) -> Result<(), DbErr> {
    tier::Entity::update_many()
        .filter(tier::Column::Code.eq(row.code.as_str()))
        .set(row.into_active_model().reset_all())
        .exec(db)
        .await?;
    Ok(())
}

pub async fn delete_tier(db: &impl Conn, code: &str) -> Result<(), DbErr> {
    tier::Entity::delete_by_id(code.to_owned()).exec(db).await?;
    Ok(())
}

/// Whether somebody has earned the tier, or is pinned to it.
pub async fn tier_of_holds(db: &impl Conn, code: &str) -> Result<bool, DbErr> {
    let any = async |column: tier_hold::Column| {
        let found = tier_hold::Entity::find().filter(column.eq(code)).limit(1).all(db).await?;
        Ok::<_, DbErr>(!found.is_empty())
    };
    Ok(any(tier_hold::Column::Tier).await? || any(tier_hold::Column::PinTier).await?)
}

/// Whether a card that has not ended gives the tier.
pub async fn tier_of_cards(db: &impl Conn, code: &str, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let found = membership_card::Entity::find()
        .filter(membership_card::Column::Tier.eq(code))
        .filter(membership_card::Column::EndsAt.gt(now))
        .filter(membership_card::Column::CancelledAt.is_null())
        .limit(1)
        .all(db)
        .await?;
    Ok(!found.is_empty())
}

/// Whether a plan that is on sale gives the tier.
pub async fn tier_of_plans(db: &impl Conn, code: &str) -> Result<bool, DbErr> {
    let found = membership_plan::Entity::find()
        .filter(membership_plan::Column::Tier.eq(code))
        .limit(1)
        .all(db)
        .await?;
    Ok(!found.is_empty())
}
