//! One-time codes: good once, within five minutes.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

const LIFE: TimeDelta = TimeDelta::minutes(5);
/// After that a used code is merely unknown, so that memory does not grow.
const REMEMBERED: TimeDelta = TimeDelta::hours(1);

struct Code {
    openid: String,
    issued_at: DateTime<Utc>,
    used: bool,
}

/// What a code is worth now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Worth {
    Good { openid: String },
    Used { openid: String },
    Nothing,
}

/// One namespace of codes.
#[derive(Default)]
pub(super) struct Codes {
    by_code: HashMap<String, Code>,
    in_order: VecDeque<String>,
}

impl Codes {
    pub(super) fn issue(&mut self, code: &str, openid: &str, now: DateTime<Utc>) {
        self.forget_old(now);
        let entry = Code { openid: openid.to_owned(), issued_at: now, used: false };
        self.by_code.insert(code.to_owned(), entry);
        self.in_order.push_back(code.to_owned());
    }

    pub(super) fn worth(&self, code: &str, now: DateTime<Utc>) -> Worth {
        match self.by_code.get(code) {
            Some(code) if code.used => Worth::Used { openid: code.openid.clone() },
            Some(code) if now - code.issued_at < LIFE => {
                Worth::Good { openid: code.openid.clone() }
            }
            _ => Worth::Nothing,
        }
    }

    pub(super) fn consume(&mut self, code: &str) {
        if let Some(code) = self.by_code.get_mut(code) {
            code.used = true;
        }
    }

    fn forget_old(&mut self, now: DateTime<Utc>) {
        while let Some(code) = self.in_order.front() {
            if self.by_code.get(code).is_some_and(|code| now - code.issued_at < REMEMBERED) {
                return;
            }
            self.by_code.remove(code);
            self.in_order.pop_front();
        }
    }
}
