//! Where a member stands, as she reads it herself.

use chrono::{DateTime, Utc};
use entity::ids::MemberId;
use entity::member;

use crate::app::App;
use crate::http::{Result, codes};
use crate::members::service::{self as members, MaskedIdentifier};
use crate::points::service::{self as ledger, Balance, Expiring};
use crate::tiers::service::{self as tiers, Standing};

/// A member's points with her tier (PT-8, TR-3).
#[derive(Clone, Debug)]
pub struct PointsSummary {
    /// Balances; what can be spent now: lots that have run out are not in it even before a job has booked that.
    pub balance: Balance,
    /// What runs out when, soonest first, after now.
    pub expiring: Vec<Expiring>,
    /// Tier, growth, what the next tier needs.
    pub standing: Standing,
}

/// A member as she sees herself.
#[derive(Clone, Debug)]
pub struct Me {
    /// Her row.
    pub member: member::Model,
    /// What she can be found by, masked.
    pub identifiers: Vec<MaskedIdentifier>,
    /// Her points and tier.
    pub points: PointsSummary,
}

/// A member's points with her tier, in six statements.
///
/// # Errors
/// `not_found`; the database's.
pub async fn points(app: &App, member: MemberId) -> Result<PointsSummary> {
    let row = members::by_ids(app.db.read(), &[member]).await?.remove(&member);
    summary(app, &row.ok_or(codes::NOT_FOUND)?).await
}

pub(super) async fn summary(app: &App, row: &member::Model) -> Result<PointsSummary> {
    let overview = ledger::overview(app.db.read(), row.id).await?;
    let growth = overview.growth.available;
    let standing = tiers::standing_of(app.db.read(), app, row, growth).await?;
    let (balance, expiring) = usable(overview.points, overview.expiring, app.clock.now());
    Ok(PointsSummary { balance, expiring, standing })
}

/// Leaves out what has run out, whether or not a job has booked it yet.
fn usable(
    mut balance: Balance,
    expiring: Vec<Expiring>,
    now: DateTime<Utc>,
) -> (Balance, Vec<Expiring>) {
    let (gone, left): (Vec<_>, Vec<_>) = expiring.into_iter().partition(|lot| lot.at <= now);
    balance.available -= gone.iter().map(|lot| lot.amount).sum::<i64>();
    (balance, left)
}

/// A member as she sees herself.
///
/// # Errors
/// `not_found`; the database's.
pub async fn me(app: &App, member: MemberId) -> Result<Me> {
    let member = members::profile(app.db.read(), member).await?;
    let identifiers = members::identifiers(app.db.read(), app, member.id).await?;
    let points = summary(app, &member).await?;
    Ok(Me { member, identifiers, points })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_have_run_out_cannot_be_spent_whether_booked_or_not() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let lots = [(10, 5), (20, 7), (30, 9)];
        let lots = lots.map(|(seconds, amount)| Expiring { at: at(seconds), amount }).to_vec();
        let balance = Balance { pending: 1, available: 25, frozen: 2 };
        let (left, soon) = usable(balance, lots.clone(), at(20));
        assert_eq!(left, Balance { pending: 1, available: 13, frozen: 2 });
        assert_eq!(soon, lots[2..]);
    }
}
