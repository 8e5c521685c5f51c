//! Problems in the documents: their media type, and one example a code that a route says it answers.

use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{
    Content, Object, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema, Type,
};

use super::codes::CODES;
use crate::http::problem::{Code, Language, Refusal};
use crate::http::{Problem, codes};
use crate::partners::error as partners;

const PROBLEM: &str = "#/components/schemas/Problem";
const MEDIA: &str = "application/problem+json";
/// As in the headers of an answer.
const REQUEST_ID: &str = "0e3c6f0b6c0e4a51b0d5c3f5f2a1d9aa";

/// Routes say `body = Problem` and name codes in the description; clients read the media type and an example of each.
/// What the plumbing answers for every route is added where a route does not say more.
pub fn explain(document: &mut OpenApi) {
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        add_plumbing(operation);
        if is_of_partners(operation) {
            add_doorway(operation);
        }
        for (status, response) in &mut operation.responses.responses {
            if let (Ok(status), RefOr::T(response)) = (status.parse(), response) {
                explain_response(status, response);
            }
        }
    }
}

fn add_plumbing(operation: &mut Operation) {
    let always: &[Code] = &[codes::FAULT, codes::UNAVAILABLE];
    let body: &[Code] = &[codes::BAD_JSON, codes::BODY_TOO_LARGE, codes::UNSUPPORTED_MEDIA_TYPE];
    let body = if operation.request_body.is_some() { body } else { &[] };
    let caller: &[Code] = match &operation.security {
        Some(list) if !list.is_empty() => &[codes::UNAUTHENTICATED],
        _ => &[],
    };
    // Every route of the console asks for a role.
    let role: &[Code] = if is_of_console(operation) { &[codes::FORBIDDEN] } else { &[] };
    for code in [always, body, caller, role].concat() {
        let problem = Content::new(Some(RefOr::<Schema>::Ref(Ref::new(PROBLEM))));
        let response = ResponseBuilder::new().description(code.code).content(MEDIA, problem);
        let missing = operation.responses.responses.entry(code.status.to_string());
        missing.or_insert_with(|| RefOr::T(response.build()));
    }
}

/// What third parties are answered at the door, whatever they ask for.
const DOORWAY: &[Code] = &[
    codes::UNAUTHENTICATED,
    partners::SIGNATURE_REQUIRED,
    partners::SIGNING_OFF,
    partners::SIGNATURE_MALFORMED,
    partners::SIGNATURE_EXPIRED,
    partners::SIGNATURE_WRONG,
    partners::SIGNATURE_REPLAYED,
    partners::SIGNATURE_UNCHECKED,
    partners::ADDRESS_NOT_ALLOWED,
    partners::SANDBOX_OFF,
    codes::RATE_LIMITED,
];

/// Headers of their answers (draft-ietf-httpapi-ratelimit-headers-11).
const LIMITS: [(&str, &str, &str); 2] = [
    (
        "RateLimit",
        "What is left of the key's quota: `r` requests, all of it again in `t` seconds.",
        "\"default\";r=59640;t=1",
    ),
    (
        "RateLimit-Policy",
        "The key's quota: `q` requests in `w` seconds.",
        "\"default\";q=60000;w=60",
    ),
];

fn is_of_console(operation: &Operation) -> bool {
    let security = serde_json::to_string(&operation.security).unwrap_or_default();
    security.contains("\"admin_token\"")
}

fn is_of_partners(operation: &Operation) -> bool {
    let security = serde_json::to_string(&operation.security).unwrap_or_default();
    security.contains("\"partner_key\"")
}

fn add_doorway(operation: &mut Operation) {
    for code in DOORWAY {
        let responses = &mut operation.responses.responses;
        let problem = Content::new(Some(RefOr::<Schema>::Ref(Ref::new(PROBLEM))));
        let made = || ResponseBuilder::new().description(code.code).content(MEDIA, problem).build();
        let there = responses.entry(code.status.to_string()).or_insert_with(|| RefOr::T(made()));
        if let RefOr::T(there) = there
            && !codes_in(&there.description, code.status).any(|named| named.code == code.code)
        {
            there.description = format!("{}, {}", there.description, code.code);
        }
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if !status.starts_with('2') && status != "429" {
            continue;
        }
        for (name, text, example) in LIMITS {
            let header = HeaderBuilder::new()
                .schema(Some(Object::with_type(Type::String)))
                .description(Some(text))
                .example(Some(example.into()));
            response.headers.insert(name.to_owned(), RefOr::T(header.build()));
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let methods = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    methods.into_iter().flatten()
}

fn explain_response(status: u16, response: &mut Response) {
    let is_problem = |content: &RefOr<Content>| {
        matches!(content, RefOr::T(Content { schema: Some(RefOr::Ref(Ref { ref_location, .. })), .. })
            if ref_location == PROBLEM)
    };
    if !response.content.values().any(is_problem) {
        return;
    }
    let mut content = Content::new(Some(RefOr::<Schema>::Ref(Ref::new(PROBLEM))));
    for code in codes_in(&response.description, status) {
        content.examples.insert(code.code.to_owned(), RefOr::T(example(code)));
    }
    response.content = [(MEDIA.to_owned(), RefOr::T(content))].into();
}

/// The codes of this status whose words occur in `description`.
fn codes_in(description: &str, status: u16) -> impl Iterator<Item = Code> {
    let words = description.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter_map(move |word| {
        let mut codes = CODES.iter().copied().flatten();
        codes.find(|code| code.code == word && code.status == status).copied()
    })
}

fn example(code: Code) -> utoipa::openapi::example::Example {
    let refusal = Refusal { code, fields: Vec::new(), retry_after: None };
    let problem = Problem::new(&refusal, Language::Zh, REQUEST_ID);
    ExampleBuilder::new().summary(code.en).value(serde_json::to_value(problem).ok()).build()
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::path::OperationBuilder;
    use utoipa::openapi::request_body::RequestBodyBuilder;

    use super::*;

    #[test]
    fn a_problem_gets_its_media_type_and_an_example_a_code() {
        let body = Content::new(Some(RefOr::<Schema>::Ref(Ref::new(PROBLEM))));
        let mut response = ResponseBuilder::new()
            .description("bad_json, or bad_cursor; never not_found")
            .content("application/json", body)
            .build();
        explain_response(400, &mut response);
        let json = serde_json::to_value(&response).unwrap();
        let content = json["content"].as_object().unwrap();
        assert_eq!(content.keys().collect::<Vec<_>>(), [MEDIA]);
        let examples = content[MEDIA]["examples"].as_object().unwrap();
        assert_eq!(examples.keys().collect::<Vec<_>>(), ["bad_cursor", "bad_json"]);
        assert_eq!(examples["bad_json"]["value"]["errcode"], 10400);
    }

    #[test]
    fn what_the_plumbing_answers_is_added_and_what_a_route_says_is_kept() {
        let own = ResponseBuilder::new().description("bad_json or more").build();
        let mut operation = OperationBuilder::new()
            .request_body(Some(RequestBodyBuilder::new().build()))
            .response("400", own.clone())
            .build();
        add_plumbing(&mut operation);
        let responses = &operation.responses.responses;
        assert_eq!(responses.keys().collect::<Vec<_>>(), ["400", "413", "415", "500", "503"]);
        assert!(responses["400"] == RefOr::T(own));
    }

    #[test]
    fn other_bodies_stay_as_they_are() {
        let mut response = ResponseBuilder::new().description("bad_json").build();
        let before = response.clone();
        explain_response(400, &mut response);
        assert!(response == before);
    }
}
