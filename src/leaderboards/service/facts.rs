//! What SQL says about a stretch: the truth that boards are made of.

use std::collections::{HashMap, HashSet};

use entity::codes::Board;
use entity::ids::{MemberId, RegionId, StaffId, StoreId};
use uuid::Uuid;

use super::super::rules::{Fact, Stretch};
use super::super::store::{self, Earned, Instants};
use crate::app::App;
use crate::http::Result;
use crate::{members, stores};

/// Where a member counts.
pub(super) type Home = (Option<StoreId>, Option<RegionId>);

/// The facts of everybody, or of `subjects` only.
pub(super) async fn of(
    app: &App,
    board: Board,
    stretch: Stretch,
    subjects: Option<&[Uuid]>,
) -> Result<Vec<Fact>> {
    let instants = stretch.instants(app.calendar);
    match board {
        Board::GuideSales => {
            let guides = subjects.map(|ids| ids.iter().copied().map(StaffId).collect::<Vec<_>>());
            Ok(store::sold(app.db.read(), instants, guides.as_deref()).await?)
        }
        Board::MemberPoints => of_members(app, instants, subjects).await,
    }
}

/// What merged members earned counts for the member that stays, at her store (ID-3).
async fn of_members(app: &App, instants: Instants, subjects: Option<&[Uuid]>) -> Result<Vec<Fact>> {
    let members = match subjects {
        None => None,
        Some(subjects) => {
            let asked: Vec<MemberId> = subjects.iter().copied().map(MemberId).collect();
            let losers = store::losers(app.db.read(), &asked).await?;
            // A set: who is named twice must not be counted twice.
            let family: HashSet<MemberId> = asked.into_iter().chain(losers).collect();
            Some(family.into_iter().collect::<Vec<_>>())
        }
    };
    let rows = store::earned(app.db.read(), instants, members.as_deref()).await?;
    let merged: Vec<MemberId> =
        rows.iter().filter(|row| row.merged_into.is_some()).map(|row| row.member_id).collect();
    let winners = members::service::winners(app.db.read(), &merged).await?;
    let homes = homes(app, winners.values().copied().collect()).await?;
    let mut facts: Vec<Fact> = rows.iter().map(|row| fact(row, &winners, &homes)).collect();
    if let Some(subjects) = subjects {
        // Somebody merged since she was asked for: her winner's sum would lack the winner's own facts.
        let asked: HashSet<Uuid> = subjects.iter().copied().collect();
        facts.retain(|fact| asked.contains(&fact.subject));
    }
    Ok(facts)
}

fn fact(
    row: &Earned,
    winners: &HashMap<MemberId, MemberId>,
    homes: &HashMap<MemberId, Home>,
) -> Fact {
    let winner = winners.get(&row.member_id).filter(|_| row.merged_into.is_some());
    let subject = winner.copied().unwrap_or(row.member_id);
    let own = (row.store_id, row.region_id);
    let (store, region) = winner.and_then(|id| homes.get(id)).copied().unwrap_or(own);
    Fact {
        subject: subject.0,
        store,
        region,
        score: row.score,
        rows: row.facts,
        reached_at: row.reached_at,
    }
}

/// The home stores of members, with their regions.
pub(super) async fn homes(
    app: &App,
    members: HashSet<MemberId>,
) -> Result<HashMap<MemberId, Home>> {
    let ids: Vec<MemberId> = members.into_iter().collect();
    let members = members::service::by_ids(app.db.read(), &ids).await?;
    let at: HashSet<StoreId> = members.values().filter_map(|member| member.store_id).collect();
    let at: Vec<StoreId> = at.into_iter().collect();
    let stores = stores::service::by_ids(app.db.read(), &at).await?;
    let region = |store: Option<StoreId>| store.and_then(|id| stores.get(&id)).map(|s| s.region_id);
    let home = |member: &entity::member::Model| (member.store_id, region(member.store_id));
    Ok(members.iter().map(|(id, member)| (*id, home(member))).collect())
}
