//! When and where a points campaign holds (BN-8).

use chrono::{Datelike, NaiveDate};
use entity::codes::Channel;
use entity::values::CampaignConditions;

/// What a campaign may ask of an order.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// Business day.
    pub day: NaiveDate,
    /// Where it was placed.
    pub channel: Channel,
    /// Code of its store.
    pub store: Option<&'a str>,
    /// Code of her tier at the business time.
    pub tier: Option<&'a str>,
    /// Her birthday.
    pub birthday: Option<NaiveDate>,
    /// Whether she bought before.
    pub visit: Visit,
}

/// Whether a member bought before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// She has no other paid order.
    First,
    /// She has.
    Again,
}

/// Whether the conditions hold, those about goods aside: they decide how much is multiplied.
#[must_use]
pub fn holds(conditions: &CampaignConditions, occasion: &Occasion<'_>) -> bool {
    let weekday = occasion.day.weekday().number_from_monday();
    let number = |allowed: &[u8], number: u32| {
        allowed.is_empty() || allowed.iter().any(|it| u32::from(*it) == number)
    };
    let word = |allowed: &[String], word: Option<&str>| {
        allowed.is_empty() || word.is_some_and(|word| allowed.iter().any(|it| it == word))
    };
    let month = occasion.birthday.map(|birthday| birthday.month());
    number(&conditions.weekdays, weekday)
        && number(&conditions.days_of_month, occasion.day.day())
        && (!conditions.birthday_month || month == Some(occasion.day.month()))
        && word(&conditions.stores, occasion.store)
        && word(&conditions.tiers, occasion.tier)
        && (conditions.channels.is_empty() || conditions.channels.contains(&occasion.channel))
        && (!conditions.first_order || occasion.visit == Visit::First)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Sunday, the 8th, bought in a store by a gold member born in March.
    fn occasion() -> Occasion<'static> {
        Occasion {
            day: "2026-03-08".parse().unwrap(),
            channel: Channel::Pos,
            store: Some("SH01"),
            tier: Some("gold"),
            birthday: "1990-03-31".parse().ok(),
            visit: Visit::Again,
        }
    }

    #[track_caller]
    fn check(change: impl Fn(&mut CampaignConditions), expected: bool) {
        let mut conditions = CampaignConditions::default();
        change(&mut conditions);
        assert_eq!(holds(&conditions, &occasion()), expected);
    }

    #[test]
    fn each_condition_is_asked_by_itself() {
        check(|_| {}, true);
        check(|it| it.weekdays = vec![6, 7], true);
        check(|it| it.weekdays = vec![1], false);
        check(|it| it.days_of_month = vec![8, 18, 28], true);
        check(|it| it.days_of_month = vec![9], false);
        check(|it| it.birthday_month = true, true);
        check(|it| it.stores = vec!["SH02".to_owned(), "SH01".to_owned()], true);
        check(|it| it.stores = vec!["SH02".to_owned()], false);
        check(|it| it.tiers = vec!["gold".to_owned()], true);
        check(|it| it.tiers = vec!["diamond".to_owned()], false);
        check(|it| it.channels = vec![Channel::Taobao, Channel::Pos], true);
        check(|it| it.channels = vec![Channel::Taobao], false);
        check(|it| it.first_order = true, false);
        check(|it| it.categories = vec!["裤装".to_owned()], true);
    }

    #[test]
    fn what_is_not_known_meets_no_condition() {
        let unknown = Occasion { store: None, tier: None, birthday: None, ..occasion() };
        for conditions in [
            CampaignConditions { stores: vec!["SH01".to_owned()], ..Default::default() },
            CampaignConditions { tiers: vec!["gold".to_owned()], ..Default::default() },
            CampaignConditions { birthday_month: true, ..Default::default() },
        ] {
            assert!(!holds(&conditions, &unknown), "{conditions:?}");
        }
        let leap = Occasion {
            day: "2026-02-28".parse().unwrap(),
            birthday: "2000-02-29".parse().ok(),
            visit: Visit::First,
            ..occasion()
        };
        let both =
            CampaignConditions { birthday_month: true, first_order: true, ..Default::default() };
        assert!(holds(&both, &leap));
    }
}
