//! What a good document looks like, as functions from a document to what is wrong with it.

use std::collections::HashMap;

use serde_json::Value;

use crate::support::contract::validator_of;

/// Methods that may be operations.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Operations that need no credential, and why.
pub const PUBLIC: &[(&str, &str)] = &[
    ("sign_in_member", "the code of wx.login is the credential"),
    ("refresh_member_session", "the refresh token is the credential"),
    ("sign_in_guide", "the password is the credential"),
    ("refresh_guide_session", "the refresh token is the credential"),
    ("accept_guide_invitation", "the one-time token is the credential"),
    ("sign_in_admin", "the password is the credential"),
    ("refresh_admin_session", "the refresh token is the credential"),
    ("accept_admin_invitation", "the one-time token is the credential"),
];

/// Operations that change something without an `Idempotency-Key`, and why sending them again is harmless (I5).
pub const NATURALLY_IDEMPOTENT: &[(&str, &str)] = &[
    ("sign_in_member", "the platform takes a code once"),
    ("sign_in_guide", "one more sign-in, which the list of devices shows and can end"),
    ("sign_in_admin", "one more sign-in, which can be ended"),
    ("refresh_member_session", "within 20 s the same token gives the same successor (RM11)"),
    ("refresh_guide_session", "within 20 s the same token gives the same successor (RM11)"),
    ("refresh_admin_session", "within 20 s the same token gives the same successor (RM11)"),
    ("accept_guide_invitation", "the token is good once"),
    ("accept_admin_invitation", "the token is good once"),
    ("end_current_member_session", "what has ended stays ended"),
    ("end_member_session", "what has ended stays ended"),
    ("end_current_guide_session", "what has ended stays ended"),
    ("end_current_admin_session", "what has ended stays ended"),
    (
        "update_member_profile",
        "it says what the profile is to be, not how to change it; If-Match guards it",
    ),
    ("bind_member_phone", "the platform takes a code once, and a phone that is bound stays bound"),
    ("register_partner", "the name is unique: a second send is refused"),
    (
        "issue_partner_key",
        "a key too many is seen in the list and revoked; a secret must not be stored for a replay",
    ),
    (
        "issue_sandbox_key",
        "one key more in the sandbox, shown once; a lost answer's key can be revoked",
    ),
    ("revoke_sandbox_key", "what is revoked stays revoked"),
    (
        "rotate_partner_key",
        "a key that was replaced is not replaced again; a secret must not be stored for a replay",
    ),
    ("revoke_partner_key", "what is revoked stays revoked"),
    (
        "change_partner",
        "it says what the partner is to be, not how to change it; If-Match guards it",
    ),
    ("stop_partner", "what is stopped stays stopped"),
    ("resume_partner", "what was resumed stays resumed"),
    (
        "change_partner_key",
        "it says what the key is to be, not how to change it; If-Match guards it",
    ),
    ("hire_staff", "the staff number is unique: a second send is refused"),
    ("invite_staff", "a new invitation replaces the last one"),
    ("disable_staff", "who is disabled stays disabled"),
    (
        "send_order",
        "an order is known by partner, channel and number: a resend is answered `unchanged`",
    ),
    ("send_order_batch", "each order is known by its number"),
    (
        "send_refund",
        "a refund is known by partner, channel and number: a resend is answered `unchanged`",
    ),
    ("send_refund_batch", "each refund is known by its number"),
    ("send_product_batch", "each product is known by its style number and version"),
    ("send_stock_move_batch", "each line of a document moves stock once for ever"),
    ("send_stock_count_batch", "each SKU of a count is counted once for ever"),
    ("query_stock", "it is a question: it writes nothing"),
    ("cancel_import", "what is cancelled stays cancelled"),
    ("approve_import", "what was approved does not wait any more: a second send is refused"),
    ("cancel_export", "what is cancelled stays cancelled"),
    ("cancel_order_import", "what is cancelled stays cancelled"),
    ("retry_job", "a job that was retried is not dead any more: a second send is refused"),
    ("discard_job", "what is discarded rests: a second send is refused"),
    ("add_earning_rule", "the code is unique: a second send is refused"),
    ("change_earning_rule", "it names the version it follows: a second send is refused"),
    ("stop_earning_rule", "what has ended stays ended"),
    ("add_points_campaign", "the code is unique: a second send is refused"),
    ("change_points_campaign", "it names the version it follows: a second send is refused"),
    ("stop_points_campaign", "what has ended stays ended"),
    ("dry_run_earning_rule", "it writes nothing"),
    ("dry_run_points_campaign", "it writes nothing"),
    ("add_tier", "the code is unique: a second send is refused"),
    ("change_tier", "it says what the tier is to be, not how to change it; If-Match guards it"),
    ("remove_tier", "what is deleted stays deleted"),
    ("add_membership_plan", "the code is unique: a second send is refused"),
    (
        "change_membership_plan",
        "it says what the plan is to be, not how to change it; If-Match guards it",
    ),
    ("pin_member_tier", "it says what the tier is to be; the same pin again changes nothing"),
    ("lift_member_tier_pin", "what is lifted stays lifted"),
    ("cancel_membership_card", "a card that was given back stays given back"),
    ("undo_benefit_use", "a use that was taken back stays taken back"),
    ("quote_points", "it is a question: nothing is reserved"),
    ("preview_refund", "it writes nothing"),
    (
        "add_webhook_endpoint",
        "an endpoint too many is seen in the list and removed; a secret must not be stored for a replay",
    ),
    (
        "change_webhook_endpoint",
        "it says what it is to be, not how to change it; If-Match guards it",
    ),
    ("remove_webhook_endpoint", "what is removed stays removed"),
    (
        "rotate_webhook_secret",
        "the last secret is the one that counts; a secret must not be stored for a replay",
    ),
    ("test_webhook_endpoint", "one more test event, which means nothing"),
    ("recover_webhook_deliveries", "what is on its way is not lost any more"),
    ("resend_webhook_delivery", "receivers know the event by its id"),
    (
        "add_own_webhook_endpoint",
        "an endpoint too many is seen in the list and removed; a secret must not be stored for a replay",
    ),
    (
        "change_own_webhook_endpoint",
        "it says what it is to be, not how to change it; If-Match guards it",
    ),
    ("remove_own_webhook_endpoint", "what is removed stays removed"),
    (
        "rotate_own_webhook_secret",
        "the last secret is the one that counts; a secret must not be stored for a replay",
    ),
    ("test_own_webhook_endpoint", "one more test event, which means nothing"),
    ("recover_own_webhook_deliveries", "what is on its way is not lost any more"),
    ("resend_own_webhook_delivery", "receivers know the event by its id"),
];

