//! Binding a phone (ID-1, ID-4, RM2).

use entity::codes::{Ledger, Source};
use entity::ids::MemberId;
use entity::{event_log, member_identifier, member_merge};
use futures_util::future::join_all;
use huiyi::db::in_tx;
use huiyi::http::Error;
use huiyi::kernel::actor::Actor;
use huiyi::members::service::{Who, by_ids, winners};
use huiyi::mock::wechat::{NewUser, Person};
use huiyi::points::service::{Act, Movement, balances, post_in};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::members::{by_phone, resolve_one};
use crate::support::{SignedIn, TestApp};

const PHONE: &str = "13800138000";

async fn merges(app: &TestApp) -> Vec<member_merge::Model> {
    member_merge::Entity::find().all(app.app.db.read()).await.unwrap()
}

fn id(body: &Value) -> MemberId {
    body["member"]["id"].as_str().unwrap().parse().unwrap()
}

async fn who_am_i(app: &TestApp, her: &SignedIn) -> String {
    let me =
        app.patch("/v1/member/me").bearer(&her.token).json(&json!({})).send().await.expect(200);
    me["id"].as_str().unwrap().to_owned()
}

/// A till's purchase: points for whoever has the phone, made where nobody has it.
pub async fn earn(app: &TestApp, who: Who, cause: &str, amount: i64) -> MemberId {
    in_tx::<_, Error>(&app.app.db, async |tx| {
        let found =
            huiyi::members::service::resolve_in(tx, &app.app, std::slice::from_ref(&who)).await?;
        let member = found[0].unwrap();
        let movement = Movement {
            member,
            ledger: Ledger::Points,
            act: Act::Earn { amount, expires_at: None, rule: None, settles_at: None },
            source: Source::Till,
            source_id: cause.to_owned(),
            occurred_at: app.now(),
            order: None,
            store: None,
            actor: Actor::SYSTEM,
        };
        post_in(tx, &app.app, &[movement]).await?.remove(0).unwrap();
        Ok(member)
    })
    .await
    .unwrap()
}

pub async fn points(app: &TestApp, member: MemberId) -> i64 {
    balances(app.app.db.read(), &[member], Ledger::Points).await.unwrap()[&member].available
}

#[actix_web::test]
async fn a_phone_that_nobody_has_is_hers() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let bound = app.bind_phone("lina", &her.token, PHONE).send().await.expect(200);
    assert_eq!(
        (&bound["merged"], &bound["member"]["phone"]),
        (&false.into(), &"138****8000".into())
    );
    assert_eq!(id(&bound).to_string(), her.id);
    let again = app.bind_phone("lina", &her.token, PHONE).send().await.expect(200);
    assert_eq!(again, bound);
    // The till meets the same person from now on.
    assert_eq!(resolve_one(&app, by_phone(PHONE)).await.to_string(), her.id);
    assert!(merges(&app).await.is_empty());
}

#[actix_web::test]
async fn whoever_has_it_at_the_store_turns_out_to_be_her() {
    let app = TestApp::start().await;
    let store = app.store("EAST", "SH01").await;
    let known =
        Who { store_id: Some(store), card: Some("VIP-0001-0001".into()), ..by_phone(PHONE) };
    let known = earn(&app, known, "T-1", 500).await;
    app.advance(chrono::TimeDelta::minutes(1));
    let her = app.shopper("lina").await;
    let call = app.patch("/v1/member/me").bearer(&her.token);
    call.json(&json!({"nickname": "娜娜"})).send().await.expect(200);
    let bound = app.bind_phone("lina", &her.token, PHONE).send().await.expect(200);
    assert_eq!((&bound["merged"], &bound["member"]["nickname"]), (&true.into(), &"娜娜".into()));
    // The earlier one stays; the token in her hand is good for her at once.
    assert_eq!(id(&bound), known);
    assert_eq!(who_am_i(&app, &her).await, known.to_string());
    assert_eq!(points(&app, known).await, 500);
    let loser: MemberId = her.id.parse().unwrap();
    assert_eq!(winners(app.app.db.read(), &[loser]).await.unwrap()[&loser], known);
    let row = by_ids(app.app.db.read(), &[known]).await.unwrap().remove(&known).unwrap();
    assert_eq!((row.store_id, row.registered_at.is_some()), (Some(store), true));
    // She signs in again, on another device: the same member.
    assert_eq!(app.shopper("lina").await.id, known.to_string());
    let again = app.bind_phone("lina", &her.token, PHONE).send().await.expect(200);
    assert_eq!((&again["merged"], id(&again)), (&false.into(), known));
    let merges = merges(&app).await;
    assert_eq!((merges.len(), merges[0].winner_id, merges[0].loser_id), (1, known, loser));
    let journal = merges[0].journal.to_string();
    assert!(journal.contains("nickname") && !journal.contains("娜娜"), "{journal}");
    let told = event_log::Entity::find().filter(event_log::Column::Kind.eq("member.merged"));
    let told = told.all(app.app.db.read()).await.unwrap();
    assert_eq!(told[0].payload, json!({"winner": known, "loser": loser}));
}

