//! The house test: who may import whom, on the source itself (architecture 2). A rule without a test is a wish.

mod rules;
pub mod source;

use source::{Source, parse, read};

fn none(wrong: &[String], what: &str) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}

#[test]
fn every_file_keeps_the_rules_of_the_house() {
    let sources = read("src");
    assert!(sources.len() > 60, "the house was not found: {} files", sources.len());
    let wrong: Vec<String> = sources.iter().flat_map(rules::broken).collect();
    none(&wrong, "the house test refuses");
}

#[test]
fn capabilities_call_each_other_without_a_circle() {
    none(&rules::calls_upwards(rules::CAPABILITIES), "a capability calls only those above it");
    none(&rules::unused_edges(&read("src")), "CAPABILITIES names calls that nobody makes");
}

#[test]
fn tables_and_steps_know_nothing_of_the_program() {
    for root in ["entity/src", "migration/src"] {
        let sources = read(root);
        let other = if root.starts_with("entity") { "migration" } else { "entity" };
        for source in &sources {
            let foreign =
                source.paths.iter().find(|(path, _)| path[0] == "huiyi" || path[0] == other);
            assert!(foreign.is_none(), "{}: {foreign:?}", source.file);
        }
        let wrong: Vec<String> = sources
            .iter()
            .flat_map(|source| {
                let long = rules::too_long(source).into_iter().collect();
                [rules::unfinished(source), long, rules::rows_on_the_wire(source)].concat()
            })
            .collect();
        none(&wrong, root);
    }
}

#[test]
fn tests_stay_short_enough_to_read() {
    let mut files = Vec::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    source::collect(&root.join("tests"), &mut files);
    source::collect(&root.join("src"), &mut files);
    let wrong: Vec<String> = files
        .iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let file = path.strip_prefix(root).unwrap().to_str().unwrap();
            rules::too_long(&parse(file, file, &text))
        })
        .collect();
    none(&wrong, "too long");
    none(&rules::needless_exceptions(), "these are short now: take them off the list");
}

/// What the rules say about a file of `src` with this text.
fn said(inside: &str, text: &str) -> String {
    let source: Source = parse(&format!("src/{inside}"), inside, text);
    rules::broken(&source).join("\n")
}

#[test]
fn the_house_test_sees_what_breaks_a_rule() {
    let cases = [
        ("points/service.rs", "use sea_orm::EntityTrait;", "sea_orm is not named here"),
        ("points/service/spend.rs", "fn f() { sea_orm::Set(1); }", "sea_orm is not named here"),
        ("points/store.rs", "use actix_web::web;", "actix_web is not named here"),
        ("points/rules.rs", "use redis as r;", "redis is not named here"),
        ("members/service.rs", "fn f() { reqwest::get(1); }", "reqwest is not named here"),
        ("members/service.rs", "use sqlx::Row;", "sqlx is not named here"),
        (
            "members/service.rs",
            "use chrono::Utc; fn f() { Utc::now(); }",
            "only kernel/clock.rs may",
        ),
        ("http/body.rs", "fn f() { std::time::Instant::now(); }", "only kernel/clock.rs may"),
        ("cli/serve.rs", "use std::env; fn f() { env::var(\"A\"); }", "only config/ may"),
        ("cli/serve.rs", "use std::env::var;", "only config/ may"),
        ("kernel/clock.rs", "use crate::http::Error;", "kernel stands below http"),
        ("db/mod.rs", "use crate::{kernel, app::App};", "db stands below app"),
        ("http/mod.rs", "use crate::points::service::spend;", "http stands below points"),
        ("points/service.rs", "use crate::wiring::codes;", "points stands below wiring"),
        ("points/service.rs", "use crate::orders::service::put;", "does not call orders"),
        (
            "orders/service.rs",
            "use crate::points::store::load;",
            "through its service, not its store",
        ),
        (
            "orders/service.rs",
            "use crate::points; fn f() { points::store::load(); }",
            "not its store",
        ),
        (
            "orders/service/refund.rs",
            "fn f() { super::super::super::points::rules::x(); }",
            "not its rules",
        ),
        (
            "orders/service.rs",
            "use crate::partners::caller::PartnerCaller;",
            "does not call partners",
        ),
        ("leaderboards/service.rs", "use crate::staff::caller::GuideCaller;", "not its caller"),
        ("orders/routes.rs", "use crate::sessions::routes::TokenPair;", "does not call sessions"),
        ("orders/routes.rs", "use super::store::load;", "routes does not know store"),
        ("orders/rules.rs", "use crate::orders::service::Put;", "rules does not know service"),
        ("orders/store/lines.rs", "use super::super::service;", "store does not know service"),
        ("orders/rules.rs", "async fn f() {}", "pure, not async"),
        ("orders/rules/sums.rs", "use crate::db::Conn;", "rules are pure"),
        ("orders/helpers.rs", "", "a capability has no helpers"),
        ("vouchers/service.rs", "", "vouchers is in no list"),
        ("orders/service.rs", "fn f() { g().unwrap(); }", "unwrap"),
        ("orders/service.rs", "fn f() { g().expect(\"x\"); }", "expect"),
        ("orders/service.rs", "fn f() { unimplemented!() }", "unimplemented"),
        ("orders/service.rs", "fn f() { h(vec![todo!(\"later\")]) }", "todo"),
    ];
    for (file, text, expected) in cases {
        let said = said(file, text);
        assert!(said.contains(expected), "{file}: {text}: said {said:?}, not {expected:?}");
    }
    let long = "fn f() {}\n".repeat(401);
    assert!(said("orders/service.rs", &long).contains("401 lines"));
}

#[test]
fn the_house_test_lets_good_files_pass() {
    let cases = [
        ("points/store.rs", "use sea_orm::EntityTrait;"),
        ("points/store/lots.rs", "use sea_orm::EntityTrait;"),
        (
            "points/routes/member.rs",
            "use actix_web::web; use crate::partners::caller::PartnerCaller;",
        ),
        (
            "orders/service.rs",
            "use crate::points::service as points; fn f() { points::post_in(); }",
        ),
        ("points/service.rs", "use super::{rules, store}; use crate::http::{Error, Result};"),
        ("points/service.rs", "// sea_orm::X unwrap()\nfn f() { g(\"redis::X todo!()\") }"),
        (
            "points/service.rs",
            "#[cfg(test)] mod tests { use sea_orm::X; fn f() { g().unwrap(); } }",
        ),
        ("points/service.rs", "#[cfg(test)]\n#[expect(dead_code)]\nfn f() { g().unwrap(); }"),
        ("kernel/clock.rs", "fn f() { chrono::Utc::now(); }"),
        ("orders/service.rs", "fn f() { g().unwrap_or_default(); for i in 0..expect { } }"),
    ];
    for (file, text) in cases {
        assert_eq!(said(file, text), "", "{file}: {text}");
    }
}

#[test]
fn the_house_test_sees_a_circle() {
    let circle: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &["a"])];
    assert_eq!(rules::calls_upwards(circle), ["a → b"]);
    let unknown: &[(&str, &[&str])] = &[("a", &["nobody"])];
    assert_eq!(rules::calls_upwards(unknown), ["a → nobody"]);
}
