//! Boards over HTTP: who may see which, and under what names.

use huiyi::kernel::codes::StaffRole;
use serde_json::json;

use super::{Floor, Sale};
use crate::support::Answer;

const AT: &str = "2026-03-14T03:00:00Z";

impl Floor {
    async fn get(&self, token: &str, path: &str) -> Answer {
        huiyi::leaderboards::service::forget_pages(&self.test.app);
        self.test.get(path).bearer(token).send().await
    }
}

#[actix_web::test]
async fn a_shopper_sees_the_members_board_and_her_own_place_without_anybodys_phone() {
    let floor = Floor::start().await;
    let phones = ["13800000001", "13800000002", "13800000003"];
    for (n, (member, points)) in
        floor.members(0, &phones).await.iter().zip([100, 300, 200]).enumerate()
    {
        floor.earns(*member, &format!("o-{n}"), points, AT).await;
    }
    let her = floor.test.shopper("lina").await;
    floor.test.bind_phone("lina", &her.token, phones[0]).send().await.expect(200);
    let renamed = json!({"nickname": phones[0], "name": "王小衣"});
    floor.test.patch("/v1/member/me").bearer(&her.token).json(&renamed).send().await;
    floor.test.relay().await;

    let path = "/v1/member/leaderboards/member_points?period=week&limit=2";
    let answer = floor.get(&her.token, path).await;
    assert!(!phones.iter().any(|phone| answer.text.contains(phone)), "{}", answer.text);
    let page = answer.expect(200);
    let span = json!([page["starts_on"], page["ends_on"], page["total"], page["stale"]]);
    assert_eq!(span, json!(["2026-03-09", "2026-03-15", 3, false]));
    assert_eq!(
        (&page["items"][0]["score"], &page["items"][1]["score"]),
        (&json!(300), &json!(200))
    );
    assert!(page["items"][0]["member_id"].is_null());
    assert_eq!((&page["me"]["rank"], &page["me"]["mine"]), (&json!(3), &json!(true)));
    let more = format!("{path}&cursor={}", page["next_cursor"].as_str().unwrap());
    let rest = floor.get(&her.token, &more).await.expect(200);
    assert_eq!((&rest["items"][0]["rank"], &rest["has_more"]), (&json!(3), &json!(false)));
    assert_eq!(rest["items"][0]["mine"], true);
    for scope in ["store", "region"] {
        let path = format!("/v1/member/leaderboards/member_points?period=week&scope={scope}");
        assert_eq!(floor.get(&her.token, &path).await.expect(200)["total"], 3, "{scope}");
    }
}

#[actix_web::test]
async fn what_is_no_board_of_hers_is_not_found() {
    let floor = Floor::start().await;
    let her = floor.test.shopper("lina").await;
    let board = |name: &str| format!("/v1/member/leaderboards/{name}");
    for name in ["guide_sales", "nonsense", "member_points%20"] {
        floor.get(&her.token, &board(name)).await.refused(404, "not_found");
    }
    for wrong in [
        "period=year",
        "date=yesterday",
        "date=1999-12-31",
        "date=9999-01-01",
        "scope=store",
        "x=1",
        "limit=0",
    ] {
        let answer = floor.get(&her.token, &board(&format!("member_points?{wrong}"))).await;
        answer.refused(422, "invalid_fields");
    }
    let empty = floor.get(&her.token, &board("member_points")).await.expect(200);
    assert_eq!((&empty["items"], &empty["me"]), (&json!([]), &json!(null)));
    let later = floor.get(&her.token, &board("member_points?date=2199-12-31&period=month")).await;
    assert_eq!(later.expect(200)["total"], 0);
}

