//! The event catalogue: every kind of event that the program publishes (OP-3), and its two printed forms.

use std::fmt::Write;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::events::{Listed, Reach, VERSION};
use crate::webhooks::service::Offer;
use crate::{catalog, guides, identity, members, orders, points, tiers, webhooks};

/// Every kind, by name. What is published and not listed here fails the suite.
pub static CATALOGUE: &[&dyn Listed] = &[
    &guides::events::CREDITED,
    &members::events::CREATED,
    &members::events::IDENTIFIER_CONFLICT,
    &members::events::IDENTIFIER_MOVED,
    &identity::events::MERGED,
    &members::events::PROFILE_CHANGED,
    &identity::events::REGISTERED,
    &identity::events::SIGNED_IN,
    &orders::events::CANCELLED,
    &orders::events::PAID,
    &orders::events::REFUNDED,
    &orders::events::VOIDED,
    &points::events::EXPIRING,
    &points::events::MOVED,
    &catalog::events::PRODUCT_CHANGED,
    &catalog::events::STOCK_CHANGED,
    &tiers::events::EXPIRING,
    &tiers::events::LOWERED,
    &tiers::events::RENEWED,
    &tiers::events::UPGRADED,
    &webhooks::events::ENDPOINT_DISABLED,
    &webhooks::events::TESTED,
];

static OFFERED: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let offered = CATALOGUE.iter().filter(|kind| kind.reach() == Reach::Offered);
    offered.map(|kind| kind.name()).collect()
});

/// What webhooks may ask for.
#[must_use]
pub fn offer() -> Offer {
    Offer(&OFFERED)
}

/// The kind of this name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static dyn Listed> {
    CATALOGUE.iter().copied().find(|kind| kind.name() == name)
}

/// Everything that is known of each kind.
#[must_use]
pub fn as_json() -> Value {
    CATALOGUE.iter().map(|kind| entry(*kind)).collect()
}

fn entry(kind: &dyn Listed) -> Value {
    json!({
        "type": kind.name(),
        "version": VERSION,
        "meaning": {"zh": kind.zh(), "en": kind.en()},
        "webhooks": availability(kind),
        "schema": kind.schema(),
        "example": kind.example(),
    })
}

/// The catalogue as `docs/events.md`.
#[must_use]
pub fn as_markdown() -> String {
    let mut page = HEAD.to_owned();
    for kind in CATALOGUE {
        // Writing to a String cannot fail.
        let (name, anchor) = (kind.name(), anchor(kind.name()));
        let (zh, en, webhooks) = (kind.zh(), kind.en(), availability(*kind));
        let _ = writeln!(page, "| [`{name}`](#{anchor}) | {zh} | {en} | {webhooks} |");
    }
    for kind in CATALOGUE {
        let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
        let (name, zh, en) = (kind.name(), kind.zh(), capital(kind.en()));
        let (example, schema) = (pretty(&kind.example()), pretty(&kind.schema()));
        let _ = write!(page, "\n## `{name}`\n\n{zh}。{en}.\n\n```json\n{example}\n```\n");
        let summary = "<details><summary>JSON Schema</summary>";
        let _ = writeln!(page, "\n{summary}\n\n```json\n{schema}\n```\n\n</details>");
    }
    page
}

/// Whether third parties can have it, in a word.
#[must_use]
pub fn availability(kind: &dyn Listed) -> &'static str {
    match kind.reach() {
        Reach::Offered => "yes",
        Reach::OnRequest => "on request",
        Reach::Inside => "no",
    }
}

const HEAD: &str = "\
# Events

What the program tells, as it happens. Written by `huiyi events --out docs/events.md`; `huiyi events --json` prints the
same for machines. An event is published in the transaction of what it tells of: it is there if and only if that is.

Those marked with yes are delivered to the endpoints that ask for them, as `{\"type\", \"timestamp\", \"data\"}`:
`timestamp` is business time, `data` has the schema below. Data hold ids, codes and numbers; nothing else of a person
leaves the house by this way: ask the API for the rest. New fields may be added to a kind at any time, so ignore those that
you do not know; a change of meaning gets a new kind.

| Type | 含义 | Meaning | Webhooks |
| --- | --- | --- | --- |
";

/// As Markdown makes a link of a heading.
fn anchor(name: &str) -> String {
    name.replace('.', "")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
