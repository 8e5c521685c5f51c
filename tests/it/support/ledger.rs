//! Members with points, and the ledger without a till.

use chrono::{DateTime, Utc};
use entity::member;
use huiyi::db::{Tx, in_tx};
use huiyi::http::{Code, Error};
use huiyi::kernel::actor::Actor;
use huiyi::kernel::codes::{Ledger, MemberStatus, Source, TransferKind};
use huiyi::kernel::ids::{MemberId, MergeId};
use huiyi::kernel::mobile::Mobile;
use huiyi::members::service::{self as members, Who};
use huiyi::points::service::{self as points, Act, Balance, Movement, Posted, Short};
use huiyi::tiers::service as tiers;
use huiyi::wiring::proof::prove;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

use super::TestApp;

/// A movement of points caused by an order, without an order or a store behind it.
pub fn movement(app: &TestApp, member: MemberId, source_id: &str, act: Act) -> Movement {
    Movement {
        member,
        ledger: Ledger::Points,
        act,
        source: Source::Order,
        source_id: source_id.to_owned(),
        occurred_at: app.now(),
        order: None,
        store: None,
        actor: Actor::SYSTEM,
    }
}

/// An earning that never runs out.
pub const fn earn(amount: i64) -> Act {
    Act::Earn { amount, expires_at: None, rule: None, settles_at: None }
}

/// An earning that runs out.
pub const fn lot(amount: i64, expires_at: DateTime<Utc>) -> Act {
    Act::Earn { amount, expires_at: Some(expires_at), rule: None, settles_at: None }
}

/// Takes back a part of what an order earned or spent.
pub fn reverse(source_id: &str, kind: TransferKind, amount: i64) -> Act {
    let (source, source_id) = (Source::Order, source_id.to_owned());
    Act::Reverse { source, source_id, kind, amount, short: Short::Debt }
}

impl TestApp {
    /// A member whom a till knows by this phone.
    pub async fn known(&self, phone: &str) -> MemberId {
        let who =
            Who { phone: Some(Mobile::parse(phone).unwrap()), source: "pos", ..Who::default() };
        let found = in_tx(&self.app.db, async |tx| {
            members::resolve_in(tx, &self.app, std::slice::from_ref(&who)).await
        });
        found.await.unwrap()[0].unwrap()
    }

    /// Posts a batch in a transaction of its own.
    pub async fn moves(&self, batch: &[Movement]) -> Vec<Result<Posted, Code>> {
        self.try_moves(batch).await.unwrap()
    }

    /// Posts a batch in a transaction of its own; the database may refuse it.
    pub async fn try_moves(&self, batch: &[Movement]) -> Result<Vec<Result<Posted, Code>>, Error> {
        in_tx(&self.app.db, async |tx| points::post_in(tx, &self.app, batch).await).await
    }

    /// Posts one movement, which must be accepted.
    pub async fn moved(&self, member: MemberId, source_id: &str, act: Act) -> Posted {
        let movement = movement(self, member, source_id, act);
        self.moves(&[movement]).await.remove(0).unwrap()
    }

    /// What the worker does when the return window of everything bought until now has passed.
    pub async fn settle_all(&self) {
        self.advance(chrono::TimeDelta::days(7));
        while points::settle_due(&self.app, 100).await.unwrap() > 0 {}
    }

    /// From now on purchases earn points that can be spent at once: for tests that are about something else.
    pub async fn settles_at_once(&self) {
        self.sql("UPDATE earning_rule SET settles_after_days = 0").await.unwrap();
    }

    /// All three balances of points.
    pub async fn balance(&self, member: MemberId) -> Balance {
        let db = self.app.db.read();
        points::balances(db, &[member], Ledger::Points).await.unwrap()[&member]
    }

    /// What a member can spend.
    pub async fn available(&self, member: MemberId) -> i64 {
        let db = self.app.db.read();
        points::balances(db, &[member], Ledger::Points).await.unwrap()[&member].available
    }

    /// Carries the ledgers of one member over to another.
    pub async fn merge_ledgers(&self, from: MemberId, to: MemberId) {
        let cause = MergeId::new(self.now());
        let merged = in_tx(&self.app.db, async |tx| {
            members::lock_in(tx, &[from, to]).await?;
            points::merge_in(tx, &self.app, from, to, cause).await?;
            mark_merged(tx, from, to, self.now()).await
        });
        merged.await.unwrap();
    }

    /// Merges one member into another as far as ledgers and tiers are concerned.
    pub async fn merge_members(&self, from: MemberId, to: MemberId) {
        let cause = MergeId::new(self.now());
        let merged = in_tx(&self.app.db, async |tx| {
            members::lock_in(tx, &[from, to]).await?;
            points::merge_in(tx, &self.app, from, to, cause).await?;
            tiers::merge_in(tx, &self.app, from, to).await?;
            mark_merged(tx, from, to, self.now()).await
        });
        merged.await.unwrap();
    }

    /// The ledger proves itself.
    pub async fn reconciles(&self) {
        let found = prove(&self.app, 1).await.unwrap();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, Vec::<String>::new());
    }

    /// A statement as somebody with the database's password would write it.
    pub async fn sql(&self, statement: &str) -> Result<u64, sea_orm::DbErr> {
        let done = self.app.db.write().execute_unprepared(statement).await?;
        Ok(done.rows_affected())
    }
}

async fn mark_merged(
    tx: &Tx,
    from: MemberId,
    to: MemberId,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let row = member::ActiveModel {
        id: Set(from),
        status: Set(MemberStatus::Merged),
        merged_into: Set(Some(to)),
        updated_at: Set(now),
        ..Default::default()
    };
    member::Entity::update(row).exec(tx).await?;
    Ok(())
}
