//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// More than can be spent: lots that ran out do not count.
pub const INSUFFICIENT: Code = Code::new(
    409,
    "points_insufficient",
    11701,
    "可用积分不足",
    "not enough points that can be spent",
);
/// The same receipt, order or refund came before for another member or another amount.
pub const CAUSE_CONFLICT: Code = Code::new(
    409,
    "points_cause_conflict",
    11702,
    "同一单号已用于不同的会员或数量",
    "this number was used before for another member or another amount",
);
/// More would be taken back than is left of the original.
pub const REVERSAL_EXCEEDS: Code = Code::new(
    409,
    "points_reversal_exceeds",
    11703,
    "退回数量超过原记录的剩余数量",
    "more than what is left of the original movement",
);
/// Nothing was earned or spent under that number, or not by this member.
pub const ORIGINAL_NOT_FOUND: Code = Code::new(
    404,
    "points_original_not_found",
    11704,
    "没有找到原积分记录",
    "there is no such earlier movement",
);
/// An amount below 1, above 10^12, or one that the balance cannot hold.
pub const OUT_OF_RANGE: Code = Code::new(
    422,
    "points_out_of_range",
    11705,
    "积分数量超出允许范围",
    "the number of points is out of range",
);

/// Nobody has that id, phone or card number.
pub const MEMBER_NOT_FOUND: Code =
    Code::new(404, "member_not_found", 11706, "没有找到该会员", "there is no such member");

/// No points are held under that id, or not for this member or this partner.
pub const HOLD_NOT_FOUND: Code = Code::new(
    404,
    "points_hold_not_found",
    11710,
    "没有找到该积分冻结",
    "no points are held under that id",
);
/// The held points were used or given back before.
pub const HOLD_RESOLVED: Code = Code::new(
    409,
    "points_hold_resolved",
    11711,
    "该积分冻结已使用或已释放",
    "the held points were used or given back before",
);
/// The checkout was not finished in time: the held points go back.
pub const HOLD_LAPSED: Code = Code::new(
    409,
    "points_hold_lapsed",
    11712,
    "积分冻结已超时失效",
    "the checkout was not finished in time",
);
/// More would be used than is held.
pub const HOLD_EXCEEDED: Code = Code::new(
    409,
    "points_hold_exceeded",
    11713,
    "使用数量超过冻结的积分",
    "more than the points that are held",
);
/// A rule has that code; a change of it is a new version.
pub const RULE_CODE_TAKEN: Code = Code::new(
    409,
    "earning_rule_code_taken",
    11730,
    "规则编码已存在，请新增版本",
    "there is a rule with this code: add a version to it",
);
/// A campaign has that code; a change of it is a new version.
pub const CAMPAIGN_CODE_TAKEN: Code = Code::new(
    409,
    "points_campaign_code_taken",
    11731,
    "活动编码已存在，请新增版本",
    "there is a campaign with this code: add a version to it",
);

/// All of the above.
pub const ALL: &[Code] = &[
    INSUFFICIENT,
    CAUSE_CONFLICT,
    REVERSAL_EXCEEDS,
    ORIGINAL_NOT_FOUND,
    OUT_OF_RANGE,
    MEMBER_NOT_FOUND,
    HOLD_NOT_FOUND,
    HOLD_RESOLVED,
    HOLD_LAPSED,
    HOLD_EXCEEDED,
    RULE_CODE_TAKEN,
    CAMPAIGN_CODE_TAKEN,
];
