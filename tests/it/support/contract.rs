//! Every answer the suite sees is held against the OpenAPI document of its audience (OP-1).

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::Answer;

struct Contract {
    documents: HashMap<String, Value>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let documents = huiyi::wiring::openapi::documents()
        .into_iter()
        .map(|(file, text)| {
            (file.trim_end_matches(".json").to_owned(), serde_json::from_str(&text).unwrap())
        })
        .collect();
    Contract { documents, validators: Mutex::default() }
});

/// Panics when the answer is not one that the document describes.
pub fn check(method: &reqwest::Method, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap_or(path);
    let Some(audience) = path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next()) else {
        return;
    };
    let Some(document) = CONTRACT.documents.get(audience) else { return };
    let method = method.as_str().to_ascii_lowercase();
    let found = compare(document, &method, path, answer, |name, schema| {
        let key = format!("{audience} {name}");
        let mut validators = CONTRACT.validators.lock().unwrap();
        let made = || Arc::new(validator_of(document, schema));
        Arc::clone(validators.entry(key).or_insert_with(made))
    });
    if let Err(why) = found {
        panic!("{method} {path} breaks the contract of {audience}: {why}\n{}", answer.text);
    }
}

/// What is wrong with an answer, by one document.
fn compare(
    document: &Value,
    method: &str,
    path: &str,
    answer: &Answer,
    validator: impl Fn(&str, &Value) -> Arc<Validator>,
) -> Result<(), String> {
    let operation = find_path(document, path)
        .and_then(|template| Some((template.clone(), document["paths"][template].get(method)?)));
    let Some((template, operation)) = operation else {
        return match answer.status {
            404 | 405 => Ok(()),
            status => Err(format!("documented nowhere, and answered {status}")),
        };
    };
    let status = answer.status.to_string();
    let response =
        operation["responses"].get(&status).ok_or_else(|| format!("{status} is not documented"))?;
    let response = resolve(document, response);
    headers(document, response, answer)?;
    let contents = response["content"].as_object().filter(|contents| !contents.is_empty());
    let Some(contents) = contents else {
        let empty = answer.text.is_empty();
        return if empty {
            Ok(())
        } else {
            Err(format!("{status} has a body that is not documented"))
        };
    };
    let sent = answer.header("content-type");
    let media = sent.split(';').next().unwrap_or_default().trim();
    let content = contents
        .get(media)
        .ok_or_else(|| format!("{status} is {sent:?}, documented as {:?}", contents.keys()))?;
    if media == "text/csv" {
        // What a table holds is for the tests of that table; that it is one is seen here.
        let table = answer.text.starts_with('\u{feff}') && answer.text.ends_with("\r\n");
        return if table { Ok(()) } else { Err(format!("{status}: no table for a spreadsheet")) };
    }
    // A body that is no JSON reads as null here, and must not pass for one.
    serde_json::from_str::<Value>(&answer.text).map_err(|error| format!("{status}: {error}"))?;
    let validator = validator(&format!("{method} {template} {status}"), &content["schema"]);
    let errors: Vec<String> = validator
        .iter_errors(&answer.body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(format!("{status}: {}", errors.join("; "))) }
}

/// Headers that the document calls required are there.
fn headers(document: &Value, response: &Value, answer: &Answer) -> Result<(), String> {
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let required = resolve(document, header)["required"] == true;
        if required && !answer.headers.contains_key(name.as_str()) {
            return Err(format!("the header {name} is missing"));
        }
    }
    Ok(())
}

/// The path template that fits; literal segments win over parameters.
fn find_path(document: &Value, path: &str) -> Option<String> {
    let wanted: Vec<&str> = path.split('/').collect();
    let fits = |template: &&String| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == wanted.len()
            && parts.iter().zip(&wanted).all(|(part, got)| segment_fits(part, got))
    };
    let paths = document["paths"].as_object()?;
    paths.keys().filter(fits).min_by_key(|template| template.matches('{').count()).cloned()
}

/// `{id}:disable` fits `stf_1:disable`.
fn segment_fits(template: &str, got: &str) -> bool {
    match (template.find('{'), template.find('}')) {
        (Some(start), Some(end)) => {
            let (before, after) = (&template[..start], &template[end + 1..]);
            got.len() > before.len() + after.len()
                && got.starts_with(before)
                && got.ends_with(after)
                && (!after.is_empty() || !got[before.len()..].contains(':'))
        }
        _ => template == got,
    }
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    value["$ref"]
        .as_str()
        .and_then(|path| document.pointer(path.trim_start_matches('#')))
        .unwrap_or(value)
}

/// A strict validator for a schema of a document: formats are checked, and objects hold what is documented only.
pub fn validator_of(document: &Value, schema: &Value) -> Validator {
    let mut schema = schema.clone();
    close(&mut schema);
    let mut components = document["components"].clone();
    close(&mut components);
    let whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "allOf": [schema],
        "components": components,
    });
    jsonschema::options()
        .should_validate_formats(true)
        .with_format("int32", |text: &str| text.parse::<i32>().is_ok())
        .build(&whole)
        .unwrap()
}

/// A field that the document does not know is a fault of the document, so objects are closed for the check. Parts of
/// an `allOf` see only their own fields, so these are closed as a whole.
pub fn close(schema: &mut Value) {
    close_unless(schema, Part::Whole);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    OfAll,
}

