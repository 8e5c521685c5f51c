//! Who sees what, how long a wrong password costs, which passwords are refused.

use chrono::TimeDelta;
use entity::codes::{Audience, StaffRole};
use entity::ids::{RegionId, StaffId, StoreId};

/// Which members somebody may see (GD-1). `members` turns it into the one filter that every query takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataScope {
    /// Those she follows.
    Own(StaffId),
    /// Those of the store.
    Store(StoreId),
    /// Those of the region's stores.
    Region(RegionId),
    /// Everybody.
    All,
}

/// What a role in a place may see; without its place no more than her own customers.
pub fn scope_of(
    id: StaffId,
    role: StaffRole,
    store: Option<StoreId>,
    region: Option<RegionId>,
) -> DataScope {
    let own = DataScope::Own(id);
    match role {
        StaffRole::Guide | StaffRole::Auditor => own,
        StaffRole::StoreManager => store.map_or(own, DataScope::Store),
        StaffRole::RegionalManager => region.map_or(own, DataScope::Region),
        StaffRole::Admin => DataScope::All,
    }
}

/// Whether a role signs in to a surface. Administrators and auditors have the console, everybody else the guide app: so a
/// password that leaks in a store opens no console, and what the guide app shows follows a store's role.
pub const fn may_use(role: StaffRole, audience: Audience) -> bool {
    match audience {
        Audience::Guide => !matches!(role, StaffRole::Admin | StaffRole::Auditor),
        Audience::Admin => matches!(role, StaffRole::Admin | StaffRole::Auditor),
        Audience::Member | Audience::Open => false,
    }
}

/// Wrong passwords in a row that cost nothing.
const FREE: i32 = 4;
/// What the fifth costs; each further one costs double.
const FIRST_DELAY_SECONDS: i64 = 15;
/// The most that one costs: nobody is locked out for good (S7).
const LONGEST_DELAY: TimeDelta = TimeDelta::minutes(15);
/// After this long without a wrong password the earlier ones are forgotten.
pub const FORGIVEN: TimeDelta = TimeDelta::hours(24);

/// How long the network must wait after its `failures`-th wrong password in a row for one account.
pub fn delay_after(failures: i32) -> Option<TimeDelta> {
    let doublings = u32::try_from(failures - FREE - 1).ok()?;
    let seconds = FIRST_DELAY_SECONDS.saturating_mul(2_i64.saturating_pow(doublings));
    Some(TimeDelta::seconds(seconds.min(LONGEST_DELAY.num_seconds())))
}

/// What is wrong with a new password, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeakPassword {
    /// Fewer than 8 characters.
    Short,
    /// More than 128 characters.
    Long,
    /// One that everybody tries first, or the staff number.
    Common,
}

/// Judges a new password by length and by what attackers try first; demands no kinds of characters (NIST SP 800-63B).
pub fn judge(password: &str, staff_no: &str) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if length < 8 {
        return Err(WeakPassword::Short);
    }
    if length > 128 {
        return Err(WeakPassword::Long);
    }
    let folded = password.to_lowercase();
    let mut letters = folded.chars();
    let first = letters.next();
    let one_letter = letters.all(|c| Some(c) == first);
    if one_letter || COMMON.contains(&folded.as_str()) || folded == staff_no.to_lowercase() {
        return Err(WeakPassword::Common);
    }
    Ok(())
}

/// The most common passwords of at least 8 characters in published leaks, and those of our trade.
const COMMON: &[&str] = &[
    "0123456789",
    "01234567",
    "1029384756",
    "11223344",
    "112233445566",
    "1122334455",
    "12341234",
    "123454321",
    "12345678",
    "123456789",
    "1234567890",
    "12345678910",
    "123456789a",
    "12345678a",
    "123456abc",
    "123456aa",
    "123456qq",
    "1234abcd",
    "1234qwer",
    "123123123",
    "123321123",
    "123qweasd",
    "147258369",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "1qaz2wsx3edc",
    "5201314520",
    "52013141",
    "66668888",
    "741852963",
    "87654321",
    "88888888",
    "987654321",
    "9876543210",
    "a1234567",
    "a12345678",
    "a123456789",
    "aa123456",
    "aaaa1111",
    "abc12345",
    "abc123456",
    "abcd1234",
    "abcdefgh",
    "admin123",
    "admin1234",
    "admin123456",
    "administrator",
    "asd12345",
    "asd123456",
    "asdfasdf",
    "asdfghjk",
    "asdfghjkl",
    "baseball",
    "changeme",
    "computer",
    "daogou123",
    "football",
    "guide123",
    "huiyi123",
    "huiyi1234",
    "huiyi123456",
    "iloveyou",
    "iloveyou1",
    "internet",
    "letmein1",
    "p@ssw0rd",
    "passw0rd",
    "password",
    "password!",
    "password1",
    "password12",
    "password123",
    "princess",
    "qazwsxedc",
    "qq123456",
    "qq123456789",
    "qwe12345",
    "qwe123456",
    "qweasdzxc",
    "qwer1234",
    "qwerty12",
    "qwerty123",
    "qwertyui",
    "qwertyuiop",
    "root1234",
    "starwars",
    "sunshine",
    "superman",
    "trustno1",
    "wang1234",
    "welcome1",
    "welcome123",
    "woaini123",
    "woaini1314",
    "woaini520",
    "xiaoming",
    "zaq12wsx",
    "zhang123",
    "zxcvbnm1",
    "zxcvbnm123",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_wrong_password_costs_and_each_further_one_doubles() {
        let seconds = |failures| delay_after(failures).map(|delay| delay.num_seconds());
        assert_eq!([1, 4].map(seconds), [None, None]);
        assert_eq!([5, 6, 7, 10, 11, 12].map(seconds), [15, 30, 60, 480, 900, 900].map(Some));
        assert_eq!([100, 10_000, i32::MAX].map(seconds), [900, 900, 900].map(Some));
    }

    #[test]
    fn length_matters_and_kinds_of_characters_do_not() {
        assert_eq!(judge("summer rain in ningbo", "g001"), Ok(()));
        assert_eq!(judge("夏天的雨落在宁波", "g001"), Ok(()));
        assert_eq!(judge("short17", "g001"), Err(WeakPassword::Short));
        assert_eq!(judge(&"xy".repeat(64), "g001"), Ok(()));
        assert_eq!(judge(&"xy".repeat(65), "g001"), Err(WeakPassword::Long));
        for common in ["12345678", "PassWord123", "zzzzzzzzzz", "GUIDE-00001"] {
            assert_eq!(judge(common, "guide-00001"), Err(WeakPassword::Common), "{common}");
        }
    }

    #[test]
    fn the_console_and_the_guide_app_share_no_role() {
        for role in StaffRole::ALL {
            assert_ne!(may_use(*role, Audience::Guide), may_use(*role, Audience::Admin), "{role}");
            assert!(!may_use(*role, Audience::Member) && !may_use(*role, Audience::Open));
        }
    }
}
