//! Tiers as data with holds, pins, paid cards and benefits (TR-2 to TR-4).

use sea_orm_migration::prelude::*;

use crate::columns::*;

/// The step.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tier, kind, value, quota, period: what the words of the default tiers said, as data.
const BENEFITS: [(&str, &str, i64, Option<i32>, Option<&str>); 7] = [
    ("silver", "birthday_gift", 0, Some(1), Some("year")),
    ("gold", "birthday_gift", 0, Some(1), Some("year")),
    ("gold", "tailoring", 0, None, None),
    ("diamond", "birthday_gift", 0, Some(1), Some("year")),
    ("diamond", "tailoring", 0, None, None),
    ("diamond", "early_access", 24, None, None),
    ("diamond", "dedicated_service", 0, None, None),
];

/// Everybody above the joining tier gets the row that her tier follows from. The first look at `notice_at` finds the
/// day of the notice by the calendar, so the end of the tier does as a beginning.
const HOLDS: &str = "INSERT INTO tier_hold (member_id, tier, since, until, growth_base, growth_mark, due_at, notice_at, \
    changes) SELECT m.id, m.tier, m.tier_since, m.tier_until, COALESCE((SELECT MAX(c.growth) FROM tier_change c WHERE \
    c.member_id = m.id), 0), 0, m.tier_until, m.tier_since, 0 FROM member m WHERE m.tier_until IS NOT NULL AND \
    m.merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM tier_hold h WHERE h.member_id = m.id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add(m, "tier", count("version").default(1).to_owned()).await?;
        add(m, "tier_change", count("seq").default(0).to_owned()).await?;
        add(m, "tier_change", text_null("earned_tier", 32)).await?;
        add(m, "tier_change", text_null("actor_kind", 32)).await?;
        add(m, "tier_change", id_null("actor_id")).await?;
        add(m, "tier_change", text_null("reason", 200)).await?;
        add(m, "tier_change", instant_null(m, "recorded_at")).await?;
        create_holds(m).await?;
        create_cards(m).await?;
        create_benefits(m).await?;
        m.get_connection().execute_unprepared(HOLDS).await?;
        describe_defaults(m).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "benefit_use",
            "membership_card",
            "membership_plan",
            "tier_gift",
            "tier_benefit",
            "tier_hold",
        ] {
            m.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for column in ["recorded_at", "reason", "actor_id", "actor_kind", "earned_tier", "seq"] {
            remove(m, "tier_change", column).await?;
        }
        remove(m, "tier", "version").await
    }
}

async fn add(m: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    if m.has_column(table, column.get_column_name()).await? {
        return Ok(());
    }
    m.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}

async fn remove(
    m: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    m.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await
}

async fn create_holds(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        table(m, "tier_hold")
            .col(key("member_id"))
            .col(text("tier", 32))
            .col(instant(m, "since"))
            .col(instant_null(m, "until"))
            .col(count("growth_base"))
            .col(count("growth_mark"))
            .col(text_null("pin_tier", 32))
            .col(instant_null(m, "pin_since"))
            .col(instant_null(m, "pin_until"))
            .col(instant_null(m, "due_at"))
            .col(instant_null(m, "notice_at"))
            .col(count("changes"))
            .to_owned(),
    )
    .await?;
    index(m, "tier_hold", &["due_at"]).await?;
    index(m, "tier_hold", &["notice_at"]).await?;
    index(m, "tier_hold", &["tier"]).await?;
    index(m, "tier_hold", &["pin_tier"]).await?;
    m.create_table(
        table(m, "tier_gift")
            .col(id("member_id"))
            .col(text("tier", 32))
            .col(count("points"))
            .col(instant(m, "given_at"))
            .primary_key(Index::create().col("member_id").col("tier"))
            .to_owned(),
    )
    .await
}

async fn create_cards(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        table(m, "membership_plan")
            .col(text("code", 32).primary_key().to_owned())
            .col(text("name", 200))
            .col(text("tier", 32))
            .col(small("months"))
            .col(count("price_fen"))
            .col(instant_null(m, "stopped_at"))
            .col(count("version"))
            .to_owned(),
    )
    .await?;
    index(m, "membership_plan", &["tier"]).await?;
    m.create_table(
        table(m, "membership_card")
            .col(key("id"))
            .col(id("member_id"))
            .col(text("plan", 32))
            .col(text("tier", 32))
            .col(instant(m, "starts_at"))
            .col(instant(m, "ends_at"))
            .col(count("paid_fen"))
            .col(id("partner_id"))
            .col(text("receipt_no", 64))
            .col(instant(m, "sold_at"))
            .col(instant_null(m, "cancelled_at"))
            .to_owned(),
    )
    .await?;
    unique(m, "membership_card", &["partner_id", "receipt_no"]).await?;
    index(m, "membership_card", &["member_id", "ends_at"]).await?;
    index(m, "membership_card", &["tier", "ends_at"]).await
}

async fn create_benefits(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        table(m, "tier_benefit")
            .col(text("tier", 32))
            .col(code("kind"))
            .col(count("value"))
            .col(small_null("quota"))
            .col(text_null("period", 32))
            .primary_key(Index::create().col("tier").col("kind"))
            .to_owned(),
    )
    .await?;
    m.create_table(
        table(m, "benefit_use")
            .col(key("id"))
            .col(id("member_id"))
            .col(code("kind"))
            .col(text("tier", 32))
            .col(id("partner_id"))
            .col(text("receipt_no", 64))
            .col(instant(m, "used_at"))
            .col(instant_null(m, "undone_at"))
            .to_owned(),
    )
    .await?;
    unique(m, "benefit_use", &["partner_id", "kind", "receipt_no"]).await?;
    index(m, "benefit_use", &["member_id", "kind", "used_at"]).await
}

/// The default tiers say by data what they said in words.
async fn describe_defaults(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let empty = serde_json::Value::Array(Vec::new());
    let defaults = ["silver", "gold", "diamond"];
    let words = Query::update()
        .table("tier")
        .value("benefits", empty)
        .and_where(Expr::col("code").is_in(defaults))
        .to_owned();
    m.execute(words).await?;
    for (tier, kind, value, quota, period) in BENEFITS {
        let row = Query::insert()
            .into_table("tier_benefit")
            .columns(["tier", "kind", "value", "quota", "period"])
            .values_panic([
                tier.into(),
                kind.into(),
                value.into(),
                quota.into(),
                period.map(str::to_owned).into(),
            ])
            .on_conflict(OnConflict::columns(["tier", "kind"]).update_column("kind").to_owned())
            .to_owned();
        m.execute(row).await?;
    }
    Ok(())
}
