//! Who stands where.

use huiyi::kernel::codes::{Board, Period};
use huiyi::leaderboards::service::{self as boards, Scope};

use super::{Floor, Sale};

const DAY: &str = "2026-03-14";

#[actix_web::test]
async fn equal_scores_go_to_who_came_first() {
    let floor = Floor::start().await;
    floor
        .sells(&[
            Sale { guide: 0, store: 0, fen: 500, at: "2026-03-14T03:00:00Z" },
            Sale { guide: 1, store: 0, fen: 500, at: "2026-03-14T02:00:00Z" },
            Sale { guide: 2, store: 1, fen: 900, at: "2026-03-14T05:00:00Z" },
        ])
        .await;
    floor.test.relay().await;
    assert_eq!(floor.sales(Period::Day, DAY).await, [(1, 2, 900), (2, 1, 500), (3, 0, 500)]);
}

#[actix_web::test]
async fn her_own_row_is_shown_wherever_it_stands() {
    let floor = Floor::start().await;
    let sale = |guide, fen| Sale { guide, store: guide / 2, fen, at: "2026-03-14T03:00:00Z" };
    floor.sells(&[sale(0, 100), sale(1, 200), sale(2, 300), sale(3, 400)]).await;
    floor.test.relay().await;
    let stretch = floor.stretch(Period::Week, DAY);
    let top = |guide: usize| {
        let own = Some(floor.guides[guide].0);
        floor.page_for(Board::GuideSales, stretch, Scope::Company, own, 2)
    };
    let page = top(0).await;
    assert_eq!((page.rows.len(), page.total), (2, 4));
    let own = page.own.unwrap();
    assert_eq!((own.rank, own.score, own.name.0.as_str()), (4, 100, "员工SH01-0"));
    assert_eq!(top(3).await.own.map(|own| own.rank), Some(1));
    assert!(top(5).await.own.is_none(), "she has sold nothing");
}

#[actix_web::test]
async fn a_business_day_turns_at_midnight_in_shanghai() {
    let floor = Floor::start().await;
    floor
        .sells(&[
            Sale { guide: 0, store: 0, fen: 1, at: "2026-03-13T15:59:59.999Z" },
            Sale { guide: 1, store: 0, fen: 2, at: "2026-03-13T16:00:00Z" },
            Sale { guide: 2, store: 1, fen: 4, at: "2026-03-08T15:59:59.999Z" },
            Sale { guide: 3, store: 1, fen: 8, at: "2026-02-28T15:59:59.999Z" },
        ])
        .await;
    floor.test.relay().await;
    assert_eq!(floor.sales(Period::Day, "2026-03-13").await, [(1, 0, 1)]);
    assert_eq!(floor.sales(Period::Day, "2026-03-14").await, [(1, 1, 2)]);
    assert_eq!(floor.sales(Period::Week, "2026-03-09").await, [(1, 1, 2), (2, 0, 1)]);
    assert_eq!(floor.sales(Period::Week, "2026-03-08").await, [(1, 2, 4)]);
    assert_eq!(floor.sales(Period::Month, "2026-03-31").await, [(1, 2, 4), (2, 1, 2), (3, 0, 1)]);
    assert_eq!(floor.sales(Period::Month, "2026-02-01").await, [(1, 3, 8)]);
}

#[actix_web::test]
async fn tomorrows_board_begins_empty_and_todays_stays() {
    let floor = Floor::start().await;
    floor.sells(&[Sale { guide: 0, store: 0, fen: 5, at: "2026-03-15T15:59:00Z" }]).await;
    floor.test.relay().await;
    assert_eq!(floor.sales(Period::Day, "2026-03-15").await, [(1, 0, 5)]);
    floor.test.clock.set(super::utc("2026-03-15T16:00:00Z"));
    assert_eq!(floor.sales(Period::Day, "2026-03-16").await, []);
    assert_eq!(floor.sales(Period::Week, "2026-03-16").await, []);
    floor.sells(&[Sale { guide: 1, store: 0, fen: 7, at: "2026-03-15T16:00:00Z" }]).await;
    floor.test.relay().await;
    assert_eq!(floor.sales(Period::Day, "2026-03-16").await, [(1, 1, 7)]);
    assert_eq!(floor.sales(Period::Day, "2026-03-15").await, [(1, 0, 5)]);
}

