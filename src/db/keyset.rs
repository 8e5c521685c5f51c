//! Pages by the place where the one before ended (keyset pagination).

use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, Condition, Value};

/// What comes after a place when the latest is read first: an earlier time, or of the same time what `same_time` lets through.
///
/// That the time is not later says nothing new, but it alone leads a database to the place in an index: without it, it reads
/// everything before the page.
pub fn earlier<C: ColumnTrait>(
    column: C,
    at: impl Into<Value>,
    same_time: impl IntoCondition,
) -> Condition {
    let at = at.into();
    let then = Condition::all().add(column.eq(at.clone())).add(same_time.into_condition());
    Condition::all().add(column.lte(at.clone())).add(Condition::any().add(column.lt(at)).add(then))
}
