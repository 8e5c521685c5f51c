//! Power cuts: the real program dies at random and at named steps, starts again, and what it promised is there once.

mod audit;
mod imports;
mod jobs;
mod million;
mod random;
mod rolling;
mod shop;
mod steps;
mod webhooks;

/// How often a program is killed at random; a long run sets HUIYI_TEST_CRASHES.
fn rounds() -> u32 {
    let set = std::env::var("HUIYI_TEST_CRASHES").ok();
    set.map_or(8, |text| text.parse().expect("HUIYI_TEST_CRASHES is a number"))
}
