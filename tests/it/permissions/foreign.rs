//! What is somebody else's is answered like what does not exist (S1).

use serde_json::{Value, json};

use super::table::rows;
use crate::customers::{PHONE, Retailer, STRANGER};
use crate::support::{Answer, earn};

/// A thing of somebody else's, and one that does not exist.
struct Foreign {
    operation: &'static str,
    token: String,
    theirs: String,
    missing: String,
}

/// The same kind of id, of nothing.
fn of_nothing(id: &str) -> String {
    let (prefix, body) = id.split_once('_').expect("an id of ours");
    // Other last characters: the shape stays, the thing is gone.
    let (kept, last) = body.split_at(body.len() - 6);
    let other: String = last.chars().map(|c| if c == '8' { '4' } else { '8' }).collect();
    format!("{prefix}_{kept}{other}")
}

async fn first(shop: &Retailer, token: &str, path: &str, field: &str) -> String {
    let page = shop.read(token, path).await;
    page["items"][0][field].as_str().unwrap_or_else(|| panic!("{path}: {page}")).to_owned()
}

async fn cases(shop: &Retailer) -> Vec<Foreign> {
    let (her, other) = (shop.shopper("her", PHONE).await, shop.shopper("other", STRANGER).await);
    let guide = shop.guide_token(0).await;
    let till = shop.app.partner("another till", &["orders:write"]).await;
    let order = first(shop, &other.token, "/v1/member/orders", "id").await;
    let earning = first(shop, &other.token, "/v1/member/points/history", "id").await;
    let session = first(shop, &other.token, "/v1/member/sessions", "session_id").await;
    let customer = other.id.clone();
    let case = |operation, token: &str, theirs: &str, missing: &str| Foreign {
        operation,
        token: token.to_owned(),
        theirs: theirs.to_owned(),
        missing: missing.to_owned(),
    };
    let customers = [
        "get /v1/guide/customers/{id}",
        "get /v1/guide/customers/{id}/orders",
        "get /v1/guide/customers/{id}/points",
        "get /v1/guide/customers/{id}/points/history",
        "get /v1/guide/customers/{id}/tier/history",
        "get /v1/guide/customers/{id}/timeline",
    ];
    let customers = customers.map(|it| case(it, &guide, &customer, &of_nothing(&customer)));
    let mut cases = vec![
        case("get /v1/member/orders/{id}", &her.token, &order, &of_nothing(&order)),
        case("delete /v1/member/sessions/{id}", &her.token, &session, &of_nothing(&session)),
        case("get /v1/open/orders/{channel}/{external_no}", &till, "pos/F-2", "pos/F-0"),
        case("get /v1/member/points/history/{id}", &her.token, &earning, &of_nothing(&earning)),
        case(
            "get /v1/guide/customers/{id}/points/history/{transfer_id}",
            &guide,
            &format!("{customer}/points/history/{earning}"),
            &format!("{}/points/history/{}", of_nothing(&customer), of_nothing(&earning)),
        ),
    ];
    cases.extend(customers);
    let (till, hold) = (shop.app.partner("third till", &["points:write"]).await, hold(shop).await);
    let holds = HOLDS.map(|it| case(it, &till, &hold, &of_nothing(&hold)));
    cases.extend(holds);
    let (other, (endpoint, delivery)) =
        (shop.app.partner("fourth till", &["webhooks:manage"]).await, webhook(shop).await);
    let (third, held) =
        (shop.app.partner("fifth till", &["stock:write"]).await, stock_hold(shop).await);
    cases.extend(STOCK_HOLDS.map(|it| case(it, &third, &held, &of_nothing(&held))));
    let webhooks = WEBHOOKS.map(|it| case(it, &other, &endpoint, &of_nothing(&endpoint)));
    cases.extend(webhooks);
    let deliveries = DELIVERIES.map(|it| case(it, &other, &delivery, &of_nothing(&delivery)));
    cases.extend(deliveries);
    let other = shop.app.partner("sixth till", &["orders:write"]).await;
    let import = import(shop).await;
    cases.extend(IMPORTS.map(|it| case(it, &other, &import, &of_nothing(&import))));
    cases
}

