//! Reading, and locking for a change.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::codes::Channel;
use entity::ids::{MemberId, OrderId, PartnerId, RefundId};
use entity::{order_line, order_payment, order_refund, order_refund_line, sales_order};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::CHUNK;
use crate::db::{Conn, Tx, keyset, rows};
use crate::orders::rules::content::Number;

/// The orders with these numbers, locked in the order of their numbers until the transaction ends.
pub(in crate::orders) async fn lock_orders(
    tx: &Tx,
    numbers: &[&Number],
) -> Result<HashMap<Number, sales_order::Model>, DbErr> {
    use sales_order::Column as C;
    let mut found = HashMap::new();
    for chunk in numbers.chunks(CHUNK) {
        let rows = sales_order::Entity::find()
            .filter(numbered(C::Channel, C::ExternalNo, chunk))
            .order_by_asc(C::Channel)
            .order_by_asc(C::ExternalNo)
            .lock_exclusive()
            .all(tx)
            .await?;
        found.extend(rows.into_iter().map(|row| (number(row.channel, &row.external_no), row)));
    }
    Ok(found)
}

/// An order by its number, not locked; also one of which only a refund was seen.
pub(in crate::orders) async fn order_by_number(
    db: &impl Conn,
    number: &Number,
) -> Result<Option<sales_order::Model>, DbErr> {
    use sales_order::Column as C;
    sales_order::Entity::find()
        .filter(C::Channel.eq(number.channel))
        .filter(C::ExternalNo.eq(number.external_no.as_str()))
        .one(db)
        .await
}

/// The refunds with these numbers.
pub(in crate::orders) async fn refunds_by_number(
    db: &impl Conn,
    numbers: &[&Number],
) -> Result<HashMap<Number, order_refund::Model>, DbErr> {
    use order_refund::Column as C;
    let mut found = HashMap::new();
    for chunk in numbers.chunks(CHUNK) {
        let filter = numbered(C::Channel, C::ExternalNo, chunk);
        let rows = order_refund::Entity::find().filter(filter).all(db).await?;
        found.extend(rows.into_iter().map(|row| (number(row.channel, &row.external_no), row)));
    }
    Ok(found)
}

fn number(channel: Channel, external_no: &str) -> Number {
    Number { channel, external_no: external_no.to_owned() }
}

fn numbered<C: ColumnTrait>(channel: C, external_no: C, numbers: &[&Number]) -> Condition {
    let mut by_channel: BTreeMap<Channel, Vec<&str>> = BTreeMap::new();
    for number in numbers {
        by_channel.entry(number.channel).or_default().push(&number.external_no);
    }
    by_channel.into_iter().fold(Condition::any(), |any, (code, numbers)| {
        any.add(Condition::all().add(channel.eq(code)).add(external_no.is_in(numbers)))
    })
}

/// Lines of orders, by number.
pub(in crate::orders) async fn lines_of(
    db: &impl Conn,
    orders: &[OrderId],
) -> Result<HashMap<OrderId, Vec<order_line::Model>>, DbErr> {
    use order_line::Column as C;
    let mut found: HashMap<OrderId, Vec<order_line::Model>> = HashMap::new();
    for chunk in orders.chunks(CHUNK) {
        let rows = order_line::Entity::find()
            .filter(rows::among(db, C::OrderId, chunk.iter().copied()))
            .order_by_asc(C::OrderId)
            .order_by_asc(C::LineNo)
            .all(db)
            .await?;
        for row in rows {
            found.entry(row.order_id).or_default().push(row);
        }
    }
    Ok(found)
}

/// Payments of an order.
pub(in crate::orders) async fn payments_of(
    db: &impl Conn,
    order: OrderId,
) -> Result<Vec<order_payment::Model>, DbErr> {
    use order_payment::Column as C;
    order_payment::Entity::find()
        .filter(C::OrderId.eq(order))
        .order_by_asc(C::Method)
        .order_by_asc(C::Id)
        .all(db)
        .await
}

