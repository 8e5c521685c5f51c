//! Random histories of boards against a list that is sorted at each look.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{A_MINUTE, Stand};
use crate::kv::{BoardEntry, BoardRow, Kv};

#[derive(Clone, Debug)]
enum Step {
    Put(Vec<BoardEntry>),
    Remove(Vec<String>),
    Replace(Vec<BoardEntry>),
}

/// What a board should hold, kept in the most obvious way.
#[derive(Default)]
struct Oracle {
    entries: HashMap<String, BoardEntry>,
    built: bool,
}

impl Oracle {
    fn follow(&mut self, step: &Step) {
        match step {
            Step::Put(entries) => entries.iter().for_each(|entry| self.put(entry)),
            Step::Remove(subjects) => subjects.iter().for_each(|subject| {
                self.entries.remove(subject);
            }),
            Step::Replace(entries) => self.replace(entries),
        }
    }

    fn put(&mut self, entry: &BoardEntry) {
        let known = self.entries.get(&entry.subject).map(|known| known.version);
        if known.is_none_or(|known| known < entry.version) {
            self.entries.insert(entry.subject.clone(), entry.clone());
        }
    }

    fn replace(&mut self, entries: &[BoardEntry]) {
        let live = std::mem::take(&mut self.entries);
        self.built = true;
        for entry in entries {
            self.put(entry);
            if let Some(live) = live.get(&entry.subject) {
                self.put(live);
            }
        }
    }

    fn rows(&self) -> Vec<BoardRow> {
        let mut sorted: Vec<&BoardEntry> = self.entries.values().collect();
        sorted.sort_by(|a, b| {
            let by_score = b.score.cmp(&a.score);
            let by_time = a.reached_at_ms.cmp(&b.reached_at_ms);
            by_score.then(by_time).then(a.subject.cmp(&b.subject))
        });
        let row = |(entry, rank): (&BoardEntry, u64)| BoardRow {
            rank,
            subject: entry.subject.clone(),
            score: entry.score,
            reached_at_ms: entry.reached_at_ms,
        };
        sorted.into_iter().zip(1..).map(row).collect()
    }
}

fn subjects(many: u32) -> impl Strategy<Value = String> {
    (0..many).prop_map(|n| format!("s{n}"))
}

/// Few scores, times and versions, so that ties and stale versions are common.
fn entries(many: u32) -> impl Strategy<Value = BoardEntry> {
    (subjects(many), -4_i64..8, -2_i64..3, -3_i64..9).prop_map(
        |(subject, score, reached_at_ms, version)| BoardEntry {
            subject,
            score,
            reached_at_ms,
            version,
        },
    )
}

fn steps(many: u32, size: usize) -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => vec(entries(many), 0..size).prop_map(Step::Put),
        2 => vec(subjects(many), 0..=size / 4).prop_map(Step::Remove),
        1 => vec(entries(many), 0..size).prop_map(Step::Replace),
    ]
}

async fn apply(kv: &Kv, board: &str, step: &Step) {
    match step {
        Step::Put(entries) => kv.board_put(board, entries, A_MINUTE).await.unwrap(),
        Step::Remove(subjects) => kv.board_remove(board, subjects).await.unwrap(),
        Step::Replace(entries) => kv.board_replace(board, entries, A_MINUTE).await.unwrap(),
    }
}

async fn agree(kv: &Kv, board: &str, oracle: &Oracle, many: u32) {
    let rows = oracle.rows();
    assert_eq!(kv.board_page(board, 0, 10_000).await.unwrap(), rows);
    assert_eq!(kv.board_len(board).await.unwrap(), u64::try_from(rows.len()).unwrap());
    assert_eq!(kv.board_exists(board).await.unwrap(), oracle.built);
    for n in (0..many).step_by(usize::try_from(many / 20).unwrap().max(1)) {
        let subject = format!("s{n}");
        let expected = rows.iter().find(|row| row.subject == subject).cloned();
        assert_eq!(kv.board_find(board, &subject).await.unwrap(), expected);
    }
}

/// The stores are asynchronous and `TestRunner::run` is not, so histories are drawn one by one;
/// the seed is fixed and a failure prints its history.
async fn check(kv: &Kv, histories: u8, many: u32, size: usize, length: usize) {
    for seed in 0..histories {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let drawn = vec(steps(many, size), 1..length).new_tree(&mut runner).unwrap().current();
        let board = format!("board-{seed}");
        let mut oracle = Oracle::default();
        for (index, step) in drawn.iter().enumerate() {
            eprintln!("seed {seed}, step {index}: {}", shown(step));
            apply(kv, &board, step).await;
            oracle.follow(step);
            agree(kv, &board, &oracle, many).await;
        }
    }
}

fn shown(step: &Step) -> String {
    let mut text = format!("{step:?}");
    text.truncate(600);
    text
}

pub async fn small_boards_equal_a_sorted_list(Stand { kv, .. }: Stand) {
    check(&kv, 60, 12, 10, 20).await;
}

pub async fn boards_of_a_thousand_equal_a_sorted_list(Stand { kv, .. }: Stand) {
    check(&kv, 4, 1_000, 1_600, 12).await;
}