const IMPORTS: [&str; 3] = [
    "get /v1/open/order-imports/{id}",
    "get /v1/open/order-imports/{id}/report.csv",
    "post /v1/open/order-imports/{id}:cancel",
];

/// A file of orders of the retailer's own till.
async fn import(shop: &Retailer) -> String {
    let file = "订单号,支付时间,商品编码,数量,实付金额\nF-9,2026-03-14,D100-RED-M,1,1\n";
    let call = shop.app.post("/v1/open/order-imports").bearer(&shop.key).key("foreign import");
    let sent = call.file(file.as_bytes().to_vec()).send().await.expect(200);
    sent["id"].as_str().expect("an id").to_owned()
}

const WEBHOOKS: [&str; 7] = [
    "get /v1/open/webhook-endpoints/{id}",
    "patch /v1/open/webhook-endpoints/{id}",
    "delete /v1/open/webhook-endpoints/{id}",
    "get /v1/open/webhook-endpoints/{id}/deliveries",
    "post /v1/open/webhook-endpoints/{id}:test",
    "post /v1/open/webhook-endpoints/{id}:rotate-secret",
    "post /v1/open/webhook-endpoints/{id}:recover",
];

const DELIVERIES: [&str; 2] =
    ["get /v1/open/webhook-deliveries/{id}", "post /v1/open/webhook-deliveries/{id}:resend"];

/// An endpoint of a partner's own, and a delivery that is on its way there.
async fn webhook(shop: &Retailer) -> (String, String) {
    let key = shop.app.partner("hooked till", &["webhooks:manage"]).await;
    let body = json!({"url": "https://erp.example.com/hooks", "events": ["order.*"]});
    let added = shop.app.post("/v1/open/webhook-endpoints").bearer(&key).json(&body).send().await;
    let id = added.expect(201)["endpoint"]["id"].as_str().expect("an id").to_owned();
    let test = format!("/v1/open/webhook-endpoints/{id}:test");
    let sent = shop.app.post(&test).bearer(&key).send().await.expect(202);
    (id, sent["id"].as_str().expect("an id").to_owned())
}

const HOLDS: [&str; 3] = [
    "post /v1/open/points/holds/{id}:capture",
    "post /v1/open/points/holds/{id}:release",
    "get /v1/open/points/holds/{id}",
];

const STOCK_HOLDS: [&str; 3] = [
    "post /v1/open/stock/holds/{id}:capture",
    "post /v1/open/stock/holds/{id}:release",
    "get /v1/open/stock/holds/{id}",
];

/// A piece that somebody's web shop holds.
async fn stock_hold(shop: &Retailer) -> String {
    shop.app.catalogue().await;
    shop.app.store("EAST", "SH01").await;
    let key = shop.app.partner("web shop", &["stock:write"]).await;
    let body = json!({"counts": [{"count_no": "C-1", "sku_code": "D100-RED-M", "store_code": "SH01",
        "on_hand": 1, "counted_at": "2026-03-15T03:00:00Z"}]});
    let counted = shop.app.post("/v1/open/stock/counts:batch").bearer(&key).json(&body);
    counted.send().await.expect(200);
    let body = json!({
        "hold_no": "W-1", "sku_code": "D100-RED-M", "store_code": "SH01", "quantity": 1
    });
    let held = shop.app.post("/v1/open/stock/holds").bearer(&key).key("W-1").json(&body);
    held.send().await.expect(200)["id"].as_str().expect("an id").to_owned()
}

