//! Points that members bring along from another system.

use chrono::Days;
use entity::ids::MemberId;

use super::{Errand, person};
use crate::app::App;
use crate::bulk::rules::cells::{Wrong, day, identifier, number, phone, whole};
use crate::bulk::rules::columns::{Column, needed, optional};
use crate::bulk::rules::outcome::{Outcome, Told};
use crate::bulk::rules::rows::{Flaw, Row};
use crate::db::Tx;
use crate::http::{Code, Error, Result};
use crate::kernel::mobile::Mobile;
use crate::members::service::{self as members, IDENTIFIERS_DIFFER, MAX_IDENTIFIER_BYTES, Who};
use crate::points::service::{self as points, Brought, MEMBER_NOT_FOUND, Posted, Replayed};

pub(super) const COLUMNS: &[Column] = &[
    optional("phone", "手机号", &["mobile", "手机", "电话"], "手机号、卡号、会员编号至少一项"),
    optional("card_no", "会员卡号", &["card", "卡号"], "实体卡号"),
    optional("member_id", "会员编号", &[], "如 mem_0698v9qe00t134m6ou6d8h2lak"),
    needed("points", "积分", &["可用积分", "积分余额", "balance"], "大于 0 的整数"),
    optional("expires_on", "有效期至", &["到期日", "过期日期"], "最后可用日；空则按现行规则"),
    optional("reference_no", "凭证号", &["流水号"], "原系统的编号；同一编号只入账一次"),
];

/// The most points of one row.
const MOST: i64 = 1_000_000_000;
/// Characters of a digest that tell two people apart.
const DIGEST: usize = 32;

/// A row that was read, before it is known whose it is.
struct Wish {
    who: Named,
    brought: Brought,
}

/// All that names her.
struct Named {
    phone: Option<Mobile>,
    card: Option<String>,
    id: Option<MemberId>,
}

fn wish(row: &Row, errand: &Errand<'_>) -> std::result::Result<Option<Wish>, Flaw> {
    let app = errand.app;
    let phone = row.maybe("phone", phone)?;
    let card = row.maybe("card_no", identifier::<MAX_IDENTIFIER_BYTES>)?;
    let id = row.maybe("member_id", |text| {
        text.parse::<MemberId>().map_err(|_| Wrong::invalid("不是会员编号"))
    })?;
    // By whatever the file names her first: the same file again has the same references, also after a merge.
    let digest = match (&phone, &card, id) {
        (Some(phone), ..) => app.vault.index("brought by phone", phone.as_str()),
        (None, Some(card), _) => app.vault.index("brought by card", card),
        (None, None, Some(id)) => app.vault.index("brought by id", &id.to_string()),
        (None, None, None) => return Err(row.flaw("phone", Wrong::missing())),
    };
    let who = Named { phone, card, id };
    let amount = row.must("points", whole)?;
    if amount > MOST {
        return Err(row.flaw("points", Wrong::invalid("数字过大")));
    }
    let last = row.maybe("expires_on", day)?;
    let expires_at = last.map(|last| app.calendar.start(last + Days::new(1)));
    if expires_at.is_some_and(|at| at <= app.clock.now()) {
        return Err(row.flaw("expires_on", Wrong::invalid("已经过期")));
    }
    let own = row.maybe("reference_no", number)?;
    let name = errand.options.reference.as_deref().unwrap_or_default();
    let last = last.map_or_else(|| "-".to_owned(), |last| last.to_string());
    let reference = match own {
        Some(own) => format!("{name}:no:{own}"),
        None => format!("{name}:{}:{last}", &digest.0[..DIGEST]),
    };
    if amount == 0 {
        return Ok(None);
    }
    let brought = Brought {
        member: MemberId::earliest(app.clock.now()),
        points: amount,
        expires_at,
        reference,
    };
    Ok(Some(Wish { who, brought }))
}

/// What a row moves points once for ever under; none when it moves none.
pub(super) fn reference(row: &Row, errand: &Errand<'_>) -> Option<String> {
    wish(row, errand).ok().flatten().map(|wish| wish.brought.reference)
}

