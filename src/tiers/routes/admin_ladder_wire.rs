//! Tiers as head office reads and writes them.

use entity::codes::{BenefitKind, QuotaPeriod};
use entity::values::Fen;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::text::{maybe_plain, plain};
use crate::http::{Error, Result};
use crate::tiers::rules::limits_of;
use crate::tiers::service::{Benefit, NewTier, TierChanges, TierRow};

/// The most that a threshold may be, in fen or growth value.
const MOST: i64 = 1_000_000_000_000;

/// How often a benefit may be used.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"times": 2, "period": "quarter"}))]
pub struct BenefitQuota {
    /// How often.
    #[garde(range(min = 1, max = 10_000))]
    #[schema(minimum = 1, maximum = 10_000)]
    pub times: u32,
    /// In which period.
    #[garde(skip)]
    pub period: QuotaPeriod,
}

/// A benefit of a tier.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "tailoring", "value": 0, "quota": {"times": 2, "period": "quarter"}}))]
pub struct TierBenefit {
    /// What; each kind once. `point_multiplier` stands with the tier itself.
    #[garde(skip)]
    pub kind: BenefitKind,
    /// How much, by kind: ten-thousandths of the price (`discount_rate`, 9500 is 95%), fen (`free_shipping_over`), points
    /// (`birthday_gift`, `upgrade_gift`), hours (`early_access`), 0 for the others.
    #[garde(skip)]
    pub value: i64,
    /// How often it may be used; without limit when absent. An `upgrade_gift` is given once for ever and takes none.
    #[garde(dive)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<BenefitQuota>,
}

impl From<Benefit> for TierBenefit {
    fn from(Benefit { kind, value, quota }: Benefit) -> Self {
        let quota = quota.map(|(times, period)| BenefitQuota { times, period });
        Self { kind, value, quota }
    }
}

/// The benefits as the rules know them.
///
/// # Errors
/// `invalid_fields`: a kind twice, a value or a quota that the kind cannot have.
fn benefits(sent: &[TierBenefit]) -> Result<Vec<Benefit>> {
    let mut found: Vec<Benefit> = Vec::with_capacity(sent.len());
    for (i, benefit) in sent.iter().enumerate() {
        let at = |field: &str| format!("/benefits/{i}/{field}");
        let Some(limits) = limits_of(benefit.kind) else {
            let en = "the multiplier is set with the tier itself";
            return Err(Error::field(at("kind"), "kind", "积分倍数请在等级上设置", en));
        };
        if found.iter().any(|it| it.kind == benefit.kind) {
            return Err(Error::field(
                at("kind"),
                "repeated",
                "同一权益只能出现一次",
                "named twice",
            ));
        }
        let (least, most) = limits.value;
        if !(least..=most).contains(&benefit.value) {
            let zh = format!("取值应在 {least} 与 {most} 之间");
            let en = format!("must be {least} to {most} for this kind");
            return Err(Error::field(at("value"), "range", &zh, &en));
        }
        if benefit.quota.is_some() && !limits.usable {
            let en = "this kind takes no quota";
            return Err(Error::field(at("quota"), "quota", "该权益不能设置次数", en));
        }
        let quota = benefit.quota.map(|quota| (quota.times, quota.period));
        found.push(Benefit { kind: benefit.kind, value: benefit.value, quota });
    }
    Ok(found)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
pub(super) fn plain_code(text: &str, (): &()) -> garde::Result {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if (1..=32).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(());
    }
    Err(garde::Error::new("1 to 32 of a-z, 0-9 and _"))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
fn plain_words(list: &[String], (): &()) -> garde::Result {
    list.iter().try_for_each(|word| plain::<50>(word, &()))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
#[expect(clippy::ref_option, reason = "garde's signature")]
fn maybe_plain_words(list: &Option<Vec<String>>, (): &()) -> garde::Result {
    list.as_deref().map_or(Ok(()), |list| plain_words(list, &()))
}

/// A tier as head office sees it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "code": "gold", "name": "金卡", "rank": 2, "spend_fen": 500_000, "growth": 5000, "multiplier_bps": 12000, "months": 12,
    "benefits": [{"kind": "birthday_gift", "value": 0, "quota": {"times": 1, "period": "year"}}],
    "words": ["专享茶歇"], "version": 3
}))]
pub struct TierDetails {
    /// Code.
    pub code: String,
    /// Name shown.
    pub name: String,
    /// Place in the ladder; a higher one is better.
    pub rank: i32,
    /// Spending of 12 months that reaches it, in fen; 0 for the joining tier.
    pub spend_fen: Fen,
    /// Growth value that reaches it just as well.
    pub growth: i64,
    /// Points for each point that a purchase earns, in ten-thousandths: 12000 is 1.2 times.
    pub multiplier_bps: i64,
    /// Months it holds.
    pub months: i32,
    /// What it offers.
    pub benefits: Vec<TierBenefit>,
    /// What else it offers, in words.
    pub words: Vec<String>,
    /// Counts changes; the same as its `ETag`.
    pub version: i64,
}

