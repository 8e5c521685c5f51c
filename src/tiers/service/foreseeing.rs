//! What a refund would do to a member's tier (PT-6, TR-2): decided by the rules that will decide it, on rows that nobody
//! locks or writes.

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::MemberId;
use entity::tier;
use entity::values::Fen;

use super::desk::{File, terms};
use crate::app::App;
use crate::db::Conn;
use crate::http::{Error, Result, codes};
use crate::members::service as members;
use crate::tiers::rules::{self, Keep, Numbers, Parts, Terms, effective};
use crate::tiers::store;

/// What is taken from what a member has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Less {
    /// The business day that it was spent on.
    pub day: NaiveDate,
    /// Of what she spent.
    pub spent: Fen,
    /// Of her growth value.
    pub growth: i64,
}

/// A tier in force and what it comes to, with and without something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// Code of the tier in force: nothing that is taken back lowers it before its end.
    pub code: String,
    /// Its name.
    pub name: String,
    /// End of it; none for the joining tier.
    pub until: Option<DateTime<Utc>>,
    /// As things are.
    pub now: Outlook,
    /// Without what would be taken.
    pub after: Outlook,
}

/// What a member has to show, and what that makes of her tier if nothing else is booked for her.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Paid less refunded in the last 12 months.
    pub spent: Fen,
    /// Growth value.
    pub growth: i64,
    /// What is missing to keep what she has earned by herself; none where nothing ends.
    pub keep: Option<Keep>,
    /// Code and name of the tier that will be in force right after that end.
    pub then: Option<(String, String)>,
}

/// What taking `less` from a member would do to her tier. What has ended is seen to first, as booking does.
///
/// # Errors
/// `not_found`; the database's.
pub async fn foresee(db: &impl Conn, app: &App, member: MemberId, less: &Less) -> Result<Foreseen> {
    let now = app.clock.now();
    let row = members::by_ids(db, &[member]).await?.remove(&member);
    let row = row.ok_or_else(|| Error::from(codes::NOT_FOUND))?;
    let tiers = store::tiers(db).await?;
    let terms = terms(app, &tiers);
    let mut file = File::read(db, app, row).await?;
    file.settle(&terms, now);
    let is = effective(&tiers, &file.parts, now);
    let before = outlook(&terms, &file.parts, &file.numbers, now);
    file.numbers.days.push((less.day, Fen(-less.spent.0)));
    file.numbers.growth -= less.growth;
    let after = outlook(&terms, &file.parts, &file.numbers, now);
    let name = name_of(&tiers, &is.tier);
    Ok(Foreseen { code: is.tier, name, until: is.until, now: before, after })
}

fn outlook(terms: &Terms<'_>, parts: &Parts, numbers: &Numbers, now: DateTime<Utc>) -> Outlook {
    let keep = rules::keep(terms, &parts.earned, numbers);
    let then = keep.as_ref().map(|keep| {
        let mut parts = parts.clone();
        rules::advance(terms, &mut parts, numbers, (now, keep.until), "");
        let code = effective(terms.tiers, &parts, keep.until).tier;
        let name = name_of(terms.tiers, &code);
        (code, name)
    });
    let spent = numbers.reach(terms, parts, now).spent;
    Outlook { spent, growth: numbers.growth, keep, then }
}

fn name_of(tiers: &[tier::Model], code: &str) -> String {
    let tier = tiers.iter().find(|tier| tier.code == code);
    tier.map_or_else(|| code.to_owned(), |tier| tier.name.clone())
}
