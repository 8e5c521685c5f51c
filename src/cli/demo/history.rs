//! Eighteen months of trade, with seasons, week-ends, festivals and returns.

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc, Weekday};
use entity::codes::{Channel, OrderStatus};
use entity::values::Fen;

use super::catalogue::Style;
use super::chance::Chance;
use super::people::{GUIDES_A_STORE, STORES, Shopper, guide_no};
use crate::kernel::calendar::Calendar;
use crate::kernel::mobile::Mobile;
use crate::orders::service::{
    Customer, LineIn, Number, OrderIn, PaymentIn, RefundIn, RefundLineIn,
};

/// Months of history.
const MONTHS: u32 = 18;
/// Orders per hundred shoppers.
const ORDERS_A_HUNDRED: usize = 460;

/// Who bought what when, in the order in which it happened.
pub(super) struct History {
    pub(super) orders: Vec<OrderIn>,
    pub(super) refunds: Vec<RefundIn>,
}

/// The first day of a history that ends on `today`.
pub(super) fn first_day(today: NaiveDate) -> NaiveDate {
    today - Months::new(MONTHS)
}

/// What trade needs to know.
pub(super) struct Trade<'a> {
    pub(super) shoppers: &'a [Shopper],
    pub(super) styles: &'a [Style],
    pub(super) calendar: Calendar,
    /// Nothing happens after this.
    pub(super) now: DateTime<Utc>,
}