#[actix_web::test]
async fn a_refund_lowers_the_guides_score_in_the_period_of_the_refund() {
    let floor = Floor::start().await;
    floor
        .sells(&[
            Sale { guide: 0, store: 0, fen: 1_000, at: "2026-03-13T03:00:00Z" },
            Sale { guide: 1, store: 0, fen: 800, at: "2026-03-13T04:00:00Z" },
        ])
        .await;
    floor.test.relay().await;
    assert_eq!(floor.sales(Period::Week, DAY).await, [(1, 0, 1_000), (2, 1, 800)]);
    floor.sells(&[Sale { guide: 0, store: 0, fen: -400, at: "2026-03-14T03:00:00Z" }]).await;
    floor.test.relay().await;
    assert_eq!(floor.sales(Period::Week, DAY).await, [(1, 1, 800), (2, 0, 600)]);
    assert_eq!(floor.sales(Period::Day, "2026-03-14").await, [(1, 0, -400)]);
    assert_eq!(floor.sales(Period::Day, "2026-03-13").await, [(1, 0, 1_000), (2, 1, 800)]);
}

#[actix_web::test]
async fn a_late_order_of_last_week_lands_on_last_weeks_board() {
    let floor = Floor::start().await;
    floor.sells(&[Sale { guide: 0, store: 0, fen: 10, at: "2026-03-05T03:00:00Z" }]).await;
    floor.test.relay().await;
    assert_eq!(floor.sales(Period::Week, "2026-03-05").await, [(1, 0, 10)]);
    floor.sells(&[Sale { guide: 1, store: 0, fen: 30, at: "2026-03-04T03:00:00Z" }]).await;
    floor.test.relay().await;
    assert_eq!(floor.sales(Period::Week, "2026-03-05").await, [(1, 1, 30), (2, 0, 10)]);
    assert_eq!(floor.sales(Period::Week, "2026-03-15").await, []);
}

#[actix_web::test]
async fn a_board_older_than_the_kv_keeps_is_read_from_sql_and_is_not_stale() {
    let floor = Floor::start().await;
    floor.sells(&[Sale { guide: 0, store: 0, fen: 10, at: "2024-05-05T03:00:00Z" }]).await;
    floor.test.relay().await;
    assert_eq!(floor.sales(Period::Month, "2024-05-20").await, [(1, 0, 10)]);
    assert_eq!(floor.sales(Period::Day, "2024-05-05").await, [(1, 0, 10)]);
}

#[actix_web::test]
async fn members_are_ranked_by_points_earned_less_points_taken_back() {
    let floor = Floor::start().await;
    let [a, b] = floor.members(0, &["13800000001", "13800000002"]).await[..] else { panic!() };
    floor.earns(a, "o-1", 300, "2026-03-14T03:00:00Z").await;
    floor.earns(b, "o-2", 200, "2026-03-14T03:00:00Z").await;
    floor.spends(a, "r-1", 250, "2026-03-14T03:10:00Z").await;
    floor.test.relay().await;
    let ranked = async || {
        let stretch = floor.stretch(Period::Day, DAY);
        let scope = Scope::Store(floor.stores[0]);
        let page = floor.page(Board::MemberPoints, stretch, scope).await;
        page.rows.iter().map(|row| (row.subject, row.score)).collect::<Vec<_>>()
    };
    assert_eq!(ranked().await, [(a.0, 300), (b.0, 200)], "spending costs no place");
    floor.gives_back(a, ("o-1", "f-1"), 150, "2026-03-14T04:00:00Z").await;
    floor.test.relay().await;
    assert_eq!(ranked().await, [(b.0, 200), (a.0, 150)]);
}

#[actix_web::test]
async fn a_page_is_kept_for_a_moment_and_read_again_after_it() {
    let floor = Floor::start().await;
    let stretch = floor.stretch(Period::Day, DAY);
    let wanted = boards::Wanted {
        board: Board::GuideSales,
        stretch,
        scope: Scope::Company,
        offset: 0,
        limit: 10,
        own: None,
    };
    let app = &floor.test.app;
    assert_eq!(boards::page(app, wanted).await.unwrap().total, 0);
    floor.sells(&[Sale { guide: 0, store: 0, fen: 10, at: "2026-03-14T03:00:00Z" }]).await;
    floor.test.relay().await;
    let started = std::time::Instant::now();
    while boards::page(app, wanted).await.unwrap().total == 0 {
        assert!(started.elapsed() < std::time::Duration::from_secs(10));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