#[actix_web::test]
async fn two_accounts_of_one_phone_are_one_person() {
    let app = TestApp::start().await;
    let first = app.shopper("phone-a").await;
    app.bind_phone("phone-a", &first.token, PHONE).send().await.expect(200);
    app.advance(chrono::TimeDelta::minutes(1));
    let second = app.shopper("phone-b").await;
    let bound = app.bind_phone("phone-b", &second.token, PHONE).send().await.expect(200);
    assert_eq!((&bound["merged"], id(&bound).to_string()), (&true.into(), first.id.clone()));
    for name in ["phone-a", "phone-b"] {
        assert_eq!(app.shopper(name).await.id, first.id);
    }
    assert_eq!(who_am_i(&app, &second).await, first.id);
    let devices = app.get("/v1/member/sessions").bearer(&first.token).send().await.expect(200);
    assert_eq!(devices["items"].as_array().map(Vec::len), Some(4));
}

#[actix_web::test]
async fn another_phone_is_refused_and_moves_nobody() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    app.bind_phone("lina", &her.token, PHONE).send().await.expect(200);
    let other = earn(&app, by_phone("13900139000"), "T-1", 7).await;
    let again = app.bind_phone("lina", &her.token, "13900139000").send().await;
    again.refused(409, "identity_phone_bound");
    assert_eq!((points(&app, other).await, merges(&app).await.len()), (7, 0));
    assert_eq!(resolve_one(&app, by_phone("13900139000")).await, other);
}

#[actix_web::test]
async fn only_mainland_numbers_are_bound() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    for (country, number) in [("852", "51234567"), ("1", "2025550123"), ("86", "4008008820")] {
        let new = NewUser {
            user: Some("lina".to_owned()),
            phone: Some(number.to_owned()),
            country_code: Some(country.to_owned()),
            ..NewUser::default()
        };
        app.wechat.add_user(new).unwrap();
        let code = app.wechat.phone_code(Person::Nickname("lina".to_owned())).unwrap().code;
        let call = app.post("/v1/member/phone").bearer(&her.token).json(&json!({"code": code}));
        call.send().await.refused(422, "identity_phone_unsupported");
    }
    let rows = member_identifier::Entity::find().count(app.app.db.read()).await.unwrap();
    assert_eq!(rows, 1);
}

#[actix_web::test]
async fn a_code_of_somebody_else_binds_nothing() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.shopper("ann").await, app.shopper("bea").await);
    // The call with Ann's code under Bea's token.
    app.bind_phone("ann", &bea.token, PHONE)
        .send()
        .await
        .refused(400, "identity_phone_code_invalid");
    let sign_in = app.wechat.login_code(Person::Nickname("ann".to_owned())).unwrap().code;
    for code in [sign_in.as_str(), "", PHONE, "x"] {
        let call = app.post("/v1/member/phone").bearer(&ann.token).json(&json!({"code": code}));
        call.send().await.refused(400, "identity_phone_code_invalid");
    }
    let phone = json!({"code": "x", "phone": PHONE});
    app.post("/v1/member/phone")
        .bearer(&ann.token)
        .json(&phone)
        .send()
        .await
        .refused(400, "bad_json");
    app.post("/v1/member/phone")
        .json(&json!({"code": "x"}))
        .send()
        .await
        .refused(401, "unauthenticated");
    let bound = app.bind_phone("ann", &ann.token, PHONE).send().await.expect(200);
    assert_eq!(id(&bound).to_string(), ann.id);
}

