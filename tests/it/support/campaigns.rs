//! Rules and campaigns that were in force before the test began.

use chrono::{DateTime, Utc};
use entity::codes::Ledger;
use entity::ids::{CampaignId, RuleId};
use entity::values::CampaignConditions;
use entity::{earning_rule, points_budget, points_campaign};
use huiyi::kernel::codes::StaffRole;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::Value;

use super::{Answer, TestApp};

/// A campaign without conditions that doubles points in March 2026, business time.
pub fn double(app: &TestApp, code: &str) -> points_campaign::Model {
    points_campaign::Model {
        id: CampaignId::new(app.now()),
        code: code.to_owned(),
        version: 1,
        name: "双倍积分".to_owned(),
        multiplier_bps: 20_000,
        conditions: CampaignConditions::default(),
        bonus_cap: None,
        budget_total: None,
        budget_per_day: None,
        budget_per_member: None,
        starts_at: time("2026-02-28T16:00:00Z"),
        ends_at: time("2026-03-31T16:00:00Z"),
        created_by: None,
        created_at: app.now(),
        stopped_by: None,
        stopped_at: None,
    }
}

/// An instant.
pub fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl TestApp {
    /// Puts a campaign as if it had been written before it began.
    pub async fn put_campaign(&self, change: impl FnOnce(&mut points_campaign::Model)) {
        let mut campaign = double(self, "double");
        change(&mut campaign);
        campaign.into_active_model().reset_all().insert(self.app.db.write()).await.unwrap();
    }

    /// Puts the next version of the rule of a ledger, in force from the beginning of time.
    pub async fn put_rule(&self, ledger: Ledger, change: impl FnOnce(&mut earning_rule::Model)) {
        let db = self.app.db.write();
        let rules = earning_rule::Entity::find().all(db).await.unwrap();
        let old = rules.into_iter().filter(|rule| rule.ledger == ledger);
        let old = old.max_by_key(|rule| rule.version).unwrap();
        let mut rule =
            earning_rule::Model { id: RuleId::new(self.now()), version: old.version + 1, ..old };
        change(&mut rule);
        rule.into_active_model().reset_all().insert(db).await.unwrap();
    }

    /// What a counter of a budget stands at.
    pub async fn issued(&self, counter: &str) -> i64 {
        let found = points_budget::Entity::find_by_id(counter.to_owned());
        found.one(self.app.db.read()).await.unwrap().map_or(0, |row| row.issued)
    }

    /// The console's token of a head-office administrator.
    pub async fn office(&self) -> String {
        let id = self.hire("A900", StaffRole::Admin, None).await;
        self.staff_token(id, "A900", "admin").await
    }

    /// The office sends something.
    pub async fn office_posts(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.post(&format!("/v1/admin/{path}")).bearer(token).json(body).send().await
    }
}
