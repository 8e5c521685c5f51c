//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// The version came before with other content.
pub const PRODUCT_VERSION_REUSED: Code = Code::new(
    409,
    "product_version_reused",
    12401,
    "同一版本号的商品内容不同",
    "this version of the product was sent with other content",
);
/// A SKU stays with its product.
pub const SKU_OF_OTHER_PRODUCT: Code = Code::new(
    409,
    "sku_of_other_product",
    12402,
    "该 SKU 已属于其他款式",
    "the SKU belongs to another product",
);
/// No SKU has that code.
pub const STOCK_SKU_UNKNOWN: Code =
    Code::new(422, "stock_sku_unknown", 12410, "没有这个 SKU", "there is no such SKU");
/// No store has that code.
pub const STOCK_STORE_UNKNOWN: Code =
    Code::new(422, "stock_store_unknown", 12411, "没有这家门店", "there is no such store");
/// The line of the document, or the number of the hold, came before with other content.
pub const STOCK_CAUSE_CONFLICT: Code = Code::new(
    409,
    "stock_cause_conflict",
    12412,
    "同一单据行或预占单号的内容不同",
    "this line of the document, or this number, was sent with other content",
);
/// Fewer pieces can be promised.
pub const STOCK_INSUFFICIENT: Code =
    Code::new(409, "stock_insufficient", 12413, "可用库存不足", "fewer pieces are available");
/// A later count is known.
pub const STOCK_COUNT_OUTDATED: Code =
    Code::new(409, "stock_count_outdated", 12414, "已有更晚的盘点", "a later count is known");
/// A business time more than five minutes ahead.
pub const STOCK_IN_FUTURE: Code = Code::new(
    422,
    "stock_in_future",
    12415,
    "业务时间晚于当前时间 5 分钟以上",
    "the business time is more than five minutes ahead",
);
/// There is no such hold, or it is another's.
pub const STOCK_HOLD_NOT_FOUND: Code =
    Code::new(404, "stock_hold_not_found", 12416, "没有这个预占", "there is no such hold");
/// The hold was used, or given back.
pub const STOCK_HOLD_RESOLVED: Code = Code::new(
    409,
    "stock_hold_resolved",
    12417,
    "该预占已使用或已释放",
    "the hold was used or given back",
);
/// The hold went back by itself.
pub const STOCK_HOLD_LAPSED: Code =
    Code::new(409, "stock_hold_lapsed", 12418, "该预占已过期", "the hold has lapsed");
/// More than is held.
pub const STOCK_HOLD_EXCEEDED: Code =
    Code::new(409, "stock_hold_exceeded", 12419, "超过预占的件数", "more pieces than are held");

/// All of them, for the documentation.
pub const ALL: &[Code] = &[
    PRODUCT_VERSION_REUSED,
    SKU_OF_OTHER_PRODUCT,
    STOCK_SKU_UNKNOWN,
    STOCK_STORE_UNKNOWN,
    STOCK_CAUSE_CONFLICT,
    STOCK_INSUFFICIENT,
    STOCK_COUNT_OUTDATED,
    STOCK_IN_FUTURE,
    STOCK_HOLD_NOT_FOUND,
    STOCK_HOLD_RESOLVED,
    STOCK_HOLD_LAPSED,
    STOCK_HOLD_EXCEEDED,
];