/// Points that the retailer's own till holds.
async fn hold(shop: &Retailer) -> String {
    let member = shop.app.known(PHONE).await;
    shop.app.moved(member, "held", earn(10)).await;
    let body = json!({"checkout_no": "F-1", "member": {"phone": PHONE}, "points": 10});
    let held = shop.app.post("/v1/open/points/holds").bearer(&shop.key).key("F-1").json(&body);
    held.send().await.expect(200)["id"].as_str().expect("an id").to_owned()
}

/// What can be told apart in an answer; the request id is the caller's own.
fn told(answer: &Answer) -> (u16, String, Value) {
    let mut body = answer.body.clone();
    body.as_object_mut().expect("a problem").remove("request_id");
    (answer.status, answer.header("content-type").to_owned(), body)
}

#[actix_web::test]
async fn what_is_somebody_elses_is_answered_like_what_does_not_exist() {
    let shop = Retailer::open().await;
    shop.sells("F-1", PHONE, 0, 100_00, "2026-03-14T06:30:00Z").await;
    shop.sells("F-2", STRANGER, 1, 100_00, "2026-03-14T06:30:00Z").await;
    let cases = cases(&shop).await;
    for case in &cases {
        let (method, template) = case.operation.split_once(' ').expect("a method and a path");
        let path = |thing: &str| {
            let (before, rest) = template.split_once('{').expect("a parameter");
            let after = rest.rsplit_once('}').map_or("", |(_, after)| after);
            format!("{before}{thing}{after}")
        };
        let ask = async |thing: &str| {
            let method = method.to_uppercase().parse().expect("a method");
            let call = shop.app.call(method, &path(thing)).bearer(&case.token);
            let writes = ["post ", "patch "].iter().any(|it| case.operation.starts_with(it));
            let since = case.operation.ends_with(":recover");
            let body = if since { json!({"since": "2026-01-01T00:00:00Z"}) } else { json!({}) };
            let call = if writes { call.key("foreign").json(&body) } else { call };
            call.send().await
        };
        let (theirs, missing) = (ask(&case.theirs).await, ask(&case.missing).await);
        let code = match case.operation {
            it if HOLDS.contains(&it) => "points_hold_not_found",
            it if STOCK_HOLDS.contains(&it) => "stock_hold_not_found",
            _ => "not_found",
        };
        theirs.refused(404, code);
        assert_eq!(told(&theirs), told(&missing), "{}", case.operation);
    }
    // Every operation that names a thing of somebody's is among them.
    let untested: Vec<String> = rows()
        .into_iter()
        .filter(|row| row.names_a_thing())
        .map(|row| row.name())
        .filter(|name| !cases.iter().any(|case| case.operation == *name))
        .collect();
    assert_eq!(untested, Vec::<String>::new(), "say in foreign.rs whose thing is asked for");
}

#[actix_web::test]
async fn what_is_ones_own_is_answered_and_what_was_refused_is_untouched() {
    let shop = Retailer::open().await;
    shop.sells("F-1", PHONE, 0, 100_00, "2026-03-14T06:30:00Z").await;
    shop.sells("F-2", STRANGER, 1, 100_00, "2026-03-14T06:30:00Z").await;
    for case in cases(&shop).await {
        if case.operation == "delete /v1/member/sessions/{id}" {
            let path = format!("/v1/member/sessions/{}", case.theirs);
            shop.app.delete(&path).bearer(&case.token).send().await.refused(404, "not_found");
        }
    }
    let other = shop.shopper("other", STRANGER).await;
    let order = first(&shop, &other.token, "/v1/member/orders", "id").await;
    shop.read(&other.token, &format!("/v1/member/orders/{order}")).await;
    let sessions = shop.read(&other.token, "/v1/member/sessions").await;
    assert_eq!(sessions["items"].as_array().map(Vec::len), Some(2), "both of hers: {sessions}");
    let guide = shop.guide_token(1).await;
    shop.read(&guide, &format!("/v1/guide/customers/{}", other.id)).await;
    shop.read(&shop.key, "/v1/open/orders/pos/F-2").await;
}
