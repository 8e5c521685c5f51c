//! Members of another system.

use std::collections::BTreeMap;

use entity::codes::Gender;
use entity::values::PersonName;

use super::{Errand, Places, person};
use crate::bulk::rules::cells::{Wrong, day, identifier, line, phone, word};
use crate::bulk::rules::columns::{Column, optional};
use crate::bulk::rules::outcome::{Outcome, Told};
use crate::bulk::rules::rows::{Flaw, Row};
use crate::db::Tx;
use crate::http::{Error, Patch, Result};
use crate::members::service::{
    self as members, Known, MAX_IDENTIFIER_BYTES, ProfilePatch, Took, Who,
};

pub(super) const COLUMNS: &[Column] = &[
    optional(
        "phone",
        "手机号",
        &["mobile", "手机", "电话", "联系电话"],
        "大陆手机号；手机号、卡号、UnionID 至少一项",
    ),
    optional("card_no", "会员卡号", &["card", "卡号"], "实体卡号"),
    optional("union_id", "UnionID", &["wechat_union_id"], "微信 UnionID"),
    optional("name", "姓名", &["会员姓名"], "最多 64 字"),
    optional("nickname", "昵称", &[], "最多 64 字"),
    optional("gender", "性别", &["sex"], "男、女、未知"),
    optional("birthday", "生日", &["出生日期", "birth_date"], "如 1990-05-01"),
    optional("region_code", "行政区划代码", &["地区代码"], "GB/T 2260 六位代码"),
    optional("occupation", "职业", &[], "最多 64 字"),
    optional("body_shape", "体型", &[], "最多 50 字"),
    optional("style", "风格偏好", &["风格"], "最多 64 字"),
    optional("top_size", "上装尺码", &["上衣尺码"], "如 165/88A 或 M"),
    optional("bottom_size", "下装尺码", &["裤装尺码"], "如 165/72A 或 L"),
    optional("store_code", "门店编码", &["门店", "归属门店编码"], "仅新会员：归属门店"),
    optional("guide_no", "导购工号", &["专属导购工号"], "仅新会员：专属导购"),
];

const GENDERS: &[(&[&str], Gender)] = &[
    (&["female", "f", "女士", "女"], Gender::Female),
    (&["male", "m", "男士", "男"], Gender::Male),
    (&["unknown", "保密", "未知"], Gender::Unknown),
];

fn known(row: &Row, places: &Places) -> std::result::Result<Known, Flaw> {
    let text = |name: &str| row.maybe(name, line::<64>);
    let who = Who {
        union_id: row.maybe("union_id", identifier::<MAX_IDENTIFIER_BYTES>)?,
        phone: row.maybe("phone", phone)?,
        card: row.maybe("card_no", identifier::<MAX_IDENTIFIER_BYTES>)?,
        source: "import",
        store_id: places.stores.get(row.raw("store_code")).map(|store| store.id),
        guide_id: places.guides.get(row.raw("guide_no")).map(|guide| guide.id),
        ..Who::default()
    };
    if who.union_id.is_none() && who.phone.is_none() && who.card.is_none() {
        return Err(row.flaw("phone", Wrong::missing()));
    }
    let mut sizes = BTreeMap::new();
    for (name, garment) in [("top_size", "上装"), ("bottom_size", "下装")] {
        if let Some(size) = row.maybe(name, line::<32>)? {
            sizes.insert(garment.to_owned(), size);
        }
    }
    let patch = ProfilePatch {
        name: wish(text("name")?.map(PersonName)),
        nickname: wish(text("nickname")?.map(PersonName)),
        gender: wish(row.maybe("gender", |text| word(text, GENDERS))?),
        birthday: wish(row.maybe("birthday", day)?),
        region_code: wish(row.maybe("region_code", line::<6>)?),
        occupation: wish(text("occupation")?),
        body_shape: wish(text("body_shape")?),
        style: wish(text("style")?),
        sizes: wish((!sizes.is_empty()).then_some(sizes)),
    };
    Ok(Known { who, patch })
}

/// An empty cell says nothing: it clears nothing.
fn wish<T>(cell: Option<T>) -> Patch<T> {
    cell.map_or(Patch::Keep, Patch::Set)
}

pub(super) async fn take_in(tx: &Tx, errand: &Errand<'_>, rows: &[Row]) -> Result<Vec<Told>> {
    let places = Places::of(tx, rows).await?;
    let read: Vec<_> = rows.iter().map(|row| known(row, &places)).collect();
    let good: Vec<Known> = read.iter().flatten().cloned().collect();
    let mut taken = members::import_in(tx, errand.app, &errand.author, &good).await?.into_iter();
    let mut told = Vec::with_capacity(rows.len());
    for (row, read) in rows.iter().zip(&read) {
        let key = person(row);
        told.push(match read {
            Err(flaw) => row.flawed(key, flaw),
            Ok(_) => match taken.next().ok_or_else(|| Error::fault("a row has no answer"))? {
                Err(refusal) => Told::refused(row.number, key, &refusal, |name| row.called(name)),
                Ok((_, took)) => looked_up(row, &places, row.told(key, outcome(took))),
            },
        });
    }
    Ok(told)
}

const fn outcome(took: Took) -> Outcome {
    match took {
        Took::Made => Outcome::Created,
        Took::Changed => Outcome::Updated,
        Took::Same => Outcome::Unchanged,
    }
}

fn looked_up(row: &Row, places: &Places, told: Told) -> Told {
    let unknown = |name: &str, known: bool| !row.raw(name).is_empty() && !known;
    let store = unknown("store_code", places.stores.contains_key(row.raw("store_code")));
    let guide = unknown("guide_no", places.guides.contains_key(row.raw("guide_no")));
    let told = if store {
        told.noting("store_unknown", "没有这个门店编码，未设置门店")
    } else {
        told
    };
    if guide {
        told.noting("guide_unknown", "没有这个导购工号，未设置导购")
    } else {
        told
    }
}
