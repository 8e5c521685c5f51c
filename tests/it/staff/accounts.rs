//! Accounts of staff in the console, and who may do what (OG-1, S3, S4).

use chrono::TimeDelta;
use huiyi::db::in_tx;
use huiyi::http::Error;
use huiyi::kernel::codes::{Audience, StaffRole};
use huiyi::kernel::ids::{RegionId, StaffId, StoreId};
use huiyi::sessions::service::{Principal, open_in};
use huiyi::staff::service::{DataScope, by_ids, by_numbers, disable, scope_of};
use huiyi::stores::service as stores;
use serde_json::{Value, json};

use super::boss;
use crate::support::TestApp;

#[actix_web::test]
async fn staff_are_listed_by_number_page_by_page() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let store = app.store("EAST", "SH01").await;
    for n in [3, 1, 2] {
        app.guide(&format!("G00{n}"), store).await;
    }
    let mut numbers = Vec::new();
    let mut path = "/v1/admin/staff?limit=3".to_owned();
    loop {
        let page = app.get(&path).bearer(&boss).send().await.expect(200);
        let items = page["items"].as_array().unwrap().clone();
        numbers.extend(items.iter().map(|item| item["staff_no"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/admin/staff?limit=3&cursor={cursor}");
    }
    assert_eq!(numbers, ["A001", "G001", "G002", "G003"]);
    app.get("/v1/admin/staff?cursor=x").bearer(&boss).send().await.refused(400, "bad_cursor");
    app.get("/v1/admin/staff?limit=101").bearer(&boss).send().await.refused(422, "invalid_fields");
}

#[actix_web::test]
async fn a_role_needs_its_place() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let store = app.store("EAST", "SH01").await;
    let region = stores::put_region(&app.app, "EAST", "华东").await.unwrap();
    let (no_store, no_region) = (StoreId::new(app.now()), RegionId::new(app.now()));
    let hire =
        async |body: Value| app.post("/v1/admin/staff").bearer(&boss).json(&body).send().await;
    let wrong = [
        (json!({"role": "guide"}), "/store_id"),
        (json!({"role": "store_manager"}), "/store_id"),
        (json!({"role": "guide", "store_id": no_store}), "/store_id"),
        (json!({"role": "guide", "store_id": store, "region_id": region}), "/region_id"),
        (json!({"role": "regional_manager"}), "/region_id"),
        (json!({"role": "regional_manager", "region_id": no_region}), "/region_id"),
        (json!({"role": "admin", "store_id": store}), "/store_id"),
        (json!({"role": "admin", "staff_no": "with space"}), "/staff_no"),
        (json!({"role": "admin", "name": " "}), "/name"),
    ];
    for (change, field) in wrong {
        let mut body = json!({"staff_no": "N001", "name": "新人"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = hire(body).await;
        answer.refused(422, "invalid_fields");
        assert_eq!(answer.fields(), [field], "{change}");
    }
    let right = [
        json!({"staff_no": "N001", "name": "新人", "role": "guide", "store_id": store}),
        json!({"staff_no": "N002", "name": "新人", "role": "store_manager", "store_id": store}),
        json!({"staff_no": "N003", "name": "新人", "role": "regional_manager", "region_id": region}),
        json!({"staff_no": "N004", "name": "新人", "role": "admin"}),
    ];
    for body in right {
        hire(body.clone()).await.expect(201);
        hire(body).await.refused(409, "staff_no_taken");
    }
}

/// S3: what the form does not have cannot be set.
#[actix_web::test]
async fn fields_of_the_row_cannot_be_set() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let body = json!({"staff_no": "N001", "name": "新人", "role": "admin"});
    for more in ["id", "status", "password", "created_at", "is_admin", "tenant_id"] {
        let mut body = body.clone();
        body[more] = json!("active");
        app.post("/v1/admin/staff").bearer(&boss).json(&body).send().await.refused(400, "bad_json");
    }
    assert!(by_numbers(app.app.db.read(), &["N001".to_owned()]).await.unwrap().is_empty());
}

/// S4: only administrators reach these routes; who is not signed in learns nothing about ids either.
#[actix_web::test]
async fn only_administrators_manage_staff() {
    let app = TestApp::start().await;
    let store = app.store("EAST", "SH01").await;
    let guide = app.guide("G001", store).await;
    let token = app.staff_token(guide, "G001", "guide").await;
    let routes = [
        ("GET", "/v1/admin/staff".to_owned()),
        ("POST", "/v1/admin/staff".to_owned()),
        ("POST", format!("/v1/admin/staff/{guide}/invitations")),
        ("POST", format!("/v1/admin/staff/{guide}:disable")),
        ("GET", "/v1/admin/me".to_owned()),
        ("DELETE", "/v1/admin/sessions/current".to_owned()),
    ];
    for (method, path) in &routes {
        let call = || app.call(method.parse().unwrap(), path).json(&json!({}));
        call().send().await.refused(401, "unauthenticated");
        call().bearer(&token).send().await.refused(401, "unauthenticated");
    }
    app.get("/v1/guide/me").bearer(&token).send().await.expect(200);
}

/// S4: a session whose owner's role no longer fits its surface opens nothing.
#[actix_web::test]
async fn a_role_that_does_not_fit_the_surface_is_forbidden() {
    let app = TestApp::start().await;
    let store = app.store("EAST", "SH01").await;
    let guide = app.guide("G001", store).await;
    app.staff_token(guide, "G001", "guide").await;
    let tokens = in_tx::<_, Error>(&app.app.db, async |tx| {
        open_in(tx, &app.app, Principal::staff(guide), Audience::Admin, "x").await
    })
    .await
    .unwrap();
    app.get("/v1/admin/staff").bearer(&tokens.access).send().await.refused(403, "forbidden");
}

#[actix_web::test]
async fn nobody_disables_themselves_or_somebody_unknown() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let me = app.get("/v1/admin/me").bearer(&boss).send().await.expect(200);
    let disable = async |id: &str| {
        app.post(&format!("/v1/admin/staff/{id}:disable")).bearer(&boss).send().await
    };
    disable(me["id"].as_str().unwrap()).await.refused(409, "not_yourself");
    disable(&StaffId::new(app.now()).to_string()).await.refused(404, "not_found");
    disable("stf_x").await.refused(404, "not_found");
    app.get("/v1/admin/me").bearer(&boss).send().await.expect(200);
    let other = app.hire("A002", StaffRole::Admin, None).await.to_string();
    disable(&other).await.expect(204);
    disable(&other).await.expect(204);
}

/// S10: signing in races with being disabled; whichever comes first, nobody disabled keeps a session.
#[actix_web::test]
async fn signing_in_while_being_disabled_leaves_no_session() {
    for _ in 0..5 {
        let app = TestApp::start().await;
        let store = app.store("EAST", "SH01").await;
        let guide = app.guide("G001", store).await;
        app.staff_token(guide, "G001", "guide").await;
        let body = json!({"staff_no": "G001", "password": super::PASSWORD, "device": "x"});
        let sign_ins = (0..3).map(|_| app.post("/v1/guide/sessions").json(&body).send());
        let disabled = async {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            disable(&app.app, &huiyi::audit::service::Author::system("test"), guide).await.unwrap();
        };
        let (answers, ()) = futures_util::join!(futures_util::future::join_all(sign_ins), disabled);
        for answer in answers {
            if answer.status != 200 {
                answer.refused(401, "wrong_password");
                continue;
            }
            let token = answer.body["access_token"].as_str().unwrap();
            app.get("/v1/guide/me").bearer(token).send().await.refused(401, "unauthenticated");
        }
    }
}

/// GD-1: what somebody may see follows role and place.
#[actix_web::test]
async fn the_data_scope_follows_the_role() {
    let app = TestApp::start().await;
    let store = app.store("EAST", "SH01").await;
    let guide = app.guide("G001", store).await;
    let manager = app.hire("M001", StaffRole::StoreManager, Some(store)).await;
    let admin = app.hire("A001", StaffRole::Admin, None).await;
    let staff = by_ids(app.app.db.read(), &[guide, manager, admin]).await.unwrap();
    assert_eq!(scope_of(&staff[&guide]), DataScope::Own(guide));
    assert_eq!(scope_of(&staff[&manager]), DataScope::Store(store));
    assert_eq!(scope_of(&staff[&admin]), DataScope::All);
    let mut regional = staff[&manager].clone();
    regional.role = StaffRole::RegionalManager;
    assert_eq!(scope_of(&regional), DataScope::Own(manager), "no region, no more than her own");
    let region = RegionId::new(app.now());
    regional.region_id = Some(region);
    assert_eq!(scope_of(&regional), DataScope::Region(region));
}

#[actix_web::test]
async fn staff_are_found_by_number_unless_disabled() {
    let app = TestApp::start().await;
    let store = app.store("EAST", "SH01").await;
    let (here, gone) = (app.guide("G001", store).await, app.guide("G002", store).await);
    disable(&app.app, &huiyi::audit::service::Author::system("test"), gone).await.unwrap();
    let numbers: Vec<String> = (0..2500).map(|n| format!("G{n:03}")).collect();
    let found = by_numbers(app.app.db.read(), &numbers).await.unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["G001"]);
    assert_eq!(found["G001"].id, here);
    assert_eq!(by_ids(app.app.db.read(), &[here, gone]).await.unwrap().len(), 2);
}

