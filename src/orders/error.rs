//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// Sums that must agree do not; `errors` names the field.
pub const ORDER_AMOUNTS_MISMATCH: Code =
    Code::new(422, "order_amounts_mismatch", 11601, "金额合计不一致", "the amounts do not add up");
/// An amount above ¥1,000,000,000.00: certainly an error of units.
pub const ORDER_AMOUNT_TOO_LARGE: Code = Code::new(
    422,
    "order_amount_too_large",
    11602,
    "金额超过上限（10 亿元）",
    "an amount is above 100,000,000,000 fen",
);
/// Only CNY is taken.
pub const ORDER_CURRENCY_UNSUPPORTED: Code = Code::new(
    422,
    "order_currency_unsupported",
    11603,
    "仅支持人民币（CNY）",
    "only CNY is supported",
);
/// A business time more than 24 hours ahead.
pub const ORDER_IN_FUTURE: Code = Code::new(
    422,
    "order_in_future",
    11604,
    "业务时间晚于当前时间 24 小时以上",
    "the business time is more than 24 hours ahead",
);
/// A business time before the year 2000.
pub const ORDER_TOO_OLD: Code = Code::new(
    422,
    "order_too_old",
    11605,
    "业务时间早于 2000 年",
    "the business time is before the year 2000",
);
/// The version came before with other content.
pub const ORDER_VERSION_REUSED: Code = Code::new(
    409,
    "order_version_reused",
    11606,
    "同一版本号的订单内容不同",
    "this version of the order was sent with other content",
);
/// Lines, amounts, time, store and guide of a paid order stay.
pub const ORDER_AMOUNTS_FIXED: Code = Code::new(
    409,
    "order_amounts_fixed",
    11607,
    "订单已支付，明细、金额、时间、门店和导购不可更改",
    "lines, amounts, time, store and guide of a paid order cannot change",
);
/// The member of a paid order stays.
pub const ORDER_CUSTOMER_FIXED: Code = Code::new(
    409,
    "order_customer_fixed",
    11608,
    "订单已支付，顾客不可更改",
    "the customer of a paid order cannot change",
);
/// A paid order does not become unpaid.
pub const ORDER_ALREADY_PAID: Code = Code::new(
    409,
    "order_already_paid",
    11609,
    "订单已支付，不能改回待支付",
    "the order is paid and cannot become unpaid",
);
/// Cancelled is final.
pub const ORDER_CANCELLED: Code =
    Code::new(409, "order_cancelled", 11610, "订单已取消", "the order is cancelled");
/// Another partner sent this number first.
pub const ORDER_NUMBER_TAKEN: Code = Code::new(
    409,
    "order_number_taken",
    11611,
    "该渠道的单号已由其他合作方使用",
    "another partner uses this number in this channel",
);
/// The refund is above what is left of the order or the line, in money or in pieces.
pub const REFUND_EXCEEDS_PAID: Code = Code::new(
    422,
    "refund_exceeds_paid",
    11620,
    "退款超过可退的金额或件数",
    "the refund exceeds what is left of the order",
);
/// The refund names a line that the order does not have.
pub const REFUND_LINE_UNKNOWN: Code =
    Code::new(422, "refund_line_unknown", 11621, "订单中没有该行", "the order has no such line");
/// The refund number came before with other content.
pub const REFUND_NUMBER_REUSED: Code = Code::new(
    409,
    "refund_number_reused",
    11622,
    "同一退款单号的内容不同",
    "this refund number was sent with other content",
);

/// All of them, for the documentation.
pub const ALL: &[Code] = &[
    ORDER_AMOUNTS_MISMATCH,
    ORDER_AMOUNT_TOO_LARGE,
    ORDER_CURRENCY_UNSUPPORTED,
    ORDER_IN_FUTURE,
    ORDER_TOO_OLD,
    ORDER_VERSION_REUSED,
    ORDER_AMOUNTS_FIXED,
    ORDER_CUSTOMER_FIXED,
    ORDER_ALREADY_PAID,
    ORDER_CANCELLED,
    ORDER_NUMBER_TAKEN,
    REFUND_EXCEEDS_PAID,
    REFUND_LINE_UNKNOWN,
    REFUND_NUMBER_REUSED,
];

/// The code with this word, for reasons that were stored.
#[must_use]
pub fn named(code: &str) -> Option<Code> {
    ALL.iter().copied().find(|known| known.code == code)
}
