//! What a profile may hold (ID-4, ID-5).

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::codes::Gender;
use entity::member;
use entity::values::{PersonName, Sizes};

use super::sizes;
use super::text::{is_region, line};
use crate::http::{Error, Patch, Result};
use crate::kernel::calendar::Calendar;
use crate::members::error;

/// Changes that a member wishes to her profile; texts as she wrote them.
#[derive(Clone, Debug, Default)]
pub struct ProfilePatch {
    /// Name.
    pub name: Patch<PersonName>,
    /// How she wants to be called; shown on boards.
    pub nickname: Patch<PersonName>,
    /// Gender; cleared is `unknown`.
    pub gender: Patch<Gender>,
    /// Birthday, once a year.
    pub birthday: Patch<NaiveDate>,
    /// GB/T 2260 code, six digits.
    pub region_code: Patch<String>,
    /// Occupation.
    pub occupation: Patch<String>,
    /// Body shape.
    pub body_shape: Patch<String>,
    /// Preferred style.
    pub style: Patch<String>,
    /// Sizes by kind of garment; replaces all of them.
    pub sizes: Patch<BTreeMap<String, String>>,
}

/// The longest text of each field, in characters; within its column.
const LONGEST: usize = 64;
const LONGEST_BODY_SHAPE: usize = 50;

/// Birthdays before this are typing errors.
const EARLIEST_BIRTH_YEAR: i32 = 1900;

/// Makes the changes to `row` and names the fields that differ afterwards; `now` by the business calendar.
///
/// # Errors
/// `invalid_fields` naming the first one that is wrong; `member_birthday_locked` with the day from which it may change.
pub fn apply(
    row: &mut member::Model,
    patch: ProfilePatch,
    now: DateTime<Utc>,
    calendar: Calendar,
) -> Result<Vec<&'static str>> {
    let before = row.clone();
    row.name = merged(row.name.take(), person("/name", patch.name)?);
    row.nickname = merged(row.nickname.take(), person("/nickname", patch.nickname)?);
    row.occupation = merged(row.occupation.take(), text("/occupation", patch.occupation, LONGEST)?);
    let shape = text("/body_shape", patch.body_shape, LONGEST_BODY_SHAPE)?;
    row.body_shape = merged(row.body_shape.take(), shape);
    row.style = merged(row.style.take(), text("/style", patch.style, LONGEST)?);
    row.region_code = merged(row.region_code.take(), region(patch.region_code)?);
    row.gender = merged(Some(row.gender), patch.gender).unwrap_or(Gender::Unknown);
    let sizes = patch.sizes.read(sizes::read)?;
    row.sizes = Sizes(merged(Some(std::mem::take(&mut row.sizes.0)), sizes).unwrap_or_default());
    change_birthday(row, patch.birthday, now, calendar)?;
    Ok(differing(&before, row))
}

fn merged<T>(stands: Option<T>, patch: Patch<T>) -> Option<T> {
    patch.wish().unwrap_or(stands)
}

fn person(pointer: &str, patch: Patch<PersonName>) -> Result<Patch<PersonName>> {
    patch.read(|name| line(pointer, &name.0, LONGEST).map(PersonName))
}

fn text(pointer: &str, patch: Patch<String>, longest: usize) -> Result<Patch<String>> {
    patch.read(|text| line(pointer, &text, longest))
}

fn region(patch: Patch<String>) -> Result<Patch<String>> {
    patch.read(|code| {
        if is_region(&code) {
            return Ok(code);
        }
        let (zh, en) = ("不是 GB/T 2260 行政区划代码", "not a GB/T 2260 code of six digits");
        Err(Error::field("/region_code", "region_code", zh, en))
    })
}

fn change_birthday(
    row: &mut member::Model,
    patch: Patch<NaiveDate>,
    now: DateTime<Utc>,
    calendar: Calendar,
) -> Result<()> {
    use chrono::Datelike;
    let Some(wish) = patch.wish() else { return Ok(()) };
    let today = calendar.day(now);
    if wish.is_some_and(|day| day > today || day.year() < EARLIEST_BIRTH_YEAR) {
        return Err(Error::field("/birthday", "date", "不是可能的生日", "not a possible birthday"));
    }
    if wish == row.birthday {
        return Ok(());
    }
    let free_at = row.birthday_changed_at.map(|changed| calendar.months_later(changed, 12));
    if let Some(free_at) = free_at.filter(|free_at| *free_at > now) {
        // The instant lies inside a day: from the next one on it is free whatever the hour.
        let day = calendar.day(free_at);
        let (zh, en) = (format!("{day} 起可以再次修改"), format!("can be changed after {day}"));
        return Err(Error::from(error::BIRTHDAY_LOCKED).at("/birthday", "locked", &zh, &en));
    }
    row.birthday = wish;
    row.birthday_changed_at = Some(now);
    Ok(())
}

fn differing(before: &member::Model, after: &member::Model) -> Vec<&'static str> {
    let fields = [
        ("name", before.name != after.name),
        ("nickname", before.nickname != after.nickname),
        ("gender", before.gender != after.gender),
        ("birthday", before.birthday != after.birthday),
        ("region_code", before.region_code != after.region_code),
        ("occupation", before.occupation != after.occupation),
        ("body_shape", before.body_shape != after.body_shape),
        ("style", before.style != after.style),
        ("sizes", before.sizes != after.sizes),
    ];
    fields.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}