/// Refunds of orders, in business order.
pub(in crate::orders) async fn refunds_of(
    db: &impl Conn,
    orders: &[OrderId],
) -> Result<Vec<order_refund::Model>, DbErr> {
    use order_refund::Column as C;
    let mut found = Vec::new();
    for chunk in orders.chunks(CHUNK) {
        let rows = order_refund::Entity::find()
            .filter(rows::among(db, C::OrderId, chunk.iter().copied()))
            .order_by_asc(C::OccurredAt)
            .order_by_asc(C::ExternalNo)
            .order_by_asc(C::Id)
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Lines of refunds.
pub(in crate::orders) async fn refund_lines_of(
    db: &impl Conn,
    refunds: &[RefundId],
) -> Result<HashMap<RefundId, Vec<order_refund_line::Model>>, DbErr> {
    use order_refund_line::Column as C;
    let mut found: HashMap<RefundId, Vec<order_refund_line::Model>> = HashMap::new();
    for chunk in refunds.chunks(CHUNK) {
        let rows = order_refund_line::Entity::find()
            .filter(rows::among(db, C::RefundId, chunk.iter().copied()))
            .order_by_asc(C::RefundId)
            .order_by_asc(C::LineNo)
            .all(db)
            .await?;
        for row in rows {
            found.entry(row.refund_id).or_default().push(row);
        }
    }
    Ok(found)
}

/// An order of a partner by its number; not one of which only a refund was seen.
pub(in crate::orders) async fn order_of_partner(
    db: &impl Conn,
    partner: PartnerId,
    number: &Number,
) -> Result<Option<sales_order::Model>, DbErr> {
    use sales_order::Column as C;
    sales_order::Entity::find()
        .filter(C::Channel.eq(number.channel))
        .filter(C::ExternalNo.eq(number.external_no.as_str()))
        .filter(C::PartnerId.eq(partner))
        .filter(C::Version.gt(0))
        .one(db)
        .await
}

/// Orders of a member, latest business time first, after a position.
pub(in crate::orders) async fn orders_of_member(
    db: &impl Conn,
    member: MemberId,
    after: Option<(DateTime<Utc>, OrderId)>,
    limit: u64,
) -> Result<Vec<sales_order::Model>, DbErr> {
    use sales_order::Column as C;
    let mut query = sales_order::Entity::find().filter(C::MemberId.eq(member));
    if let Some((at, id)) = after {
        query = query.filter(keyset::earlier(C::OccurredAt, at, C::Id.lt(id)));
    }
    query.order_by_desc(C::OccurredAt).order_by_desc(C::Id).limit(limit).all(db).await
}

/// Paid orders of members within a span of business time, in the sequence in which they came in.
pub(in crate::orders) async fn paid_after(
    db: &impl Conn,
    after: OrderId,
    (first, end): (DateTime<Utc>, DateTime<Utc>),
    limit: u64,
) -> Result<Vec<sales_order::Model>, DbErr> {
    use entity::codes::OrderStatus;
    use sales_order::Column as C;
    sales_order::Entity::find()
        .filter(C::Id.gt(after))
        .filter(C::Status.eq(OrderStatus::Paid))
        .filter(C::MemberId.is_not_null())
        .filter(C::OccurredAt.gte(first))
        .filter(C::OccurredAt.lt(end))
        .order_by_asc(C::Id)
        .limit(limit)
        .all(db)
        .await
}

/// First and latest business time of the paid orders of members; absent without any.
pub(in crate::orders) async fn paid_between(
    db: &impl Conn,
    members: &[MemberId],
) -> Result<HashMap<MemberId, (DateTime<Utc>, DateTime<Utc>)>, DbErr> {
    use entity::codes::OrderStatus;
    use sales_order::Column as C;
    let mut found = HashMap::new();
    for chunk in members.chunks(CHUNK) {
        let rows: Vec<(MemberId, DateTime<Utc>, DateTime<Utc>)> = sales_order::Entity::find()
            .select_only()
            .column(C::MemberId)
            .column_as(C::OccurredAt.min(), "first_at")
            .column_as(C::OccurredAt.max(), "last_at")
            .filter(rows::among(db, C::MemberId, chunk.iter().copied()))
            .filter(C::Status.eq(OrderStatus::Paid))
            .group_by(C::MemberId)
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|(member, first, last)| (member, (first, last))));
    }
    Ok(found)
}