fn close_unless(schema: &mut Value, part: Part) {
    match schema {
        Value::Object(object) => {
            let composed = object.contains_key("allOf");
            let has_fields = object.contains_key("properties");
            let word = if composed { "unevaluatedProperties" } else { "additionalProperties" };
            let open = !object.contains_key("additionalProperties")
                && !object.contains_key("unevaluatedProperties");
            if open && part == Part::Whole && has_fields {
                object.insert(word.to_owned(), Value::Bool(false));
            }
            for (name, value) in object.iter_mut() {
                match (name.as_str(), value) {
                    ("allOf", Value::Array(parts)) => {
                        parts.iter_mut().for_each(|part| close_unless(part, Part::OfAll));
                    }
                    // Examples and enumerated values are no schemas.
                    ("example" | "examples" | "enum" | "const" | "default", _) => {}
                    (_, value) => close_unless(value, Part::Whole),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| close_unless(item, Part::Whole)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({
            "paths": {
                "/v1/open/things/{id}": {"get": {"responses": {
                    "200": {
                        "description": "A thing.",
                        "headers": {"ETag": {"required": true, "schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
                    },
                    "204": {"description": "Nothing."}
                }}},
                "/v1/open/things/{id}:open": {"post": {"responses": {"204": {"description": "Opened."}}}}
            },
            "components": {"schemas": {
                "Thing": {"type": "object", "required": ["at", "size"], "properties": {
                    "at": {"type": "string", "format": "date-time"},
                    "size": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Size"}]},
                    "note": {"type": ["string", "null"]},
                    "kind": {"allOf": [{"$ref": "#/components/schemas/Kind"}]}
                }},
                "Size": {"type": "object", "required": ["cm"], "properties": {
                    "cm": {"type": "integer", "format": "int32", "minimum": 0}
                }},
                "Kind": {"type": "string", "enum": ["dress", "coat"]}
            }}
        })
    }

    fn answer(status: u16, media: &str, text: &str) -> Answer {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("etag", "\"1\"".parse().unwrap());
        if !media.is_empty() {
            headers.insert("content-type", media.parse().unwrap());
        }
        let body = serde_json::from_str(text).unwrap_or(Value::Null);
        Answer { status, headers, body, text: text.to_owned() }
    }

    fn said(method: &str, path: &str, answer: &Answer) -> Result<(), String> {
        let document = document();
        compare(&document, method, path, answer, |_, schema| {
            Arc::new(validator_of(&document, schema))
        })
    }

    #[test]
    fn a_documented_answer_passes() {
        for body in [
            json!({"at": "2026-03-15T04:00:00Z", "size": null}),
            json!({"at": "2026-03-15T04:00:00.123Z", "size": {"cm": 3}, "note": null, "kind": "coat"}),
        ] {
            let answer = answer(200, "application/json; charset=utf-8", &body.to_string());
            assert_eq!(said("get", "/v1/open/things/thg_1", &answer), Ok(()), "{body}");
        }
        assert_eq!(said("get", "/v1/open/things/thg_1", &answer(204, "", "")), Ok(()));
        assert_eq!(said("post", "/v1/open/things/thg_1:open", &answer(204, "", "")), Ok(()));
        assert_eq!(said("get", "/v1/open/nowhere", &answer(404, "x/y", "{}")), Ok(()));
    }

    #[test]
    fn a_wrong_body_is_seen() {
        for (body, expected) in [
            (json!({"size": null}), "\"at\" is a required property"),
            (json!({"at": "yesterday", "size": null}), "is not a \"date-time\""),
            (json!({"at": "2026-03-15T04:00:00Z", "size": {"cm": -1}}), "not valid under any"),
            (
                json!({"at": "2026-03-15T04:00:00Z", "size": {"cm": 1, "inch": 2}}),
                "not valid under any",
            ),
            (json!({"at": "2026-03-15T04:00:00Z", "size": null, "extra": 1}), "extra"),
            (json!({"at": "2026-03-15T04:00:00Z", "size": null, "note": 1}), "not of type"),
            (json!({"at": "2026-03-15T04:00:00Z", "size": null, "kind": "hat"}), "is not one of"),
            (json!([]), "not of type \"object\""),
        ] {
            let said = said(
                "get",
                "/v1/open/things/1",
                &answer(200, "application/json", &body.to_string()),
            );
            let said = said.expect_err("a wrong body passed");
            assert!(said.contains(expected), "{body}: said {said}, not {expected}");
        }
    }

    #[test]
    fn a_wrong_status_media_type_or_header_is_seen() {
        let good = json!({"at": "2026-03-15T04:00:00Z", "size": null}).to_string();
        let path = "/v1/open/things/1";
        assert!(said("get", path, &answer(500, "application/json", &good)).is_err());
        assert!(said("get", path, &answer(200, "text/html", &good)).is_err());
        assert!(said("get", path, &answer(200, "application/jsonp", &good)).is_err());
        assert!(said("get", path, &answer(200, "application/json", "null and void")).is_err());
        assert!(said("get", path, &answer(204, "application/json", &good)).is_err());
        assert!(said("put", path, &answer(200, "application/json", &good)).is_err());
        assert!(said("get", "/v1/open/nowhere", &answer(200, "application/json", "{}")).is_err());
        let mut bare = answer(200, "application/json", &good);
        bare.headers.remove("etag");
        assert!(said("get", path, &bare).is_err());
    }
}
