//! `docs/permissions.csv`: who may do what. Reviewed by people, enforced here.

use serde_json::Value;

use crate::openapi::lint::operations;

/// One row: one operation.
#[derive(Clone, Debug)]
pub struct Row {
    /// `member`, `guide`, `admin`, `open`.
    pub audience: String,
    /// `get`, `post`, ...
    pub method: String,
    /// Path template.
    pub path: String,
    /// `anyone`, `member`, roles of staff, `any_key`, or the scope of a key.
    pub who: Vec<String>,
    /// Whose data: `none`, `self`, `customers` (of the guide, store or region), `partner`, `board`, `all`.
    pub data_scope: String,
}

impl Row {
    /// `get /v1/member/me`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether it names one thing of somebody's, so that somebody else's can be asked for.
    pub fn names_a_thing(&self) -> bool {
        let owned = ["self", "customers", "partner"].contains(&self.data_scope.as_str());
        owned && self.path.contains('{')
    }
}

/// The rows of the file.
pub fn rows() -> Vec<Row> {
    let text = include_str!("../../../docs/permissions.csv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("audience,method,path,who,data_scope"));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let [audience, method, path, who, data_scope] = fields[..] else {
                panic!("docs/permissions.csv: {line}");
            };
            Row {
                audience: audience.to_owned(),
                method: method.to_owned(),
                path: path.to_owned(),
                who: who.split(' ').map(str::to_owned).collect(),
                data_scope: data_scope.to_owned(),
            }
        })
        .collect()
}

/// An operation as the documents have it.
pub struct Documented {
    /// `get /v1/member/me`.
    pub name: String,
    /// The security it declares, with scopes.
    pub security: Value,
    /// An example of its request body, or null.
    pub body: Value,
    /// Whether it takes an `Idempotency-Key`.
    pub key: bool,
}

/// Every operation of the four documents.
pub fn documented() -> Vec<Documented> {
    let documents = huiyi::wiring::openapi::documents();
    let documents: Vec<Value> =
        documents.iter().map(|(_, text)| serde_json::from_str(text).unwrap()).collect();
    documents
        .iter()
        .flat_map(|document| {
            operations(document).into_iter().map(move |operation| Documented {
                name: format!("{} {}", operation.method, operation.path),
                security: operation.value["security"].clone(),
                body: example(document, operation.value),
                key: takes_key(operation.value),
            })
        })
        .collect()
}

fn example(document: &Value, operation: &Value) -> Value {
    let content = &operation["requestBody"]["content"]["application/json"];
    if let Some(example) = content.get("example") {
        return example.clone();
    }
    let name = content["schema"]["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    let schema = name.map(|name| &document["components"]["schemas"][name]);
    schema.map_or(Value::Null, |schema| match schema.get("example") {
        Some(example) => example.clone(),
        None => schema["examples"][0].clone(),
    })
}

fn takes_key(operation: &Value) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.into_iter().flatten().any(|it| it["name"] == "Idempotency-Key")
}

/// What a document says of a row's `who`: `None` when it fits, else what is wrong.
pub fn contradiction(row: &Row, documented: &Documented) -> Option<String> {
    let public = row.who == ["anyone"];
    let scheme = match row.audience.as_str() {
        "open" => "partner_key".to_owned(),
        audience => format!("{audience}_token"),
    };
    let Some(declared) = documented.security.as_array().and_then(|list| list.first()) else {
        return (!public).then(|| format!("{}: declares no security", row.name()));
    };
    let Some(scopes) = declared.get(&scheme).and_then(Value::as_array) else {
        return Some(format!("{}: declares {declared}, not {scheme}", row.name()));
    };
    let scopes: Vec<&str> = scopes.iter().filter_map(Value::as_str).collect();
    let expected: Vec<&str> =
        row.who.iter().map(String::as_str).filter(|who| who.contains(':')).collect();
    (public || scopes != expected)
        .then(|| format!("{}: declares {scopes:?}, the file says {:?}", row.name(), row.who))
}