#[actix_web::test]
async fn stores_and_regions_are_put_by_code() {
    let app = TestApp::start().await;
    let east = stores::put_region(&app.app, "EAST", "东区").await.unwrap();
    assert_eq!(stores::put_region(&app.app, "EAST", "华东").await.unwrap(), east);
    let south = stores::put_region(&app.app, "SOUTH", "华南").await.unwrap();
    let store = stores::put_store(&app.app, "EAST", "SH01", "上海一店", "上海").await.unwrap();
    app.advance(TimeDelta::seconds(1));
    let again = stores::put_store(&app.app, "SOUTH", "SH01", "广州一店", "广州").await.unwrap();
    assert_eq!(again, store);
    let db = app.app.db.read();
    let found = stores::by_codes(db, &["SH01".to_owned(), "sh01".to_owned(), "XX".to_owned()])
        .await
        .unwrap();
    assert_eq!(found.len(), 1, "codes are told apart by case");
    assert_eq!((found["SH01"].region_id, found["SH01"].name.as_str()), (south, "广州一店"));
    assert!(stores::put_store(&app.app, "WEST", "CD01", "成都", "成都").await.is_err());
    stores::put_store(&app.app, "EAST", "HZ01", "杭州", "杭州").await.unwrap();
    let codes: Vec<_> =
        stores::all(db).await.unwrap().into_iter().map(|store| store.code).collect();
    assert_eq!(codes, ["HZ01", "SH01"]);
    assert_eq!(stores::by_ids(db, &[store]).await.unwrap()[&store].code, "SH01");
}
