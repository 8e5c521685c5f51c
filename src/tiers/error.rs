//! What this capability refuses, each with a stable code.

use crate::http::Code;

/// Somebody holds the tier, a plan gives it, or it is the one that members join with.
pub const TIER_IN_USE: Code = Code::new(
    409,
    "tier_in_use",
    11801,
    "该等级正在使用，不能删除",
    "the tier is held by members, given by a plan, or the joining tier",
);
/// Another tier has the code or the rank.
pub const TIER_TAKEN: Code = Code::new(
    409,
    "tier_taken",
    11802,
    "等级编码或级别已存在",
    "another tier has this code or this rank",
);
/// A higher tier must ask for more on both tracks, the joining tier for nothing.
pub const THRESHOLDS: Code = Code::new(
    422,
    "tier_thresholds_not_rising",
    11803,
    "等级门槛必须逐级升高，入会等级门槛必须为 0",
    "a higher tier must ask for more on both tracks, the joining tier for nothing",
);
/// Another plan has the code.
pub const PLAN_TAKEN: Code = Code::new(
    409,
    "membership_plan_taken",
    11804,
    "会员卡编码已存在",
    "another plan has this code",
);
/// The plan is not sold any more.
pub const PLAN_STOPPED: Code = Code::new(
    409,
    "membership_plan_stopped",
    11805,
    "该会员卡已停售",
    "the plan is not sold any more",
);
/// The receipt sold another card before.
pub const RECEIPT_CONFLICT: Code = Code::new(
    409,
    "membership_receipt_conflict",
    11806,
    "同一单号已用于其他会员卡",
    "this receipt number was used for another card",
);
/// The partner sold no card under the receipt.
pub const CARD_NOT_FOUND: Code = Code::new(
    404,
    "membership_card_not_found",
    11807,
    "没有找到该会员卡订单",
    "no card was sold under this receipt number",
);
/// Her tier does not give that, or it is nothing that a till uses.
pub const BENEFIT_NOT_OFFERED: Code = Code::new(
    409,
    "benefit_not_offered",
    11808,
    "该会员的等级没有此权益",
    "the member's tier does not give this benefit",
);
/// The quota of the period is used up.
pub const BENEFIT_USED_UP: Code = Code::new(
    409,
    "benefit_used_up",
    11809,
    "本期权益次数已用完",
    "the quota of the period is used up",
);
/// The receipt was used for another member, or its use was taken back.
pub const BENEFIT_RECEIPT_CONFLICT: Code = Code::new(
    409,
    "benefit_receipt_conflict",
    11810,
    "同一单号已用于其他会员或已撤销",
    "this receipt number was used for another member, or taken back",
);
/// The partner used no such benefit under the receipt.
pub const BENEFIT_USE_NOT_FOUND: Code = Code::new(
    404,
    "benefit_use_not_found",
    11811,
    "没有找到该权益使用记录",
    "no such benefit was used under this receipt number",
);
/// The birthday gift is for the month of the birthday, which must be known.
pub const BENEFIT_NOT_NOW: Code = Code::new(
    409,
    "benefit_not_now",
    11812,
    "生日礼仅限生日当月使用",
    "the birthday gift is for the month of the birthday",
);

/// All of the above, for the documentation and the uniqueness test.
pub const ALL: &[Code] = &[
    TIER_IN_USE,
    TIER_TAKEN,
    THRESHOLDS,
    PLAN_TAKEN,
    PLAN_STOPPED,
    RECEIPT_CONFLICT,
    CARD_NOT_FOUND,
    BENEFIT_NOT_OFFERED,
    BENEFIT_USED_UP,
    BENEFIT_RECEIPT_CONFLICT,
    BENEFIT_USE_NOT_FOUND,
    BENEFIT_NOT_NOW,
];
