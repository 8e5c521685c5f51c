//! What the demo prints when it is ready.

use super::people;
use super::state::State;
use super::wechat;

/// The text, with five lines for a shell that need nothing but curl and sed.
pub(super) fn text(url: &str, platform: &str, state: &State, seconds: f32) -> String {
    let State { partner_key, password, members, orders, .. } = state;
    let phone = people::phone(1);
    let shopper = wechat::nickname(1);
    let guide = people::guide_no(0, 1);
    let manager = format!("{}-M", people::STORES[0].code);
    let [order, points, board, spend, customers] = lines(url, platform, state);
    format!(
        "
Ready after {seconds:.1} s: {members} members, {orders} orders. Ctrl-C ends it, a second start keeps everything.

  Documentation   {url}/docs/
  Shopper         林晓雨, phone {phone}, has the mini-program as {shopper}. A code as wx.login gives it:
                  curl -s {platform}/__admin/login-codes -d '{{\"user\":\"{shopper}\"}}'
                  Send it to POST /v1/member/sessions. Anybody new: another nickname, then POST /v1/member/phone.
  Guide           {guide}, manager {manager} at /v1/guide/sessions, password {password}
  Administrator   A001 at /v1/admin/sessions, same password
  Partner         Authorization: Bearer {partner_key}

Five lines to paste:

# 1. A till sends an order of the shopper
{order}

# 2. The shopper opens the mini-program and reads her points
{points}

# 3. She looks who earned most points this month
{board}

# 4. A till spends 100 of her points, once however often the line is sent with the same key
{spend}

# 5. Her guide signs in and reads her customers
{customers}
"
    )
}

fn lines(url: &str, platform: &str, state: &State) -> [String; 5] {
    let State { partner_key, password, sku_code, list_fen, .. } = state;
    let phone = people::phone(1);
    let json = "-H 'content-type: application/json'";
    let partner = format!("-H 'authorization: Bearer {partner_key}'");
    let store = people::STORES[0].code;
    let guide = people::guide_no(0, 1);
    // The shell's quotes open for the time and the number, so that each paste is another order.
    let order = format!(
        "{{\"channel\":\"pos\",\"external_no\":\"DEMO-'$$-$(date +%s)'\",\
         \"occurred_at\":\"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'\",\"store_code\":\"{store}\",\
         \"guide_no\":\"{guide}\",\"customer\":{{\"phone\":\"{phone}\"}},\"paid_fen\":{list_fen},\
         \"lines\":[{{\"line_no\":1,\"sku_code\":\"{sku_code}\",\"quantity\":1,\"list_fen\":{list_fen},\
         \"paid_fen\":{list_fen}}}]}}"
    );
    let spend = format!(
        "{{\"receipt_no\":\"DEMO-'$$-$(date +%s)'\",\"member\":{{\"phone\":\"{phone}\"}},\"points\":100}}"
    );
    let sign_in =
        format!("{{\"staff_no\":\"{guide}\",\"password\":\"{password}\",\"device\":\"terminal\"}}");
    let token = field("access_token");
    let shopper = shopper_token(url, platform);
    [
        format!("curl -s {url}/v1/open/orders {partner} {json} -d '{order}'; echo"),
        format!("{shopper}; curl -s {url}/v1/member/points -H \"authorization: Bearer $T\"; echo"),
        format!(
            "{shopper}; curl -s '{url}/v1/member/leaderboards/member_points?period=month' \
             -H \"authorization: Bearer $T\"; echo"
        ),
        format!(
            "curl -s {url}/v1/open/points/spend {partner} {json} -H \"idempotency-key: demo-$$-$(date +%s)\" \
             -d '{spend}'; echo"
        ),
        format!(
            "T=$(curl -s {url}/v1/guide/sessions {json} -d '{sign_in}' | {token}); \
             curl -s {url}/v1/guide/customers -H \"authorization: Bearer $T\"; echo"
        ),
    ]
}

/// Puts the shopper's access token into `$T`: a code from the stand-in, then the sign-in.
fn shopper_token(url: &str, platform: &str) -> String {
    let user = wechat::nickname(1);
    let (code, token) = (field("code"), field("access_token"));
    format!(
        "C=$(curl -s {platform}/__admin/login-codes -d '{{\"user\":\"{user}\"}}' | {code}); \
         T=$(curl -s {url}/v1/member/sessions -H 'content-type: application/json' -d '{{\"code\":\"'$C'\"}}' | {token})"
    )
}

/// One field of a JSON answer, where jq may be missing.
fn field(name: &str) -> String {
    format!("sed -E 's/.*\"{name}\": ?\"([^\"]+)\".*/\\1/'")
}
