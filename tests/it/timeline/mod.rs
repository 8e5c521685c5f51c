//! Everything one member did, newest first (ID-7).

use entity::{event_log, member_timeline};
use huiyi::kernel::codes::{Ledger, StaffRole};
use huiyi::kernel::ids::MemberId;
use huiyi::timeline::rules::{LEFT_OUT, kind_of};
use huiyi::timeline::service as timeline;
use huiyi::wiring::events::CATALOGUE;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use crate::customers::{PHONE, Retailer};
use crate::support::{TestApp, earn};

struct Office {
    shop: Retailer,
    admin: String,
    member: MemberId,
}

impl Office {
    /// A member who bought in January and in March, whose points moved by hand in between.
    async fn open() -> Self {
        let shop = Retailer::open().await;
        let admin = shop.app.hire("A001", StaffRole::Admin, None).await;
        let admin = shop.app.staff_token(admin, "A001", "admin").await;
        shop.sells("A-2", PHONE, 0, 539_00, "2026-03-14T06:30:00Z").await;
        // It came late: business time decides.
        shop.sells("A-1", PHONE, 0, 100_00, "2026-01-10T06:30:00Z").await;
        let member = shop.app.known(PHONE).await;
        shop.app.relay().await;
        Self { shop, admin, member }
    }

    async fn reads(&self, query: &str) -> Value {
        let path = format!("/v1/admin/members/{}/timeline{query}", self.member);
        self.shop.app.get(&path).bearer(&self.admin).send().await.expect(200)
    }

    async fn titles(&self, query: &str) -> Vec<String> {
        let page = self.reads(query).await;
        let items = page["items"].as_array().unwrap().iter();
        items.map(|it| it["title"].as_str().unwrap().to_owned()).collect()
    }
}

async fn rows(app: &TestApp) -> u64 {
    member_timeline::Entity::find().count(app.app.db.read()).await.unwrap()
}

/// ID-7: newest first by business time, a line each in the language asked for, with what it was about.
#[actix_web::test]
async fn a_timeline_tells_what_a_member_did_newest_first() {
    let office = Office::open().await;
    let bought = office.reads("?kind=purchase").await;
    let items = bought["items"].as_array().unwrap();
    let seen: Vec<_> = items.iter().map(|it| (&it["amount_fen"], &it["at"])).collect();
    assert_eq!(
        seen,
        [
            (&json!(53_900), &json!("2026-03-14T06:30:00Z")),
            (&json!(10_000), &json!("2026-01-10T06:30:00Z"))
        ]
    );
    assert_eq!(items[0]["title"], "消费 ¥539.00，获得 539 积分");
    assert!(items[0]["order_id"].as_str().unwrap().starts_with("ord_"));
    let path = format!("/v1/admin/members/{}/timeline?kind=purchase&limit=1", office.member);
    let call = office.shop.app.get(&path).bearer(&office.admin).header("accept-language", "en");
    let english = call.send().await.expect(200);
    assert_eq!(english["items"][0]["title"], "Paid ¥539.00, earned 539 points");
    let all = office.titles("").await;
    assert!(all.iter().any(|title| title.starts_with("成为会员")), "{all:?}");
    let january = office.titles("?from=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z").await;
    assert!(january.len() < all.len() && january[0].contains("100"), "{january:?}");
}

/// ID-7: pages by cursor, none twice and none left out, while more happens.
#[actix_web::test]
async fn a_timeline_is_read_page_by_page() {
    let office = Office::open().await;
    let whole = office.titles("?limit=100").await;
    let (mut read, mut next) = (Vec::new(), String::new());
    loop {
        let page = office.reads(&format!("?limit=2{next}")).await;
        read.extend(page["items"].as_array().unwrap().iter().map(|it| it["title"].clone()));
        if page["has_more"] == false {
            break;
        }
        next = format!("&cursor={}", page["next_cursor"].as_str().unwrap());
        office.shop.app.moved(office.member, &format!("m{}", read.len()), earn(1)).await;
        office.shop.app.relay().await;
    }
    assert_eq!(read, whole.iter().map(|title| json!(title)).collect::<Vec<_>>());
    let foreign = format!("/v1/admin/members/{}/timeline?kind=points{next}", office.member);
    let answer = office.shop.app.get(&foreign).bearer(&office.admin).send().await;
    answer.refused(400, "bad_cursor");
}

/// J2: each event is one row, however often the relay hands it on; what is missing is made good from the log.
#[actix_web::test]
async fn each_event_is_told_once_and_old_ones_can_be_told_later() {
    let office = Office::open().await;
    let app = &office.shop.app;
    let (before, told) = (rows(app).await, office.titles("?limit=100").await);
    let log = event_log::Entity::find().all(app.app.db.read()).await.unwrap();
    for _ in 0..2 {
        timeline::on_events(&app.app, &log).await.unwrap();
    }
    assert_eq!(rows(app).await, before);
    app.sql("DELETE FROM member_timeline").await.unwrap();
    assert_eq!(timeline::rebuild(&app.app).await.unwrap(), log.len() as u64);
    assert_eq!(office.titles("?limit=100").await, told);
    assert_eq!(timeline::rebuild(&app.app).await.unwrap(), log.len() as u64);
    assert_eq!(rows(app).await, before);
}

/// ID-3: what the other one did before both became one is told under the winner's id, and under the loser's.
#[actix_web::test]
async fn the_timeline_of_a_member_holds_that_of_those_merged_into_her() {
    let office = Office::open().await;
    let app = &office.shop.app;
    let her = app.shopper("her").await;
    app.bind_phone("her", &her.token, PHONE).send().await.expect(200);
    app.relay().await;
    let under = async |id: &str| {
        let path = format!("/v1/admin/members/{id}/timeline?limit=100");
        let page = app.get(&path).bearer(&office.admin).send().await.expect(200);
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|it| it["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (winner, loser) = (under(&office.member.to_string()).await, under(&her.id).await);
    assert_eq!(winner, loser);
    for kind in ["purchase", "registered", "signed_in", "merged"] {
        assert!(winner.iter().any(|it| it == kind), "{kind}: {winner:?}");
    }
}

/// GD-1: a guide reads it of her own customers.
#[actix_web::test]
async fn a_guide_reads_the_timeline_of_her_customer() {
    let office = Office::open().await;
    let guide = office.shop.guide_token(0).await;
    let path = format!("/v1/guide/customers/{}/timeline?kind=purchase", office.member);
    let page = office.shop.app.get(&path).bearer(&guide).send().await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let stranger = office.shop.guide_token(1).await;
    office.shop.app.get(&path).bearer(&stranger).send().await.refused(404, "not_found");
}

/// ID-7: a new kind of event is told, or somebody says why not.
#[test]
fn every_kind_of_event_is_told_or_left_out_with_a_reason() {
    for kind in CATALOGUE {
        let told = kind_of(kind.name(), Some(Ledger::Points)).is_some();
        let left_out = LEFT_OUT.iter().any(|(name, _)| *name == kind.name());
        assert!(told != left_out, "{}", kind.name());
    }
    assert!(LEFT_OUT.iter().all(|(_, why)| !why.is_empty()));
}
