//! What happened to stock is written once, whatever is known, in whatever sequence (OR-5).

use entity::event_log;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{DRESS, Shop, TROUSERS, at, count, line, pieces, words};

#[actix_web::test]
async fn stock_moves_by_lines_of_documents_each_of_them_once() {
    let shop = Shop::open().await;
    let mut sent = line("T-1", "transfer", 2, 4);
    sent["to_store_code"] = "SH02".into();
    let batch = [
        line("R-1", "receive", 10, 1),
        line("S-1", "sell", 3, 2),
        line("B-1", "return", 1, 3),
        sent,
        line("A-1", "adjust", -1, 5),
    ];
    let answer = shop.moves(&batch).await;
    assert_eq!(answer["counts"]["moved"], 5, "{answer}");
    assert_eq!(pieces(&answer["results"][4]["stock"]), (5, 0, 0));
    assert_eq!(shop.stock(DRESS, "SH01").await, (5, 0, 0));
    assert_eq!(shop.stock(DRESS, "SH02").await, (2, 0, 0));
    assert_eq!(shop.stock(TROUSERS, "SH01").await, (0, 0, 0), "nothing ever was there");
    let again = shop.moves(&batch).await;
    assert_eq!(again["counts"]["unchanged"], 5, "{again}");
    assert_eq!(shop.stock(DRESS, "SH01").await, (5, 0, 0));
    let other = shop.moves(&[line("S-1", "sell", 4, 2), line("S-1", "return", 3, 2)]).await;
    for item in other["results"].as_array().unwrap() {
        assert_eq!(item["problem"]["code"], "stock_cause_conflict", "{other}");
    }
    // Another partner's numbers are its own.
    let till = shop.app.partner("till", &["stock:write"]).await;
    let body = json!({"moves": [line("S-1", "sell", 1, 6)]});
    let call = shop.app.post("/v1/open/stock/moves:batch").bearer(&till).json(&body).send().await;
    assert_eq!(words(&call.expect(200)), ["moved"]);
    assert_eq!(shop.stock(DRESS, "SH01").await, (4, 0, 0));
    shop.app.reconciles().await;
}

/// The goods are gone and paid for: refusing to hear it would help nobody.
#[actix_web::test]
async fn a_sale_beyond_what_is_known_is_written_and_what_is_missing_named() {
    let shop = Shop::open().await;
    let answer = shop.moves(&[line("R-1", "receive", 1, 1), line("S-1", "sell", 3, 2)]).await;
    assert_eq!(words(&answer), ["moved", "moved"]);
    assert_eq!(pieces(&answer["results"][1]["stock"]), (0, 0, 2));
    let boss = shop.app.hire("A001", huiyi::kernel::codes::StaffRole::Admin, None).await;
    let boss = shop.app.staff_token(boss, "A001", "admin").await;
    let path = "/v1/admin/stock?only=short";
    let list = shop.app.get(path).bearer(&boss).send().await.expect(200);
    assert_eq!(list["items"][0]["sku_code"], DRESS);
    assert_eq!(pieces(&list["items"][0]["stock"]), (0, 0, 2));
    // The delivery that was booked too late pays for it.
    shop.moves(&[line("R-2", "receive", 5, 0)]).await;
    assert_eq!(shop.stock(DRESS, "SH01").await, (3, 0, 0));
    let list = shop.app.get(path).bearer(&boss).send().await.expect(200);
    assert_eq!(list["items"], json!([]));
    shop.app.reconciles().await;
}

#[actix_web::test]
async fn a_count_has_in_it_what_happened_before_it_whenever_that_comes() {
    let shop = Shop::open().await;
    let (received, sold, later) =
        (line("R-1", "receive", 10, 1), line("S-1", "sell", 2, 5), line("S-2", "sell", 1, 20));
    shop.moves(&[received, later]).await;
    let answer = shop.counts(&[count("C-1", 6, 10)]).await;
    assert_eq!(words(&answer), ["moved"]);
    assert_eq!(pieces(&answer["results"][0]["stock"]), (5, 0, 0), "six, and one sold since");
    let late = shop.moves(&[sold]).await;
    assert_eq!(words(&late), ["absorbed"], "{late}");
    assert_eq!(shop.stock(DRESS, "SH01").await, (5, 0, 0));
    // One count may go through all stores.
    let mut elsewhere = count("C-1", 3, 10);
    elsewhere["store_code"] = "SH02".into();
    assert_eq!(words(&shop.counts(&[elsewhere]).await), ["moved"]);
    assert_eq!(shop.stock(DRESS, "SH02").await, (3, 0, 0));
    let older = shop.counts(&[count("C-0", 9, 9), count("C-1", 6, 10), count("C-1", 7, 10)]).await;
    assert_eq!(words(&older), ["refused", "unchanged", "refused"], "{older}");
    assert_eq!(older["results"][0]["problem"]["code"], "stock_count_outdated");
    assert_eq!(older["results"][2]["problem"]["code"], "stock_cause_conflict");
    shop.app.reconciles().await;
}

