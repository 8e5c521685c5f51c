//! The contract: complete, true to the code, and the same as the committed files (OP-1, I5).

mod examples;
pub mod lint;
mod names;

use std::path::Path;

use huiyi::wiring::openapi::documents;
use serde_json::{Value, json};

use crate::support::TestApp;

fn parsed() -> Vec<(String, Value)> {
    documents()
        .into_iter()
        .map(|(file, text)| (file, serde_json::from_str(&text).unwrap()))
        .collect()
}

fn none(wrong: &[String], what: &str) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}

#[test]
fn the_committed_documents_are_those_of_the_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
    let documents = documents();
    assert_eq!(documents.len(), 4);
    for (file, text) in &documents {
        let committed = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        assert!(
            committed == *text,
            "openapi/{file} is not what the code says: run `cargo run -- openapi --out openapi`"
        );
    }
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["admin.json", "guide.json", "member.json", "open.json"]);
}

#[test]
fn every_document_is_complete() {
    for (file, document) in parsed() {
        none(&lint::broken(&document), &file);
    }
}

#[test]
fn operations_and_schemas_mean_one_thing_in_all_documents() {
    let documents = parsed();
    none(&lint::repeated_ids(&documents), "an operationId is used twice");
    none(&lint::unknown_ids(&documents), "a list in lint.rs names operations that are gone");
    none(&lint::contradictions(&documents), "schemas differ");
}

#[test]
fn no_two_wire_types_have_one_name() {
    let types = names::wire_types();
    assert!(types.len() > 15, "wire types were not found: {types:?}");
    let twice: Vec<String> = types
        .into_iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect();
    none(&twice, "utoipa would let one replace the other");
}

#[test]
fn wire_types_are_found_however_they_are_written() {
    let found = names::wire_types_in(
        "#[derive(Debug, ToSchema)] #[serde(x)] pub struct A { #[schema(inline)] x: u8 }
         #[derive(Debug)] struct B; #[derive(ToSchema)] #[schema(as = Other)] enum C {}
         code!(/// Doc.
             D { /// One.
                 One = \"one\" });
         impl ToSchema for E {} impl PartialSchema for F {}",
    );
    assert_eq!(found, ["A", "Other", "D", "E"]);
}

#[actix_web::test]
async fn every_documented_operation_is_there() {
    let app = TestApp::start().await;
    for (file, document) in parsed() {
        for operation in lint::operations(&document) {
            let path = fill(operation.path);
            let method = operation.method.to_uppercase().parse().unwrap();
            let answer = app.call(method, &path).send().await;
            let place = format!("{file}: {} {}", operation.method, operation.path);
            assert!(!matches!(answer.status, 404 | 405), "{place} is nowhere: {}", answer.text);
            assert!(answer.status < 500, "{place}: {}", answer.text);
        }
    }
}

/// Parameters become words that no route has.
fn fill(path: &str) -> String {
    let mut filled = String::new();
    for (at, part) in path.split('{').enumerate() {
        let rest = if at == 0 { part } else { part.split_once('}').map_or("", |(_, rest)| rest) };
        if at > 0 {
            filled.push_str("nobody");
        }
        filled.push_str(rest);
    }
    filled
}

/// A document that is fine, to be spoilt.
fn good() -> Value {
    let problem =
        json!({"type": "object", "description": "Wrong.", "properties": {}, "example": {}});
    let refusal = |status: u16| {
        json!({"description": "why", "content": {"application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"}, "examples": {"why": {"value": {"status": status}}}
        }}})
    };
    json!({
        "openapi": "3.1.0",
        "paths": {"/v1/open/things/{id}": {"post": {
            "operationId": "make_thing", "summary": "Make", "description": "Makes one.", "tags": ["things"],
            "security": [{"partner_key": ["things:write"]}],
            "parameters": [
                {"name": "id", "in": "path", "description": "Which."},
                {"name": "Idempotency-Key", "in": "header", "required": true, "description": "Yours."}
            ],
            "requestBody": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Thing"}, "example": {"size": 1}
            }}},
            "responses": {
                "200": {"description": "Made.", "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Thing"}
                }}},
                "400": refusal(400), "401": refusal(401), "413": refusal(413), "415": refusal(415),
                "500": refusal(500)
            }
        }}},
        "components": {"schemas": {
            "Problem": problem,
            "Thing": {"type": "object", "description": "A thing.", "example": {"size": 2}, "properties": {
                "size": {"type": "integer", "description": "How big."}
            }}
        }}
    })
}