/// One operation of a document.
pub struct Operation<'a> {
    /// `get`, `post`, ...
    pub method: &'a str,
    /// The path template.
    pub path: &'a str,
    /// The object.
    pub value: &'a Value,
}

impl Operation<'_> {
    /// Its `operationId`, or an empty text.
    pub fn id(&self) -> &str {
        self.value["operationId"].as_str().unwrap_or_default()
    }

    fn is_listed(&self, list: &[(&str, &str)]) -> bool {
        list.iter().any(|(id, _)| *id == self.id())
    }
}

/// Every operation of a document.
pub fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object();
    let items = paths.into_iter().flatten();
    items
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                item.get(method).map(|value| Operation { method, path, value })
            })
        })
        .collect()
}

/// Everything that is wrong with a document.
pub fn broken(document: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    if document["openapi"] != "3.1.0" {
        wrong.push(format!("openapi is {}", document["openapi"]));
    }
    for operation in operations(document) {
        let found = [
            words(&operation),
            parameters(document, &operation),
            request(document, &operation),
            responses(document, &operation),
            security(&operation).into_iter().collect(),
            repeats(&operation).into_iter().collect(),
        ];
        let place = format!("{} {}", operation.method, operation.path);
        wrong.extend(found.concat().into_iter().map(|why| format!("{place}: {why}")));
    }
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        described(name, schema, &mut wrong);
    }
    wrong
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn words(operation: &Operation<'_>) -> Vec<String> {
    let missing = ["summary", "description", "operationId"]
        .into_iter()
        .filter(|name| !is_text(&operation.value[name]))
        .map(|name| format!("no {name}"));
    let tag = operation.value["tags"].as_array().is_none_or(Vec::is_empty);
    missing.chain(tag.then(|| "no tag".to_owned())).collect()
}

fn parameters(document: &Value, operation: &Operation<'_>) -> Vec<String> {
    let parameters = operation.value["parameters"].as_array().cloned().unwrap_or_default();
    let mut wrong: Vec<String> = parameters
        .iter()
        .filter(|parameter| !is_text(&resolve(document, parameter)["description"]))
        .map(|parameter| format!("parameter {} has no description", parameter["name"]))
        .collect();
    for name in operation.path.split('{').skip(1).filter_map(|part| part.split('}').next()) {
        let known = parameters.iter().any(|it| it["in"] == "path" && it["name"] == name);
        if !known {
            wrong.push(format!("{{{name}}} is no parameter"));
        }
    }
    wrong
}

fn request(document: &Value, operation: &Operation<'_>) -> Vec<String> {
    let body = resolve(document, &operation.value["requestBody"]);
    if body.is_null() {
        return Vec::new();
    }
    contents(body)
        .flat_map(|(media, content)| examples(document, "request", media, content))
        .collect()
}

fn responses(document: &Value, operation: &Operation<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    let empty = serde_json::Map::new();
    let responses = operation.value["responses"].as_object().unwrap_or(&empty);
    if !responses.keys().any(|status| status.starts_with('2')) {
        wrong.push("no 2xx".to_owned());
    }
    for (status, response) in responses {
        let response = resolve(document, response);
        if !is_text(&response["description"]) {
            wrong.push(format!("{status} has no description"));
        }
        for (media, content) in contents(response) {
            wrong.extend(examples(document, status, media, content));
        }
        if status.starts_with(['4', '5']) {
            wrong.extend(problem(status, response));
        }
    }
    let needed: &[&str] = if operation.is_listed(PUBLIC) { &["500"] } else { &["401", "500"] };
    let missing = needed.iter().filter(|status| !responses.contains_key(**status));
    wrong.extend(missing.map(|status| format!("{status} is not documented")));
    if !operation.value["requestBody"].is_null() {
        let missing =
            ["400", "413", "415"].into_iter().filter(|status| !responses.contains_key(*status));
        wrong.extend(missing.map(|status| format!("takes a body, {status} is not documented")));
    }
    wrong
}

