//! Earning rules: versions are added and stopped, their terms never change.

use chrono::{DateTime, Utc};
use entity::earning_rule::{Column, Entity, Model};
use entity::ids::{RuleId, StaffId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, FromQueryResult,
    IntoActiveModel, QueryFilter,
};

use crate::db::Conn;

/// All versions of all rules: as many as people wrote.
pub async fn rules(db: &impl Conn) -> Result<Vec<Model>, DbErr> {
    Entity::find().all(db).await
}

/// How many versions there are: two equal counts mean the same rules, for a version is only added, and stopped once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Count {
    /// All of them.
    pub versions: i64,
    /// Those that were stopped.
    pub stopped: i64,
}

impl Count {
    /// Of rules that were read.
    #[must_use]
    pub fn of(rules: &[Model]) -> Self {
        let stopped = rules.iter().filter(|rule| rule.stopped_at.is_some()).count();
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Self { versions: number(rules.len()), stopped: number(stopped) }
    }
}

/// All versions of one rule.
pub async fn rule_versions(db: &impl Conn, code: &str) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Code.eq(code)).all(db).await
}

/// Versions by id.
pub async fn rules_by_id(db: &impl Conn, ids: &[RuleId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// Adds a version; a number that somebody else used first is refused by its unique key.
pub async fn insert_rule(db: &impl Conn, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Ends every version that has not ended: at once, or before it begins.
pub async fn stop_rule(
    db: &impl Conn,
    code: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let begins = Expr::col(Column::StartsAt);
    let end = Expr::case(begins.clone().gt(now), begins).finally(Expr::value(now));
    // What was stopped before it begins ends where it begins.
    let open = Condition::all()
        .add(Column::EndsAt.gt(now))
        .add(Expr::col(Column::EndsAt).gt(Expr::col(Column::StartsAt)));
    Entity::update_many()
        .col_expr(Column::EndsAt, end.into())
        .col_expr(Column::StoppedBy, Expr::value(Some(by)))
        .col_expr(Column::StoppedAt, Expr::value(Some(now)))
        .filter(Column::Code.eq(code))
        .filter(Condition::any().add(Column::EndsAt.is_null()).add(open))
        .exec(db)
        .await?;
    Ok(())
}
