//! The model: every point by itself.

use chrono::{DateTime, Utc};

/// Where one point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    Left,
    SpentBy(usize),
    Gone,
}

/// A lot of the model: its points, one by one.
#[derive(Clone, Debug)]
pub struct Heap {
    earned_by: usize,
    expires_at: Option<DateTime<Utc>>,
    earned_at: DateTime<Utc>,
    points: Vec<Point>,
}

#[derive(Clone, Debug, Default)]
pub struct Purse {
    pub heaps: Vec<Heap>,
    pub debt: i64,
}

impl Heap {
    fn good(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|at| at > now)
    }

    pub fn left(&self) -> i64 {
        i64::try_from(self.points.iter().filter(|point| **point == Point::Left).count()).unwrap()
    }
}

impl Purse {
    pub fn sort(&mut self) {
        self.heaps.sort_by_key(|heap| {
            (heap.expires_at.unwrap_or(DateTime::<Utc>::MAX_UTC), heap.earned_at)
        });
    }

    pub fn available(&self) -> i64 {
        self.heaps.iter().map(Heap::left).sum::<i64>() - self.debt
    }

    fn spendable(&self, now: DateTime<Utc>) -> i64 {
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
            && (self.turn(Point::Gone, |heap| heap.good(now)) || self.turn(Point::Gone, |_| true))
        {
            self.debt -= 1;
        }
    }

    pub fn earn(
        &mut self,
        by: usize,
        amount: i64,
        expires_at: Option<DateTime<Utc>>,
        earned_at: DateTime<Utc>,
    ) {
        let mut heap = Heap { earned_by: by, expires_at, earned_at, points: Vec::new() };
        for _ in 0..amount {
            heap.points.push(if self.debt > 0 { Point::Gone } else { Point::Left });
            self.debt = (self.debt - 1).max(0);
        }
        self.heaps.push(heap);
        self.sort();
    }

    pub fn spend(&mut self, by: usize, amount: i64, now: DateTime<Utc>) -> bool {
        if amount > self.available() || amount > self.spendable(now) {
            return false;
        }
        (0..amount).all(|_| self.turn(Point::SpentBy(by), |heap| heap.good(now)))
    }

    pub fn claw_back(&mut self, earning: usize, amount: i64, now: DateTime<Utc>) {
        for _ in 0..amount {
            let taken = self.turn(Point::Gone, |heap| heap.earned_by == earning)
                || self.turn(Point::Gone, |heap| heap.good(now))
                || self.turn(Point::Gone, |_| true);
            self.debt += i64::from(!taken);
        }
    }

    pub fn give_back(&mut self, spending: usize, amount: i64, now: DateTime<Utc>) {
        for _ in 0..amount {
            let spent = Point::SpentBy(spending);
            let heap = self.heaps.iter_mut().rev().find(|heap| heap.points.contains(&spent));
            let point = heap.unwrap().points.iter_mut().find(|point| **point == spent).unwrap();
            *point = Point::Left;
        }
        self.pay_debt(now);
    }
}
