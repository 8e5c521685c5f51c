//! Members that staff may see.

use chrono::{DateTime, Utc};
use entity::codes::{IdentifierKind, MemberStatus};
use entity::ids::{MemberId, StaffId, StoreId};
use entity::{member, member_identifier as identifier, member_total as total};
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::db::Conn;
use crate::members::rules::MemberFilter;

/// How far somebody sees.
pub(in crate::members) enum Reach {
    /// The customers of one guide.
    Guide(StaffId),
    /// The customers of these stores; of none when the list is empty.
    Stores(Vec<StoreId>),
    /// All.
    Everybody,
}

impl Reach {
    fn condition(&self) -> Condition {
        let within = match self {
            Self::Guide(guide) => Condition::all().add(member::Column::GuideId.eq(*guide)),
            Self::Stores(stores) => {
                Condition::all().add(member::Column::StoreId.is_in(stores.iter().copied()))
            }
            Self::Everybody => Condition::all(),
        };
        within.add(member::Column::Status.ne(MemberStatus::Merged))
    }
}

pub(in crate::members) async fn list(
    db: &impl Conn,
    reach: &Reach,
    filter: &MemberFilter,
    limit: u64,
) -> Result<Vec<member::Model>, DbErr> {
    member::Entity::find()
        .filter(reach.condition())
        .filter(wanted(filter))
        .order_by_desc(member::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

fn wanted(filter: &MemberFilter) -> Condition {
    let tier = filter.tier.as_ref().map(|tier| member::Column::Tier.eq(tier));
    let name = filter.name_prefix.as_deref().map(called);
    let phone = filter.phone_last4.as_deref().map(|last4| {
        let phones = with_phone(last4);
        member::Column::Id.in_subquery(phones)
    });
    let quiet = filter.quiet_since.map(|since| member::Column::Id.in_subquery(quiet(since)));
    let after = filter.after.map(|after| member::Column::Id.lt(after));
    Condition::all()
        .add_option(tier)
        .add_option(name)
        .add_option(phone)
        .add_option(quiet)
        .add_option(after)
}

/// Names compare without regard to ASCII case everywhere: each database's own LIKE differs.
fn called(prefix: &str) -> Condition {
    let mut pattern = String::new();
    for c in prefix.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    let begins = |column: member::Column| {
        let name = Func::lower(Expr::col((member::Entity, column)));
        Expr::from(name).like(LikeExpr::new(pattern.clone()).escape('!'))
    };
    Condition::any().add(begins(member::Column::Name)).add(begins(member::Column::Nickname))
}

fn with_phone(last4: &str) -> SelectStatement {
    identifier::Entity::find()
        .select_only()
        .column(identifier::Column::MemberId)
        .filter(identifier::Column::Kind.eq(IdentifierKind::Phone))
        .filter(identifier::Column::Last4.eq(last4))
        .into_query()
}

fn quiet(since: DateTime<Utc>) -> SelectStatement {
    total::Entity::find()
        .select_only()
        .column(total::Column::MemberId)
        .filter(total::Column::LastOrderAt.lt(since))
        .into_query()
}

pub(in crate::members) async fn find(
    db: &impl Conn,
    reach: &Reach,
    id: MemberId,
) -> Result<Option<member::Model>, DbErr> {
    member::Entity::find_by_id(id).filter(reach.condition()).one(db).await
}
