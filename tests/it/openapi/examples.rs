//! Examples are copied: what stands in them must be taken.

use huiyi::kernel::ids::MemberId;
use serde_json::Value;

use super::parsed;

/// Every text below an `example`, `examples` or `default`, and whether it is one.
fn texts<'a>(at: &'a Value, inside: bool, found: &mut Vec<&'a str>) {
    match at {
        Value::String(text) if inside => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, inside, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let inside = inside || matches!(name.as_str(), "example" | "examples");
                texts(value, inside, found);
            }
        }
        _ => {}
    }
}

/// The part after the prefix of what looks like an id: `mem_` and 26 letters of base32.
fn body(word: &str) -> Option<&str> {
    let (prefix, body) = word.split_once('_')?;
    let is_prefix = prefix.len() == 3 && prefix.bytes().all(|byte| byte.is_ascii_lowercase());
    (is_prefix && body.len() == 26).then_some(body)
}

#[test]
fn every_id_in_an_example_is_one() {
    let mut ids = 0;
    for (name, document) in parsed() {
        let mut found = Vec::new();
        texts(&document, false, &mut found);
        let words = found
            .iter()
            .flat_map(|text| text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')));
        for word in words {
            let Some(body) = body(word) else { continue };
            ids += 1;
            assert!(format!("mem_{body}").parse::<MemberId>().is_ok(), "{name}: {word}");
        }
    }
    assert!(ids > 100, "only {ids} were looked at");
}
