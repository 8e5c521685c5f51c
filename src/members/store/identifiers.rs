//! Rows of `member_identifier`.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::codes::IdentifierKind;
use entity::ids::{IdentifierId, MemberId};
use entity::member_identifier as identifier;
use entity::values::Digest;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::CHUNK;
use crate::db::Conn;
use crate::db::rows::among;
use crate::members::rules::{Claim, Held};

/// Whose these identifiers are, as stored; unknown ones are absent.
pub(in crate::members) async fn owners<'a>(
    db: &impl Conn,
    claims: impl IntoIterator<Item = &'a Claim>,
) -> Result<HashMap<Digest, MemberId>, DbErr> {
    // One statement for each kind, so that each is a range of the unique index on every database.
    let mut groups: BTreeMap<(IdentifierKind, &str), HashSet<&Digest>> = BTreeMap::new();
    for claim in claims {
        groups.entry((claim.kind, &claim.scope)).or_default().insert(&claim.digest);
    }
    let mut owners = HashMap::new();
    for ((kind, scope), digests) in groups {
        let digests: Vec<Digest> = digests.into_iter().cloned().collect();
        for chunk in digests.chunks(CHUNK) {
            let rows: Vec<(Digest, MemberId)> = identifier::Entity::find()
                .select_only()
                .column(identifier::Column::Digest)
                .column(identifier::Column::MemberId)
                .filter(identifier::Column::Kind.eq(kind))
                .filter(identifier::Column::Scope.eq(scope))
                .filter(among(db, identifier::Column::Digest, chunk.iter().cloned()))
                .into_tuple()
                .all(db)
                .await?;
            owners.extend(rows);
        }
    }
    Ok(owners)
}

/// Which kinds these members have.
pub(in crate::members) async fn held(
    db: &impl Conn,
    members: &[MemberId],
) -> Result<HashSet<Held>, DbErr> {
    let mut held = HashSet::new();
    for chunk in members.chunks(CHUNK) {
        let rows: Vec<Held> = identifier::Entity::find()
            .select_only()
            .column(identifier::Column::MemberId)
            .column(identifier::Column::Kind)
            .column(identifier::Column::Scope)
            .filter(among(db, identifier::Column::MemberId, chunk.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        held.extend(rows);
    }
    Ok(held)
}

/// Writes identifiers down; one that somebody has by now stays hers. Give them in the order of kind, scope and digest:
/// then two transactions that write the same ones wait for each other in the same order.
pub(in crate::members) async fn insert(
    db: &impl Conn,
    rows: &[identifier::Model],
) -> Result<(), DbErr> {
    use identifier::Column::{Digest, Kind, Scope};
    for chunk in rows.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
        identifier::Entity::insert_many(rows)
            .on_conflict_do_nothing_on([Kind, Scope, Digest])
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Takes rows out again.
pub(in crate::members) async fn delete(db: &impl Conn, ids: &[IdentifierId]) -> Result<(), DbErr> {
    for chunk in ids.chunks(CHUNK) {
        identifier::Entity::delete_many()
            .filter(among(db, identifier::Column::Id, chunk.iter().copied()))
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Marks identifiers of a member as shown by herself, where they were not.
pub(in crate::members) async fn mark_verified(
    db: &impl Conn,
    member: MemberId,
    digests: &[Digest],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    identifier::Entity::update_many()
        .col_expr(identifier::Column::VerifiedAt, Expr::value(Some(now)))
        .filter(identifier::Column::MemberId.eq(member))
        .filter(identifier::Column::Digest.is_in(digests.iter().cloned()))
        .filter(identifier::Column::VerifiedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// All identifiers of members: by member, then as they came.
pub(in crate::members) async fn of_members(
    db: &impl Conn,
    members: &[MemberId],
) -> Result<Vec<identifier::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let rows = identifier::Entity::find()
            .filter(among(db, identifier::Column::MemberId, chunk.iter().copied()))
            .order_by_asc(identifier::Column::MemberId)
            .order_by_asc(identifier::Column::CreatedAt)
            .order_by_asc(identifier::Column::Id)
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Gives all identifiers of one member to another.
pub(in crate::members) async fn give(
    db: &impl Conn,
    from: MemberId,
    to: MemberId,
) -> Result<(), DbErr> {
    identifier::Entity::update_many()
        .col_expr(identifier::Column::MemberId, Expr::value(to))
        .filter(identifier::Column::MemberId.eq(from))
        .exec(db)
        .await?;
    Ok(())
}

/// Gives one identifier to another member.
pub(in crate::members) async fn give_one(
    db: &impl Conn,
    id: IdentifierId,
    to: MemberId,
) -> Result<(), DbErr> {
    identifier::Entity::update_many()
        .col_expr(identifier::Column::MemberId, Expr::value(to))
        .filter(identifier::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// The row of one identifier.
pub(in crate::members) async fn one(
    db: &impl Conn,
    claim: &Claim,
) -> Result<Option<identifier::Model>, DbErr> {
    identifier::Entity::find()
        .filter(identifier::Column::Kind.eq(claim.kind))
        .filter(identifier::Column::Scope.eq(&claim.scope))
        .filter(identifier::Column::Digest.eq(claim.digest.clone()))
        .one(db)
        .await
}
