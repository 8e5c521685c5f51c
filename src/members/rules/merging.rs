//! What the winner of a merge takes over from the loser (ID-3).

use entity::codes::{Gender, MemberStatus};
use entity::member;

/// A field that the winner took over, with what stood there before.
#[derive(Clone, PartialEq, Eq)]
pub struct Taken {
    /// Column.
    pub field: &'static str,
    /// The value before as JSON; personal, so it is sealed before it is kept.
    pub before: serde_json::Value,
}

impl std::fmt::Debug for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Taken({})", self.field)
    }
}

/// Fills the gaps of `winner` from `loser` and names what changed. What the winner has stays; tiers, points and orders
/// are others' business.
pub fn fill_gaps(winner: &mut member::Model, loser: &member::Model) -> Vec<Taken> {
    let before = winner.clone();
    fill(&mut winner.name, loser.name.as_ref());
    fill(&mut winner.nickname, loser.nickname.as_ref());
    fill(&mut winner.region_code, loser.region_code.as_ref());
    fill(&mut winner.occupation, loser.occupation.as_ref());
    fill(&mut winner.body_shape, loser.body_shape.as_ref());
    fill(&mut winner.style, loser.style.as_ref());
    fill(&mut winner.store_id, loser.store_id.as_ref());
    fill(&mut winner.guide_id, loser.guide_id.as_ref());
    if winner.gender == Gender::Unknown {
        winner.gender = loser.gender;
    }
    if winner.birthday.is_none() && loser.birthday.is_some() {
        winner.birthday = loser.birthday;
        // Merging must not open the door to a second change within the year.
        winner.birthday_changed_at = winner.birthday_changed_at.max(loser.birthday_changed_at);
    }
    for (kind, size) in &loser.sizes.0 {
        winner.sizes.0.entry(kind.clone()).or_insert_with(|| size.clone());
    }
    if loser.status == MemberStatus::Active {
        winner.status = MemberStatus::Active;
    }
    let registered = [winner.registered_at, loser.registered_at];
    winner.registered_at = registered.into_iter().flatten().min();
    taken(&before, winner)
}

fn fill<T: Clone>(winner: &mut Option<T>, loser: Option<&T>) {
    if winner.is_none() {
        *winner = loser.cloned();
    }
}

fn taken(before: &member::Model, after: &member::Model) -> Vec<Taken> {
    let mut all = Vec::new();
    let mut note = |field, differs: bool, before: serde_json::Result<serde_json::Value>| {
        if differs {
            all.push(Taken { field, before: before.unwrap_or_default() });
        }
    };
    macro_rules! fields {
        ($($field:ident),+ $(,)?) => {$(
            note(stringify!($field), before.$field != after.$field, serde_json::to_value(&before.$field));
        )+};
    }
    fields!(
        name,
        nickname,
        gender,
        birthday,
        birthday_changed_at,
        region_code,
        occupation,
        body_shape,
        style,
        sizes,
        store_id,
        guide_id,
        status,
        registered_at,
    );
    all
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use entity::codes::Gender;
    use entity::ids::{MemberId, StaffId};
    use entity::values::{PersonName, Sizes};

    use super::*;

    fn at(day: i64) -> DateTime<chrono::Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    fn member(day: i64) -> member::Model {
        member::Model {
            id: MemberId::new(at(day)),
            status: MemberStatus::Unregistered,
            merged_into: None,
            name: None,
            nickname: None,
            gender: Gender::Unknown,
            birthday: None,
            birthday_changed_at: None,
            region_code: None,
            occupation: None,
            body_shape: None,
            style: None,
            sizes: Sizes::default(),
            store_id: None,
            guide_id: None,
            source: "pos".to_owned(),
            tier: "silver".to_owned(),
            tier_since: at(day),
            tier_until: None,
            registered_at: None,
            created_at: at(day),
            updated_at: at(day),
            version: 1,
        }
    }

    fn fields(taken: &[Taken]) -> Vec<&'static str> {
        taken.iter().map(|taken| taken.field).collect()
    }

    #[test]
    fn only_gaps_are_filled() {
        let (mut winner, mut loser) = (member(1), member(2));
        winner.name = Some(PersonName("李娜".to_owned()));
        winner.sizes.0.insert("上装".to_owned(), "M".to_owned());
        loser.name = Some(PersonName("李小娜".to_owned()));
        loser.nickname = Some(PersonName("娜娜".to_owned()));
        loser.sizes.0.insert("上装".to_owned(), "L".to_owned());
        loser.sizes.0.insert("鞋".to_owned(), "38".to_owned());
        loser.guide_id = Some(StaffId::new(at(3)));
        let taken = fill_gaps(&mut winner, &loser);
        assert_eq!(fields(&taken), ["nickname", "sizes", "guide_id"]);
        assert_eq!(winner.name.unwrap().0, "李娜");
        assert_eq!(winner.sizes.0["上装"], "M");
        assert_eq!(winner.sizes.0["鞋"], "38");
        assert_eq!(taken[1].before["上装"], "M");
    }

    #[test]
    fn whoever_signed_in_first_counts() {
        let (mut winner, mut loser) = (member(1), member(2));
        loser.status = MemberStatus::Active;
        loser.registered_at = Some(at(5));
        assert_eq!(fields(&fill_gaps(&mut winner, &loser)), ["status", "registered_at"]);
        assert_eq!((winner.status, winner.registered_at), (MemberStatus::Active, Some(at(5))));
        loser.registered_at = Some(at(9));
        assert_eq!(fields(&fill_gaps(&mut winner, &loser)), [""; 0]);
    }

    #[test]
    fn a_merge_does_not_reopen_the_birthday() {
        let (mut winner, mut loser) = (member(1), member(2));
        winner.birthday_changed_at = Some(at(100));
        loser.birthday = Some("1990-05-01".parse().unwrap());
        loser.birthday_changed_at = Some(at(50));
        assert_eq!(fields(&fill_gaps(&mut winner, &loser)), ["birthday"]);
        assert_eq!(winner.birthday_changed_at, Some(at(100)));
    }
}
