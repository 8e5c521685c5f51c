//! Everything the stand-in knows, behind one lock; no HTTP in here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::{Mutex, MutexGuard};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::calls::{CallLog, CallRecord, PathCount};
use super::codes::Codes;
use super::fault::{Fault, Faults};
use super::random::{hex, letters};
use super::tokens::Tokens;
use super::users::{NewUser, User, Users};
use crate::kernel::clock::Clock;

/// How `countryCode` is written: a text today, a number in WeChat's older samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountryCodeForm {
    /// `"86"`
    #[default]
    Text,
    /// `86`
    Number,
}

/// Whose code is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// The one with this openid; she must exist.
    OpenId(String),
    /// The one with this nickname; she is made if nobody has it.
    Nickname(String),
}

/// A code that was given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issued {
    /// What the mini-program would send to its backend.
    pub code: String,
    /// Whose it is.
    pub user: User,
    /// How long it is good.
    pub expires_in: u32,
}

/// Why an admin call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdminRefusal {
    /// No such openid.
    #[error("nobody has this openid; make her with POST /__admin/users")]
    NobodyHasOpenId,
    /// The number is not one.
    #[error("phone must be 4 to 15 digits without calling code, country_code 1 to 4 digits")]
    BadPhone,
    /// A person without a phone cannot press the phone button.
    #[error("this user has no phone; send one as \"phone\"")]
    NoPhone,
    /// A nickname or id is empty or too long.
    #[error("user, openid and unionid must have 1 to 64 characters, ids in printable ASCII")]
    BadId,
}

pub(super) struct World {
    app_id: String,
    app_secret: SecretString,
    clock: Clock,
    state: Mutex<State>,
    /// Bytes that [`super::FaultKind::HugeBody`] got rid of, to see who stops reading.
    pub(super) flooded: Arc<AtomicU64>,
}

#[derive(Default)]
pub(super) struct State {
    ahead: TimeDelta,
    pub(super) users: Users,
    pub(super) login_codes: Codes,
    pub(super) phone_codes: Codes,
    pub(super) tokens: Tokens,
    pub(super) faults: Faults,
    pub(super) calls: CallLog,
    pub(super) country_code: CountryCodeForm,
}

impl World {
    pub(super) fn new(app_id: String, app_secret: SecretString, clock: Clock) -> Self {
        let state = Mutex::default();
        Self { app_id, app_secret, clock, state, flooded: Arc::default() }
    }

    pub(super) fn app_id(&self) -> &str {
        &self.app_id
    }

    pub(super) const fn app_secret(&self) -> &SecretString {
        &self.app_secret
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The clock of the process, moved ahead by what was asked for.
    pub(super) fn now(&self, state: &State) -> DateTime<Utc> {
        self.clock.now() + state.ahead
    }

    pub(super) fn time(&self) -> DateTime<Utc> {
        self.now(&self.lock())
    }

    pub(super) fn advance(&self, by: TimeDelta) -> DateTime<Utc> {
        let mut state = self.lock();
        // A century at most: chrono's instants end, and adding past their end would panic.
        let century = TimeDelta::days(36_500);
        state.ahead = (state.ahead + by.clamp(-century, century)).clamp(TimeDelta::zero(), century);
        self.now(&state)
    }

    pub(super) fn reset(&self) {
        *self.lock() = State::default();
        self.flooded.store(0, Ordering::SeqCst);
    }

    pub(super) fn put_user(&self, new: NewUser) -> Result<User, AdminRefusal> {
        check(&new)?;
        Ok(self.lock().users.put(new, &self.app_id))
    }

    pub(super) fn users(&self) -> Vec<User> {
        self.lock().users.all()
    }

    pub(super) fn login_code(&self, person: Person, with: NewUser) -> Result<Issued, AdminRefusal> {
        let user = self.person(person, with)?;
        let code = format!("0{}", letters(31));
        let mut state = self.lock();
        let now = self.now(&state);
        state.login_codes.issue(&code, &user.openid, now);
        Ok(Issued { code, user, expires_in: 300 })
    }

    pub(super) fn phone_code(&self, person: Person, with: NewUser) -> Result<Issued, AdminRefusal> {
        let user = self.person(person, with)?;
        if user.phone.is_none() {
            return Err(AdminRefusal::NoPhone);
        }
        let code = hex::<32>();
        let mut state = self.lock();
        let now = self.now(&state);
        state.phone_codes.issue(&code, &user.openid, now);
        Ok(Issued { code, user, expires_in: 300 })
    }

    /// The person, made if she is a new nickname, with the traits that came along.
    fn person(&self, person: Person, with: NewUser) -> Result<User, AdminRefusal> {
        let new = match person {
            Person::OpenId(openid) if self.lock().users.by_openid(&openid).is_none() => {
                return Err(AdminRefusal::NobodyHasOpenId);
            }
            Person::OpenId(openid) => NewUser { openid: Some(openid), ..with },
            Person::Nickname(user) => NewUser { user: Some(user), ..with },
        };
        self.put_user(new)
    }

    pub(super) fn add_fault(&self, fault: Fault) {
        self.lock().faults.add(fault);
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        self.lock().faults.all().to_vec()
    }

    pub(super) fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    pub(super) fn calls(&self) -> Vec<CallRecord> {
        self.lock().calls.all()
    }

    pub(super) fn counts(&self) -> BTreeMap<String, PathCount> {
        self.lock().calls.counts()
    }

    pub(super) fn clear_calls(&self) {
        self.lock().calls = CallLog::default();
    }

    pub(super) fn write_country_code_as(&self, form: CountryCodeForm) {
        self.lock().country_code = form;
    }
}

fn check(new: &NewUser) -> Result<(), AdminRefusal> {
    let fits = |text: &str| (1..=64).contains(&text.chars().count());
    let is_id = |text: &str| fits(text) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_number = |text: &str, count: std::ops::RangeInclusive<usize>| {
        count.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let ids_fit = new.user.as_deref().is_none_or(fits)
        && new.openid.as_deref().is_none_or(is_id)
        && new.unionid.as_deref().is_none_or(is_id);
    let phone_fits = new.phone.as_deref().is_none_or(|phone| is_number(phone, 4..=15))
        && new.country_code.as_deref().is_none_or(|code| is_number(code, 1..=4));
    match (ids_fit, phone_fits) {
        (false, _) => Err(AdminRefusal::BadId),
        (true, false) => Err(AdminRefusal::BadPhone),
        (true, true) => Ok(()),
    }
}
