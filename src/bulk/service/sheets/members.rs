//! Members as a table: as much of their numbers as the console shows.

use entity::codes::{Gender, IdentifierKind, Ledger, MemberStatus};
use entity::ids::MemberId;
use uuid::Uuid;

use super::{PAGE, Page, guide_numbers, local, store_codes, written};
use crate::app::App;
use crate::bulk::rules::options::Filter;
use crate::http::Result;
use crate::http::csv::Cell;
use crate::members::service::{self as members, MaskedIdentifier, MembersWanted};
use crate::points::service as points;

const COLUMNS: [&str; 16] = [
    "会员编号",
    "状态",
    "姓名",
    "昵称",
    "性别",
    "生日",
    "手机号",
    "会员卡号",
    "等级",
    "等级有效期至",
    "门店编码",
    "导购工号",
    "来源",
    "可用积分",
    "创建时间",
    "首次登录时间",
];

fn wanted(filter: &Filter) -> MembersWanted {
    let Filter { from, until, store, ref tier, .. } = *filter;
    MembersWanted { from, until, store, tier: tier.clone() }
}

pub(super) async fn count(app: &App, filter: &Filter) -> Result<u64> {
    members::count_members(app.db.read(), &wanted(filter)).await
}

pub(super) async fn page(
    app: &App,
    filter: &Filter,
    position: Option<Uuid>,
    before: i64,
) -> Result<Page> {
    let (db, after) = (app.db.read(), position.map(MemberId));
    let rows = members::members_after(db, &wanted(filter), after, PAGE).await?;
    let ids: Vec<MemberId> = rows.iter().map(|row| row.id).collect();
    let numbers = members::identifiers_of(db, app, &ids).await?;
    let balances = points::balances(db, &ids, Ledger::Points).await?;
    let stores = store_codes(app, rows.iter().filter_map(|row| row.store_id)).await?;
    let guides = guide_numbers(app, rows.iter().filter_map(|row| row.guide_id)).await?;
    let cells = rows.iter().map(|row| {
        let numbers = numbers.get(&row.id).map_or(&[][..], Vec::as_slice);
        let available = balances.get(&row.id).map_or(0, |balance| balance.available);
        let cells: Vec<Cell<'_>> = vec![
            row.id.to_string().into(),
            status(row.status).into(),
            row.name.as_ref().map(|name| name.0.as_str()).into(),
            row.nickname.as_ref().map(|name| name.0.as_str()).into(),
            gender(row.gender).into(),
            row.birthday.map(|day| day.to_string()).into(),
            masked(numbers, IdentifierKind::Phone).into(),
            masked(numbers, IdentifierKind::Card).into(),
            row.tier.as_str().into(),
            row.tier_until.map(|at| local(app, at)).into(),
            row.store_id.and_then(|id| stores.get(&id).map(String::as_str)).into(),
            row.guide_id.and_then(|id| guides.get(&id).map(String::as_str)).into(),
            row.source.as_str().into(),
            available.into(),
            local(app, row.created_at).into(),
            row.registered_at.map(|at| local(app, at)).into(),
        ];
        (row.id.0, cells)
    });
    written(&COLUMNS, before, cells)
}

fn masked(numbers: &[MaskedIdentifier], kind: IdentifierKind) -> Option<&str> {
    numbers.iter().find(|number| number.kind == kind).map(|number| number.masked.as_str())
}

const fn status(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Unregistered => "未注册",
        MemberStatus::Active => "正常",
        MemberStatus::Merged => "已合并",
    }
}

const fn gender(gender: Gender) -> &'static str {
    match gender {
        Gender::Female => "女",
        Gender::Male => "男",
        Gender::Unknown => "未知",
    }
}
