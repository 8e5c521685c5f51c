//! Members of another system (OP-4): found or made, and told what is known of them there.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::codes::AuditAction;
use entity::ids::MemberId;
use entity::member;
use entity::values::Digest;

use super::resolve::{Who, claims, newcomer, resolve, standing};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db::Tx;
use crate::events;
use crate::http::problem::Refusal;
use crate::http::{Error, Result};
use crate::members::error::IDENTIFIERS_DIFFER;
use crate::members::events as tell;
use crate::members::rules::{Claim, Held, ProfilePatch, Proof, apply, is_exclusive};
use crate::members::store;

/// A member as another system knows her.
#[derive(Clone, Debug)]
pub struct Known {
    /// By what she is found.
    pub who: Who,
    /// What is known of her; what is not known stays as it is.
    pub patch: ProfilePatch,
}

/// What became of her row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    /// She is new.
    Made,
    /// Something of her was changed.
    Changed,
    /// All of it stood already.
    Same,
}

/// Takes members in, each with its own answer. Nobody is merged: a row whose identifiers name two members, or bring a
/// second phone or union id, is refused whole, and so is one whose profile cannot be. Members' rows are locked until the
/// transaction ends. Ring the bell after the commit.
///
/// # Errors
/// The database's.
pub async fn import_in(
    tx: &Tx,
    app: &App,
    author: &Author,
    rows: &[Known],
) -> Result<Vec<std::result::Result<(MemberId, Took), Refusal>>> {
    let people = rows.iter().map(|row| claims(app, &row.who)).collect::<Result<Vec<_>>>()?;
    let mut census = Census::take(tx, &people, app.clock.now()).await?;
    let judged: Vec<std::result::Result<Option<MemberId>, Refusal>> = rows
        .iter()
        .zip(&people)
        .map(|(row, claims)| census.judge(app, row, claims).map_err(|error| error.refusal()))
        .collect();
    let good: Vec<Who> = rows
        .iter()
        .zip(&judged)
        .filter(|(_, judged)| judged.is_ok())
        .map(|(row, _)| row.who.clone())
        .collect();
    let mut placed = resolve(tx, app, &good, Proof::Hearsay).await?.into_iter();
    let mut answers = Vec::with_capacity(rows.len());
    for judged in judged {
        answers.push(match judged {
            Err(refusal) => Err(refusal),
            Ok(before) => {
                let member = placed.next().flatten();
                let member = member.ok_or_else(|| Error::fault("a row names nobody"))?;
                Ok((member, if before.is_none() { Took::Made } else { Took::Same }))
            }
        });
    }
    change(tx, app, author, rows, &mut answers).await?;
    Ok(answers)
}

/// Writes what is known into the profiles, all of them at once.
async fn change(
    tx: &Tx,
    app: &App,
    author: &Author,
    rows: &[Known],
    answers: &mut [std::result::Result<(MemberId, Took), Refusal>],
) -> Result<()> {
    let now = app.clock.now();
    let ids: Vec<MemberId> = answers.iter().flatten().map(|(member, _)| *member).collect();
    let mut members = super::by_ids(tx, &ids).await?;
    let mut changed: HashMap<MemberId, Vec<&'static str>> = HashMap::new();
    for (row, answer) in rows.iter().zip(answers) {
        let Ok((id, took)) = answer else { continue };
        let Some(member) = members.get_mut(id) else { continue };
        match apply(member, row.patch.clone(), now, app.calendar) {
            Err(error) => *answer = Err(error.refusal()),
            Ok(fields) if fields.is_empty() => {}
            Ok(fields) => {
                if *took == Took::Same {
                    *took = Took::Changed;
                }
                changed.entry(*id).or_default().extend(fields);
            }
        }
    }
    let mut saved: Vec<&mut member::Model> =
        members.values_mut().filter(|row| changed.contains_key(&row.id)).collect();
    // Written in one order everywhere.
    saved.sort_unstable_by_key(|row| row.id);
    for row in &mut saved {
        row.version += 1;
        row.updated_at = now;
    }
    let saved: Vec<&member::Model> = saved.into_iter().map(|row| &*row).collect();
    store::rows::save_profiles(tx, &saved).await?;
    let told = saved.iter().map(|row| tell::profile_changed(row.id, &changed[&row.id], now));
    events::publish(tx, told.collect(), now).await?;
    let line = |row: &&member::Model| {
        let fields = changed[&row.id].as_slice();
        Line::new(AuditAction::MemberChanged).about(row.id).naming("fields", fields)
    };
    audit::write_in(tx, app, author, &saved.iter().map(line).collect::<Vec<_>>()).await
}

/// Whose identifiers are, as it is before a batch and as each row of it leaves it.
struct Census {
    owners: HashMap<Digest, MemberId>,
    held: HashSet<Held>,
    rows: HashMap<MemberId, member::Model>,
    now: DateTime<Utc>,
}

impl Census {
    async fn take(tx: &Tx, people: &[Vec<Claim>], now: DateTime<Utc>) -> Result<Self> {
        let owners = store::identifiers::owners(tx, people.iter().flatten()).await?;
        let owners = standing(tx, owners).await?;
        let ids: Vec<MemberId> = owners.values().copied().collect();
        let held = store::identifiers::held(tx, &ids).await?;
        Ok(Self { owners, held, rows: super::by_ids(tx, &ids).await?, now })
    }

    /// Whose the row is, or none when she is new.
    fn judge(&mut self, app: &App, row: &Known, claims: &[Claim]) -> Result<Option<MemberId>> {
        let mut named = claims.iter().filter_map(|claim| self.owners.get(&claim.digest)).copied();
        let first = named.next();
        if named.any(|other| Some(other) != first) {
            return Err(IDENTIFIERS_DIFFER.into());
        }
        let id = first.unwrap_or_else(|| MemberId::new(self.now));
        let new: Vec<&Claim> =
            claims.iter().filter(|claim| !self.owners.contains_key(&claim.digest)).collect();
        let has = |claim: &&&Claim| self.held.contains(&(id, claim.kind, claim.scope.clone()));
        if new.iter().filter(|claim| is_exclusive(claim.kind)).any(|claim| has(&claim)) {
            return Err(IDENTIFIERS_DIFFER.into());
        }
        let mut member = self.rows.get(&id).cloned();
        let fresh = member.get_or_insert_with(|| newcomer(id, &row.who, self.now));
        apply(fresh, row.patch.clone(), self.now, app.calendar)?;
        self.rows.insert(id, fresh.clone());
        for claim in new {
            self.owners.insert(claim.digest.clone(), id);
            self.held.insert((id, claim.kind, claim.scope.clone()));
        }
        Ok(first)
    }
}
