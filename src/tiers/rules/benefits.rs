//! Benefits in words and numbers (TR-3).

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use entity::codes::{BenefitKind, QuotaPeriod};

use crate::kernel::calendar::Calendar;

/// A benefit of a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Benefit {
    /// What.
    pub kind: BenefitKind,
    /// How much, by kind.
    pub value: i64,
    /// How often in a period; none is without limit.
    pub quota: Option<(u32, QuotaPeriod)>,
}

/// What a kind of benefit can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Least and most value.
    pub value: (i64, i64),
    /// Whether a till can use it up.
    pub usable: bool,
}

/// The most that a value may be: points, fen.
const MOST: i64 = 1_000_000_000;
/// A quarter of a year in hours, to look at new styles alone.
const LONGEST_HEAD_START: i64 = 2_160;

/// What a kind of benefit can be; none for the multiplier, which stands with the tier itself.
#[must_use]
pub const fn limits_of(kind: BenefitKind) -> Option<Limits> {
    let (value, usable) = match kind {
        BenefitKind::DiscountRate => ((1, 9_999), true),
        BenefitKind::FreeShippingOver | BenefitKind::BirthdayGift => ((0, MOST), true),
        BenefitKind::EarlyAccess => ((0, LONGEST_HEAD_START), true),
        BenefitKind::FreeReturns | BenefitKind::DedicatedService | BenefitKind::Tailoring => {
            ((0, 0), true)
        }
        BenefitKind::UpgradeGift => ((1, MOST), false),
        BenefitKind::PointMultiplier => return None,
    };
    Some(Limits { value, usable })
}

/// The benefit for people: Chinese and English.
#[must_use]
pub fn title(benefit: &Benefit) -> (String, String) {
    let (zh, en) = words(benefit);
    let Some((times, period)) = benefit.quota.filter(|_| benefit.kind != BenefitKind::BirthdayGift)
    else {
        return (zh, en);
    };
    let (each, per) = match period {
        QuotaPeriod::Month => ("每月", "a month"),
        QuotaPeriod::Quarter => ("每季度", "a quarter"),
        QuotaPeriod::Year => ("每年", "a year"),
        QuotaPeriod::Hold => ("等级有效期内", "while the tier holds"),
    };
    (format!("{zh}（{each} {times} 次）"), format!("{en} ({times} {per})"))
}

fn words(benefit: &Benefit) -> (String, String) {
    let both = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    let value = benefit.value;
    match benefit.kind {
        BenefitKind::DiscountRate => {
            let off = decimal(10_000 - value, 100);
            (format!("{} 折", decimal(value, 1_000)), format!("{off}% off"))
        }
        BenefitKind::FreeShippingOver if value == 0 => both("包邮", "free delivery"),
        BenefitKind::FreeShippingOver => {
            let yuan = decimal(value, 100);
            (format!("满 {yuan} 元包邮"), format!("free delivery from ¥{yuan}"))
        }
        BenefitKind::FreeReturns => both("免费退换", "free returns"),
        BenefitKind::BirthdayGift if value == 0 => both("生日礼", "birthday gift"),
        BenefitKind::BirthdayGift => {
            (format!("生日礼 {value} 积分"), format!("birthday gift of {value} points"))
        }
        BenefitKind::UpgradeGift => {
            (format!("升级礼 {value} 积分"), format!("{value} points on reaching the tier"))
        }
        BenefitKind::EarlyAccess if value == 0 => both("新品优先购", "new styles first"),
        BenefitKind::EarlyAccess => {
            (format!("新品提前 {value} 小时购"), format!("new styles {value} hours early"))
        }
        BenefitKind::DedicatedService => both("专属导购", "a guide of your own"),
        BenefitKind::Tailoring => both("免费修改裤长", "free alterations"),
        BenefitKind::PointMultiplier => {
            let times = decimal(value, 10_000);
            (format!("{times} 倍积分"), format!("{times} times the points"))
        }
    }
}

/// `value / unit` without needless zeros.
fn decimal(value: i64, unit: i64) -> String {
    let width = unit.ilog10() as usize;
    let text = format!("{}.{:0width$}", value / unit, value % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// When the period began in which uses count now.
#[must_use]
pub fn period_start(
    calendar: Calendar,
    period: QuotaPeriod,
    now: DateTime<Utc>,
    tier_since: DateTime<Utc>,
) -> DateTime<Utc> {
    match first_day(calendar, period, now) {
        Some(day) => calendar.start(day),
        None => tier_since,
    }
}

/// When the quota begins anew; none while it lasts as long as the tier.
#[must_use]
pub fn ends_at(
    calendar: Calendar,
    period: QuotaPeriod,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let months = match period {
        QuotaPeriod::Month => 1,
        QuotaPeriod::Quarter => 3,
        QuotaPeriod::Year => 12,
        QuotaPeriod::Hold => return None,
    };
    first_day(calendar, period, now).map(|day| calendar.start(day + Months::new(months)))
}

fn first_day(calendar: Calendar, period: QuotaPeriod, now: DateTime<Utc>) -> Option<NaiveDate> {
    let month = calendar.month(now);
    match period {
        QuotaPeriod::Month => Some(month),
        QuotaPeriod::Quarter => month.with_month(month.month0() / 3 * 3 + 1),
        QuotaPeriod::Year => month.with_month(1),
        QuotaPeriod::Hold => None,
    }
}

/// How often it can be used still; none is without limit.
#[must_use]
pub fn left(benefit: &Benefit, used: u64) -> Option<u32> {
    let (times, _) = benefit.quota?;
    Some(times.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX)))
}
