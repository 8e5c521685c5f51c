//! Everybody who may come to the door, and what the door should say.

use chrono::TimeDelta;
use huiyi::kernel::codes::StaffRole;
use huiyi::partners::caller::SCOPES;

use super::table::Row;
use crate::customers::{PHONE, Retailer, STRANGER};

/// Who comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nobody, or a credential that is good nowhere.
    Nobody,
    /// A shopper.
    Member,
    /// Staff, by role as written in the file.
    Staff(&'static str),
    /// A third party, by its one scope: a key without any cannot be made.
    Partner(&'static str),
}

/// Somebody with a credential.
#[derive(Clone, Debug)]
pub struct Principal {
    /// For messages.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it sends.
    pub token: Option<String>,
}

/// What the door should say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Anything but `unauthenticated` and `forbidden`.
    Open,
    /// 401 `unauthenticated`.
    Unknown,
    /// 403 `forbidden`.
    Closed,
}

impl Principal {
    /// What an operation should say to it, by the file.
    pub fn door(&self, row: &Row) -> Door {
        let listed = |who: &str| row.who.iter().any(|listed| listed == who);
        if listed("anyone") {
            return Door::Open;
        }
        let at_home = |audience: &str| row.audience == audience;
        match &self.kind {
            Kind::Member if at_home("member") && listed("member") => Door::Open,
            Kind::Staff(role @ ("admin" | "auditor")) if at_home("admin") => allowed(listed(role)),
            Kind::Staff("admin" | "auditor") => Door::Unknown,
            Kind::Staff(role) if at_home("guide") => allowed(listed(role)),
            Kind::Partner(scope) if at_home("open") => allowed(listed("any_key") || listed(scope)),
            _ => Door::Unknown,
        }
    }
}

const fn allowed(yes: bool) -> Door {
    if yes { Door::Open } else { Door::Closed }
}

/// Everybody. Two shoppers with orders in two stores, staff of each role, keys with each scope, and what went bad.
pub async fn everybody(shop: &Retailer) -> Vec<Principal> {
    let app = &shop.app;
    shop.sells("P-1", PHONE, 0, 100_00, "2026-03-14T06:30:00Z").await;
    shop.sells("P-2", STRANGER, 1, 100_00, "2026-03-14T06:30:00Z").await;
    let late_shopper = app.shopper("late").await.token;
    let late_guide = shop.guide_token(0).await;
    let admin = app.hire("A001", StaffRole::Admin, None).await;
    let late_admin = app.staff_token(admin, "A001", "admin").await;
    let auditor = app.hire("A002", StaffRole::Auditor, None).await;
    app.staff_token(auditor, "A002", "admin").await;
    app.advance(TimeDelta::minutes(11));

    let mut all = vec![
        principal("nobody", Kind::Nobody, None),
        principal("nonsense", Kind::Nobody, Some("hyk_nothing_at_all".to_owned())),
        principal("a shopper whose token ran out", Kind::Nobody, Some(late_shopper)),
        principal("a guide whose token ran out", Kind::Nobody, Some(late_guide)),
        principal("an administrator whose token ran out", Kind::Nobody, Some(late_admin)),
    ];
    for (name, phone) in [("shopper", PHONE), ("other shopper", STRANGER)] {
        let token = shop.shopper(name, phone).await.token;
        all.push(principal(name, Kind::Member, Some(token)));
    }
    for (name, kind, token) in [
        ("guide", "guide", app.staff_again("G-SH01", "guide").await),
        ("guide of another store", "guide", shop.guide_token(1).await),
        ("manager", "store_manager", shop.manager_token(0).await),
        ("administrator", "admin", app.staff_again("A001", "admin").await),
        ("auditor", "auditor", app.staff_again("A002", "admin").await),
    ] {
        all.push(principal(name, Kind::Staff(kind), Some(token)));
    }
    for scope in SCOPES {
        let key = app.partner(&format!("only {scope}"), &[*scope]).await;
        all.push(principal(scope, Kind::Partner(scope), Some(key)));
    }
    all
}

const fn principal(name: &'static str, kind: Kind, token: Option<String>) -> Principal {
    Principal { name, kind, token }
}
