//! The people whose phones the stand-in plays.

use std::collections::{HashMap, VecDeque};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::random::letters;

/// Sign-ins that one user has in a minute.
const SIGN_INS_A_MINUTE: usize = 100;

/// A person as the stand-in knows her.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// The nickname by which developers call her.
    pub user: String,
    /// Her id within the mini-program.
    pub openid: String,
    /// Her id across apps, if the mini-program is bound to an open-platform account.
    pub unionid: Option<String>,
    /// Her number without calling code.
    pub phone: Option<String>,
    /// Its calling code without `+`.
    pub country_code: String,
    /// Whether WeChat refuses her sign-in with 40226.
    pub high_risk: bool,
}

/// A person to be made; all is optional.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Her nickname; without one she gets her openid for name.
    pub user: Option<String>,
    /// Her openid; by default one that follows from the nickname, the same after every restart.
    pub openid: Option<String>,
    /// Her unionid, as if the mini-program were bound to an open-platform account.
    pub unionid: Option<String>,
    /// Her number without calling code.
    pub phone: Option<String>,
    /// Its calling code; 86 by default.
    pub country_code: Option<String>,
    /// Whether WeChat holds her for high-risk (40226); not by default.
    pub high_risk: Option<bool>,
}

#[derive(Default)]
pub(super) struct Users {
    by_openid: HashMap<String, User>,
    openid_of: HashMap<String, String>,
    sign_ins: HashMap<String, VecDeque<DateTime<Utc>>>,
}

impl Users {
    /// Makes a person, or gives the one of that nickname or openid the new traits.
    pub(super) fn put(&mut self, new: NewUser, app_id: &str) -> User {
        let known = new.user.as_ref().and_then(|user| self.openid_of.get(user));
        let openid = match (new.openid, known, &new.user) {
            (Some(openid), _, _) => openid,
            (None, Some(openid), _) => openid.clone(),
            (None, None, Some(user)) => openid_of_nickname(app_id, user),
            (None, None, None) => format!("o{}", letters(27)),
        };
        let before = self.by_openid.remove(&openid);
        let before = before.as_ref();
        let user = User {
            user: new.user.or(before.map(|b| b.user.clone())).unwrap_or(openid.clone()),
            unionid: new.unionid.or(before.and_then(|b| b.unionid.clone())),
            phone: new.phone.or(before.and_then(|b| b.phone.clone())),
            country_code: new
                .country_code
                .or(before.map(|b| b.country_code.clone()))
                .unwrap_or_else(|| "86".to_owned()),
            high_risk: new.high_risk.or(before.map(|b| b.high_risk)).unwrap_or_default(),
            openid: openid.clone(),
        };
        self.openid_of.insert(user.user.clone(), openid.clone());
        self.by_openid.insert(openid, user.clone());
        user
    }

    pub(super) fn by_openid(&self, openid: &str) -> Option<&User> {
        self.by_openid.get(openid)
    }

    pub(super) fn all(&self) -> Vec<User> {
        let mut all: Vec<User> = self.by_openid.values().cloned().collect();
        all.sort_by(|a, b| a.user.cmp(&b.user));
        all
    }

    /// Counts a sign-in of hers, if she has one left in this minute.
    pub(super) fn may_sign_in(&mut self, openid: &str, now: DateTime<Utc>) -> bool {
        let times = self.sign_ins.entry(openid.to_owned()).or_default();
        while times.front().is_some_and(|at| now - *at >= TimeDelta::minutes(1)) {
            times.pop_front();
        }
        if times.len() >= SIGN_INS_A_MINUTE {
            return false;
        }
        times.push_back(now);
        true
    }
}

/// 28 characters that begin with `o`, as WeChat's do; the same nickname is the same person after a restart.
fn openid_of_nickname(app_id: &str, user: &str) -> String {
    let hash = digest(&SHA256, format!("{app_id}:{user}").as_bytes());
    let mut openid = format!("o{}", URL_SAFE_NO_PAD.encode(hash.as_ref()));
    openid.truncate(28);
    openid
}
