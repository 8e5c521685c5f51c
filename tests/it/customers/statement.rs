//! The statement as a spreadsheet reads it (PT-8, S19).

use chrono::TimeDelta;
use huiyi::kernel::codes::StaffRole;
use huiyi::points::service::Act;
use serde_json::json;

use super::{PHONE, Retailer};
use crate::support::{Answer, TestApp, earn, order};

/// The lines of a statement after its columns.
fn lines(answer: &Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let text = answer.text.strip_prefix('\u{feff}').expect("the mark for Excel");
    let mut table = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(
        table.headers().unwrap().iter().take(3).collect::<Vec<_>>(),
        ["入账时间", "业务时间", "类型"]
    );
    table.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn number(cell: &str) -> i64 {
    cell.parse().unwrap_or_else(|_| panic!("{cell:?} is no number"))
}

/// Opening balance and movements make the closing balance, in each of the three columns.
fn adds_up(lines: &[Vec<String>]) {
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    assert_eq!((first[2].as_str(), last[2].as_str()), ("期初余额", "期末余额"));
    for (change, balance) in [(3, 4), (5, 6), (7, 8)] {
        let mut running = number(&first[balance]);
        for line in &lines[1..lines.len() - 1] {
            running += number(&line[change]);
            assert_eq!(running, number(&line[balance]), "{line:?}");
        }
        assert_eq!(running, number(&last[balance]));
    }
}

async fn statement(app: &TestApp, token: &str, query: &str) -> Answer {
    app.get(&format!("/v1/member/points/statement.csv?{query}")).bearer(token).send().await
}

#[actix_web::test]
async fn a_statement_adds_up_and_the_next_one_goes_on_where_it_ended() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let id = her.id.parse().unwrap();
    app.moved(id, "o1", earn(100)).await;
    app.moved(id, "s1", Act::Spend { amount: 30 }).await;
    app.advance(TimeDelta::days(20));
    app.moved(id, "o2", earn(5)).await;
    let again = app.shopper("lina").await;
    let march = lines(&statement(&app, &again.token, "from=2026-03-01&to=2026-03-31").await);
    let april = lines(&statement(&app, &again.token, "from=2026-04-01&to=2026-04-30").await);
    adds_up(&march);
    adds_up(&april);
    assert_eq!((march.len(), april.len()), (4, 3));
    assert_eq!(
        (march[3][4].as_str(), april[0][4].as_str(), april[2][4].as_str()),
        ("70", "70", "75")
    );
    assert_eq!((march[1][0].as_str(), march[2][3].as_str()), ("2026-03-15 12:00:00", "-30"));
    let nothing = lines(&statement(&app, &again.token, "from=2025-01-01&to=2025-01-31").await);
    assert_eq!((nothing.len(), nothing[1][4].as_str()), (2, "0"));
}

#[actix_web::test]
async fn a_merge_changes_no_sum() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let (id, stranger) = (her.id.parse().unwrap(), app.known("13800138000").await);
    app.moved(stranger, "o1", earn(100)).await;
    app.moved(id, "o2", earn(7)).await;
    app.advance(TimeDelta::minutes(1));
    app.merge_members(stranger, id).await;
    app.moved(id, "s1", Act::Spend { amount: 101 }).await;
    let all = lines(&statement(&app, &her.token, "from=2026-03-15&to=2026-03-15").await);
    adds_up(&all);
    assert_eq!(all.last().unwrap()[4], "6");
    assert_eq!(all.len(), 2 + 5, "two earnings, both sides of the merge, a spending: {all:?}");
    let admin = app.hire("A001", StaffRole::Admin, None).await;
    let token = app.staff_token(admin, "A001", "admin").await;
    // The id of the merged member finds the one who stays.
    let path =
        format!("/v1/admin/members/{stranger}/points/statement.csv?from=2026-03-15&to=2026-03-15");
    let support = app.get(&path).bearer(&token).send().await;
    assert_eq!(lines(&support), all);
    app.reconciles().await;
}

/// A long statement is sent in pieces; none is lost or told twice where they meet.
#[actix_web::test]
async fn a_long_statement_is_whole() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let id = her.id.parse().unwrap();
    for chunk in 0..3 {
        let batch: Vec<_> = (0..401)
            .map(|n| crate::support::movement(&app, id, &format!("o{chunk}-{n}"), earn(1)))
            .collect();
        app.moves(&batch).await;
    }
    let all = lines(&statement(&app, &her.token, "from=2026-03-01&to=2026-03-31").await);
    adds_up(&all);
    assert_eq!((all.len(), all.last().unwrap()[4].as_str()), (1_203 + 2, "1203"));
}

/// S19: what partners and stores are called is text, never a formula.
#[actix_web::test]
async fn a_number_that_looks_like_a_formula_is_text() {
    let shop = Retailer::open().await;
    let mut sale = order("=HYPERLINK(\"http://x\")", PHONE, 10_000, "2026-03-14T06:30:00Z");
    sale["store_code"] = json!("SH01");
    shop.app.post("/v1/open/orders").bearer(&shop.key).json(&sale).send().await.expect(200);
    let her = shop.shopper("lina", PHONE).await;
    let all = lines(&statement(&shop.app, &her.token, "from=2026-03-01&to=2026-03-31").await);
    adds_up(&all);
    assert_eq!(all[1][9], "'=HYPERLINK(\"http://x\")");
    assert_eq!(all[1][10], "SH01 店");
    for cell in all.iter().flatten() {
        let formula = cell.starts_with(['=', '+', '@', '\t', '\r', '＝', '＋', '－', '＠']);
        assert!(!formula && (!cell.starts_with('-') || cell.parse::<i64>().is_ok()), "{cell}");
    }
}

#[actix_web::test]
async fn a_span_of_more_than_thirteen_months_is_refused() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    for query in ["from=2025-01-01&to=2026-02-02", "from=2026-03-02&to=2026-03-01"] {
        let refused = statement(&app, &her.token, query).await;
        refused.refused(422, "invalid_fields");
        assert_eq!(refused.fields(), ["?to"]);
    }
    assert_eq!(statement(&app, &her.token, "from=2025-01-01&to=2026-02-01").await.status, 200);
    statement(&app, &her.token, "from=2026-03-01").await.refused(422, "invalid_fields");
}
