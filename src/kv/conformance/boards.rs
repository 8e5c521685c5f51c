//! Leaderboards: order, versions, rebuilding.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{A_MINUTE, Stand, eventually};
use crate::kv::{BoardEntry, BoardRow, Kv, KvError};

fn entry(subject: &str, score: i64, reached_at_ms: i64, version: i64) -> BoardEntry {
    BoardEntry { subject: subject.to_owned(), score, reached_at_ms, version }
}

fn row(rank: u64, subject: &str, score: i64, reached_at_ms: i64) -> BoardRow {
    BoardRow { rank, subject: subject.to_owned(), score, reached_at_ms }
}

async fn put(kv: &Kv, entries: &[BoardEntry]) {
    kv.board_put("b", entries, A_MINUTE).await.unwrap();
}

async fn replace(kv: &Kv, entries: &[BoardEntry]) {
    kv.board_replace("b", entries, A_MINUTE).await.unwrap();
}

async fn remove(kv: &Kv, subject: &str) {
    kv.board_remove("b", &[subject.to_owned()]).await.unwrap();
}

async fn rows(kv: &Kv) -> Vec<BoardRow> {
    kv.board_page("b", 0, 10_000).await.unwrap()
}

async fn order(kv: &Kv) -> Vec<String> {
    rows(kv).await.into_iter().map(|row| row.subject).collect()
}

pub async fn an_unknown_board_is_empty_and_does_not_exist(Stand { kv, .. }: Stand) {
    assert_eq!(rows(&kv).await, []);
    assert_eq!(kv.board_len("b").await.unwrap(), 0);
    assert_eq!(kv.board_find("b", "s").await.unwrap(), None);
    assert!(!kv.board_exists("b").await.unwrap());
    remove(&kv, "s").await;
    assert!(!kv.board_exists("b").await.unwrap());
}

pub async fn higher_scores_stand_higher(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("low", 9, 1, 1), entry("high", 100, 3, 1), entry("mid", 20, 2, 1)]).await;
    let expected = [row(1, "high", 100, 3), row(2, "mid", 20, 2), row(3, "low", 9, 1)];
    assert_eq!(rows(&kv).await, expected);
}

pub async fn ties_go_to_who_came_first_and_then_to_the_smaller_subject(Stand { kv, .. }: Stand) {
    let tied = [entry("b", 5, 200, 1), entry("z", 5, 100, 1), entry("a", 5, 200, 1)];
    put(&kv, &tied).await;
    put(&kv, &[entry("B", 5, 200, 1), entry("衣", 5, 200, 1)]).await;
    assert_eq!(order(&kv).await, ["z", "B", "a", "b", "衣"]);
}

pub async fn scores_below_zero_stand_where_they_belong(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("minus", -3, 1, 1), entry("zero", 0, 1, 1), entry("worse", -30, 1, 1)]).await;
    put(&kv, &[entry("plus", 1, 1, 1)]).await;
    assert_eq!(order(&kv).await, ["plus", "zero", "minus", "worse"]);
    assert_eq!(kv.board_find("b", "zero").await.unwrap(), Some(row(2, "zero", 0, 1)));
    assert_eq!(kv.board_find("b", "worse").await.unwrap(), Some(row(4, "worse", -30, 1)));
}

pub async fn times_before_the_epoch_rank_too(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("epoch", 1, 0, 1), entry("after", 1, i64::MAX, 1)]).await;
    put(&kv, &[entry("before", 1, -1, 1), entry("first", 1, i64::MIN, 1)]).await;
    assert_eq!(order(&kv).await, ["first", "before", "epoch", "after"]);
    assert_eq!(rows(&kv).await[0].reached_at_ms, i64::MIN);
}

pub async fn the_largest_scores_are_exact(Stand { kv, .. }: Stand) {
    let top = 1_i64 << 53;
    let scores =
        [top - 1, -top, top, 1_000_000_000_000_000, 1 - top, 123_456_789_012_345_678 / 100];
    for score in scores {
        put(&kv, &[entry(&score.to_string(), score, 1, 1)]).await;
    }
    let mut expected = scores.to_vec();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    let found: Vec<i64> = rows(&kv).await.into_iter().map(|row| row.score).collect();
    assert_eq!(found, expected);
    for score in scores {
        let row = kv.board_find("b", &score.to_string()).await.unwrap().unwrap();
        assert_eq!(row.score, score);
    }
}

