//! What orders hold against budgets (PT-2b).

use chrono::{DateTime, Utc};
use entity::ids::{CampaignId, MemberId, OrderId, RuleId};
use entity::sales_order::{Column as C, Entity};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use super::CHUNK;
use crate::db::{Conn, rows};

/// What an order was granted, and by which versions.
#[derive(Clone, Debug, FromQueryResult)]
pub(in crate::orders) struct GrantedOrder {
    pub id: OrderId,
    pub member_id: Option<MemberId>,
    pub occurred_at: DateTime<Utc>,
    /// When something of it came back last.
    pub refunded_at: Option<DateTime<Utc>>,
    pub points: i64,
    pub growth: i64,
    /// Of the points, those of the campaign.
    pub campaign_points: i64,
    pub points_rule_id: Option<RuleId>,
    pub growth_rule_id: Option<RuleId>,
    pub campaign_id: Option<CampaignId>,
}

/// The versions that are asked about.
#[derive(Clone, Debug, Default)]
pub(in crate::orders) struct Versions {
    pub rules: Vec<RuleId>,
    pub campaigns: Vec<CampaignId>,
}

fn granted_by(versions: &Versions) -> Select<Entity> {
    let rules = || versions.rules.iter().copied();
    let by = Condition::any()
        .add(C::PointsRuleId.is_in(rules()))
        .add(C::GrowthRuleId.is_in(rules()))
        .add(C::CampaignId.is_in(versions.campaigns.iter().copied()));
    Entity::find()
        .select_only()
        .columns([C::Id, C::MemberId, C::OccurredAt, C::RefundedAt, C::Points, C::Growth])
        .columns([C::CampaignPoints, C::PointsRuleId, C::GrowthRuleId, C::CampaignId])
        .filter(C::MemberId.is_not_null())
        .filter(by)
}

/// The next orders that any of the versions granted.
pub(in crate::orders) async fn granted_after(
    db: &impl Conn,
    versions: &Versions,
    after: OrderId,
    limit: u64,
) -> Result<Vec<GrantedOrder>, DbErr> {
    let query = granted_by(versions).filter(C::Id.gt(after)).order_by_asc(C::Id).limit(limit);
    query.into_model().all(db).await
}

/// The orders of members that any of the versions granted.
pub(in crate::orders) async fn granted_to(
    db: &impl Conn,
    versions: &Versions,
    members: &[MemberId],
) -> Result<Vec<GrantedOrder>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let query =
            granted_by(versions).filter(rows::among(db, C::MemberId, chunk.iter().copied()));
        found.extend(query.into_model().all(db).await?);
    }
    Ok(found)
}