#[actix_web::test]
async fn a_guide_sees_every_sales_board_and_the_members_of_her_own_store_only() {
    let floor = Floor::start().await;
    floor
        .sells(&[
            Sale { guide: 0, store: 0, fen: 100, at: AT },
            Sale { guide: 2, store: 1, fen: 300, at: AT },
            Sale { guide: 4, store: 2, fen: 200, at: AT },
        ])
        .await;
    let member = floor.members(0, &["13800000001"]).await[0];
    floor.earns(member, "o-1", 10, AT).await;
    floor.test.relay().await;
    let token = floor.test.staff_token(floor.guides[0], "SH01-0", "guide").await;
    let path = |query: &str| format!("/v1/guide/leaderboards/guide_sales?date=2026-03-14{query}");
    for (query, total, rank) in [("", 1, 1), ("&scope=region", 2, 2), ("&scope=company", 3, 3)] {
        let page = floor.get(&token, &path(query)).await.expect(200);
        assert_eq!((&page["total"], &page["me"]["rank"]), (&json!(total), &json!(rank)), "{query}");
        assert_eq!(page["me"]["guide_id"], floor.guides[0].to_string());
    }
    let members =
        |query: &str| format!("/v1/guide/leaderboards/member_points?date=2026-03-14{query}");
    let page = floor.get(&token, &members("")).await.expect(200);
    assert_eq!(
        (&page["items"][0]["name"], &page["items"][0]["member_id"]),
        (&json!("会员"), &json!(null))
    );
    for wider in ["&scope=region", "&scope=company"] {
        floor.get(&token, &members(wider)).await.refused(403, "forbidden");
    }
}

#[actix_web::test]
async fn head_office_sees_any_board_of_any_place() {
    let floor = Floor::start().await;
    floor.sells(&[Sale { guide: 4, store: 2, fen: 200, at: AT }]).await;
    let member = floor.members(1, &["13800000001"]).await[0];
    floor.earns(member, "o-1", 10, AT).await;
    floor.test.relay().await;
    let admin = floor.test.hire("A-1", StaffRole::Admin, None).await;
    let token = floor.test.staff_token(admin, "A-1", "admin").await;
    let get =
        async |query: &str| floor.get(&token, &format!("/v1/admin/leaderboards/{query}")).await;
    let sales = get("guide_sales?date=2026-03-14").await.expect(200);
    assert_eq!(sales["items"][0]["guide_id"], floor.guides[4].to_string());
    let west = format!("guide_sales?date=2026-03-14&scope=region&region_id={}", floor.regions[2]);
    assert_eq!(get(&west).await.expect(200)["total"], 1);
    let store = format!("member_points?date=2026-03-14&scope=store&store_id={}", floor.stores[1]);
    assert_eq!(get(&store).await.expect(200)["items"][0]["member_id"], member.to_string());
    get("guide_sales?scope=store").await.refused(422, "invalid_fields");
    let unknown = huiyi::kernel::ids::StoreId::new(floor.test.now());
    let answer = get(&format!("guide_sales?scope=store&store_id={unknown}")).await;
    answer.refused(422, "invalid_fields");
    assert_eq!(answer.fields(), ["?store_id"]);
}

/// What a merged member earned counts for the one that stays, at her store; her own row is gone (ID-3).
#[actix_web::test]
async fn a_merge_moves_the_points_and_leaves_no_second_row() {
    let floor = Floor::start().await;
    let phone = "13800000001";
    let her = floor.test.shopper("lina").await;
    let early = her.id.parse().unwrap();
    floor.earns(early, "o-1", 70, AT).await;
    floor.test.advance(chrono::TimeDelta::minutes(1));
    let late = floor.members(1, &[phone]).await[0];
    floor.earns(late, "o-2", 30, AT).await;
    floor.test.relay().await;
    let board = huiyi::kernel::codes::Board::MemberPoints;
    let stretches =
        huiyi::kernel::codes::Period::ALL.iter().map(|p| floor.stretch(*p, "2026-03-14"));
    for stretch in stretches.clone() {
        assert_eq!(
            floor.agrees(board, stretch).await,
            2 + 2,
            "two in the company, one in her store and region"
        );
    }
    floor.test.bind_phone("lina", &her.token, phone).send().await.expect(200);
    floor.test.relay().await;
    for stretch in stretches {
        assert_eq!(
            floor.agrees(board, stretch).await,
            3,
            "one in the company, her store, her region"
        );
        let page = floor.page(board, stretch, huiyi::leaderboards::service::Scope::Company).await;
        assert_eq!(page.rows[0].score, 100);
    }
    let report = huiyi::leaderboards::service::rebuild(&floor.test.app).await.unwrap();
    assert_eq!(report.corrected, 0);
}