pub async fn a_score_past_the_exact_range_is_refused(Stand { kv, .. }: Stand) {
    for score in [(1 << 53) + 1, -(1 << 53) - 1, i64::MAX, i64::MIN] {
        let entries = [entry("fine", 1, 1, 1), entry("s", score, 1, 1)];
        let refused = kv.board_put("b", &entries, A_MINUTE).await;
        assert!(matches!(refused, Err(KvError::Protocol(_))));
        let refused = kv.board_replace("b", &entries, A_MINUTE).await;
        assert!(matches!(refused, Err(KvError::Protocol(_))));
    }
    assert_eq!(kv.board_len("b").await.unwrap(), 0);
}

pub async fn a_row_is_found_with_its_rank(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("a", 5, 1, 1), entry("b", 5, 2, 1), entry("c", 4, 1, 1)]).await;
    for expected in rows(&kv).await {
        let found = kv.board_find("b", &expected.subject).await.unwrap();
        assert_eq!(found, Some(expected));
    }
}

pub async fn a_subject_not_on_the_board_is_not_found(Stand { kv, .. }: Stand) {
    replace(&kv, &[entry("a", 5, 1, 1)]).await;
    for stranger in ["", "A", "a ", "gen", ":a", "built"] {
        assert_eq!(kv.board_find("b", stranger).await.unwrap(), None);
    }
}

pub async fn pages_continue_each_other(Stand { kv, .. }: Stand) {
    let entries: Vec<_> = (0..25).map(|n| entry(&format!("s{n}"), n % 4, n % 3, 1)).collect();
    put(&kv, &entries).await;
    let mut paged = Vec::new();
    for offset in (0..30).step_by(7) {
        let page = kv.board_page("b", offset, 7).await.unwrap();
        assert!(page.len() <= 7);
        paged.extend(page);
    }
    assert_eq!(paged, rows(&kv).await);
    assert_eq!(paged.len(), 25);
}

pub async fn a_page_past_the_end_is_empty(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("a", 5, 1, 1)]).await;
    for (offset, limit) in [(1, 10), (0, 0), (u64::MAX, 1), (1, u64::MAX), (u64::MAX, u64::MAX)] {
        assert_eq!(kv.board_page("b", offset, limit).await.unwrap(), [], "{offset} {limit}");
    }
}

pub async fn a_newer_version_moves_the_subject(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("a", 5, 1, 1), entry("b", 4, 1, 1)]).await;
    put(&kv, &[entry("b", 6, 9, 2)]).await;
    assert_eq!(rows(&kv).await, [row(1, "b", 6, 9), row(2, "a", 5, 1)]);
    put(&kv, &[entry("b", 3, 10, 3)]).await;
    assert_eq!(rows(&kv).await, [row(1, "a", 5, 1), row(2, "b", 3, 10)]);
    put(&kv, &[entry("b", 2, 10, 4)]).await;
    assert_eq!(rows(&kv).await, [row(1, "a", 5, 1), row(2, "b", 2, 10)], "same time, new score");
}

pub async fn an_older_version_changes_nothing(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("a", 5, 1, 7)]).await;
    put(&kv, &[entry("a", 900, 0, 6)]).await;
    put(&kv, &[entry("a", 1, 2, -7)]).await;
    assert_eq!(rows(&kv).await, [row(1, "a", 5, 1)]);
}

pub async fn the_same_version_again_changes_nothing(Stand { kv, .. }: Stand) {
    for _ in 0..3 {
        put(&kv, &[entry("a", 5, 1, 7), entry("b", 5, 1, 7)]).await;
    }
    assert_eq!(rows(&kv).await, [row(1, "a", 5, 1), row(2, "b", 5, 1)]);
}

pub async fn versions_of_the_whole_range_are_compared_exactly(Stand { kv, .. }: Stand) {
    let rising = [i64::MIN, -1, 0, 1, (1 << 53) + 1, (1 << 53) + 2, i64::MAX - 1, i64::MAX];
    for (score, version) in (1..).zip(rising) {
        put(&kv, &[entry("a", score, 1, version)]).await;
        assert_eq!(rows(&kv).await, [row(1, "a", score, 1)], "version {version}");
    }
    for version in rising {
        put(&kv, &[entry("a", 99, 1, version)]).await;
    }
    assert_eq!(rows(&kv).await, [row(1, "a", 8, 1)]);
}

