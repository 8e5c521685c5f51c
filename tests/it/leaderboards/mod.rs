//! Leaderboards (BN-7, F1, F2, OPS-6).

mod agree;
mod http;
mod outage;
mod rank;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, Utc};
use huiyi::db::in_tx;
use huiyi::guides::service::{self as guides, Credit};
use huiyi::http::Error;
use huiyi::kernel::Fen;
use huiyi::kernel::actor::Actor;
use huiyi::kernel::codes::{Board, CreditKind, Ledger, Period, Source, TransferKind};
use huiyi::kernel::ids::{MemberId, RegionId, StaffId, StoreId};
use huiyi::kernel::mobile::Mobile;
use huiyi::leaderboards::service::{self as boards, BoardPage, Scope, Stretch, Wanted};
use huiyi::members::service::{self as members, Who};
use huiyi::points::service::{self as points, Act, Movement, Short};
use huiyi::stores::service as stores;
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::support::TestApp;

/// Three stores in two regions, two guides a store.
pub struct Floor {
    pub test: TestApp,
    pub stores: Vec<StoreId>,
    pub regions: Vec<RegionId>,
    pub guides: Vec<StaffId>,
}

/// A sale or a refund of a guide.
#[derive(Clone, Copy)]
pub struct Sale<'a> {
    pub guide: usize,
    pub store: usize,
    pub fen: i64,
    pub at: &'a str,
}

/// A row as a test reads it: rank, subject, score.
pub type Row = (u64, Uuid, i64);

