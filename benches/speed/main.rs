//! Speed as ratios against a limit or a peer in the same run; one line a figure: `<id> <value> <unit>`.
//! Run by `scripts/bench`, which starts the servers. Rounds of both sides alternate; medians are compared.

#![allow(
    clippy::pedantic,
    clippy::type_complexity,
    clippy::zombie_processes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

mod figures;
mod imports;
mod load;
mod peers;
mod pgbench;
mod program;
mod size;
mod spine;
mod sweeps;
mod sysbench;
mod tills;

use std::time::Duration;

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Length of one measurement.
    pub span: Duration,
    /// Measurements of each side.
    pub rounds: usize,
    /// Batches of 1,000 orders.
    pub batches: usize,
    /// Members of the large ledger; each has ten transfers. `HUIYI_BENCH_MEMBERS` sets it.
    pub members: u64,
}

const FULL: Effort =
    Effort { span: Duration::from_secs(8), rounds: 5, batches: 30, members: 1_000_000 };
const QUICK: Effort =
    Effort { span: Duration::from_secs(3), rounds: 3, batches: 8, members: 100_000 };

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let Some((peer, rest)) = words.split_first().filter(|(first, _)| first.starts_with("peer-"))
    {
        return peers::serve(peer, rest);
    }
    let effort = if words.iter().any(|word| word == "--quick") { QUICK } else { FULL };
    let wanted = words.iter().find(|word| !word.starts_with('-'));
    for (name, figure) in figures::ALL {
        if wanted.is_none_or(|wanted| wanted == name) {
            eprintln!("{name}");
            figure(effort);
        }
    }
}

/// Prints one figure.
pub fn figure(id: &str, value: f64, unit: &str) {
    println!("{id} {value:.2} {unit}");
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