pub async fn versions_in_any_order_end_the_same(Stand { kv, .. }: Stand) {
    let orders = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];
    for (index, order) in orders.iter().enumerate() {
        let subject = format!("s{index}");
        for version in order {
            put(&kv, &[entry(&subject, 10 * version, -version, *version)]).await;
        }
        let found = kv.board_find("b", &subject).await.unwrap().unwrap();
        assert_eq!((found.score, found.reached_at_ms), (30, -3), "{order:?}");
    }
    assert_eq!(kv.board_len("b").await.unwrap(), 6);
}

pub async fn a_slice_may_hold_one_subject_twice(Stand { kv, .. }: Stand) {
    let twice = [entry("a", 1, 1, 1), entry("a", 3, 3, 3), entry("a", 2, 2, 2)];
    put(&kv, &twice).await;
    assert_eq!(rows(&kv).await, [row(1, "a", 3, 3)]);
    replace(&kv, &[]).await;
    replace(&kv, &twice).await;
    assert_eq!(rows(&kv).await, [row(1, "a", 3, 3)]);
    assert!(kv.board_exists("b").await.unwrap());
}

pub async fn a_put_of_nothing_is_fine(Stand { kv, .. }: Stand) {
    put(&kv, &[]).await;
    kv.board_remove("b", &[]).await.unwrap();
    assert_eq!(kv.board_len("b").await.unwrap(), 0);
}

pub async fn a_removed_subject_is_gone_and_can_come_back(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("a", 5, 1, 9), entry("b", 4, 1, 9)]).await;
    remove(&kv, "a").await;
    remove(&kv, "unknown").await;
    assert_eq!(rows(&kv).await, [row(1, "b", 4, 1)]);
    put(&kv, &[entry("a", 1, 1, 2)]).await;
    assert_eq!(order(&kv).await, ["b", "a"]);
}

pub async fn a_removal_of_the_last_subject_leaves_the_board(Stand { kv, .. }: Stand) {
    replace(&kv, &[entry("a", 5, 1, 1)]).await;
    remove(&kv, "a").await;
    assert!(kv.board_exists("b").await.unwrap());
    assert_eq!(kv.board_len("b").await.unwrap(), 0);
    put(&kv, &[entry("b", 5, 1, 1)]).await;
    assert!(kv.board_exists("b").await.unwrap());
}

pub async fn a_replacement_leaves_nothing_of_the_old(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("old", 50, 1, 1), entry("both", 5, 1, 1)]).await;
    replace(&kv, &[entry("both", 6, 2, 2), entry("new", 1, 1, 1)]).await;
    assert_eq!(rows(&kv).await, [row(1, "both", 6, 2), row(2, "new", 1, 1)]);
    assert_eq!(kv.board_find("b", "old").await.unwrap(), None);
    put(&kv, &[entry("old", 7, 1, 1)]).await;
    assert_eq!(order(&kv).await, ["old", "both", "new"], "its version was forgotten too");
}

pub async fn a_replacement_by_nothing_exists_and_is_empty(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("old", 50, 1, 1)]).await;
    replace(&kv, &[]).await;
    assert!(kv.board_exists("b").await.unwrap());
    assert_eq!(rows(&kv).await, []);
    assert_eq!(kv.board_len("b").await.unwrap(), 0);
}

pub async fn a_put_alone_does_not_make_a_board_exist(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("a", 5, 1, 1)]).await;
    assert!(!kv.board_exists("b").await.unwrap(), "it may be a shred of what was lost");
    assert_eq!(order(&kv).await, ["a"]);
    replace(&kv, &[entry("a", 5, 1, 1)]).await;
    assert!(kv.board_exists("b").await.unwrap());
}

pub async fn a_replacement_keeps_a_newer_standing(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("newer", 50, 5, 5), entry("older", 40, 3, 3)]).await;
    put(&kv, &[entry("same", 30, 4, 4)]).await;
    let read = [entry("newer", 1, 4, 4), entry("older", 2, 4, 4), entry("same", 3, 4, 4)];
    replace(&kv, &read).await;
    let expected = [row(1, "newer", 50, 5), row(2, "same", 3, 4), row(3, "older", 2, 4)];
    assert_eq!(rows(&kv).await, expected);
}

pub async fn a_replacement_by_nothing_first_forces_older_versions_in(Stand { kv, .. }: Stand) {
    put(&kv, &[entry("a", 50, 5, 5)]).await;
    replace(&kv, &[]).await;
    replace(&kv, &[entry("a", 1, 1, 1)]).await;
    assert_eq!(rows(&kv).await, [row(1, "a", 1, 1)]);
}

