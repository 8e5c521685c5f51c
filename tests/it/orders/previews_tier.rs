//! What the plan of a refund says about the tier is what becomes of it (PT-6, TR-2).

use chrono::TimeDelta;
use huiyi::kernel::ids::MemberId;
use huiyi::tiers::service::{self as tiers, Standing};
use serde_json::{Value, json};

use super::previews::{purse, same};
use super::{Till, member_id, refund, sale};

const PHONE: &str = "13800138000";

impl Till {
    async fn sells_now(&self, number: &str, lines: &[i64]) -> MemberId {
        let mut order = sale(number, PHONE, lines);
        order["occurred_at"] = json!(self.app.now());
        member_id(self.sells(&order).await["member_id"].as_str().unwrap())
    }

    async fn standing(&self, member: MemberId) -> Standing {
        tiers::standing(self.app.app.db.read(), &self.app.app, member).await.unwrap()
    }
}

/// The plan's words for a standing: spent, growth, what is missing until when.
fn numbers(told: &Value) -> Value {
    let end = &told["end"];
    json!([
        told["spent_fen"],
        told["growth"],
        end["until"],
        end["missing_spend_fen"],
        end["missing_growth"]
    ])
}

fn seen(standing: &Standing) -> Value {
    let keep = standing.keep.as_ref();
    json!([
        standing.spent,
        standing.growth,
        keep.map(|keep| keep.until),
        keep.map(|keep| keep.missing_spend),
        keep.map(|keep| keep.missing_growth)
    ])
}

/// Somebody became gold a while ago and has bought for 6,000 yuan since; perhaps more. The refund is previewed, booked,
/// and the clock runs to the end of her tier.
async fn plays(more: i64, back: i64, expect: &str) {
    let till = Till::open().await;
    let member = till.sells_now("A-1", &[600_000]).await;
    till.app.advance(TimeDelta::days(200));
    till.sells_now("A-2", &[500_000, 100_000]).await;
    if more > 0 {
        till.sells_now("A-3", &[more]).await;
    }
    let wish = refund("R-1", "A-2", back, &[]);
    let before = purse(&till, &member.to_string()).await;
    let plan = till.post("/v1/open/refunds:preview", &wish).await.expect(200);
    let tier = &plan["tier"];
    let standing = till.standing(member).await;
    assert_eq!((&tier["code"], numbers(&tier["now"])), (&json!("gold"), seen(&standing)), "{plan}");
    assert_eq!(tier["now"]["end"]["tier_then"], "gold", "what she has by now renews it");

    let booked = till.refund(&wish).await.expect(200);
    same(&plan, &booked, before, purse(&till, &member.to_string()).await);
    let standing = till.standing(member).await;
    assert_eq!(standing.tier.code, "gold", "a refund lowers nothing at once");
    assert_eq!(json!(standing.until), tier["until"]);
    assert_eq!(numbers(&tier["after"]), seen(&standing), "{plan}");

    let end = &tier["after"]["end"];
    assert_eq!(end["tier_then"], expect, "{plan}");
    till.app.clock.set(end["until"].as_str().unwrap().parse().unwrap());
    while tiers::renew_due(&till.app.app, 10).await.unwrap() > 0 {}
    let standing = till.standing(member).await;
    let is = (json!(standing.tier.code), json!(standing.tier.name));
    assert_eq!((&is.0, &is.1), (&end["tier_then"], &end["tier_name_then"]));
    till.app.reconciles().await;
}

#[actix_web::test]
async fn a_part_that_leaves_enough_keeps_the_tier() {
    plays(0, 100_000, "gold").await;
    plays(500_000, 150_000, "gold").await;
}

/// 10 yuan and 10 points of growth too much.
#[actix_web::test]
async fn a_part_that_leaves_too_little_costs_the_renewal() {
    plays(0, 101_000, "silver").await;
}

#[actix_web::test]
async fn a_full_return_keeps_the_tier_of_who_bought_enough_besides() {
    plays(500_000, 600_000, "gold").await;
}

#[actix_web::test]
async fn a_full_return_costs_the_renewal_of_who_bought_nothing_else() {
    plays(0, 600_000, "silver").await;
    plays(499_900, 600_000, "silver").await;
}

/// Growth that made the tier does not renew it: what goes back of it is missing on top.
#[actix_web::test]
async fn growth_counts_from_what_the_tier_began_with() {
    let till = Till::open().await;
    let member = till.sells_now("A-1", &[600_000]).await;
    let wish = refund("R-1", "A-1", 100_000, &[]);
    let plan = till.post("/v1/open/refunds:preview", &wish).await.expect(200);
    let (now, after) = (&plan["tier"]["now"]["end"], &plan["tier"]["after"]["end"]);
    let missing = |end: &Value| (end["missing_spend_fen"].as_i64(), end["missing_growth"].as_i64());
    // The 12 months before the end begin the day after the purchase.
    assert_eq!(
        (missing(now), missing(after)),
        ((Some(500_000), Some(5_000)), (Some(500_000), Some(6_000)))
    );
    assert_eq!((&now["tier_then"], &after["tier_then"]), (&json!("silver"), &json!("silver")));
    till.refund(&wish).await.expect(200);
    assert_eq!(numbers(&plan["tier"]["after"]), seen(&till.standing(member).await));
}

/// Somebody in the joining tier has nothing to keep; an order without money changes nothing.
#[actix_web::test]
async fn who_joined_has_no_end_to_look_at() {
    let till = Till::open().await;
    till.sells_now("A-1", &[10_000]).await;
    let plan = till.post("/v1/open/refunds:preview", &refund("R-1", "A-1", 4_000, &[])).await;
    let told = plan.expect(200)["tier"].clone();
    let standing = |spent: i64, growth: i64| json!({"spent_fen": spent, "growth": growth});
    let name = &told["name"];
    let expect = json!({"code": "silver", "name": name, "now": standing(10_000, 100), "after": standing(6_000, 60)});
    assert_eq!(told, expect);
}