pub(super) async fn take_in(tx: &Tx, errand: &Errand<'_>, rows: &[Row]) -> Result<Vec<Told>> {
    let read: Vec<_> = rows.iter().map(|row| wish(row, errand)).collect();
    let wishes: Vec<&Wish> = read.iter().flatten().flatten().collect();
    let owners = owners(tx, errand.app, &wishes).await?;
    let found = wishes.iter().zip(&owners);
    let good: Vec<Brought> = found
        .filter_map(|(wish, owner)| {
            owner.ok().map(|member| Brought { member, ..wish.brought.clone() })
        })
        .collect();
    let mut posted = points::bring_in(tx, errand.app, errand.actor, &good).await?.into_iter();
    let mut owners = owners.into_iter();
    let mut told = Vec::with_capacity(rows.len());
    for (row, read) in rows.iter().zip(&read) {
        let key = person(row);
        told.push(match read {
            Err(flaw) => row.flawed(key, flaw),
            Ok(None) => row.told(key, Outcome::Unchanged),
            Ok(Some(_)) => match owners.next().unwrap_or(Err(MEMBER_NOT_FOUND)) {
                Err(code) => refused(row, key, code),
                Ok(_) => outcome(row, key, posted.next().ok_or_else(|| Error::fault("no answer"))?),
            },
        });
    }
    Ok(told)
}

fn outcome(row: &Row, key: String, posted: std::result::Result<Posted, Code>) -> Told {
    match posted {
        Ok(posted) if posted.replayed == Replayed::Yes => row.told(key, Outcome::Unchanged),
        Ok(_) => row.told(key, Outcome::Created),
        Err(code) => refused(row, key, code),
    }
}

fn refused(row: &Row, key: String, code: Code) -> Told {
    Told::refused(row.number, key, &Error::from(code).refusal(), |name| row.called(name))
}

/// Who stays of those that are named, their rows locked. By what the file names her first she must be known, and whatever
/// else it says of her must not be somebody else's.
async fn owners(
    tx: &Tx,
    app: &App,
    wishes: &[&Wish],
) -> Result<Vec<std::result::Result<MemberId, Code>>> {
    let phones = wishes.iter().map(|wish| Who { phone: wish.who.phone.clone(), ..Who::default() });
    let cards = wishes.iter().map(|wish| Who { card: wish.who.card.clone(), ..Who::default() });
    let mut phones = members::named(tx, app, &phones.chain(cards).collect::<Vec<_>>()).await?;
    let cards = phones.split_off(wishes.len());
    let ids: Vec<MemberId> = phones.iter().chain(&cards).flatten().copied().collect();
    let given = wishes.iter().filter_map(|wish| wish.who.id);
    let winners =
        members::lock_winners(tx, &ids.into_iter().chain(given).collect::<Vec<_>>()).await?;
    let winner = |id: Option<MemberId>| id.and_then(|id| winners.get(&id).copied());
    let named = phones.into_iter().zip(cards).zip(wishes);
    Ok(named
        .map(|((phone, card), wish)| {
            let Named { phone: by_phone, card: by_card, id } = &wish.who;
            if id.is_some() && winner(*id).is_none() {
                return Err(MEMBER_NOT_FOUND);
            }
            let said = [
                (by_phone.is_some(), winner(phone)),
                (by_card.is_some(), winner(card)),
                (id.is_some(), winner(*id)),
            ];
            one_of(said.into_iter().filter(|(given, _)| *given).map(|(_, winner)| winner))
        })
        .collect())
}

fn one_of(mut said: impl Iterator<Item = Option<MemberId>>) -> std::result::Result<MemberId, Code> {
    let first = said.next().flatten().ok_or(MEMBER_NOT_FOUND)?;
    let same = said.flatten().all(|other| other == first);
    if same { Ok(first) } else { Err(IDENTIFIERS_DIFFER) }
}
