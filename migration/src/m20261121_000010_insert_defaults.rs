//! The default tiers and earning rules (TR-1, PT-2): data that head office may change afterwards.

use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Code, name, rank, spent in 12 months (fen), growth, multiplier (1/10000), benefits.
const TIERS: [(&str, &str, i32, i64, i64, i64, &str); 3] = [
    ("silver", "银卡", 1, 0, 0, 10_000, r#"["生日礼"]"#),
    ("gold", "金卡", 2, 500_000, 5_000, 12_000, r#"["生日礼","1.2 倍积分","免费修改裤长"]"#),
    (
        "diamond",
        "钻石",
        3,
        2_000_000,
        20_000,
        15_000,
        r#"["生日礼","1.5 倍积分","免费修改裤长","新品优先购","专属导购"]"#,
    ),
];

/// Id, code, ledger, whether the tier multiplies, months valid.
const RULES: [(u128, &str, &str, bool, Option<i32>); 2] = [
    (0x0000_0000_0000_7000_8000_0000_0000_0001, "purchase_points", "points", true, Some(12)),
    (0x0000_0000_0000_7000_8000_0000_0000_0002, "purchase_growth", "growth", false, None),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for (code, name, rank, spend, growth, multiplier, benefits) in TIERS {
            let benefits = json(benefits)?;
            let tier = Query::insert()
                .into_table("tier")
                .columns([
                    "code",
                    "name",
                    "rank",
                    "spend_fen",
                    "growth",
                    "multiplier_bps",
                    "months",
                    "benefits",
                ])
                .values_panic([
                    code.into(),
                    name.into(),
                    rank.into(),
                    spend.into(),
                    growth.into(),
                    multiplier.into(),
                    12.into(),
                    benefits.into(),
                ])
                .on_conflict(OnConflict::column("code").update_column("code").to_owned())
                .to_owned();
            m.execute(tier).await?;
        }
        for (id, code, ledger, multiplied, months) in RULES {
            let rule = Query::insert()
                .into_table("earning_rule")
                .columns([
                    "id",
                    "code",
                    "version",
                    "ledger",
                    "fen_per_unit",
                    "tier_multiplied",
                    "excluded_categories",
                    "months_valid",
                    "starts_at",
                ])
                .values_panic([
                    sea_orm::prelude::Uuid::from_u128(id).into(),
                    code.into(),
                    1.into(),
                    ledger.into(),
                    100_i64.into(),
                    multiplied.into(),
                    json("[]")?.into(),
                    months.into(),
                    sea_orm::prelude::DateTimeUtc::UNIX_EPOCH.into(),
                ])
                .on_conflict(OnConflict::column("id").update_column("id").to_owned())
                .to_owned();
            m.execute(rule).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.execute(Query::delete().from_table("tier").to_owned()).await?;
        m.execute(Query::delete().from_table("earning_rule").to_owned()).await
    }
}

fn json(text: &str) -> Result<sea_orm::prelude::Json, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Migration(error.to_string()))
}
