//! Proving budgets (PT-2b, PT-9): each counter against the orders that were granted, less what came back of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::ids::{MemberId, OrderId};
use uuid::Uuid;

use crate::app::App;
use crate::db::{self, Tx};
use crate::http::Result;
use crate::kernel::apportion::share;
use crate::members::service as members;
use crate::orders::store::{self, GrantedOrder, Versions};
use crate::points::service::{
    self as points, Budgeted, Counter, CounterRow, Difference, Fault, Granter, Issuer, Window,
};

/// Orders a page.
const ORDERS: u64 = 2000;
/// Counters a page.
const COUNTERS: u64 = 200;

/// Says which counters of budgets do not stand at what the orders were granted, as of one moment. What was counted for a
/// member who was merged into another counts for the one who stays.
///
/// # Errors
/// The database's.
pub async fn prove_budgets(app: &App) -> Result<Vec<Difference>> {
    db::in_snapshot(&app.db, async |db| {
        let budgeted = points::budgeted(db).await?;
        let mut proof =
            Proof { app, db, versions: versions(&budgeted), budgeted, issued: BTreeMap::new() };
        let mut sums = proof.granted().await?;
        let mut found = Vec::new();
        let mut after = String::new();
        loop {
            let rows = points::counters_after(db, &after, COUNTERS).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.key);
            for row in &rows {
                found.extend(proof.compare(row, &mut sums));
            }
            found.extend(proof.compare_members(&rows).await?);
        }
        found.extend(proof.missing(sums, &found));
        Ok(found)
    })
    .await
}

fn versions(budgeted: &Budgeted) -> Versions {
    Versions { rules: budgeted.rules().collect(), campaigns: budgeted.campaigns().collect() }
}

/// What counters should stand at.
#[derive(Default)]
struct Sums {
    /// Those over all and over days.
    windows: BTreeMap<Counter, i64>,
    /// Those of members, all together.
    members: BTreeMap<Issuer, i64>,
}

struct Proof<'a> {
    app: &'a App,
    db: &'a Tx,
    budgeted: Budgeted,
    versions: Versions,
    /// What the counters of members stand at, all together.
    issued: BTreeMap<Issuer, i64>,
}

