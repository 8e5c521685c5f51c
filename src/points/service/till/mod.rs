//! What partners do with points at their tills (PT-4, PT-5).

mod at_once;
mod drafts;
mod holds;

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, Utc};
use entity::ids::{HoldId, MemberId, PartnerId};

use super::checkout::{Freezing, Held};
use super::post_in;
use super::single::{ran_out, spendable};
use crate::app::App;
use crate::db::{self, Tx};
use crate::http::{Code, Error, Result};
use crate::kernel::mobile::Mobile;
use crate::points::rules::{Movement, Posted, Replayed};
use drafts::{Draft, draft};

pub use at_once::move_at_tills_at_once;
pub(super) use drafts::uses;

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
    /// Points to be taken aside until they are used, given back, or half an hour has passed.
    Freeze(Freezing),
    /// Points of a hold to be used: all of them, or as many as said, and the rest goes back.
    Capture {
        /// Which hold.
        hold: HoldId,
        /// How many.
        points: Option<i64>,
    },
    /// A hold to be given back; one that went back by itself is simply answered.
    Release {
        /// Which hold.
        hold: HoldId,
    },
}

/// What a till is answered.
#[derive(Clone, Debug)]
pub enum TillDone {
    /// Points moved.
    Moved(Posted),
    /// A hold was made or ended.
    Held(Box<Held>),
}

/// What became of a wish in the ledger.
enum Step {
    /// It is posted.
    Posted(Posted),
    /// Nothing had to move.
    Stands,
}

impl Step {
    fn moved(self) -> Result<TillDone> {
        match self {
            Self::Posted(posted) => Ok(TillDone::Moved(posted)),
            Self::Stands => Err(Error::fault("a movement got no answer")),
        }
    }
}

impl TillWish {
    /// Wishes about one customer have one lane, as far as that can be told without looking.
    #[must_use]
    pub fn lane(&self) -> usize {
        let mut hasher = DefaultHasher::new();
        match self {
            Self::Spend(TillMove { customer, .. })
            | Self::Earn(TillMove { customer, .. })
            | Self::Freeze(Freezing { customer, .. }) => match customer {
                Customer::Id(id) => id.hash(&mut hasher),
                Customer::Phone(phone) => phone.as_str().hash(&mut hasher),
                Customer::Card(card) => card.hash(&mut hasher),
            },
            Self::GiveBack(TillReversal { receipt_no, .. }) => receipt_no.hash(&mut hasher),
            Self::Capture { hold, .. } | Self::Release { hold } => hold.hash(&mut hasher),
        }
        // The low bits are as good as any.
        usize::try_from(hasher.finish() >> 32).unwrap_or_default()
    }

    /// Whether [`move_at_tills_at_once`] knows how to do it.
    #[must_use]
    pub const fn may_hope(&self) -> bool {
        matches!(self, Self::Spend(_) | Self::Earn(_))
    }
}

