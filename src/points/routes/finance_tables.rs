//! The reports of finance as tables for a spreadsheet.

use actix_web::web::Bytes;

use crate::http::Result;
use crate::http::csv::{Cell, Lines};
use crate::points::service::{Liability, PeriodActivity};

/// One line a month, then what stands apart, then the sum.
pub(super) fn liability(liability: &Liability) -> Result<Bytes> {
    let mut lines = Lines::headed(&["到期月份", "积分", "批次数", "价值（分）"])?;
    for month in &liability.months {
        let name =
            month.month.map_or("永久有效".to_owned(), |day| day.format("%Y-%m").to_string());
        let value = liability.value_fen(month.points);
        lines.add([name.into(), month.points.into(), month.lots.into(), value.into()])?;
    }
    for (name, points) in [
        ("待入账", liability.pending),
        ("冻结", liability.frozen),
        ("合计", liability.outstanding()),
        ("其中未计：会员欠分", liability.debt),
        ("其中未计：已到期未入账", liability.ran_out),
    ] {
        let value = liability.value_fen(points);
        lines.add([name.into(), points.into(), Cell::Empty, value.into()])?;
    }
    lines.into_bytes()
}

const ACTIVITY: [&str; 18] = [
    "开始日期",
    "结束日期",
    "期初积分",
    "发放",
    "到账",
    "使用",
    "退还已用",
    "过期",
    "退货扣回",
    "调增",
    "调减",
    "冻结",
    "解冻",
    "期末积分",
    "笔数",
    "到期批次发放",
    "到期批次过期",
    "过期率（万分之）",
];

/// One line a period.
pub(super) fn activity(rows: &[PeriodActivity]) -> Result<Bytes> {
    let mut lines = Lines::headed(&ACTIVITY)?;
    for PeriodActivity { period, activity, breakage } in rows {
        let mut cells: Vec<Cell<'_>> =
            vec![period.from.to_string().into(), period.to.to_string().into()];
        let numbers = [
            activity.opening,
            activity.issued,
            activity.settled,
            activity.spent,
            activity.given_back,
            activity.expired,
            activity.reversed,
            activity.adjusted_up,
            activity.adjusted_down,
            activity.frozen,
            activity.released,
            activity.closing,
            activity.transfers,
            breakage.issued,
            breakage.expired,
        ];
        cells.extend(numbers.map(Cell::from));
        cells.push(breakage.rate_bps().into());
        lines.add(cells)?;
    }
    lines.into_bytes()
}