/// What a third party said about a registered member is no reason to merge her with the one who proves it.
#[actix_web::test]
async fn proof_beats_hearsay() {
    let app = TestApp::start().await;
    let ann = app.shopper("ann").await;
    let new = NewUser { user: Some("ann".to_owned()), ..NewUser::default() };
    let openid = app.wechat.add_user(new).unwrap().openid;
    let typo =
        Who { open_id: Some((app.app.wechat.app_id().to_owned(), openid)), ..by_phone(PHONE) };
    assert_eq!(earn(&app, typo, "T-1", 10).await.to_string(), ann.id);
    let bea = app.shopper("bea").await;
    let bound = app.bind_phone("bea", &bea.token, PHONE).send().await.expect(200);
    assert_eq!((&bound["merged"], id(&bound).to_string()), (&false.into(), bea.id.clone()));
    assert_eq!(resolve_one(&app, by_phone(PHONE)).await.to_string(), bea.id);
    assert_eq!(points(&app, ann.id.parse().unwrap()).await, 10);
    assert!(merges(&app).await.is_empty());
    // And hearsay does not stand in the way of the phone that she proves.
    let bound = app.bind_phone("ann", &ann.token, "13900139000").send().await.expect(200);
    assert_eq!(id(&bound).to_string(), ann.id);
}

/// The race of ID-1: ten taps, ten codes, and tills that sell to the same phone meanwhile.
#[actix_web::test]
async fn ten_connections_and_ten_tills_make_one_member_with_everything() {
    let app = TestApp::start().await;
    earn(&app, by_phone(PHONE), "T-0", 1).await;
    let her = app.shopper("lina").await;
    let calls = (0..10).map(|_| app.bind_phone("lina", &her.token, PHONE).send());
    let causes: Vec<String> = (1..=10).map(|n| format!("T-{n}")).collect();
    let tills = causes.iter().map(|cause| earn(&app, by_phone(PHONE), cause, 1));
    let (answers, _) = futures_util::join!(join_all(calls), join_all(tills));
    let bodies: Vec<Value> = answers.into_iter().map(|answer| answer.expect(200)).collect();
    assert_eq!(bodies.iter().filter(|body| body["merged"] == true).count(), 1, "{bodies:?}");
    let one = id(&bodies[0]);
    assert!(bodies.iter().all(|body| id(body) == one));
    assert_eq!(merges(&app).await.len(), 1);
    assert_eq!(points(&app, one).await, 11);
    assert_eq!(who_am_i(&app, &her).await, one.to_string());
    let rows = member_identifier::Entity::find().all(app.app.db.read()).await.unwrap();
    assert!(rows.len() == 2 && rows.iter().all(|row| row.member_id == one));
    assert_eq!(huiyi::points::service::reconcile(&app.app).await.unwrap().len(), 0);
}

/// She taps before any till knows the phone, while the first purchases arrive.
#[actix_web::test]
async fn a_phone_that_comes_from_both_sides_at_once_is_one_member() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let calls = (0..5).map(|_| app.bind_phone("lina", &her.token, PHONE).send());
    let causes: Vec<String> = (0..5).map(|n| format!("T-{n}")).collect();
    let tills = causes.iter().map(|cause| earn(&app, by_phone(PHONE), cause, 1));
    let (answers, _) = futures_util::join!(join_all(calls), join_all(tills));
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let one = resolve_one(&app, by_phone(PHONE)).await;
    assert_eq!((who_am_i(&app, &her).await, points(&app, one).await), (one.to_string(), 5));
    assert!(merges(&app).await.len() <= 1);
}
