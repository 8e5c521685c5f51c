//! The calls of `api.weixin.qq.com` that the stand-in knows.

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::calls::Call;
use super::codes::Worth;
use super::random::session_key;
use super::tokens::{Grant, Refresh};
use super::users::User;
use super::world::{CountryCodeForm, State, World};

/// What WeChat answers to `call`; its effects are in `state` afterwards.
pub(super) fn answer(world: &World, state: &mut State, call: &Call) -> Result<Value, Refusal> {
    let now = world.now(state);
    let request = Request { world, call, now };
    match call.path.as_str() {
        "/cgi-bin/token" => request.legacy_token(state),
        "/cgi-bin/stable_token" => request.stable_token(state),
        "/sns/jscode2session" => request.session(state),
        "/wxa/business/getuserphonenumber" => request.phone_number(state),
        _ => Err(Refusal(40066)),
    }
}

struct Request<'a> {
    world: &'a World,
    call: &'a Call,
    now: DateTime<Utc>,
}

impl Request<'_> {
    fn legacy_token(&self, state: &mut State) -> Result<Value, Refusal> {
        self.check_app(self.call.param("appid"), self.call.param("secret"))?;
        check_grant(self.call.param("grant_type"), "client_credential")?;
        Ok(grant_body(&state.tokens.legacy(self.now)?))
    }

    fn stable_token(&self, state: &mut State) -> Result<Value, Refusal> {
        let body = self.posted()?;
        let text = |name| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        self.check_app(text("appid"), text("secret"))?;
        check_grant(text("grant_type"), "client_credential")?;
        let refresh = match body.get("force_refresh") {
            None | Some(Value::Bool(false)) => Refresh::Normal,
            Some(Value::Bool(true)) => Refresh::Forced,
            Some(_) => return Err(Refusal(47001)),
        };
        Ok(grant_body(&state.tokens.stable(refresh, self.now)?))
    }

    fn session(&self, state: &mut State) -> Result<Value, Refusal> {
        if self.call.method != "GET" {
            return Err(Refusal(43001));
        }
        self.check_app(self.call.param("appid"), self.call.param("secret"))?;
        check_grant(self.call.param("grant_type"), "authorization_code")?;
        let code = self.call.param("js_code").ok_or(Refusal(41008))?;
        let worth = state.login_codes.worth(code, self.now);
        if let Worth::Good { openid } | Worth::Used { openid } = &worth
            && !state.users.may_sign_in(openid, self.now)
        {
            return Err(Refusal(45011));
        }
        let openid = match worth {
            Worth::Good { openid } => openid,
            Worth::Used { .. } => return Err(Refusal(40163)),
            Worth::Nothing => return Err(Refusal(40029)),
        };
        state.login_codes.consume(code);
        let user = state.users.by_openid(&openid).ok_or(Refusal(40029))?;
        if user.high_risk { Err(Refusal(40226)) } else { Ok(session_body(user)) }
    }

    fn phone_number(&self, state: &mut State) -> Result<Value, Refusal> {
        // The token is checked before the body: a stale one never costs the code.
        let token = self.call.param("access_token").ok_or(Refusal(41001))?;
        state.tokens.check(token, self.now)?;
        let body = self.posted()?;
        let code = match body.get("code") {
            Some(Value::String(code)) if !code.is_empty() => code,
            None | Some(Value::String(_)) => return Err(Refusal(41008)),
            Some(_) => return Err(Refusal(47001)),
        };
        // The table of this call knows 40029 only, for used codes too.
        let Worth::Good { openid } = state.phone_codes.worth(code, self.now) else {
            return Err(Refusal(40029));
        };
        if body.get("openid").is_some_and(|sent| sent.as_str() != Some(&openid)) {
            return Err(Refusal(40003));
        }
        state.phone_codes.consume(code);
        let user = state.users.by_openid(&openid).ok_or(Refusal(40029))?;
        self.phone_body(user, state.country_code)
    }

    fn phone_body(&self, user: &User, form: CountryCodeForm) -> Result<Value, Refusal> {
        let pure = user.phone.as_deref().ok_or(Refusal(40029))?;
        let bound = match user.country_code.as_str() {
            "86" => pure.to_owned(),
            foreign => format!("+{foreign}{pure}"),
        };
        let country_code = match (form, user.country_code.parse::<u32>()) {
            (CountryCodeForm::Number, Ok(number)) => Value::from(number),
            _ => Value::from(user.country_code.as_str()),
        };
        Ok(json!({
            "errcode": 0,
            "errmsg": "ok",
            "phone_info": {
                "phoneNumber": bound,
                "purePhoneNumber": pure,
                "countryCode": country_code,
                "watermark": { "timestamp": self.now.timestamp(), "appid": self.world.app_id() },
            },
        }))
    }

    /// A wrong app id is told before a wrong secret. A secret of another form is 40125, somebody else's 40001.
    fn check_app(&self, app_id: Option<&str>, secret: Option<&str>) -> Result<(), Refusal> {
        if app_id.ok_or(Refusal(41002))? != self.world.app_id() {
            return Err(Refusal(40013));
        }
        let (secret, ours) = (secret.ok_or(Refusal(41004))?, self.world.app_secret());
        if secret == ours.expose_secret() {
            return Ok(());
        }
        let has_form = secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        Err(Refusal(if has_form { 40001 } else { 40125 }))
    }

    fn posted(&self) -> Result<Map<String, Value>, Refusal> {
        if self.call.method != "POST" {
            return Err(Refusal(43002));
        }
        if self.call.body.is_empty() {
            return Err(Refusal(44002));
        }
        serde_json::from_slice(&self.call.body).map_err(|_| Refusal(47001))
    }
}

fn check_grant(sent: Option<&str>, expected: &str) -> Result<(), Refusal> {
    if sent == Some(expected) { Ok(()) } else { Err(Refusal(40002)) }
}

fn grant_body(grant: &Grant) -> Value {
    json!({ "access_token": grant.access_token, "expires_in": grant.expires_in })
}

/// Like WeChat's: no `errcode` on success, `unionid` only if there is one, another `session_key` each time.
fn session_body(user: &User) -> Value {
    let mut body = json!({ "session_key": session_key(), "openid": user.openid });
    if let Some(unionid) = &user.unionid {
        body["unionid"] = Value::from(unionid.as_str());
    }
    body
}