#[actix_web::test]
async fn one_bad_line_spoils_no_other() {
    let shop = Shop::open().await;
    let with = |field: &str, value: Value| {
        let mut line = line("L-1", "receive", 5, 1);
        line[field] = value;
        line
    };
    // PostgreSQL refuses a whole question for it.
    let mut to_nowhere = with("kind", "transfer".into());
    to_nowhere["to_store_code"] = "\u{0}".into();
    let batch = [
        with("sku_code", "NONE".into()),
        with("store_code", "NONE".into()),
        with("quantity", 0.into()),
        with("quantity", (-1).into()),
        with("quantity", 1_000_001.into()),
        with("document_no", "a b".into()),
        with("line_no", 0.into()),
        with("to_store_code", "SH02".into()),
        with("kind", "transfer".into()),
        to_nowhere,
        with("store_code", "\u{0}".into()),
        with("kind", "steal".into()),
        with("occurred_at", "2026-03-15T04:06:00Z".into()),
        json!(null),
        with("line_no", 2.into()),
    ];
    let answer = shop.moves(&batch).await;
    let problems: Vec<_> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["problem"]["code"].as_str())
        .collect();
    let bad = "invalid_fields";
    let expect = [
        "stock_sku_unknown",
        "stock_store_unknown",
        bad,
        bad,
        bad,
        bad,
        bad,
        bad,
        bad,
        bad,
        bad,
        "bad_json",
        "stock_in_future",
        "bad_json",
    ];
    assert_eq!(problems, expect, "{answer}");
    assert_eq!(answer["results"][0]["problem"]["errors"][0]["pointer"], "/moves/0/sku_code");
    assert_eq!(answer["results"][9]["problem"]["errors"][0]["pointer"], "/moves/9/to_store_code");
    let body = json!({"sku_codes": [DRESS], "store_codes": ["\u{0}"]});
    shop.post("/v1/open/stock:query", &body).await.refused(422, "invalid_fields");
    assert_eq!(answer["counts"]["moved"], 1);
    assert_eq!(shop.stock(DRESS, "SH01").await, (5, 0, 0));
    for path in ["stock/moves:batch", "stock/counts:batch", "products:batch"] {
        let field = path.split('/').next_back().unwrap().split(':').next().unwrap();
        let call = async |items: Vec<Value>| {
            let body = json!({ (field): items });
            shop.post(&format!("/v1/open/{path}"), &body).await
        };
        call(Vec::new()).await.refused(422, "invalid_fields");
        call(vec![json!({}); 1_001]).await.refused(422, "invalid_fields");
    }
}

/// OP-3: an ERP or a web shop is told once a batch where the stock of a SKU in a store stands.
#[actix_web::test]
async fn one_event_tells_of_a_sku_in_a_store_however_many_lines_a_batch_has() {
    let shop = Shop::open().await;
    let lines: Vec<Value> = (0..20)
        .map(|n| line(&format!("S-{n}"), if n % 2 == 0 { "receive" } else { "sell" }, 3 - n % 2, 1))
        .collect();
    shop.moves(&lines).await;
    // A count that says what is known already is no news.
    shop.counts(&[count("C-1", 10, 2)]).await;
    let log = event_log::Entity::find().all(shop.app.app.db.read()).await.unwrap();
    let told: Vec<_> = log.iter().filter(|event| event.kind == "stock.changed").collect();
    assert_eq!(told.len(), 1);
    let expect = json!({
        "sku_code": DRESS, "store_code": "SH01", "on_hand": 10, "held": 0, "available": 10, "short": 0, "version": 20
    });
    assert_eq!(told[0].payload, expect);
}

#[actix_web::test]
async fn a_thousand_lines_are_written_together() {
    let shop = Shop::open().await;
    let skus: Vec<Value> =
        (0..400).map(|n| json!({"sku_code": format!("K{n}"), "size": n.to_string()})).collect();
    let product = json!({
        "style_code": "K", "name": "款", "category": "衬衫", "list_fen": 1, "skus": skus
    });
    assert_eq!(words(&shop.products(&[product]).await), ["created"]);
    let line = |n: usize| {
        json!({
            "document_no": format!("N-{}", n / 50), "line_no": n % 50 + 1, "kind": "receive",
            "sku_code": format!("K{}", n % 400), "store_code": if n.is_multiple_of(3) { "SH01" } else { "SH02" },
            "quantity": 2, "occurred_at": at(1)
        })
    };
    let lines: Vec<Value> = (0..1_000).map(line).collect();
    let started = std::time::Instant::now();
    assert_eq!(shop.moves(&lines).await["counts"]["moved"], 1_000);
    eprintln!("1,000 lines in {:?}", started.elapsed());
    assert_eq!(shop.moves(&lines).await["counts"]["unchanged"], 1_000);
    let mut pieces = 0;
    let mut path = "/v1/open/stock?limit=100".to_owned();
    loop {
        let page = shop.read(&path).await;
        let items = page["items"].as_array().unwrap();
        pieces += items.iter().map(|item| item["stock"]["on_hand"].as_i64().unwrap()).sum::<i64>();
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/open/stock?limit=100&cursor={cursor}");
    }
    assert_eq!(pieces, 2_000);
    shop.app.reconciles().await;
}