#[test]
fn the_lint_sees_what_is_missing() {
    let mut good = good();
    // The problem's example above is looser than the real one.
    good["components"]["schemas"]["Problem"]["properties"] =
        json!({"status": {"type": "integer", "description": "HTTP status."}});
    assert_eq!(lint::broken(&good), Vec::<String>::new());
    let operation = "/paths/~1v1~1open~1things~1{id}/post";
    let spoilt: &[(&str, Value, &str)] = &[
        ("/openapi", json!("3.0.3"), "openapi is"),
        ("/summary", json!(""), "no summary"),
        ("/description", Value::Null, "no description"),
        ("/operationId", Value::Null, "no operationId"),
        ("/tags", json!([]), "no tag"),
        ("/security", json!([]), "no security"),
        ("/parameters/0/description", Value::Null, "has no description"),
        ("/parameters/0/name", json!("other"), "{id} is no parameter"),
        ("/parameters/1/name", json!("X-Key"), "takes no Idempotency-Key"),
        ("/parameters/1/required", json!(false), "is not required"),
        (
            "/requestBody/content/application~1json/example",
            json!({"size": "big"}),
            "breaks its schema",
        ),
        ("/requestBody/content/application~1json/example", json!({"siz": 1}), "breaks its schema"),
        ("/responses/200/description", json!(""), "200 has no description"),
        ("/responses/401/content", json!({}), "401 is no Problem"),
        ("/responses/401/content/application~1problem+json/examples", json!({}), "names no code"),
        ("#/components/schemas/Thing/example", json!({"size": []}), "breaks its schema"),
        ("#/components/schemas/Thing/description", json!(""), "schema Thing has no description"),
        ("#/components/schemas/Thing/properties/size/description", json!(""), "Thing.size has no"),
    ];
    for (pointer, value, expected) in spoilt {
        let mut document = good.clone();
        let pointer = match pointer.strip_prefix('#') {
            Some(whole) => whole.to_owned(),
            None if *pointer == "/openapi" => (*pointer).to_owned(),
            None => format!("{operation}{pointer}"),
        };
        *document.pointer_mut(&pointer).unwrap() = value.clone();
        let said = lint::broken(&document).join("\n");
        assert!(said.contains(expected), "{pointer}: said {said:?}, not {expected:?}");
    }
}

#[test]
fn the_lint_sees_what_is_absent() {
    for (pointer, name, expected) in [
        ("/paths/~1v1~1open~1things~1{id}/post/responses", "200", "no 2xx"),
        ("/paths/~1v1~1open~1things~1{id}/post/responses", "401", "401 is not documented"),
        ("/paths/~1v1~1open~1things~1{id}/post/responses", "413", "413 is not documented"),
        ("/components/schemas/Thing", "example", "200 (application/json) has no example"),
    ] {
        let mut document = good();
        document.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        let said = lint::broken(&document).join("\n");
        assert!(said.contains(expected), "{pointer}/{name}: said {said:?}, not {expected:?}");
    }
    let twice = vec![("a.json".to_owned(), good()), ("b.json".to_owned(), good())];
    assert_eq!(lint::repeated_ids(&twice), ["make_thing"]);
    let mut other = good();
    other["components"]["schemas"]["Thing"]["description"] = json!("Another.");
    let differing = vec![("a.json".to_owned(), good()), ("b.json".to_owned(), other)];
    assert_eq!(lint::contradictions(&differing).len(), 1);
}
