//! One transaction a chunk, and one bad item spoils no other (OR-2).

use super::problem::Refusal;
use super::{Error, Result};
use crate::db::{self, Failure};

/// Most items in one transaction, and in one batch.
pub const MOST_ITEMS: usize = 1000;

/// How often a transaction is run again because another one inserted the same number first: the second run finds it.
const COLLISIONS: u32 = 8;

/// Settles `items` in transactions of at most [`MOST_ITEMS`]. A chunk that fails is halved until the item that cannot
/// be settled stands alone and gets `refuse`'s answer.
///
/// # Errors
/// Only when the database is away, or too busy for the work. What was settled before stays, and a resend finds it.
pub async fn each_by_itself<T, R>(
    items: &[T],
    settle: impl AsyncFn(&[T]) -> Result<Vec<R>>,
    refuse: impl Fn(&T, Refusal) -> R,
) -> Result<Vec<R>> {
    let mut answers = Vec::with_capacity(items.len());
    let mut todo: Vec<&[T]> = items.chunks(MOST_ITEMS).rev().collect();
    while let Some(part) = todo.pop() {
        match unless_collided(part, &settle).await {
            Ok(settled) => answers.extend(settled),
            Err(error) if error.db().is_some_and(db::is_passing) => return Err(error),
            Err(error) if part.len() == 1 => {
                tracing::error!(%error, "an item could not be settled");
                answers.extend(part.first().map(|item| refuse(item, error.refusal())));
            }
            Err(error) => {
                tracing::warn!(%error, items = part.len(), "a chunk is settled in halves");
                let (first, second) = part.split_at(part.len() / 2);
                todo.extend([second, first]);
            }
        }
    }
    Ok(answers)
}

async fn unless_collided<T, R>(
    part: &[T],
    settle: &impl AsyncFn(&[T]) -> Result<Vec<R>>,
) -> Result<Vec<R>> {
    let mut collisions = 0;
    loop {
        match settle(part).await {
            Err(Error::Database(error)) if db::is_duplicate(&error) && collisions < COLLISIONS => {
                collisions += 1;
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::http::codes;

    #[actix_web::test]
    async fn one_poisoned_item_spoils_no_other() {
        let items: Vec<u32> = (0..1_500).collect();
        let runs = Cell::new(0);
        let settle = async |part: &[u32]| {
            runs.set(runs.get() + 1);
            if part.iter().any(|item| [3, 700, 1_499].contains(item)) {
                return Err(Error::fault("poison"));
            }
            Ok(part.iter().map(|item| Ok(*item)).collect())
        };
        let answers = each_by_itself(&items, settle, |item, refusal| {
            assert_eq!(refusal.code, codes::FAULT);
            Err(*item)
        })
        .await
        .unwrap();
        let expect = |item| if [3, 700, 1_499].contains(&item) { Err(item) } else { Ok(item) };
        assert_eq!(answers, (0..1_500).map(expect).collect::<Vec<_>>());
        assert!(runs.get() < 80, "{} transactions", runs.get());
    }

    #[actix_web::test]
    async fn a_database_that_is_away_ends_the_request() {
        let settle = async |_: &[u32]| {
            let away = sea_orm::DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
            Err::<Vec<u32>, _>(Error::Database(away))
        };
        let error = each_by_itself(&[1, 2, 3], settle, |item, _| *item).await.unwrap_err();
        assert_eq!(error.refusal().code, codes::UNAVAILABLE);
    }
}