impl Trade<'_> {
    /// All of it.
    pub(super) fn history(&self) -> History {
        let mut chance = Chance::of("history");
        let today = self.calendar.day(self.now);
        let from = first_day(today);
        let days: Vec<NaiveDate> = from.iter_days().take_while(|day| *day <= today).collect();
        let mut visits = self.visits(&mut chance, &days);
        visits.sort_by_key(|visit| visit.at);
        let mut history = History { orders: Vec::new(), refunds: Vec::new() };
        for (number, visit) in visits.iter().enumerate() {
            let order = self.order(&mut chance, number, visit);
            if chance.percent(6) {
                history.refunds.extend(self.refund(&mut chance, &order));
            }
            history.orders.push(order);
        }
        history.refunds.sort_by_key(|refund| refund.occurred_at);
        history
    }

    /// When everybody buys. Few buy often and most seldom; nobody before the day she joined.
    fn visits(&self, chance: &mut Chance, days: &[NaiveDate]) -> Vec<Visit> {
        let weights: Vec<u32> = days.iter().map(|day| busy(*day)).collect();
        let count = self.shoppers.len() * ORDERS_A_HUNDRED / 100;
        let mut often: Vec<i64> = self.shoppers.iter().map(|_| chance.falling(72, 40)).collect();
        // The examples show her, so there must be something to see.
        if let Some(first) = often.first_mut() {
            *first = 36;
        }
        let total: i64 = often.iter().sum();
        let mut visits = Vec::with_capacity(count + self.shoppers.len());
        for (who, often) in often.iter().enumerate() {
            let share = often * i64::try_from(count).unwrap_or(i64::MAX) / total.max(1);
            let joined = if who == 0 { 0 } else { chance.weighted(weights.iter().copied()) };
            for visit in 0..share.max(1) {
                let later = chance.weighted(weights[joined..].iter().copied());
                let day = days[joined + if visit == 0 { 0 } else { later }];
                visits.push(self.visit(chance, who, day));
            }
        }
        visits.retain(|visit| visit.at < self.now);
        visits
    }

    fn visit(&self, chance: &mut Chance, who: usize, day: NaiveDate) -> Visit {
        let channel = [Channel::Pos, Channel::MiniProgram, Channel::Taobao]
            [chance.weighted([70, 19, 11].into_iter())];
        let channel = if self.shoppers[who].is_loyal { Channel::Pos } else { channel };
        // Stores open from 10 to 22; people on their phones are up later.
        let hour = match channel {
            Channel::Pos => 10 + chance.weighted([3, 4, 5, 5, 6, 7, 7, 6, 7, 9, 9, 4].into_iter()),
            _ => 8 + chance.weighted([2, 2, 3, 3, 5, 3, 3, 3, 3, 4, 5, 6, 8, 9, 8, 4].into_iter()),
        };
        let hour = i64::try_from(hour).unwrap_or(12);
        let seconds = hour * 3600 + chance.between(0, 3599);
        let at = self.calendar.start(day) + TimeDelta::seconds(seconds);
        Visit { who, at, channel }
    }

    fn order(&self, chance: &mut Chance, number: usize, visit: &Visit) -> OrderIn {
        let shopper = &self.shoppers[visit.who];
        let day = self.calendar.day(visit.at);
        let (store, guide) = served(chance, shopper, visit.channel);
        let lines = self.lines(chance, shopper, day);
        let paid = Fen(lines.iter().map(|line| line.paid.0).sum());
        let prefix = match visit.channel {
            Channel::Pos => STORES[store.unwrap_or_default()].code,
            Channel::MiniProgram => "MP",
            _ => "TB",
        };
        let method =
            ["wechat", "alipay", "card", "cash"][chance.weighted([58, 27, 11, 4].into_iter())];
        OrderIn {
            number: Number {
                channel: visit.channel,
                external_no: format!("{prefix}{}{number:06}", day.format("%y%m%d")),
            },
            version: 1,
            status: OrderStatus::Paid,
            occurred_at: visit.at,
            customer: Some(customer(shopper, visit.channel)),
            store_code: store.map(|store| STORES[store].code.to_owned()),
            guide_no: guide,
            payments: vec![PaymentIn { method: method.to_owned(), paid }],
            lines,
            paid,
            points_receipt: None,
        }
    }

    fn lines(&self, chance: &mut Chance, shopper: &Shopper, day: NaiveDate) -> Vec<LineIn> {
        let count = chance.falling(38, 4);
        let off = [100, 100, 95, 90, 85][chance.weighted([50, 20, 12, 12, 6].into_iter())];
        (1..=count)
            .map(|line_no| {
                let styles = self.styles;
                let style = &styles[chance.weighted(styles.iter().map(|style| style.demand(day)))];
                let quantity = if chance.percent(4) { 2 } else { 1 };
                let list = style.product.list.0 * quantity;
                // Prices end in whole yuan.
                let paid = list * style.percent(day) * off / 1_000_000 * 100;
                LineIn {
                    line_no: i32::try_from(line_no).unwrap_or(1),
                    sku_code: style.sku(chance, &shopper.fit).to_owned(),
                    quantity: i32::try_from(quantity).unwrap_or(1),
                    list: Fen(list),
                    paid: Fen(paid),
                    ..LineIn::default()
                }
            })
            .collect()
    }

    /// Some days later, one line or everything; none when that day has not come.
    fn refund(&self, chance: &mut Chance, order: &OrderIn) -> Option<RefundIn> {
        let minutes = TimeDelta::minutes(chance.between(60, 600));
        let at = order.occurred_at + TimeDelta::days(chance.between(1, 12)) + minutes;
        let only = chance.percent(70).then(|| chance.one_of(&order.lines).line_no);
        let lines: Vec<RefundLineIn> = order
            .lines
            .iter()
            .filter(|line| only.is_none_or(|only| only == line.line_no) && line.paid.0 > 0)
            .map(|line| RefundLineIn {
                line_no: line.line_no,
                quantity: line.quantity,
                amount: line.paid,
            })
            .collect();
        let amount = Fen(lines.iter().map(|line| line.amount.0).sum());
        let number = Number {
            channel: order.number.channel,
            external_no: format!("R{}", order.number.external_no),
        };
        let order_no = order.number.external_no.clone();
        let refund = RefundIn { number, order_no, occurred_at: at, amount, lines };
        (at < self.now && amount.0 > 0).then_some(refund)
    }
}

/// Somebody buys something.
struct Visit {
    /// Position of the shopper.
    who: usize,
    at: DateTime<Utc>,
    channel: Channel,
}

/// How busy a day is: spring and autumn collections, week-ends, 6·18, 11·11, the days before the Spring Festival.
fn busy(day: NaiveDate) -> u32 {
    let season = [13, 9, 10, 10, 11, 11, 8, 8, 10, 12, 13, 13][day.month0() as usize];
    let week = match day.weekday() {
        Weekday::Sat | Weekday::Sun => 17,
        Weekday::Fri => 12,
        _ => 9,
    };
    let festival = match (day.month(), day.day()) {
        (11, 11) => 60,
        (6, 18) => 40,
        (11, 9..=12) | (6, 16..=19) | (12, 12) => 22,
        (10, 1..=5) | (5, 1..=3) | (1, 10..=25) => 15,
        _ => 10,
    };
    season * week * festival
}

