//! What a line says, what it costs, and that nothing goes without it (PV-6).

use chrono::TimeDelta;
use huiyi::audit::service::Author;
use huiyi::customers::service::{self as customers, CustomerSearch};
use huiyi::db::{in_tx, statements_sent};
use huiyi::kernel::codes::{AdjustmentReason, AuditAction, StaffRole, StaffStatus};
use huiyi::kernel::ids::{MemberId, StaffId};
use huiyi::members::service as members;
use huiyi::points::service::{self as points, Adjusting};
use huiyi::staff::service::{self as staff, DataScope, scope_of};
use serde_json::json;

use super::{lines, of, proves};
use crate::customers::{PHONE, Retailer, STRANGER};

/// One statement more than the same read without a line, whoever else reads: no lock, no chain, no transaction.
#[actix_web::test]
async fn a_logged_read_costs_one_statement_more() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 100_00, "2026-03-14T06:30:00Z").await;
    let app = &shop.app.app;
    let member = shop.app.known(PHONE).await;
    let (guide, _) = staff::find(app, shop.guides[0]).await.unwrap();
    let author = Author::staff(guide.id, guide.store_id, "request");

    let before = statements_sent();
    members::find_in_scope(app.db.read(), scope_of(&guide), member).await.unwrap();
    let plain = statements_sent() - before;
    let before = statements_sent();
    members::show_in_scope(app, (&guide, &author), member, "profile").await.unwrap();
    assert_eq!(statements_sent() - before, plain + 1);

    let filter = members::MemberFilter::default();
    let before = statements_sent();
    members::list_in_scope(app.db.read(), DataScope::Own(guide.id), &filter, 20).await.unwrap();
    assert_eq!(statements_sent() - before, 1, "the counter counts");
    assert_eq!(of(&shop.app, AuditAction::MemberRead).await.len(), 1);
}

#[actix_web::test]
async fn a_line_tells_who_read_whom_where_and_in_which_request() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 100_00, "2026-03-14T06:30:00Z").await;
    let member = shop.app.known(PHONE).await;
    let token = shop.guide_token(0).await;
    let path = format!("/v1/guide/customers/{member}/orders");
    let call = shop.app.get(&path).bearer(&token).header("x-request-id", "request-0042");
    call.send().await.expect(200);
    let line = of(&shop.app, AuditAction::MemberRead).await.pop().unwrap();
    assert_eq!((line.actor_kind.as_str(), line.outcome.as_str()), ("staff", "done"));
    assert_eq!(line.actor_id, Some(shop.guides[0].0));
    assert_eq!((line.store_id, line.member_id), (Some(shop.stores[0]), Some(member)));
    assert_eq!((line.request_id.as_str(), line.at), ("request-0042", shop.app.now()));
    assert_eq!(line.details, json!({"part": "orders"}).to_string());

    // A search tells by what and how many, and nothing of what was typed or found.
    let path = "/v1/guide/customers?phone_last4=8000&name=%E7%8E%8B&limit=5";
    shop.app.get(path).bearer(&token).send().await.expect(200);
    shop.app.advance(TimeDelta::milliseconds(1));
    shop.app.get("/v1/guide/customers?limit=1").bearer(&token).send().await.expect(200);
    let searched = of(&shop.app, AuditAction::MemberSearched).await;
    assert_eq!(searched[0].details, json!({"by": ["name", "phone_last4"]}).to_string());
    assert_eq!((searched[0].rows_given, searched[1].rows_given), (Some(0), Some(1)));
}

/// ASVS 16.3.2: who asks for what is not theirs, or for nobody, leaves a line, too.
#[actix_web::test]
async fn what_was_refused_is_written_down() {
    let shop = Retailer::open().await;
    shop.sells("A-1", STRANGER, 1, 100_00, "2026-03-14T06:30:00Z").await;
    let theirs = shop.app.known(STRANGER).await;
    let nobody = MemberId::new(shop.app.now());
    let token = shop.guide_token(0).await;
    for id in [theirs, nobody] {
        shop.app.advance(TimeDelta::milliseconds(1));
        let path = format!("/v1/guide/customers/{id}");
        shop.app.get(&path).bearer(&token).send().await.refused(404, "not_found");
        let line = of(&shop.app, AuditAction::MemberRead).await.pop().unwrap();
        assert_eq!((line.outcome.as_str(), line.member_id), ("refused", Some(id)));
    }
    let wrong = |staff_no: &str| json!({"staff_no": staff_no, "password": "wrong", "device": "x"});
    let before = of(&shop.app, AuditAction::StaffSignedIn).await.len();
    for (staff_no, subject) in [("G-SH01", Some(shop.guides[0].to_string())), ("NOBODY", None)] {
        shop.app.advance(TimeDelta::milliseconds(1));
        let call = shop.app.post("/v1/guide/sessions").json(&wrong(staff_no));
        call.send().await.refused(401, "wrong_password");
        let line = of(&shop.app, AuditAction::StaffSignedIn).await.pop().unwrap();
        assert_eq!((line.outcome.as_str(), line.actor_id), ("refused", None));
        assert_eq!(line.subject, subject);
    }
    assert_eq!(of(&shop.app, AuditAction::StaffSignedIn).await.len(), before + 2);
    proves(&shop.app).await;
}

