//! The model: every point by itself, written from the requirements.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// Where one point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    Left,
    /// Spent or frozen by the step of that number.
    TakenBy(usize),
    Gone,
}

/// A lot of the model: its points, one by one.
#[derive(Clone, Debug)]
pub struct Heap {
    earned_by: usize,
    expires_at: Option<DateTime<Utc>>,
    earned_at: DateTime<Utc>,
    /// Until then it is pending; none when it has settled.
    settles_at: Option<DateTime<Utc>>,
    points: Vec<Point>,
}

#[derive(Clone, Debug, Default)]
pub struct Purse {
    pub heaps: Vec<Heap>,
    pub debt: i64,
    /// What is held, by the step that froze it: how much, and until when.
    pub holds: BTreeMap<usize, (i64, DateTime<Utc>)>,
}

/// What an earning is.
#[derive(Clone, Copy, Debug)]
pub struct Earning {
    pub by: usize,
    pub amount: i64,
    pub expires_at: Option<DateTime<Utc>>,
    pub earned_at: DateTime<Utc>,
    pub settles_at: Option<DateTime<Utc>>,
}

impl Heap {
    fn settled(&self) -> bool {
        self.settles_at.is_none()
    }

    fn good(&self, now: DateTime<Utc>) -> bool {
        self.settled() && self.expires_at.is_none_or(|at| at > now)
    }

    pub fn left(&self) -> i64 {
        i64::try_from(self.points.iter().filter(|point| **point == Point::Left).count()).unwrap()
    }

    /// When time alone changes it.
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        if self.left() == 0 { None } else { self.settles_at.or(self.expires_at) }
    }
}

impl Purse {
    pub fn sort(&mut self) {
        self.heaps.sort_by_key(|heap| {
            (heap.expires_at.unwrap_or(DateTime::<Utc>::MAX_UTC), heap.earned_at)
        });
    }

    pub fn available(&self) -> i64 {
        self.heaps.iter().filter(|heap| heap.settled()).map(Heap::left).sum::<i64>() - self.debt
    }

    pub fn pending(&self) -> i64 {
        self.heaps.iter().filter(|heap| !heap.settled()).map(Heap::left).sum()
    }

    pub fn frozen(&self) -> i64 {
        self.holds.values().map(|hold| hold.0).sum()
    }

    pub fn spendable(&self, now: DateTime<Utc>) -> i64 {
        self.heaps.iter().filter(|heap| heap.good(now)).map(Heap::left).sum()
    }

    /// Turns one point that is left into `to`; `false` when none is left in heaps that `fits` names.
    fn turn(&mut self, to: Point, fits: impl Fn(&Heap) -> bool) -> bool {
        let heap = self.heaps.iter_mut().find(|heap| fits(heap) && heap.left() > 0);
        let Some(heap) = heap else { return false };
        let point = heap.points.iter_mut().find(|point| **point == Point::Left).unwrap();
        *point = to;
        true
    }

    pub fn pay_debt(&mut self, now: DateTime<Utc>) {
        while self.debt > 0
            && (self.turn(Point::Gone, |heap| heap.good(now))
                || self.turn(Point::Gone, Heap::settled))
        {
            self.debt -= 1;
        }
    }

    pub fn earn(&mut self, earning: Earning) {
        let Earning { by, amount, expires_at, earned_at, settles_at } = earning;
        let mut heap =
            Heap { earned_by: by, expires_at, earned_at, settles_at, points: Vec::new() };
        for _ in 0..amount {
            let pays = self.debt > 0 && heap.settled();
            heap.points.push(if pays { Point::Gone } else { Point::Left });
            self.debt -= i64::from(pays);
        }
        self.heaps.push(heap);
        self.sort();
    }

    /// What is pending and due can be spent, after debt.
    pub fn settle(&mut self, now: DateTime<Utc>) {
        for heap in &mut self.heaps {
            if heap.settles_at.is_none_or(|at| at > now) {
                continue;
            }
            heap.settles_at = None;
            for point in heap.points.iter_mut().filter(|point| **point == Point::Left) {
                if self.debt > 0 {
                    *point = Point::Gone;
                    self.debt -= 1;
                }
            }
        }
    }

    pub fn expire(&mut self, now: DateTime<Utc>) {
        for heap in self.heaps.iter_mut().filter(|heap| heap.settled() && !heap.good(now)) {
            for point in heap.points.iter_mut().filter(|point| **point == Point::Left) {
                *point = Point::Gone;
            }
        }
    }

    fn can_take(&self, amount: i64, now: DateTime<Utc>) -> bool {
        amount <= self.available() && amount <= self.spendable(now)
    }

    pub fn spend(&mut self, by: usize, amount: i64, now: DateTime<Utc>) -> bool {
        self.can_take(amount, now)
            && (0..amount).all(|_| self.turn(Point::TakenBy(by), |heap| heap.good(now)))
    }

    pub fn freeze(
        &mut self,
        by: usize,
        amount: i64,
        (now, until): (DateTime<Utc>, DateTime<Utc>),
    ) -> bool {
        let frozen = self.spend(by, amount, now);
        if frozen {
            self.holds.insert(by, (amount, until));
        }
        frozen
    }

    /// Ends a hold: `used` of it are gone, the rest comes back.
    pub fn end_hold(&mut self, freeze: usize, used: i64, now: DateTime<Utc>) {
        let (amount, _) = self.holds.remove(&freeze).unwrap();
        self.give_back(freeze, amount - used, now);
    }

    pub fn take_away(&mut self, amount: i64, now: DateTime<Utc>) -> bool {
        self.can_take(amount, now)
            && (0..amount).all(|_| self.turn(Point::Gone, |heap| heap.good(now)))
    }

    /// Takes an earning back; what nobody has any more is debt, or answered when no debt may be made.
    pub fn claw_back(
        &mut self,
        earning: usize,
        amount: i64,
        now: DateTime<Utc>,
        debt: bool,
    ) -> i64 {
        let own = |heap: &Heap| heap.earned_by == earning;
        if self.heaps.iter().any(|heap| own(heap) && !heap.settled()) {
            assert!((0..amount).all(|_| self.turn(Point::Gone, own)));
            return 0;
        }
        let mut short = 0;
        for _ in 0..amount {
            let taken = self.turn(Point::Gone, own)
                || self.turn(Point::Gone, |heap| heap.good(now))
                || self.turn(Point::Gone, Heap::settled);
            self.debt += i64::from(!taken && debt);
            short += i64::from(!taken && !debt);
        }
        short
    }

    pub fn give_back(&mut self, taking: usize, amount: i64, now: DateTime<Utc>) {
        for _ in 0..amount {
            let taken = Point::TakenBy(taking);
            let heap = self.heaps.iter_mut().rev().find(|heap| heap.points.contains(&taken));
            let point = heap.unwrap().points.iter_mut().find(|point| **point == taken).unwrap();
            *point = Point::Left;
        }
        self.pay_debt(now);
    }

    pub fn take_over(&mut self, other: Self, now: DateTime<Utc>) {
        self.heaps.extend(other.heaps);
        self.holds.extend(other.holds);
        self.debt += other.debt;
        self.sort();
        self.pay_debt(now);
    }
}
