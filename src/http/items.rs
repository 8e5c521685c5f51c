//! Items of a batch, each read by itself: one that is no order spoils no other.

use std::fmt;

use garde::Validate;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::body::parse;
use super::chunks::MOST_ITEMS;
use super::problem::{Language, Problem, ProblemField, Refusal};
use super::{Error, Result};

/// The items of a batch as they were sent. Of a list that is too long no more is kept than shows that.
#[derive(Debug)]
pub struct Items(Vec<Box<RawValue>>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor)
    }
}

struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Items, A::Error> {
        let mut items = Vec::new();
        while items.len() <= MOST_ITEMS {
            let Some(item) = list.next_element::<Box<RawValue>>()? else { return Ok(Items(items)) };
            items.push(item);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Items(items))
    }
}

/// 1 to [`MOST_ITEMS`] items.
///
/// # Errors
/// Fewer or more.
pub fn a_batch(items: &Items, (): &()) -> garde::Result {
    if (1..=MOST_ITEMS).contains(&items.0.len()) {
        return Ok(());
    }
    Err(garde::Error::new(format!("1 to {MOST_ITEMS} items")))
}

impl Items {
    /// Reads each item as `T` and turns it into what the service takes; pointers are relative to the item.
    #[must_use]
    pub fn read<T, U>(&self, turn: fn(T) -> Result<U>) -> Vec<Result<U>>
    where
        T: DeserializeOwned + Validate<Context = ()>,
    {
        self.0.iter().map(|item| parse(item.get().as_bytes()).and_then(turn)).collect()
    }

    /// What the items call themselves in `field`, as far as it can be read.
    #[must_use]
    pub fn named(&self, field: &str) -> Vec<Option<String>> {
        let number = |item: &RawValue| {
            let item: Value = serde_json::from_str(item.get()).ok()?;
            let number = item.get(field)?.as_str()?;
            (number.chars().count() <= 64).then(|| number.to_owned())
        };
        self.0.iter().map(|item| number(item)).collect()
    }
}

/// Sends what could be read to `ingest` and puts its results back between the refusals of what could not.
///
/// # Errors
/// What `ingest` answers.
pub async fn each<U, R>(
    read: Vec<Result<U>>,
    ingest: impl AsyncFnOnce(Vec<U>) -> Result<Vec<R>>,
) -> Result<Vec<std::result::Result<R, Refusal>>> {
    let mut good = Vec::with_capacity(read.len());
    let mut refused = Vec::with_capacity(read.len());
    for item in read {
        refused.push(match item {
            Ok(item) => {
                good.push(item);
                None
            }
            Err(error) => Some(error.refusal()),
        });
    }
    let mut results = ingest(good).await?.into_iter();
    let next = |refusal: Option<Refusal>| match refusal {
        Some(refusal) => Ok(Err(refusal)),
        None => results.next().map(Ok).ok_or_else(|| Error::fault("a result is missing")),
    };
    refused.into_iter().map(next).collect()
}

/// Why one item was refused: like the problem of a single request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "code": "order_amounts_mismatch", "errcode": 11601, "errmsg": "金额合计不一致",
    "errors": [{"pointer": "/orders/17/lines", "rule": "sum", "message": "lines[].paid_fen 合计 100 分，应为 200 分"}]
}))]
pub struct ItemProblem {
    /// Stable word for programs.
    pub code: String,
    /// Stable number.
    pub errcode: u32,
    /// Text for people, in the language asked for.
    pub errmsg: String,
    /// Fields that are wrong, by JSON pointer into the whole body.
    pub errors: Vec<ProblemField>,
}

impl ItemProblem {
    /// `place` is where the item stands in the body, such as `/orders/17`.
    #[must_use]
    pub fn new(refusal: &Refusal, language: Language, place: &str) -> Self {
        let problem = Problem::new(refusal, language, "");
        let errors = problem
            .errors
            .into_iter()
            .map(|field| ProblemField { pointer: format!("{place}{}", field.pointer), ..field });
        Self {
            code: problem.code,
            errcode: problem.errcode,
            errmsg: problem.errmsg,
            errors: errors.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Batch {
        #[garde(custom(a_batch))]
        orders: Items,
    }

    #[derive(Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[garde(range(min = 1))]
        n: i64,
    }

    fn batch(raw: &str) -> Result<Batch> {
        parse(raw.as_bytes())
    }

    #[test]
    fn items_are_read_one_by_one() {
        let batch = batch(r#"{"orders":[{"n":1},{"n":"x"},7,{"n":0},{"n":2,"external_no":"A"}]}"#);
        let read = batch.unwrap().orders.read(|item: Item| Ok(item.n));
        let codes: Vec<_> =
            read.into_iter().map(|item| item.map_err(|error| error.refusal().code.code)).collect();
        assert_eq!(
            codes,
            [Ok(1), Err("bad_json"), Err("bad_json"), Err("invalid_fields"), Err("bad_json")]
        );
    }

    #[test]
    fn a_batch_holds_one_to_a_thousand() {
        let refused = |items: &str| batch(&format!("{{\"orders\":{items}}}")).err().is_some();
        assert!(refused("[]"));
        assert!(refused("{}"));
        assert!(refused(&format!("[{}1]", "1,".repeat(1_000))));
        assert!(refused(&format!("[{}1]", "1,".repeat(100_000))));
        assert!(!refused(&format!("[{}1]", "1,".repeat(999))));
        assert!(refused("[1") && refused("[1]]"));
    }
}