impl Proof<'_> {
    /// Reads every order that counts, page by page.
    async fn granted(&self) -> Result<Sums> {
        let mut sums = Sums::default();
        if self.budgeted.is_empty() {
            return Ok(sums);
        }
        let mut after = OrderId(Uuid::nil());
        loop {
            let page = store::granted_after(self.db, &self.versions, after, ORDERS).await?;
            let Some(last) = page.last() else { return Ok(sums) };
            after = last.id;
            for (counter, amount) in self.counted(&page).await? {
                match counter.window {
                    Window::Member(_) => *sums.members.entry(counter.issuer).or_default() += amount,
                    _ => *sums.windows.entry(counter).or_default() += amount,
                }
            }
        }
    }

    /// What orders hold on counters.
    async fn counted(&self, orders: &[GrantedOrder]) -> Result<Vec<(Counter, i64)>> {
        let returned = orders.iter().filter(|order| order.refunded_at.is_some());
        let returned: Vec<OrderId> = returned.map(|order| order.id).collect();
        let lines = store::lines_of(self.db, &returned).await?;
        let mut counted = Vec::new();
        for order in orders {
            let Some(member) = order.member_id else { continue };
            let lines = lines.get(&order.id).map_or(&[][..], Vec::as_slice);
            let back =
                |of: fn(&entity::order_line::Model) -> i64| lines.iter().map(of).sum::<i64>();
            let points = order.points - back(|line| line.points_reversed);
            let growth = order.growth - back(|line| line.growth_reversed);
            let bonus = order.campaign_points
                - back(|line| share(line.campaign_points, line.points_reversed, line.points));
            let day = self.app.calendar.day(order.occurred_at);
            let held = [
                (order.points_rule_id.map(Granter::Rule), points),
                (order.growth_rule_id.map(Granter::Rule), growth),
                (order.campaign_id.map(Granter::Campaign), bonus),
            ];
            for (by, amount) in held.into_iter().filter_map(|(by, amount)| Some((by?, amount))) {
                let limits = self.budgeted.limits(by, day, member);
                counted.extend(limits.into_iter().map(|limit| (limit.counter, amount)));
            }
        }
        Ok(counted)
    }

    fn compare(&mut self, row: &CounterRow, sums: &mut Sums) -> Option<Difference> {
        let counter = row.counter.as_ref()?;
        if let Window::Member(_) = counter.window {
            *self.issued.entry(counter.issuer.clone()).or_default() += row.issued;
            return None;
        }
        let expected = sums.windows.remove(counter).unwrap_or_default();
        (expected != row.issued).then(|| differs(row.key.clone(), expected, row.issued))
    }

    /// Compares the counters of members of a page, those of one who stays with all who were merged into her.
    async fn compare_members(&self, rows: &[CounterRow]) -> Result<Vec<Difference>> {
        let named: Vec<(&CounterRow, &Issuer, MemberId)> = rows
            .iter()
            .filter_map(|row| match row.counter.as_ref() {
                Some(Counter { issuer, window: Window::Member(member) }) => {
                    Some((row, issuer, *member))
                }
                _ => None,
            })
            .collect();
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<MemberId> = named.iter().map(|(_, _, member)| *member).collect();
        let winners = members::winners(self.db, &ids).await?;
        let stays: BTreeSet<MemberId> = winners.values().copied().collect();
        let stays: Vec<MemberId> = stays.into_iter().collect();
        let mut family: HashMap<MemberId, MemberId> = stays.iter().map(|id| (*id, *id)).collect();
        let losers = members::losers_of(self.db, &stays).await?;
        family.extend(losers.iter().map(|loser| (loser.id, loser.winner)));
        let (expected, found) = (self.held(&family).await?, self.standing(&family, &named).await?);
        let differences = named.iter().filter_map(|(row, issuer, member)| {
            let of = ((*issuer).clone(), winners.get(member).copied().unwrap_or(*member));
            let expected = expected.get(&of).copied().unwrap_or_default();
            let found = found.get(&of).copied().unwrap_or_default();
            (expected != found).then(|| differs(row.key.clone(), expected, found))
        });
        Ok(differences.collect())
    }

    /// What the orders of families hold, by issuer and who stays.
    async fn held(
        &self,
        family: &HashMap<MemberId, MemberId>,
    ) -> Result<HashMap<(Issuer, MemberId), i64>> {
        let ids: Vec<MemberId> = family.keys().copied().collect();
        let mut sums = HashMap::new();
        if self.budgeted.is_empty() {
            return Ok(sums);
        }
        let orders = store::granted_to(self.db, &self.versions, &ids).await?;
        for (counter, amount) in self.counted(&orders).await? {
            let Window::Member(member) = counter.window else { continue };
            let winner = family.get(&member).copied().unwrap_or(member);
            *sums.entry((counter.issuer, winner)).or_default() += amount;
        }
        Ok(sums)
    }

    /// What the counters of families stand at, by issuer and who stays.
    async fn standing(
        &self,
        family: &HashMap<MemberId, MemberId>,
        named: &[(&CounterRow, &Issuer, MemberId)],
    ) -> Result<HashMap<(Issuer, MemberId), i64>> {
        let issuers: BTreeSet<&Issuer> = named.iter().map(|(_, issuer, _)| *issuer).collect();
        let counters: Vec<Counter> = issuers
            .into_iter()
            .flat_map(|issuer| {
                let window = |id: &MemberId| Window::Member(*id);
                let counter = |id| Counter { issuer: issuer.clone(), window: window(id) };
                family.keys().map(counter).collect::<Vec<_>>()
            })
            .collect();
        let mut sums = HashMap::new();
        for (counter, issued) in points::issued_by(self.db, counters).await? {
            let Window::Member(member) = counter.window else { continue };
            let winner = family.get(&member).copied().unwrap_or(member);
            *sums.entry((counter.issuer, winner)).or_default() += issued;
        }
        Ok(sums)
    }

    /// Counters that should be there and are not.
    fn missing(&self, sums: Sums, named: &[Difference]) -> Vec<Difference> {
        let windows = sums.windows.into_iter().filter(|(_, amount)| *amount != 0);
        let mut found: Vec<Difference> =
            windows.map(|(counter, amount)| differs(counter.to_string(), amount, 0)).collect();
        for (issuer, expected) in sums.members {
            let issued = self.issued.get(&issuer).copied().unwrap_or_default();
            let key = Counter { issuer, window: Window::All }.to_string();
            let members = key.trim_end_matches("all").to_owned() + "mem_";
            let told = named
                .iter()
                .any(|one| matches!(&one.what, Fault::Counter(key) if key.starts_with(&members)));
            if issued != expected && !told {
                found.push(differs(members + "*", expected, issued));
            }
        }
        found
    }
}

const fn differs(key: String, expected: i64, found: i64) -> Difference {
    Difference::of_all(None, Fault::Counter(key), expected, found)
}
