//! What partners do with points at their tills (PT-4, PT-5).

mod at_once;
mod drafts;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, Utc};
use entity::codes::Ledger;
use entity::ids::{MemberId, PartnerId};

use super::{balances, post_in};
use crate::app::App;
use crate::db::{self, Tx};
use crate::http::{Code, Error, Result};
use crate::kernel::mobile::Mobile;
use crate::points::rules::{Act, Movement, Posted, Replayed};
use crate::points::store;
use drafts::draft;

pub use at_once::move_at_tills_at_once;
pub(super) use drafts::movement;

/// The customer at the till.
#[derive(Clone, Debug)]
pub enum Customer {
    /// By member id, of a merged member too.
    Id(MemberId),
    /// By phone.
    Phone(Mobile),
    /// By card number.
    Card(String),
}

/// Points to be spent or granted.
#[derive(Clone, Debug)]
pub struct TillMove {
    /// The partner's own number, unique among his.
    pub receipt_no: String,
    /// Whose.
    pub customer: Customer,
    /// How many.
    pub points: i64,
    /// Business time; now when absent.
    pub occurred_at: Option<DateTime<Utc>>,
    /// The store.
    pub store_code: Option<String>,
}

/// Spent points to be given back.
#[derive(Clone, Debug)]
pub struct TillReversal {
    /// The receipt that spent them.
    pub receipt_no: String,
    /// The partner's own number of the reversal.
    pub reversal_no: String,
    /// How many.
    pub points: i64,
}

/// What a till may wish.
#[derive(Clone, Debug)]
pub enum TillWish {
    /// Points to be spent.
    Spend(TillMove),
    /// Points to be granted; they last as long as those of a purchase at that time.
    Earn(TillMove),
    /// Points that a receipt or a finished checkout used, to be given back, whole or in part, to whoever has them today.
    GiveBack(TillReversal),
}

impl TillWish {
    /// Wishes about one customer have one lane, as far as that can be told without looking.
    #[must_use]
    pub fn lane(&self) -> usize {
        let mut hasher = DefaultHasher::new();
        match self {
            Self::Spend(TillMove { customer, .. }) | Self::Earn(TillMove { customer, .. }) => {
                match customer {
                    Customer::Id(id) => id.hash(&mut hasher),
                    Customer::Phone(phone) => phone.as_str().hash(&mut hasher),
                    Customer::Card(card) => card.hash(&mut hasher),
                }
            }
            Self::GiveBack(TillReversal { receipt_no, .. }) => receipt_no.hash(&mut hasher),
        }
        // The low bits are as good as any.
        usize::try_from(hasher.finish() >> 32).unwrap_or_default()
    }
}

/// Does what tills wish, each by itself, in the order given; one that is refused moves nothing and spoils no other.
/// Answers name the balance that the customer's phone shows right after: what has run out is not in it.
///
/// # Errors
/// The database's. Each wish: `member_not_found`, `points_insufficient`, `points_cause_conflict`,
/// `points_out_of_range`, `invalid_fields` for a time or a store that cannot be; giving back also
/// `points_original_not_found`, `points_reversal_exceeds`.
pub async fn move_at_tills_in(
    tx: &Tx,
    app: &App,
    wishes: &[&(PartnerId, TillWish)],
) -> Result<Vec<Result<Posted>>> {
    let drafts = draft(tx, app, wishes).await?;
    let mut answers: Vec<Option<Result<Posted>>> = Vec::with_capacity(drafts.len());
    let mut open: VecDeque<(usize, Movement)> = VecDeque::new();
    for (i, draft) in drafts.into_iter().enumerate() {
        match draft {
            Ok(movement) => {
                open.push_back((i, movement));
                answers.push(None);
            }
            Err(refused) => answers.push(Some(Err(refused))),
        }
    }
    while !open.is_empty() {
        let (places, movements): (Vec<usize>, Vec<Movement>) = round(&mut open).into_iter().unzip();
        for (place, answer) in places.into_iter().zip(post_round(tx, app, &movements).await?) {
            answers[place] = Some(answer);
        }
    }
    let missing = || Err(Error::fault("a movement got no answer"));
    Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect())
}

/// Spends points at a till in a transaction of its own: for callers whose receipt number is key enough.
///
/// # Errors
/// As [`move_at_tills_in`].
pub async fn spend_at_till(app: &App, partner: PartnerId, wish: &TillMove) -> Result<Posted> {
    let wish = (partner, TillWish::Spend(wish.clone()));
    let answers = db::in_tx(&app.db, async |tx| move_at_tills_in(tx, app, &[&wish]).await).await?;
    app.bell.ring();
    answers.into_iter().next().unwrap_or_else(|| Err(Error::fault("a wish got no answer")))
}

/// What can be posted together so that each balance can be told: giving back changes what has run out, so whoever gets
/// something back has one movement a round.
fn round(open: &mut VecDeque<(usize, Movement)>) -> Vec<(usize, Movement)> {
    let gives_back = |movement: &Movement| matches!(movement.act, Act::Reverse { .. });
    let getting: HashSet<MemberId> =
        open.iter().filter(|(_, m)| gives_back(m)).map(|(_, m)| m.member).collect();
    let mut seen = HashSet::new();
    let (mut now, mut later) = (Vec::new(), VecDeque::new());
    for (place, movement) in open.drain(..) {
        if getting.contains(&movement.member) && !seen.insert(movement.member) {
            later.push_back((place, movement));
        } else {
            now.push((place, movement));
        }
    }
    *open = later;
    now
}

/// Posts movements, and tells balances without points that have run out and are not booked as expired yet.
pub(super) async fn post_round(
    tx: &Tx,
    app: &App,
    movements: &[Movement],
) -> Result<Vec<Result<Posted>>> {
    let answers = post_in(tx, app, movements).await?;
    let members: BTreeSet<MemberId> = movements.iter().map(|movement| movement.member).collect();
    let members: Vec<MemberId> = members.into_iter().collect();
    let gone: HashMap<_, _> =
        store::ran_out(tx, &members, app.clock.now()).await?.into_iter().collect();
    // What stood before tells the balance of its own time.
    let replayed = |answer: &std::result::Result<Posted, Code>| {
        answer.as_ref().is_ok_and(|posted| posted.replayed == Replayed::Yes)
    };
    let today = if answers.iter().any(replayed) {
        balances(tx, &members, Ledger::Points).await?
    } else {
        HashMap::new()
    };
    let told = |(movement, answer): (&Movement, std::result::Result<Posted, Code>)| {
        let posted = answer?;
        let stands = match posted.replayed {
            Replayed::No => posted.available,
            Replayed::Yes => today.get(&movement.member).map_or(0, |balance| balance.available),
        };
        let gone = gone.get(&movement.member).copied().unwrap_or_default();
        Ok(Posted { available: stands - gone, ..posted })
    };
    Ok(movements.iter().zip(answers).map(told).collect())
}
