//! What a kind of event is: its name, its meaning, the type of its data. `wiring` lists them all (OP-3).

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use entity::ids::MemberId;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::Event;

/// Whether third parties can have events of a kind delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It stays in the house.
    Inside,
    /// Webhooks may ask for it.
    Offered,
    /// It is made for one third party that wants to see one, and never published.
    OnRequest,
}

/// Whom events of a kind are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Always a member.
    Member,
    /// A member, when one is known.
    PerhapsMember,
    /// Nobody in particular.
    Nobody,
}

/// A kind of event whose data has the type `P`.
pub struct Kind<P> {
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    reach: Reach,
    about: About,
    payload: PhantomData<fn() -> P>,
}

/// A kind of event, whatever the type of its data.
pub trait Listed: Sync {
    /// Dotted past tense, such as `order.paid`.
    fn name(&self) -> &'static str;
    /// What it means, in Chinese.
    fn zh(&self) -> &'static str;
    /// What it means, in English.
    fn en(&self) -> &'static str;
    /// Whether third parties can have it.
    fn reach(&self) -> Reach;
    /// Whom it is about.
    fn about(&self) -> About;
    /// JSON Schema 2020-12 of its data as third parties get it: the payload, and the member whom it is about.
    fn schema(&self) -> Value;
    /// An example of the same.
    fn example(&self) -> Value;
}

impl fmt::Debug for dyn Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kind({})", self.name())
    }
}

/// Version of every payload so far; one that changes its meaning gets the next.
pub const VERSION: i32 = 1;

impl<P: Serialize + ToSchema> Kind<P> {
    /// A kind that webhooks may ask for.
    #[must_use]
    pub const fn offered(
        name: &'static str,
        about: About,
        zh: &'static str,
        en: &'static str,
    ) -> Self {
        Self { name, zh, en, reach: Reach::Offered, about, payload: PhantomData }
    }

    /// A kind that stays in the house.
    #[must_use]
    pub const fn inside(
        name: &'static str,
        about: About,
        zh: &'static str,
        en: &'static str,
    ) -> Self {
        Self { name, zh, en, reach: Reach::Inside, about, payload: PhantomData }
    }

    /// A kind that is sent to whoever wants to see one.
    #[must_use]
    pub const fn on_request(
        name: &'static str,
        about: About,
        zh: &'static str,
        en: &'static str,
    ) -> Self {
        Self { name, zh, en, reach: Reach::OnRequest, about, payload: PhantomData }
    }

    /// An event of this kind. `occurred_at` is business time.
    pub fn event(
        &self,
        payload: &P,
        member: impl Into<Option<MemberId>>,
        occurred_at: DateTime<Utc>,
    ) -> Event {
        Event {
            kind: self.name,
            version: VERSION,
            member_id: member.into(),
            // Payloads are plain structs, which always have a JSON form.
            payload: serde_json::to_value(payload).unwrap_or_default(),
            occurred_at,
        }
    }
}

impl<P: Serialize + ToSchema> Listed for Kind<P> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn zh(&self) -> &'static str {
        self.zh
    }

    fn en(&self) -> &'static str {
        self.en
    }

    fn reach(&self) -> Reach {
        self.reach
    }

    fn about(&self) -> About {
        self.about
    }

    fn schema(&self) -> Value {
        let mut schema = as_json(&P::schema());
        let mut parts = Vec::new();
        P::schemas(&mut parts);
        let mut parts: Map<String, Value> =
            parts.into_iter().map(|(name, part)| (name, as_json(&part))).collect();
        if let Some(root) = schema.as_object_mut() {
            root.remove("example");
            name_member(root, self.about);
            if root.contains_key("properties") && self.about != About::Nobody {
                parts.insert("MemberId".to_owned(), as_json(&MemberId::schema()));
            }
            root.insert(
                "$schema".to_owned(),
                json!("https://json-schema.org/draft/2020-12/schema"),
            );
            root.insert("title".to_owned(), json!(self.name));
            if !parts.is_empty() {
                root.insert("$defs".to_owned(), Value::Object(parts));
            }
        }
        refer_inside(&mut schema);
        schema
    }

    fn example(&self) -> Value {
        let mut example = as_json(&P::schema())["example"].take();
        if let Some(fields) = example.as_object_mut()
            && self.about != About::Nobody
        {
            let id = as_json(&MemberId::schema())["examples"][0].take();
            fields.insert("member_id".to_owned(), id);
        }
        example
    }
}

/// The data of an event as third parties get it.
#[must_use]
pub fn data_of(payload: &Value, member: Option<MemberId>) -> Value {
    let mut data = payload.clone();
    if let (Some(fields), Some(member)) = (data.as_object_mut(), member) {
        fields.insert("member_id".to_owned(), Value::String(member.to_string()));
    }
    data
}

fn as_json(part: &impl Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

fn name_member(root: &mut Map<String, Value>, about: About) {
    if about == About::Nobody {
        return;
    }
    if let Some(properties) = root.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("member_id".to_owned(), json!({"$ref": "#/components/schemas/MemberId"}));
    }
    if about == About::Member {
        let required = root.entry("required").or_insert_with(|| json!([]));
        if let Some(required) = required.as_array_mut() {
            required.push("member_id".into());
        }
    }
}

/// References of an OpenAPI document point into a schema that stands alone.
fn refer_inside(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                match value {
                    Value::String(path) if name == "$ref" => {
                        *path = path.replace("#/components/schemas/", "#/$defs/");
                    }
                    other => refer_inside(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(refer_inside),
        _ => {}
    }
}
