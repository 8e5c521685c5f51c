//! The event catalogue: whole, documented, true (OP-3).

use std::collections::BTreeSet;
use std::path::Path;

use chrono::DateTime;
use entity::event_log as log;
use huiyi::events::{About, Reach};
use huiyi::kernel::ids::{EventId, MemberId};
use huiyi::wiring::events::{CATALOGUE, as_json, as_markdown};
use serde_json::{Value, json};

use crate::support::events::broken;

fn event(kind: &str, member: Option<MemberId>, payload: Value) -> log::Model {
    let at = DateTime::UNIX_EPOCH;
    log::Model {
        id: EventId::new(at),
        kind: kind.to_owned(),
        version: 1,
        member_id: member,
        payload,
        occurred_at: at,
        recorded_at: at,
        relayed_at: None,
        claimed_until: None,
        attempts: 0,
    }
}

#[test]
fn each_kind_has_one_name_two_meanings_and_an_example_that_fits_its_schema() {
    let mut names = BTreeSet::new();
    for kind in CATALOGUE {
        let name = kind.name();
        assert!(names.insert(name), "{name} is listed twice");
        let plain = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
        assert!(name.chars().all(plain) && name.contains('.') && name.len() <= 64, "{name}");
        let chinese = kind.zh().chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(chinese && kind.en().is_ascii() && !kind.en().is_empty(), "{name}");
        let mut payload = kind.example();
        let member = payload.as_object_mut().expect("an example").remove("member_id");
        let member = member.map(|id| id.as_str().unwrap().parse().unwrap());
        assert_eq!(member.is_some(), kind.about() != About::Nobody, "{name}");
        assert_eq!(broken(&event(name, member, payload)), None);
    }
}

/// PV-1: what leaves the house holds ids, codes and numbers. A name such as these would be somebody's data.
#[test]
fn no_kind_has_a_field_for_personal_data() {
    let personal = [
        "phone", "mobile", "name", "nickname", "birthday", "address", "openid", "union_id",
        "email", "avatar",
    ];
    for kind in CATALOGUE {
        let schema = kind.schema();
        for field in schema["properties"].as_object().expect("fields").keys() {
            assert!(!personal.contains(&field.as_str()), "{}.{field}", kind.name());
        }
    }
}

#[test]
fn what_the_catalogue_does_not_know_is_seen() {
    let good = json!({"source": "pos"});
    let member = Some(MemberId::new(DateTime::UNIX_EPOCH));
    assert_eq!(broken(&event("member.created", member, good.clone())), None);
    for (kind, member, payload) in [
        ("member.invented", member, good.clone()),
        ("member.created", None, good.clone()),
        ("guide.credited", member, json!({})),
        ("member.created", member, json!({"source": 1})),
        ("member.created", member, json!({})),
        ("member.created", member, json!({"source": "pos", "phone": "13800138000"})),
    ] {
        assert!(broken(&event(kind, member, payload.clone())).is_some(), "{kind} {payload}");
    }
}

#[test]
fn the_page_of_the_documentation_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/events.md");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == as_markdown(), "run `cargo run -- events --out docs/events.md`");
    for kind in CATALOGUE {
        assert!(committed.contains(&format!("\n## `{}`\n", kind.name())), "{}", kind.name());
    }
}

#[test]
fn schemas_stand_alone() {
    let all = as_json();
    assert_eq!(all.as_array().map(Vec::len), Some(CATALOGUE.len()));
    for entry in all.as_array().unwrap() {
        let text = entry["schema"].to_string();
        assert!(!text.contains("#/components/"), "{text}");
        assert!(entry["meaning"]["zh"].is_string() && entry["example"].is_object(), "{entry}");
    }
    let offered = CATALOGUE.iter().filter(|kind| kind.reach() == Reach::Offered).count();
    assert!(offered > 10, "webhooks have something to offer");
}