/// Where no line can be written, nothing is read and nothing is changed.
#[actix_web::test]
async fn what_cannot_be_written_down_is_not_answered_and_not_done() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 100_00, "2026-03-14T06:30:00Z").await;
    let (app, member) = (&shop.app.app, shop.app.known(PHONE).await);
    let (guide, _) = staff::find(app, shop.guides[0]).await.unwrap();
    let author = Author::staff(guide.id, guide.store_id, "request");
    shop.app.sql("ALTER TABLE audit_log RENAME TO audit_log_away").await.unwrap();
    assert!(customers::customer(app, (&guide, &author), member).await.is_err());
    let search = CustomerSearch::default();
    assert!(customers::customers(app, (&guide, &author), search, 20).await.is_err());
    let wish = Adjusting {
        member,
        points: 5,
        reason: AdjustmentReason::Compensation,
        note: "换货".to_owned(),
    };
    let adjusted =
        in_tx(&app.db, async |tx| points::adjust_in(tx, app, (guide.id, &author), &wish).await);
    assert!(adjusted.await.is_err());
    assert!(staff::disable(app, &author, guide.id).await.is_err());
    shop.app.sql("ALTER TABLE audit_log_away RENAME TO audit_log").await.unwrap();
    assert_eq!(shop.app.available(member).await, 0);
    assert_eq!(staff::find(app, guide.id).await.unwrap().1, StaffStatus::Invited);
    assert!(of(&shop.app, AuditAction::PointsAdjusted).await.is_empty());
    shop.app.reconciles().await;
}

/// PV-6: a change by the member herself and a merge have their lines, too.
#[actix_web::test]
async fn changes_of_a_member_and_her_merge_are_written_down() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 100_00, "2026-03-14T06:30:00Z").await;
    let early = shop.app.known(PHONE).await;
    let her = shop.shopper("娜娜", PHONE).await;
    let patch = json!({"nickname": "小娜", "occupation": "教师"});
    shop.app.advance(TimeDelta::milliseconds(1));
    shop.app.patch("/v1/member/me").bearer(&her.token).json(&patch).send().await.expect(200);
    shop.app.patch("/v1/member/me").bearer(&her.token).json(&patch).send().await.expect(200);
    let changed = of(&shop.app, AuditAction::MemberChanged).await;
    let details: Vec<_> = changed.iter().map(|line| line.details.as_str()).collect();
    assert_eq!(details[0], json!({"fields": ["phone"]}).to_string());
    assert!(details[1].contains("nickname") && details[1].contains("occupation"));
    assert_eq!(details.len(), 2, "the same again changes nothing");
    assert!(changed.iter().all(|line| line.actor_kind == "member"));
    let merged = of(&shop.app, AuditAction::MemberMerged).await.pop().unwrap();
    assert_eq!(merged.member_id, Some(early));
    assert!(merged.details.contains("\"from\":\"mem_"), "{}", merged.details);
    proves(&shop.app).await;
}

/// Details hold names of fields and ids: nothing that a person wrote or is.
#[actix_web::test]
async fn no_line_holds_anything_personal() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 100_00, "2026-03-14T06:30:00Z").await;
    let her = shop.shopper("金丝雀", PHONE).await;
    let patch = json!({"name": "金丝雀无名", "occupation": "CanaryRoad"});
    shop.app.patch("/v1/member/me").bearer(&her.token).json(&patch).send().await.expect(200);
    let guide = shop.guide_token(0).await;
    let paths = ["?name=%E9%87%91%E4%B8%9D", "?phone_last4=8000", &format!("/{}", her.id)];
    for path in paths {
        shop.app.get(&format!("/v1/guide/customers{path}")).bearer(&guide).send().await.expect(200);
    }
    let id = shop.app.hire("金丝雀工号", StaffRole::Guide, Some(shop.stores[0])).await;
    assert_ne!(id, StaffId::new(shop.app.now()));
    for line in lines(&shop.app).await {
        let text = format!("{line:?}");
        for secret in [PHONE, "8000\"", "金丝雀", "CanaryRoad", "员工"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
