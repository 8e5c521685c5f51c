//! Every event that the suite publishes is one of the catalogue and has the form that the catalogue says (OP-3).

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use entity::event_log as log;
use huiyi::events::{About, data_of};
use huiyi::wiring::events::{CATALOGUE, kind};
use jsonschema::Validator;
use sea_orm::{Database, DbErr, EntityTrait, QueryOrder, QuerySelect};

use super::contract::close;

/// Events looked at when a test ends, newest first; their kinds are looked at in all.
const LOOKED_AT: u64 = 300;

static FORMS: LazyLock<HashMap<&'static str, Validator>> = LazyLock::new(|| {
    let form = |schema: serde_json::Value| {
        let mut schema = schema;
        close(&mut schema);
        jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
    };
    CATALOGUE.iter().map(|kind| (kind.name(), form(kind.schema()))).collect()
});

/// What is wrong with an event, by the catalogue.
pub fn broken(event: &log::Model) -> Option<String> {
    let Some(listed) = kind(&event.kind) else {
        return Some(format!("{} is in no catalogue", event.kind));
    };
    if listed.about() == About::Nobody && event.member_id.is_some() {
        return Some(format!("{} is about nobody, and names a member", event.kind));
    }
    let data = data_of(&event.payload, event.member_id);
    let errors: Vec<String> = FORMS[listed.name()]
        .iter_errors(&data)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    (!errors.is_empty()).then(|| format!("{} {data}: {}", event.kind, errors.join("; ")))
}

/// What is wrong with the events of a database; nothing when it is gone.
pub fn broken_in(url: &str) -> Vec<String> {
    let url = url.to_owned();
    // The test's own runtime cannot wait inside a drop.
    let look = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(look(&url)).unwrap_or_default()
    });
    look.join().unwrap()
}

async fn look(url: &str) -> Result<Vec<String>, DbErr> {
    let db = Database::connect(url).await?;
    let newest = log::Entity::find().order_by_desc(log::Column::Id).limit(LOOKED_AT);
    let mut wrong: Vec<String> = newest.all(&db).await?.iter().filter_map(broken).collect();
    let kinds: Vec<String> = log::Entity::find()
        .select_only()
        .column(log::Column::Kind)
        .distinct()
        .into_tuple()
        .all(&db)
        .await?;
    let unlisted: BTreeSet<_> = kinds.iter().filter(|name| kind(name).is_none()).collect();
    wrong.extend(unlisted.into_iter().map(|name| format!("{name} is in no catalogue")));
    db.close().await?;
    Ok(wrong)
}
