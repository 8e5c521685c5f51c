//! What happens between the steps of a rebuild, one interleaving a case: races cannot be trusted to
//! meet them.

use super::private_redis::PrivateRedis;
use crate::kv::conformance::{A_MINUTE, TEST_PATIENCE, eventually};
use crate::kv::remote::{Progress, Rebuild, Remote};
use crate::kv::store::Store;
use crate::kv::{BoardEntry, KvError};

/// A server with a live board of `a` (10 points, version 10) and `b` (20 points, version 20).
struct Scene {
    redis: PrivateRedis,
    store: Remote,
}

fn entry(subject: &str, version: i64) -> BoardEntry {
    BoardEntry { subject: subject.into(), score: version, reached_at_ms: version, version }
}

impl Scene {
    async fn open() -> Option<Self> {
        let redis = PrivateRedis::start()?;
        let store = Remote::new(&redis.url(), "p", TEST_PATIENCE).unwrap();
        eventually("redis is up", async || store.ping().await.is_ok()).await;
        let scene = Self { redis, store };
        let rebuild = scene.begin().await;
        scene.load(&rebuild, &[entry("a", 10), entry("b", 20)]).await;
        scene.finish(&rebuild).await;
        Some(scene)
    }

    async fn begin(&self) -> Rebuild {
        self.store.begin("board").await.unwrap()
    }

    async fn load(&self, rebuild: &Rebuild, entries: &[BoardEntry]) {
        let progress = self.store.load("board", rebuild, entries).await;
        assert_eq!(progress, Ok(Progress::Done));
    }

    async fn finish(&self, rebuild: &Rebuild) {
        let progress = self.store.finish("board", rebuild, A_MINUTE).await;
        assert_eq!(progress, Ok(Progress::Done));
        assert!(self.store.board_exists("board").await.unwrap());
    }

    async fn put(&self, subject: &str, version: i64) {
        self.store.board_put("board", &[entry(subject, version)], A_MINUTE).await.unwrap();
    }

    async fn remove(&self, subject: &str) {
        self.store.board_remove("board", &[subject.into()]).await.unwrap();
    }

    /// Checks the board as `subject:score` from the top.
    async fn shows(&self, expected: &[&str]) {
        let rows = self.store.board_page("board", 0, 100).await.unwrap();
        let shown: Vec<_> =
            rows.iter().map(|row| format!("{}:{}", row.subject, row.score)).collect();
        assert_eq!(shown, expected);
        for row in rows {
            assert_eq!(self.store.board_find("board", &row.subject).await.unwrap(), Some(row));
        }
    }
}

#[tokio::test]
async fn until_the_end_the_old_board_stands() {
    let Some(scene) = Scene::open().await else { return };
    let rebuild = scene.begin().await;
    scene.load(&rebuild, &[entry("c", 30)]).await;
    scene.shows(&["b:20", "a:10"]).await;
    scene.finish(&rebuild).await;
    scene.shows(&["c:30"]).await;
}

#[tokio::test]
async fn a_new_subject_put_meanwhile_is_kept() {
    let Some(scene) = Scene::open().await else { return };
    let rebuild = scene.begin().await;
    scene.put("new", 5).await;
    scene.load(&rebuild, &[entry("a", 10)]).await;
    scene.put("newer", 6).await;
    scene.finish(&rebuild).await;
    scene.shows(&["a:10", "newer:6", "new:5"]).await;
}

#[tokio::test]
async fn a_newer_version_put_meanwhile_is_kept_whichever_comes_first() {
    let Some(scene) = Scene::open().await else { return };
    let rebuild = scene.begin().await;
    scene.put("a", 12).await;
    scene.load(&rebuild, &[entry("a", 11), entry("b", 21)]).await;
    scene.put("b", 22).await;
    scene.finish(&rebuild).await;
    scene.shows(&["b:22", "a:12"]).await;
}

#[tokio::test]
async fn a_late_old_version_put_meanwhile_does_not_slip_in() {
    let Some(scene) = Scene::open().await else { return };
    let rebuild = scene.begin().await;
    scene.put("a", 3).await;
    scene.load(&rebuild, &[]).await;
    scene.finish(&rebuild).await;
    scene.shows(&["a:10"]).await;
}

#[tokio::test]
async fn a_subject_removed_meanwhile_stays_away_whether_loaded_or_not() {
    let Some(scene) = Scene::open().await else { return };
    let rebuild = scene.begin().await;
    scene.remove("a").await;
    scene.load(&rebuild, &[entry("a", 11), entry("b", 21), entry("c", 31)]).await;
    scene.remove("b").await;
    scene.finish(&rebuild).await;
    scene.shows(&["c:31"]).await;
}

#[tokio::test]
async fn a_subject_removed_and_put_again_meanwhile_is_there() {
    let Some(scene) = Scene::open().await else { return };
    let rebuild = scene.begin().await;
    scene.remove("a").await;
    scene.remove("b").await;
    scene.put("a", 4).await;
    scene.put("b", 5).await;
    scene.load(&rebuild, &[entry("a", 11)]).await;
    scene.finish(&rebuild).await;
    scene.shows(&["a:11", "b:5"]).await;
}

#[tokio::test]
async fn the_later_of_two_rebuilds_wins_whether_it_has_ended_or_not() {
    let Some(scene) = Scene::open().await else { return };
    let early = scene.begin().await;
    scene.load(&early, &[entry("early", 1)]).await;
    let late = scene.begin().await;
    let overtaken = scene.store.load("board", &early, &[entry("early", 2)]).await;
    assert_eq!(overtaken, Ok(Progress::Overtaken));
    let overtaken = scene.store.finish("board", &early, A_MINUTE).await;
    assert_eq!(overtaken, Ok(Progress::Overtaken));
    scene.shows(&["b:20", "a:10"]).await;
    scene.load(&late, &[entry("late", 3)]).await;
    scene.finish(&late).await;
    let overtaken = scene.store.finish("board", &early, A_MINUTE).await;
    assert_eq!(overtaken, Ok(Progress::Overtaken));
    scene.shows(&["late:3"]).await;
}

#[tokio::test]
async fn a_rebuild_whose_server_lost_everything_fails() {
    let Some(scene) = Scene::open().await else { return };
    let rebuild = scene.begin().await;
    scene.redis.ask(&redis::cmd("FLUSHALL")).await;
    let lost = scene.store.load("board", &rebuild, &[entry("a", 1)]).await;
    assert!(matches!(lost, Err(KvError::Protocol(_))), "{lost:?}");
    let lost = scene.store.finish("board", &rebuild, A_MINUTE).await;
    assert!(matches!(lost, Err(KvError::Protocol(_))), "{lost:?}");
    assert!(!scene.store.board_exists("board").await.unwrap());
}

#[tokio::test]
async fn a_rebuild_that_was_given_up_leaves_no_trace_after_the_next() {
    let Some(scene) = Scene::open().await else { return };
    let given_up = scene.begin().await;
    scene.load(&given_up, &[entry("ghost", 99)]).await;
    scene.remove("a").await;
    let rebuild = scene.begin().await;
    scene.load(&rebuild, &[entry("a", 11)]).await;
    scene.finish(&rebuild).await;
    scene.shows(&["a:11"]).await;
    let keys = scene.redis.ask(&redis::cmd("DBSIZE")).await;
    assert_eq!(keys, redis::Value::Int(2));
}