/// The store and the guide who serve: her own mostly, another in the same house at times, nobody on Taobao.
fn served(
    chance: &mut Chance,
    shopper: &Shopper,
    channel: Channel,
) -> (Option<usize>, Option<String>) {
    let another = |chance: &mut Chance, most: usize| {
        usize::try_from(chance.between(0, i64::try_from(most).unwrap_or(1) - 1)).unwrap_or_default()
    };
    match channel {
        Channel::Pos if shopper.is_loyal => {
            (Some(shopper.store), Some(guide_no(shopper.store, shopper.guide)))
        }
        Channel::Pos => {
            let away = chance.percent(8);
            let store = if away { another(chance, STORES.len()) } else { shopper.store };
            let own = store == shopper.store && chance.percent(75);
            let guide = if own { shopper.guide } else { another(chance, GUIDES_A_STORE) + 1 };
            (Some(store), Some(guide_no(store, guide)))
        }
        Channel::MiniProgram => {
            let shared = chance.percent(45);
            (None, shared.then(|| guide_no(shopper.store, shopper.guide)))
        }
        _ => (None, None),
    }
}

fn customer(shopper: &Shopper, channel: Channel) -> Customer {
    let buyer = format!("tb_{}", &shopper.phone[3..]);
    Customer {
        phone: Mobile::parse(&shopper.phone).ok(),
        buyer_id: (channel == Channel::Taobao).then_some(buyer),
        ..Customer::default()
    }
}

/// The end of the half month of `at`: what comes in together.
pub(super) fn half_month(calendar: Calendar, at: DateTime<Utc>) -> NaiveDate {
    let day = calendar.day(at);
    match day.day() {
        ..16 => day.with_day(16).unwrap_or(day),
        _ => calendar.month(at) + Months::new(1),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::{catalogue, people};
    use super::*;

    fn history(shoppers: usize) -> History {
        let now: DateTime<Utc> = "2026-11-21T04:00:00Z".parse().unwrap();
        let calendar = Calendar(chrono_tz::Asia::Shanghai);
        let today = calendar.day(now);
        let shoppers = people::shoppers(shoppers, today);
        let styles = catalogue::styles(first_day(today), today);
        Trade { shoppers: &shoppers, styles: &styles, calendar, now }.history()
    }

    #[test]
    fn every_shopper_buys_and_no_number_comes_twice() {
        let History { orders, refunds } = history(2000);
        assert!((8_000..12_000).contains(&orders.len()), "{}", orders.len());
        assert!(refunds.len() > 300, "{}", refunds.len());
        let numbers: HashSet<_> = orders.iter().map(|order| &order.number).collect();
        assert_eq!(numbers.len(), orders.len());
        let phones: HashSet<_> =
            orders.iter().filter_map(|order| order.customer.as_ref()?.phone.clone()).collect();
        assert!(phones.len() > 1_950, "{}", phones.len());
        assert!(orders.is_sorted_by_key(|order| order.occurred_at));
    }

    #[test]
    fn amounts_add_up_in_whole_yuan() {
        for order in history(200).orders {
            let lines: i64 = order.lines.iter().map(|line| line.paid.0).sum();
            assert_eq!((lines, lines % 100), (order.paid.0, 0));
            assert!(order.lines.iter().all(|line| 0 < line.paid.0 && line.paid <= line.list));
        }
    }

    #[test]
    fn the_same_day_gives_the_same_history() {
        let (a, b) = (history(100), history(100));
        assert_eq!((a.orders, a.refunds), (b.orders, b.refunds));
    }

    #[test]
    fn week_ends_and_festivals_are_busier() {
        let day = |text: &str| busy(text.parse().unwrap());
        assert!(day("2026-03-14") > day("2026-03-11"));
        assert!(day("2025-11-11") > 3 * day("2025-11-18"));
    }
}