impl From<(TierRow, Vec<Benefit>)> for TierDetails {
    fn from((row, benefits): (TierRow, Vec<Benefit>)) -> Self {
        Self {
            code: row.code,
            name: row.name,
            rank: row.rank,
            spend_fen: row.spend_fen,
            growth: row.growth,
            multiplier_bps: row.multiplier_bps,
            months: row.months,
            benefits: benefits.into_iter().map(Into::into).collect(),
            words: row.benefits.0,
            version: row.version,
        }
    }
}

/// A new tier.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "platinum", "name": "铂金卡", "rank": 5, "spend_fen": 5_000_000, "growth": 50_000, "multiplier_bps": 18000,
    "months": 12, "benefits": [{"kind": "upgrade_gift", "value": 1000}], "words": []
}))]
pub struct AddTierRequest {
    /// Code, unique for ever: 1 to 32 of a-z, 0-9 and _.
    #[garde(custom(plain_code))]
    #[schema(min_length = 1, max_length = 32, pattern = "^[a-z0-9_]{1,32}$")]
    pub code: String,
    /// Name shown.
    #[garde(custom(plain::<50>))]
    #[schema(min_length = 1, max_length = 50)]
    pub name: String,
    /// Place in the ladder, unique; leave gaps for later ones.
    #[garde(range(min = 1, max = 1_000))]
    #[schema(minimum = 1, maximum = 1_000)]
    pub rank: i32,
    /// Spending of 12 months that reaches it, in fen; more than that of the tier below.
    #[garde(custom(threshold))]
    pub spend_fen: Fen,
    /// Growth value that reaches it just as well; more than that of the tier below.
    #[garde(range(min = 0, max = MOST))]
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub growth: i64,
    /// Points for each point that a purchase earns, in ten-thousandths.
    #[garde(range(min = 10_000, max = 100_000))]
    #[schema(minimum = 10_000, maximum = 100_000)]
    pub multiplier_bps: i64,
    /// Months it holds.
    #[garde(range(min = 1, max = 120))]
    #[schema(minimum = 1, maximum = 120)]
    pub months: i32,
    /// What it offers.
    #[garde(length(max = 20), dive)]
    #[serde(default)]
    #[schema(max_items = 20)]
    pub benefits: Vec<TierBenefit>,
    /// What else it offers, in words; members read them after the benefits.
    #[garde(length(max = 20), custom(plain_words))]
    #[serde(default)]
    #[schema(max_items = 20)]
    pub words: Vec<String>,
}

/// Changes to a tier: a field that is absent stays.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"spend_fen": 600_000, "growth": 6000}))]
pub struct ChangeTierRequest {
    /// Name shown.
    #[garde(custom(maybe_plain::<50>))]
    #[serde(default)]
    #[schema(min_length = 1, max_length = 50)]
    pub name: Option<String>,
    /// Spending of 12 months that reaches it, in fen.
    #[garde(inner(custom(threshold)))]
    #[serde(default)]
    pub spend_fen: Option<Fen>,
    /// Growth value that reaches it just as well.
    #[garde(inner(range(min = 0, max = MOST)))]
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub growth: Option<i64>,
    /// Points for each point that a purchase earns, in ten-thousandths.
    #[garde(inner(range(min = 10_000, max = 100_000)))]
    #[serde(default)]
    #[schema(minimum = 10_000, maximum = 100_000)]
    pub multiplier_bps: Option<i64>,
    /// Months it holds, from the next time somebody gets it.
    #[garde(inner(range(min = 1, max = 120)))]
    #[serde(default)]
    #[schema(minimum = 1, maximum = 120)]
    pub months: Option<i32>,
    /// What it offers; replaces all of it.
    #[garde(length(max = 20), dive)]
    #[serde(default)]
    #[schema(max_items = 20)]
    pub benefits: Option<Vec<TierBenefit>>,
    /// What else it offers, in words; replaces all of it.
    #[garde(length(max = 20), custom(maybe_plain_words))]
    #[serde(default)]
    #[schema(max_items = 20)]
    pub words: Option<Vec<String>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
pub(super) fn threshold(fen: &Fen, (): &()) -> garde::Result {
    if (0..=MOST).contains(&fen.0) { Ok(()) } else { Err(garde::Error::new("0 to 10^12 fen")) }
}

impl AddTierRequest {
    /// As the service takes it.
    pub(super) fn command(self) -> Result<NewTier> {
        Ok(NewTier {
            benefits: benefits(&self.benefits)?,
            code: self.code,
            name: self.name,
            rank: self.rank,
            spend: self.spend_fen,
            growth: self.growth,
            multiplier_bps: self.multiplier_bps,
            months: self.months,
            words: self.words,
        })
    }
}

impl ChangeTierRequest {
    /// As the service takes it.
    pub(super) fn command(self) -> Result<TierChanges> {
        Ok(TierChanges {
            benefits: self.benefits.as_deref().map(benefits).transpose()?,
            name: self.name,
            spend: self.spend_fen,
            growth: self.growth,
            multiplier_bps: self.multiplier_bps,
            months: self.months,
            words: self.words,
        })
    }
}