/// An error is a Problem, and its description names a code of that status (each has its example).
fn problem(status: &str, response: &Value) -> Option<String> {
    let content = &response["content"]["application/problem+json"];
    if content["schema"]["$ref"] != "#/components/schemas/Problem" {
        return Some(format!("{status} is no Problem"));
    }
    content["examples"]
        .as_object()
        .is_none_or(serde_json::Map::is_empty)
        .then(|| format!("{status} names no code of this status: {}", response["description"]))
}

fn contents(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value["content"].as_object().into_iter().flatten()
}

/// At least one example, on the content or on its schema, and each fits the schema.
fn examples(document: &Value, place: &str, media: &str, content: &Value) -> Vec<String> {
    let schema = resolve(document, &content["schema"]);
    let mut found: Vec<&Value> = Vec::new();
    found.extend(content.get("example"));
    found.extend(content["examples"].as_object().into_iter().flatten().map(|(_, it)| &it["value"]));
    if found.is_empty() {
        found.extend(schema.get("example"));
        found.extend(schema["examples"].as_array().into_iter().flatten());
    }
    if found.is_empty() {
        return vec![format!("{place} ({media}) has no example")];
    }
    let validator = validator_of(document, &content["schema"]);
    let wrong = found.into_iter().flat_map(|example| {
        validator.iter_errors(example).map(|error| error.to_string()).collect::<Vec<_>>()
    });
    wrong.map(|error| format!("the example of {place} breaks its schema: {error}")).collect()
}

fn security(operation: &Operation<'_>) -> Option<String> {
    let declared = operation.value["security"].as_array().is_some_and(|list| !list.is_empty());
    match (declared, operation.is_listed(PUBLIC)) {
        (false, false) => Some("no security, and not listed as public".to_owned()),
        (true, true) => Some("listed as public, but declares security".to_owned()),
        _ => None,
    }
}

fn repeats(operation: &Operation<'_>) -> Option<String> {
    if operation.method == "get" {
        return None;
    }
    let parameters = operation.value["parameters"].as_array().cloned().unwrap_or_default();
    let is_key = |it: &&Value| {
        it["in"] == "header"
            && it["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case("idempotency-key"))
    };
    let key = parameters.iter().find(is_key);
    match (key, operation.is_listed(NATURALLY_IDEMPOTENT)) {
        (None, false) => {
            Some("takes no Idempotency-Key and is not listed as naturally idempotent".to_owned())
        }
        (Some(_), true) => Some("takes a key, but is listed as naturally idempotent".to_owned()),
        (Some(key), false) if key["required"] != true => {
            Some("the Idempotency-Key is not required".to_owned())
        }
        _ => None,
    }
}

/// Each schema and each of its properties says what it is. What may be null says it beside the null.
fn described(place: &str, schema: &Value, wrong: &mut Vec<String>) {
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let mut told = choices.chain([schema]).map(|schema| is_text(&schema["description"]));
    if !told.any(|told| told) {
        wrong.push(format!("schema {place} has no description"));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        // A plain reference says what its type says.
        if property["$ref"].is_null() || property["description"].is_string() {
            described(&place, property, wrong);
        } else {
            wrong.push(format!("schema {place} has no description"));
        }
    }
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().map(|path| path.trim_start_matches('#'));
    target.and_then(|path| document.pointer(path)).unwrap_or(value)
}

/// Ids that occur twice, over all documents.
pub fn repeated_ids(documents: &[(String, Value)]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for operation in documents.iter().flat_map(|(_, document)| operations(document)) {
        *seen.entry(operation.id().to_owned()).or_default() += 1;
    }
    seen.into_iter().filter(|(_, times)| *times > 1).map(|(id, _)| id).collect()
}

/// Names in the lists above that no document has.
pub fn unknown_ids(documents: &[(String, Value)]) -> Vec<String> {
    let known: Vec<String> = documents
        .iter()
        .flat_map(|(_, document)| operations(document))
        .map(|operation| operation.id().to_owned())
        .collect();
    let listed = PUBLIC.iter().chain(NATURALLY_IDEMPOTENT).map(|(id, _)| (*id).to_owned());
    listed.filter(|id| !known.contains(id)).collect()
}

/// Schemas that two documents tell differently.
pub fn contradictions(documents: &[(String, Value)]) -> Vec<String> {
    let mut seen: HashMap<String, (String, Value)> = HashMap::new();
    let mut wrong = Vec::new();
    for (file, document) in documents {
        for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
            match seen.get(name) {
                Some((other, before)) if before != schema => {
                    wrong.push(format!("{name} is one thing in {other} and another in {file}"));
                }
                Some(_) => {}
                None => drop(seen.insert(name.clone(), (file.clone(), schema.clone()))),
            }
        }
    }
    wrong
}