pub fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl Floor {
    pub async fn open(test: TestApp) -> Self {
        let mut floor = Self { test, stores: vec![], regions: vec![], guides: vec![] };
        for (region, code) in [("EAST", "SH01"), ("EAST", "SH02"), ("WEST", "CD01")] {
            let store = floor.test.store(region, code).await;
            for n in 0..2 {
                let guide = floor.test.guide(&format!("{code}-{n}"), store).await;
                floor.guides.push(guide);
            }
            floor.stores.push(store);
        }
        let known = stores::by_ids(floor.test.app.db.read(), &floor.stores).await.unwrap();
        floor.regions = floor.stores.iter().map(|store| known[store].region_id).collect();
        floor
    }

    pub async fn start() -> Self {
        Self::open(TestApp::start().await).await
    }

    /// Credits without telling anybody yet.
    pub async fn sells(&self, sales: &[Sale<'_>]) {
        let credits: Vec<Credit> = sales.iter().map(|sale| self.credit(sale)).collect();
        let now = self.test.now();
        in_tx::<_, Error>(&self.test.app.db, async |tx| guides::credit_in(tx, &credits, now).await)
            .await
            .unwrap();
    }

    fn credit(&self, sale: &Sale<'_>) -> Credit {
        Credit {
            kind: if sale.fen < 0 { CreditKind::Refund } else { CreditKind::Sale },
            cause: Uuid::new_v4(),
            guide: self.guides[sale.guide],
            store: Some(self.stores[sale.store]),
            region: Some(self.regions[sale.store]),
            amount: Fen(sale.fen),
            at: utc(sale.at),
        }
    }

    /// Members of a store, made as a till makes them.
    pub async fn members(&self, store: usize, phones: &[&str]) -> Vec<MemberId> {
        let who: Vec<Who> = phones
            .iter()
            .map(|phone| Who {
                phone: Some(Mobile::parse(phone).unwrap()),
                source: "pos",
                store_id: Some(self.stores[store]),
                guide_id: Some(self.guides[store * 2]),
                ..Who::default()
            })
            .collect();
        let app = &self.test.app;
        let made = in_tx::<_, Error>(&app.db, async |tx| members::resolve_in(tx, app, &who).await);
        made.await.unwrap().into_iter().map(Option::unwrap).collect()
    }

    /// Points from a purchase named `order`.
    pub async fn earns(&self, member: MemberId, order: &str, amount: i64, at: &str) {
        let act = Act::Earn { amount, expires_at: None, rule: None, settles_at: None };
        self.moves(member, act, Source::Till, order, at).await;
    }

    /// Takes points of `order` back, for the refund named `refund`.
    pub async fn gives_back(
        &self,
        member: MemberId,
        (order, refund): (&str, &str),
        amount: i64,
        at: &str,
    ) {
        let original = (Source::Till, order.to_owned());
        let act = Act::Reverse {
            source: original.0,
            source_id: original.1,
            kind: TransferKind::Earn,
            amount,
            short: Short::Debt,
        };
        self.moves(member, act, Source::Refund, refund, at).await;
    }

    /// Spends points, which no board counts.
    pub async fn spends(&self, member: MemberId, receipt: &str, amount: i64, at: &str) {
        self.moves(member, Act::Spend { amount }, Source::Till, receipt, at).await;
    }

    async fn moves(&self, member: MemberId, act: Act, source: Source, id: &str, at: &str) {
        let movement = Movement {
            member,
            ledger: Ledger::Points,
            act,
            source,
            source_id: id.to_owned(),
            occurred_at: utc(at),
            order: None,
            store: None,
            actor: Actor::SYSTEM,
        };
        let app = &self.test.app;
        let posted = in_tx::<_, Error>(&app.db, async |tx| {
            points::post_in(tx, app, std::slice::from_ref(&movement)).await
        });
        posted.await.unwrap().pop().unwrap().unwrap();
    }

    pub fn stretch(&self, period: Period, day: &str) -> Stretch {
        Stretch::around(self.test.app.calendar, period, day.parse().unwrap())
    }

    /// The first hundred of a board as they are now.
    pub async fn page(&self, board: Board, stretch: Stretch, scope: Scope) -> BoardPage {
        self.page_for(board, stretch, scope, None, 100).await
    }

    pub async fn page_for(
        &self,
        board: Board,
        stretch: Stretch,
        scope: Scope,
        own: Option<Uuid>,
        limit: u64,
    ) -> BoardPage {
        boards::forget_pages(&self.test.app);
        let wanted = Wanted { board, stretch, scope, offset: 0, limit, own };
        boards::page(&self.test.app, wanted).await.unwrap()
    }

    /// Guide sales of the company over a period around a day, as (rank, guide number, fen).
    pub async fn sales(&self, period: Period, day: &str) -> Vec<(u64, usize, i64)> {
        let stretch = self.stretch(period, day);
        let page = self.page(Board::GuideSales, stretch, Scope::Company).await;
        assert!(!page.stale);
        let number = |subject| self.guides.iter().position(|id| id.0 == subject).unwrap();
        page.rows.iter().map(|row| (row.rank, number(row.subject), row.score)).collect()
    }

    pub fn scopes(&self) -> Vec<Scope> {
        let stores = self.stores.iter().map(|id| Scope::Store(*id));
        let regions = [self.regions[0], self.regions[2]].map(Scope::Region);
        stores.chain(regions).chain([Scope::Company]).collect()
    }

    /// Every board of a stretch equals what a plain reading of the tables says.
    #[track_caller]
    pub fn agrees<'a>(
        &'a self,
        board: Board,
        stretch: Stretch,
    ) -> impl Future<Output = usize> + use<'a> {
        let place = std::panic::Location::caller();
        async move {
            let oracle = self.oracle(board, stretch).await;
            let mut rows = 0;
            for scope in self.scopes() {
                let page = self.page(board, stretch, scope).await;
                assert!(!page.stale, "{place}");
                let live: Vec<Row> =
                    page.rows.iter().map(|row| (row.rank, row.subject, row.score)).collect();
                let expected = oracle.get(&scope).cloned().unwrap_or_default();
                assert_eq!(live, expected, "{board} {stretch:?} {scope:?} at {place}");
                assert_eq!(page.total, expected.len() as u64, "{place}");
                rows += live.len();
            }
            rows
        }
    }

    /// The boards of a stretch, row by row from the tables, by another way than the program's.
    async fn oracle(&self, board: Board, stretch: Stretch) -> BTreeMap<Scope, Vec<Row>> {
        let facts = match board {
            Board::GuideSales => self.sold().await,
            Board::MemberPoints => self.earned().await,
        };
        let mut sums: BTreeMap<Scope, BTreeMap<Uuid, (i64, DateTime<Utc>)>> = BTreeMap::new();
        for (subject, store, amount, at) in facts {
            if !lies_in(stretch, at) {
                continue;
            }
            let mut scopes = vec![Scope::Company];
            if let Some(number) = self.stores.iter().position(|id| Some(*id) == store) {
                scopes.extend([
                    Scope::Store(self.stores[number]),
                    Scope::Region(self.regions[number]),
                ]);
            }
            for scope in scopes {
                let sum = sums.entry(scope).or_default().entry(subject).or_insert((0, at));
                *sum = (sum.0 + amount, sum.1.max(at));
            }
        }
        let ranked = |board: BTreeMap<Uuid, (i64, DateTime<Utc>)>| {
            let mut rows: Vec<_> = board.into_iter().collect();
            rows.sort_by_key(|(subject, (score, at))| (-score, *at, *subject));
            (1..).zip(rows).map(|(rank, (subject, (score, _)))| (rank, subject, score)).collect()
        };
        sums.into_iter().map(|(scope, board)| (scope, ranked(board))).collect()
    }

    async fn sold(&self) -> Vec<(Uuid, Option<StoreId>, i64, DateTime<Utc>)> {
        let rows = entity::sales_credit::Entity::find().all(self.test.app.db.read()).await.unwrap();
        rows.into_iter()
            .map(|row| (row.guide_id.0, row.store_id, row.amount_fen.0, row.occurred_at))
            .collect()
    }

    async fn earned(&self) -> Vec<(Uuid, Option<StoreId>, i64, DateTime<Utc>)> {
        let db = self.test.app.db.read();
        let members = entity::member::Entity::find().all(db).await.unwrap();
        let members: BTreeMap<MemberId, _> = members.into_iter().map(|m| (m.id, m)).collect();
        let accounts = entity::points_account::Entity::find().all(db).await.unwrap();
        let owners: BTreeMap<_, _> = accounts.iter().map(|a| (a.id, a.member_id)).collect();
        let transfers = entity::points_transfer::Entity::find().all(db).await.unwrap();
        let earnings: BTreeMap<_, _> = transfers.iter().map(|t| (t.id, t.kind)).collect();
        let mut facts = Vec::new();
        for transfer in transfers.iter().filter(|t| t.ledger == Ledger::Points) {
            let amount = match transfer.kind {
                TransferKind::Earn => transfer.amount,
                TransferKind::Reverse
                    if earnings[&transfer.reverses.unwrap()] == TransferKind::Earn =>
                {
                    -transfer.amount
                }
                _ => continue,
            };
            let mut owner = &members[&owners[&transfer.account_id]];
            while let Some(winner) = owner.merged_into {
                owner = &members[&winner];
            }
            facts.push((owner.id.0, owner.store_id, amount, transfer.occurred_at));
        }
        facts
    }
}

/// Whether an instant lies in a stretch, by the hands of a clock in Shanghai.
fn lies_in(stretch: Stretch, at: DateTime<Utc>) -> bool {
    let day: NaiveDate = at.with_timezone(&FixedOffset::east_opt(8 * 3600).unwrap()).date_naive();
    let starts_on = match stretch.period {
        Period::Day => day,
        Period::Week => day - Days::new(u64::from(day.weekday().num_days_from_monday())),
        Period::Month => day.with_day(1).unwrap(),
    };
    starts_on == stretch.starts_on
}