/// Enough for a rebuild of several steps.
fn crowd(score: i64, version: i64) -> Vec<BoardEntry> {
    (0..2_000).map(|n| entry(&format!("s{n:04}"), score, n, version)).collect()
}

fn replacing(kv: &Kv, entries: Vec<BoardEntry>) -> tokio::task::JoinHandle<()> {
    let kv = kv.clone();
    tokio::spawn(async move { replace(&kv, &entries).await })
}

pub async fn puts_during_a_replacement_are_not_lost(Stand { kv, .. }: Stand) {
    replace(&kv, &crowd(1, 1)).await;
    let rebuild = replacing(&kv, crowd(2, 2));
    let mut version = 2;
    while !rebuild.is_finished() {
        version += 1;
        let (low, high) = (entry("s0000", 100, 1, version), entry("s1999", 100, 1, version));
        put(&kv, &[low, high]).await;
        put(&kv, &[entry("s0000", 7, 1, version - 1), entry("s1999", 7, 1, version - 1)]).await;
    }
    rebuild.await.unwrap();
    put(&kv, &[entry("s0000", 1, 1, 2)]).await;
    let top = kv.board_page("b", 0, 3).await.unwrap();
    let scores: Vec<i64> = top.iter().map(|row| row.score).collect();
    let last = if version == 2 { vec![2, 2, 2] } else { vec![100, 100, 2] };
    assert_eq!(scores, last);
    assert_eq!(kv.board_len("b").await.unwrap(), 2_000);
    assert!(kv.board_exists("b").await.unwrap());
}

pub async fn removals_during_a_replacement_are_not_undone(Stand { kv, .. }: Stand) {
    for round in 0..5 {
        replace(&kv, &[]).await;
        replace(&kv, &crowd(1, 1)).await;
        let rebuild = replacing(&kv, crowd(2, 2));
        let victim = format!("s{:04}", round * 499);
        while !rebuild.is_finished() {
            remove(&kv, &victim).await;
        }
        rebuild.await.unwrap();
        remove(&kv, &victim).await;
        assert_eq!(kv.board_find("b", &victim).await.unwrap(), None);
        assert_eq!(kv.board_len("b").await.unwrap(), 1_999);
        assert!(kv.board_exists("b").await.unwrap());
    }
}

pub async fn readers_during_a_replacement_see_old_or_new(Stand { kv, .. }: Stand) {
    replace(&kv, &crowd(1, 1)).await;
    let rebuild = replacing(&kv, crowd(2, 2));
    while !rebuild.is_finished() {
        let seen = rows(&kv).await;
        assert_eq!(seen.len(), 2_000);
        assert!(seen.iter().all(|row| row.score == seen[0].score), "a mixture was seen");
        assert!(kv.board_exists("b").await.unwrap());
    }
    rebuild.await.unwrap();
    assert_eq!(rows(&kv).await[0].score, 2);
}

pub async fn replacements_at_once_end_as_one_of_them(Stand { kv, .. }: Stand) {
    for _ in 0..3 {
        let mut rebuilds = JoinSet::new();
        for n in 1..=6_i64 {
            let kv = kv.clone();
            let own = crowd(n, 1).into_iter().take(1_200 + usize::try_from(n).unwrap());
            let own: Vec<_> = own.collect();
            rebuilds.spawn(async move { replace(&kv, &own).await });
        }
        rebuilds.join_all().await;
        let seen = rows(&kv).await;
        let winner = seen[0].score;
        assert!(seen.iter().all(|row| row.score == winner));
        assert_eq!(seen.len(), 1_200 + usize::try_from(winner).unwrap());
        assert!(kv.board_exists("b").await.unwrap());
    }
}

pub async fn racing_puts_end_at_the_newest_version(Stand { kv, .. }: Stand) {
    let mut racers = JoinSet::new();
    for n in 0..200_i64 {
        let kv = kv.clone();
        let version = (n * 73) % 200;
        racers.spawn(async move { put(&kv, &[entry("a", version, -version, version)]).await });
    }
    racers.join_all().await;
    assert_eq!(rows(&kv).await, [row(1, "a", 199, -199)]);
}

const SHORT: Duration = Duration::from_millis(60);