/// Does what tills wish, each by itself, in the order given; one that is refused moves nothing and spoils no other.
/// Answers name the balance that the customer's phone shows right after: what has run out is not in it.
///
/// # Errors
/// The database's. Each wish: `member_not_found`, `points_insufficient`, `points_cause_conflict`,
/// `points_out_of_range`, `invalid_fields` for a time or a store that cannot be; giving back also
/// `points_original_not_found`, `points_reversal_exceeds`; taking aside also `points_over_limit`; ending a hold
/// `points_hold_not_found`, also for another partner's, `points_hold_resolved`, and using it `points_hold_lapsed`,
/// `points_hold_exceeded`, `points_cause_conflict` when it was used for another number of points.
pub async fn move_at_tills_in(
    tx: &Tx,
    app: &App,
    wishes: &[&(PartnerId, TillWish)],
) -> Result<Vec<Result<TillDone>>> {
    let mut open: VecDeque<Open> = VecDeque::new();
    let mut steps: Vec<Option<Result<Step>>> = Vec::with_capacity(wishes.len());
    for (place, draft) in draft(tx, app, wishes).await?.into_iter().enumerate() {
        steps.push(match draft {
            Ok(Draft::Moves { movement, gives_back }) => {
                open.push_back(Open { place, movement, gives_back });
                None
            }
            Ok(Draft::Stands) => Some(Ok(Step::Stands)),
            Err(refused) => Some(Err(refused)),
        });
    }
    let mut next = round(&mut open);
    if !open.is_empty() {
        // Those of later rounds too: holds are locked before the accounts.
        let all = next.iter().map(|(_, movement)| movement);
        holds::lock(tx, all.chain(open.iter().map(|one| &one.movement))).await?;
    }
    while !next.is_empty() {
        let (places, movements): (Vec<usize>, Vec<Movement>) = next.into_iter().unzip();
        for (place, answer) in places.into_iter().zip(post_round(tx, app, &movements).await?) {
            steps[place] = Some(holds::forgiven(&wishes[place].1, answer.map(Step::Posted)));
        }
        next = round(&mut open);
    }
    let missing = || Err(Error::fault("a movement got no answer"));
    let steps = steps.into_iter().map(|step| step.unwrap_or_else(missing)).collect();
    holds::tell(tx, app, wishes, steps).await
}

/// A movement that is not posted yet.
struct Open {
    place: usize,
    movement: Movement,
    gives_back: bool,
}

/// Spends points at a till in a transaction of its own: for callers whose receipt number is key enough.
///
/// # Errors
/// As [`move_at_tills_in`].
pub async fn spend_at_till(app: &App, partner: PartnerId, wish: &TillMove) -> Result<Posted> {
    let wish = (partner, TillWish::Spend(wish.clone()));
    let answers = db::in_tx(&app.db, async |tx| move_at_tills_in(tx, app, &[&wish]).await).await?;
    app.bell.ring();
    match answers.into_iter().next() {
        Some(Ok(TillDone::Moved(posted))) => Ok(posted),
        Some(Err(refused)) => Err(refused),
        Some(Ok(TillDone::Held(_))) | None => Err(Error::fault("a wish got no answer")),
    }
}

/// What can be posted together so that each balance can be told: giving back changes what has run out, so whoever gets
/// something back has one movement a round.
fn round(open: &mut VecDeque<Open>) -> Vec<(usize, Movement)> {
    let getting: HashSet<MemberId> =
        open.iter().filter(|one| one.gives_back).map(|one| one.movement.member).collect();
    let mut seen = HashSet::new();
    let (mut now, mut later) = (Vec::new(), VecDeque::new());
    for one in open.drain(..) {
        let member = one.movement.member;
        if getting.contains(&member) && !seen.insert(member) {
            later.push_back(one);
        } else {
            now.push((one.place, one.movement));
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
    let now = app.clock.now();
    let done =
        || movements.iter().zip(&answers).filter_map(|(it, done)| Some((it, done.as_ref().ok()?)));
    let gone = ran_out(tx, done().map(|(_, posted)| posted.account), now).await?;
    // What stood before tells the balance of its own time.
    let again = done().filter(|(_, posted)| posted.replayed == Replayed::Yes);
    let again: BTreeSet<MemberId> = again.map(|(movement, _)| movement.member).collect();
    let today = spendable(tx, &Vec::from_iter(again), now).await?;
    let told = |(movement, answer): (&Movement, std::result::Result<Posted, Code>)| {
        let posted = answer?;
        let available = match posted.replayed {
            Replayed::No => {
                posted.available - gone.get(&posted.account).copied().unwrap_or_default()
            }
            Replayed::Yes => today.get(&movement.member).copied().unwrap_or_default(),
        };
        Ok(Posted { available, ..posted })
    };
    Ok(movements.iter().zip(answers).map(told).collect())
}
