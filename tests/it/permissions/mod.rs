//! Who may do what: every operation against everybody, compared with `docs/permissions.csv` (S1, S4).

mod foreign;
mod principals;
pub mod table;

use principals::{Door, Kind, Principal, everybody};
use serde_json::Value;
use table::{Documented, Row, contradiction, documented, rows};

use crate::customers::Retailer;
use crate::support::{Answer, Call};

#[test]
fn the_file_lists_every_operation_and_no_other() {
    let mut listed: Vec<String> = rows().iter().map(Row::name).collect();
    let mut real: Vec<String> = documented().into_iter().map(|operation| operation.name).collect();
    listed.sort();
    real.sort();
    let missing: Vec<_> = real.iter().filter(|name| !listed.contains(name)).collect();
    assert!(missing.is_empty(), "docs/permissions.csv lacks {missing:#?}");
    assert_eq!(listed, real, "docs/permissions.csv has rows that no document has, or one twice");
}

#[test]
fn the_file_and_the_documents_ask_for_the_same_credential() {
    let documented = documented();
    let wrong: Vec<String> =
        rows().iter().filter_map(|row| contradiction(row, find(&documented, row))).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

fn find<'a>(documented: &'a [Documented], row: &Row) -> &'a Documented {
    let found = documented.iter().find(|operation| operation.name == row.name());
    found.unwrap_or_else(|| panic!("{} is documented nowhere", row.name()))
}

/// Parameters become things of the right kind that do not exist: a wrong kind would be refused before the caller is.
fn path_of(row: &Row) -> String {
    let id = "06eev9ku01q7j6cejvroehtqm0";
    let board = if row.audience == "member" { "member_points" } else { "guide_sales" };
    row.path
        .replace("sessions/{id}", &format!("sessions/ses_{id}"))
        .replace("points/history/{id}", &format!("points/history/trf_{id}"))
        .replace("transfers/{id}", &format!("transfers/trf_{id}"))
        .replace("members/{id}", &format!("members/mem_{id}"))
        .replace("{transfer_id}", &format!("trf_{id}"))
        .replace("customers/{id}", &format!("customers/mem_{id}"))
        .replace("orders/{id}", &format!("orders/ord_{id}"))
        .replace("partners/{id}", &format!("partners/par_{id}"))
        .replace("staff/{id}", &format!("staff/stf_{id}"))
        .replace("webhook-endpoints/{id}", &format!("webhook-endpoints/whe_{id}"))
        .replace("webhook-deliveries/{id}", &format!("webhook-deliveries/whd_{id}"))
        .replace("jobs/{id}", &format!("jobs/job_{id}"))
        .replace("earning-rules/{code}", "earning-rules/nothing")
        .replace("points-campaigns/{code}", "points-campaigns/nothing")
        .replace("holds/{id}", &format!("holds/hld_{id}"))
        .replace("adjustments/{id}", &format!("adjustments/adj_{id}"))
        .replace("imports/{id}", &format!("imports/run_{id}"))
        .replace("exports/{id}", &format!("exports/run_{id}"))
        .replace("{key_id}", &format!("key_{id}"))
        .replace("{board}", board)
        .replace("{channel}", "pos")
        .replace("{external_no}", "NOTHING-1")
        .replace("members/{id}", &format!("members/mem_{id}"))
        .replace("{style_code}", "NOTHING")
        .replace("products/{id}", &format!("products/prd_{id}"))
        .replace("stock/holds/{id}", &format!("stock/holds/sth_{id}"))
        .replace("{code}", "nothing")
        .replace("{kind}", "tailoring")
}

/// The operation with the example of its document: nothing but the caller can be wrong.
fn call(shop: &Retailer, row: &Row, documented: &Documented, token: Option<&str>) -> Call {
    let path = path_of(row);
    assert!(!path.contains('{'), "say in path_of what {path} is");
    let mut call = shop.app.call(row.method.to_uppercase().parse().unwrap(), &path);
    if let Some(token) = token {
        call = call.bearer(token);
    }
    if documented.key {
        call = call.key(&format!("permissions {}", row.path));
    }
    match &documented.body {
        Value::Null => call,
        body => call.json(body),
    }
}

fn door_of(answer: &Answer) -> Door {
    match (answer.status, answer.body["code"].as_str()) {
        (401, Some("unauthenticated")) => Door::Unknown,
        (403, Some("forbidden")) => Door::Closed,
        _ => Door::Open,
    }
}

/// Whoever ends her own session is not asked again, so these come last.
fn in_sequence() -> Vec<Row> {
    let mut rows = rows();
    rows.sort_by_key(|row| row.path.ends_with("/sessions/current"));
    rows
}

#[actix_web::test]
async fn everybody_may_do_what_the_file_says_and_nothing_else() {
    let shop = Retailer::open().await;
    let (everybody, documented) = (everybody(&shop).await, documented());
    let mut wrong = Vec::new();
    for row in in_sequence() {
        for principal in &everybody {
            let operation = find(&documented, &row);
            let answer = call(&shop, &row, operation, principal.token.as_deref()).send().await;
            let (expected, got) = (principal.door(&row), door_of(&answer));
            if expected != got || answer.status >= 500 {
                wrong.push(format!(
                    "{} by {}: expected {expected:?}, got {got:?} ({} {})",
                    row.name(),
                    principal.name,
                    answer.status,
                    answer.body["code"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[actix_web::test]
async fn nobody_learns_from_an_empty_request_what_would_have_been_wrong_with_it() {
    let shop = Retailer::open().await;
    for row in rows().into_iter().filter(|row| row.who != ["anyone"]) {
        let method = row.method.to_uppercase().parse().unwrap();
        let answer = shop.app.call(method, &path_of(&row)).send().await;
        assert_eq!(door_of(&answer), Door::Unknown, "{}: {}", row.name(), answer.text);
    }
}

#[test]
fn the_matrix_knows_every_kind_of_door() {
    let row = |audience: &str, who: &str| Row {
        audience: audience.to_owned(),
        method: "get".to_owned(),
        path: "/v1".to_owned(),
        who: who.split(' ').map(str::to_owned).collect(),
        data_scope: "none".to_owned(),
    };
    let door = |kind: Kind, audience: &str, who: &str| {
        Principal { name: "", kind, token: None }.door(&row(audience, who))
    };
    assert_eq!(door(Kind::Nobody, "member", "anyone"), Door::Open);
    assert_eq!(door(Kind::Nobody, "member", "member"), Door::Unknown);
    assert_eq!(door(Kind::Member, "member", "member"), Door::Open);
    assert_eq!(door(Kind::Member, "admin", "admin"), Door::Unknown);
    assert_eq!(door(Kind::Staff("guide"), "guide", "guide store_manager"), Door::Open);
    assert_eq!(door(Kind::Staff("guide"), "guide", "store_manager"), Door::Closed);
    assert_eq!(door(Kind::Staff("admin"), "guide", "guide"), Door::Unknown);
    assert_eq!(door(Kind::Partner("orders:write"), "open", "orders:write"), Door::Open);
    assert_eq!(door(Kind::Partner("orders:write"), "open", "points:write"), Door::Closed);
    assert_eq!(door(Kind::Partner("members:read"), "open", "any_key"), Door::Open);
    assert_eq!(door(Kind::Partner("orders:write"), "member", "member"), Door::Unknown);
}
