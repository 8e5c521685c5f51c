//! Whom staff may see (S1).

use entity::ids::{MemberId, StaffId, StoreId};
use huiyi::http::codes::NOT_FOUND;
use huiyi::kernel::codes::StaffRole;
use huiyi::members::service::{MemberFilter, Who, find_in_scope, list_in_scope};
use huiyi::staff::service::{DataScope, by_ids};
use huiyi::stores::service as stores;

use super::{by_phone, resolve_one};
use crate::support::TestApp;

async fn customer(app: &TestApp, phone: &str, store: StoreId, guide: Option<StaffId>) -> MemberId {
    let who = Who { store_id: Some(store), guide_id: guide, ..by_phone(phone) };
    resolve_one(app, who).await
}

async fn seen(app: &TestApp, scope: DataScope) -> Vec<MemberId> {
    let filter = MemberFilter::default();
    let rows = list_in_scope(app.app.db.read(), scope, &filter, 100).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

#[actix_web::test]
async fn a_scope_shows_its_own_and_answers_the_rest_like_what_does_not_exist() {
    let app = TestApp::start().await;
    let (east, west) = (app.store("EAST", "SH01").await, app.store("WEST", "CD01").await);
    let east2 = app.store("EAST", "SH02").await;
    let guide = app.hire("G1", StaffRole::Guide, Some(east)).await;
    assert_eq!(by_ids(app.app.db.read(), &[guide]).await.unwrap().len(), 1);
    let mine = customer(&app, "13700000001", east, Some(guide)).await;
    let colleagues = customer(&app, "13700000002", east, None).await;
    let neighbours = customer(&app, "13700000003", east2, None).await;
    let foreign = customer(&app, "13700000004", west, None).await;
    let region = stores::by_ids(app.app.db.read(), &[east]).await.unwrap()[&east].region_id;
    let nowhere = MemberId::new(app.now());

    let scopes = [
        (DataScope::Own(guide), vec![mine]),
        (DataScope::Store(east), vec![colleagues, mine]),
        (DataScope::Region(region), vec![neighbours, colleagues, mine]),
        (DataScope::All, vec![foreign, neighbours, colleagues, mine]),
        (DataScope::Region(entity::ids::RegionId::new(app.now())), vec![]),
    ];
    for (scope, expect) in scopes {
        let mut got = seen(&app, scope).await;
        let mut sorted = expect.clone();
        sorted.sort_by(|a, b| b.cmp(a));
        assert_eq!(got, sorted, "{scope:?}: the newest first");
        got.clear();
        for id in [mine, colleagues, neighbours, foreign, nowhere] {
            match find_in_scope(app.app.db.read(), scope, id).await {
                Ok(row) => assert!(expect.contains(&id) && row.id == id),
                Err(error) => {
                    assert_eq!(error.refusal().code, NOT_FOUND);
                    assert!(!expect.contains(&id));
                }
            }
        }
    }
}

#[actix_web::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let app = TestApp::start().await;
    let store = app.store("EAST", "SH01").await;
    for n in 0..7 {
        customer(&app, &format!("1370000000{n}"), store, None).await;
    }
    let mut filter = MemberFilter { tier: Some("silver".to_owned()), ..MemberFilter::default() };
    let mut read = Vec::new();
    loop {
        let page =
            list_in_scope(app.app.db.read(), DataScope::Store(store), &filter, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some(last.id);
        read.extend(page.into_iter().map(|row| row.id));
    }
    assert_eq!(read, seen(&app, DataScope::All).await);
    assert_eq!(read.len(), 7);
    filter = MemberFilter { tier: Some("gold".to_owned()), ..MemberFilter::default() };
    assert!(list_in_scope(app.app.db.read(), DataScope::All, &filter, 3).await.unwrap().is_empty());
}
