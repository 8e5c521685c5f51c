//! The people and things of a test, made the way they come to be in life.

use huiyi::audit::service::Author;
use huiyi::catalog::service::{self as catalog, ProductIn, SkuIn};
use huiyi::kernel::codes::StaffRole;
use huiyi::kernel::ids::{StaffId, StoreId};
use huiyi::kernel::{Fen, PersonName};
use huiyi::mock::wechat::{NewUser, Person};
use huiyi::partners::service as partners;
use huiyi::staff::service::{self as staff, NewStaff};
use huiyi::stores::service as stores;
use serde_json::{Value, json};

use super::{Call, TestApp};

/// A shopper who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Access token.
    pub token: String,
    /// Member id.
    pub id: String,
}

impl TestApp {
    /// A partner's key with these scopes.
    pub async fn partner(&self, name: &str, scopes: &[&str]) -> String {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let partner = partners::register(
            &self.app,
            &Author::system("test"),
            &partners::NewPartner::named(name),
        )
        .await
        .unwrap();
        let terms = partners::KeyTerms::new("till", &scopes);
        partners::issue_key(&self.app, &Author::system("test"), partner, &terms).await.unwrap().key
    }

    /// A store with its region.
    pub async fn store(&self, region: &str, code: &str) -> StoreId {
        stores::put_region(&self.app, region, region).await.unwrap();
        stores::put_store(&self.app, region, code, &format!("{code} 店"), "上海").await.unwrap()
    }

    /// A guide of a store.
    pub async fn guide(&self, staff_no: &str, store: StoreId) -> StaffId {
        self.hire(staff_no, StaffRole::Guide, Some(store)).await
    }

    /// Staff of any role.
    pub async fn hire(&self, staff_no: &str, role: StaffRole, store: Option<StoreId>) -> StaffId {
        let name = PersonName(format!("员工{staff_no}"));
        let new = NewStaff {
            staff_no: staff_no.to_owned(),
            name,
            role,
            store_id: store,
            region_id: None,
        };
        staff::hire(&self.app, &Author::system("test"), new).await.unwrap()
    }

    /// Signs staff in through the one-time link, over HTTP; gives the access token. `audience` is `guide` or `admin`.
    pub async fn staff_token(&self, id: StaffId, staff_no: &str, audience: &str) -> String {
        let token = staff::invite(&self.app, &Author::system("test"), id).await.unwrap();
        let password = "correct horse battery";
        let accept = json!({"token": token, "password": password});
        self.post(&format!("/v1/{audience}/invitations:accept")).json(&accept).send().await;
        let sign_in = json!({"staff_no": staff_no, "password": password, "device": "test"});
        let tokens =
            self.post(&format!("/v1/{audience}/sessions")).json(&sign_in).send().await.expect(200);
        tokens["access_token"].as_str().unwrap().to_owned()
    }

    /// Signs staff in again with the password that [`TestApp::staff_token`] set; gives the access token.
    pub async fn staff_again(&self, staff_no: &str, audience: &str) -> String {
        let body =
            json!({"staff_no": staff_no, "password": "correct horse battery", "device": "test"});
        let path = format!("/v1/{audience}/sessions");
        let tokens = self.post(&path).json(&body).send().await.expect(200);
        tokens["access_token"].as_str().unwrap().to_owned()
    }

    /// A shopper who opens the mini-program.
    pub async fn shopper(&self, nickname: &str) -> SignedIn {
        let code = self.wechat.login_code(Person::Nickname(nickname.to_owned())).unwrap().code;
        let body =
            self.post("/v1/member/sessions").json(&json!({"code": code})).send().await.expect(200);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        SignedIn { token: text(&body["access_token"]), id: text(&body["member"]["id"]) }
    }

    /// She presses the phone button: the call that binds `phone`, ready to send.
    pub fn bind_phone(&self, nickname: &str, token: &str, phone: &str) -> Call {
        let new = NewUser {
            user: Some(nickname.to_owned()),
            phone: Some(phone.to_owned()),
            ..NewUser::default()
        };
        self.wechat.add_user(new).unwrap();
        let code = self.wechat.phone_code(Person::Nickname(nickname.to_owned())).unwrap().code;
        self.post("/v1/member/phone").bearer(token).json(&json!({"code": code}))
    }

    /// A small catalogue: one dress in red M, one pair of trousers in black L.
    pub async fn catalogue(&self) {
        let product =
            |style: &str, name: &str, category: &str, sku: (&str, &str, &str)| ProductIn {
                style_code: style.to_owned(),
                name: name.to_owned(),
                category: category.to_owned(),
                season: "2026春".to_owned(),
                price_band: "300-600".to_owned(),
                style_tag: "通勤".to_owned(),
                list: Fen(59_900),
                skus: vec![SkuIn::new(sku.0, sku.1, sku.2)],
                ..ProductIn::default()
            };
        let products = vec![
            product("D100", "真丝连衣裙", "连衣裙", ("D100-RED-M", "红", "M")),
            product("T200", "羊毛长裤", "裤装", ("T200-BLK-L", "黑", "L")),
        ];
        catalog::put(&self.app, products).await.unwrap();
    }
}

/// An order as a till sends it: one dress for `paid_fen`.
pub fn order(external_no: &str, phone: &str, paid_fen: i64, at: &str) -> Value {
    json!({
        "channel": "pos", "external_no": external_no, "version": 1, "status": "paid", "occurred_at": at,
        "currency": "CNY", "customer": {"phone": phone}, "paid_fen": paid_fen,
        "lines": [{"line_no": 1, "sku_code": "D100-RED-M", "quantity": 1, "list_fen": paid_fen, "paid_fen": paid_fen}]
    })
}