pub async fn a_board_expires(Stand { kv, .. }: Stand) {
    kv.board_replace("b", &[entry("a", 5, 1, 1)], SHORT).await.unwrap();
    eventually("the board expires", async || kv.board_len("b").await.unwrap() == 0).await;
    eventually("its mark expires", async || !kv.board_exists("b").await.unwrap()).await;
    assert_eq!(kv.board_find("b", "a").await.unwrap(), None);
    put(&kv, &[entry("a", 4, 1, 0)]).await;
    assert_eq!(rows(&kv).await, [row(1, "a", 4, 1)], "the version went with the board");
}

/// Waits until something that was put to live `SHORT` has died.
async fn outlive_short(kv: &Kv) {
    kv.put("witness", b"", SHORT).await.unwrap();
    let gone = async || kv.get("witness").await.unwrap().is_none();
    eventually("the witness expires", gone).await;
}

pub async fn a_put_prolongs_the_board(Stand { kv, .. }: Stand) {
    let brief = Duration::from_secs(2);
    kv.board_replace("b", &[entry("a", 5, 1, 1)], brief).await.unwrap();
    kv.board_put("b", &[entry("b", 4, 1, 1)], A_MINUTE).await.unwrap();
    kv.put("witness", b"", brief).await.unwrap();
    let gone = async || kv.get("witness").await.unwrap().is_none();
    eventually("the witness expires", gone).await;
    assert_eq!(order(&kv).await, ["a", "b"]);
    assert!(kv.board_exists("b").await.unwrap());
}

pub async fn a_replacement_prolongs_the_board(Stand { kv, .. }: Stand) {
    kv.board_put("b", &[entry("a", 5, 1, 1)], SHORT).await.unwrap();
    replace(&kv, &[entry("b", 4, 1, 1)]).await;
    outlive_short(&kv).await;
    assert_eq!(order(&kv).await, ["b"]);
    assert!(kv.board_exists("b").await.unwrap());
}

pub async fn prefixes_keep_boards_apart(Stand { kv, other }: Stand) {
    replace(&kv, &[entry("a", 5, 1, 1)]).await;
    assert_eq!(rows(&other).await, []);
    assert!(!other.board_exists("b").await.unwrap());
    replace(&other, &[]).await;
    assert_eq!(order(&kv).await, ["a"]);
}

pub async fn boards_have_their_own_entries(Stand { kv, .. }: Stand) {
    kv.board_put("x", &[entry("a", 5, 1, 9)], A_MINUTE).await.unwrap();
    kv.board_put("y", &[entry("a", 7, 1, 1)], A_MINUTE).await.unwrap();
    assert_eq!(kv.board_find("x", "a").await.unwrap().unwrap().score, 5);
    assert_eq!(kv.board_find("y", "a").await.unwrap().unwrap().score, 7);
}

pub async fn subjects_may_hold_any_characters(Stand { kv, .. }: Stand) {
    let strange = ["", " ", "gen", ":", "会衣", "a|b", "{x}", "\r\n", "%", "\0"];
    let entries: Vec<_> = strange.iter().map(|subject| entry(subject, 5, 1, 1)).collect();
    replace(&kv, &entries).await;
    let mut sorted = strange.to_vec();
    sorted.sort_unstable();
    assert_eq!(order(&kv).await, sorted);
    for subject in strange {
        assert!(kv.board_find("b", subject).await.unwrap().is_some(), "{subject:?}");
    }
    assert!(kv.board_exists("b").await.unwrap());
}

pub async fn board_names_may_hold_any_characters(Stand { kv, .. }: Stand) {
    for board in ["", "{", "}", "{}", "a:z", "a", "日榜/2026-11-21", " "] {
        kv.board_replace(board, &[entry(board, 5, 1, 1)], A_MINUTE).await.unwrap();
    }
    for board in ["", "{", "}", "{}", "a:z", "a", "日榜/2026-11-21", " "] {
        assert_eq!(kv.board_page(board, 0, 9).await.unwrap(), [row(1, board, 5, 1)]);
    }
}

pub async fn a_board_of_two_thousand_is_ranked(Stand { kv, .. }: Stand) {
    put(&kv, &crowd(5, 1)).await;
    assert_eq!(kv.board_len("b").await.unwrap(), 2_000);
    let last = kv.board_page("b", 1_999, 10).await.unwrap();
    assert_eq!(last, [row(2_000, "s1999", 5, 1_999)]);
    assert_eq!(kv.board_find("b", "s1234").await.unwrap(), Some(row(1_235, "s1234", 5, 1_234)));
}
