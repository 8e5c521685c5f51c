//! The relay hands events on: what fails holds up its own member only (issue 4, J2).

use chrono::TimeDelta;
use entity::event_log as log;
use futures_util::future::LocalBoxFuture;
use huiyi::app::App;
use huiyi::events::{Reaction, Relay};
use huiyi::http::{Error, Result};
use huiyi::kernel::ids::MemberId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::support::{TestApp, earn, movement};

/// Fails at each batch with thirteen points in it.
fn superstitious<'a>(_: &'a App, batch: &'a [log::Model]) -> LocalBoxFuture<'a, Result<()>> {
    let unlucky = batch.iter().any(|event| event.payload["amount"] == 13);
    let answer = if unlucky { Err(Error::fault("thirteen")) } else { Ok(()) };
    Box::pin(std::future::ready(answer))
}

static SUPERSTITIOUS: &[(&str, Reaction)] = &[("superstitious", superstitious)];
static CALM: &[(&str, Reaction)] = &[];

/// Amounts and owners of the movements that are not relayed, oldest first.
async fn left(app: &TestApp) -> Vec<(Option<MemberId>, i64)> {
    let left = log::Entity::find()
        .filter(log::Column::RelayedAt.is_null())
        .order_by_asc(log::Column::Id)
        .all(app.app.db.read())
        .await
        .unwrap();
    left.iter().map(|it| (it.member_id, it.payload["amount"].as_i64().unwrap())).collect()
}

#[actix_web::test]
async fn an_event_that_fails_holds_up_its_own_member_only() {
    let app = TestApp::start().await;
    let (a, b) = (app.known("13800138000").await, app.known("13800138001").await);
    app.relay().await;
    let moves = [(a, 5), (b, 13), (b, 7), (a, 6), (b, 8), (a, 9)];
    for (number, (member, points)) in moves.into_iter().enumerate() {
        app.moved(member, &format!("o{number}"), earn(points)).await;
        app.advance(TimeDelta::milliseconds(1));
    }
    let fails = Relay::new(app.app.clone(), SUPERSTITIOUS);
    fails.drain().await.unwrap();
    assert_eq!(left(&app).await, [(Some(b), 13), (Some(b), 7), (Some(b), 8)]);

    // What comes later waits behind it, and hers alone; each attempt lets more time pass.
    app.moved(b, "o7", earn(1)).await;
    app.moved(a, "o8", earn(2)).await;
    fails.drain().await.unwrap();
    assert_eq!(left(&app).await.len(), 4);
    app.advance(TimeDelta::seconds(5));
    fails.drain().await.unwrap();
    let healed = Relay::new(app.app.clone(), CALM);
    app.advance(TimeDelta::seconds(9));
    assert_eq!(healed.drain().await.unwrap(), 0);
    app.advance(TimeDelta::seconds(1));
    assert_eq!(healed.drain().await.unwrap(), 4);
}

#[actix_web::test]
async fn many_events_that_wait_for_one_member_stop_nobody_else() {
    let app = TestApp::start().await;
    let (busy, other) = (app.known("13800138000").await, app.known("13800138001").await);
    app.relay().await;
    app.moved(busy, "first", earn(1)).await;
    app.sql("UPDATE event_log SET claimed_until = '2099-01-01 00:00:00' WHERE relayed_at IS NULL")
        .await
        .unwrap();
    app.advance(TimeDelta::milliseconds(1));
    let many: Vec<_> = (0..600).map(|n| movement(&app, busy, &format!("o{n}"), earn(1))).collect();
    app.moves(&many).await;
    app.advance(TimeDelta::milliseconds(1));
    app.moved(other, "hers", earn(1)).await;
    let relay = Relay::new(app.app.clone(), CALM);
    assert_eq!(relay.drain().await.unwrap(), 1);
    assert!(left(&app).await.iter().all(|(member, _)| *member == Some(busy)));
}
