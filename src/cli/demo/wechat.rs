//! The stand-in for WeChat, and who of the shoppers has the mini-program.

use std::net::{IpAddr, Ipv4Addr};

use super::people;
use super::state::State;
use crate::app::App;
use crate::audit::service::Author;
use crate::cli::Failure;
use crate::config::Config;
use crate::http::ClientIp;
use crate::identity::service as identity;
use crate::kernel::clock::Clock;
use crate::mock::wechat::{DEFAULT_LISTEN, MockWechat, MockWechatConfig, NewUser, Person};

/// Shoppers who use the mini-program; their nicknames there are shopper1, shopper2, ….
const USERS: usize = 20;

/// How the `number`-th of them is called at the stand-in.
pub(super) fn nickname(number: usize) -> String {
    format!("shopper{number}")
}

/// Starts it where `huiyi mock wechat` would be, or on a free port.
pub(super) fn start() -> Result<MockWechat, Failure> {
    let config = MockWechatConfig::new(Clock::system());
    let usual = MockWechatConfig { listen: DEFAULT_LISTEN, ..config.clone() };
    MockWechat::start(usual)
        .or_else(|_| MockWechat::start(config))
        .map_err(|error| Failure::Failed(format!("the stand-in for WeChat: {error}")))
}

/// The same configuration with the stand-in as its WeChat.
pub(super) fn point_at(mut config: Config, platform: &MockWechat) -> Config {
    config.wechat.base_url.clone_from(&platform.base_url);
    platform.app_id().clone_into(&mut config.wechat.app_id);
    config.wechat.app_secret = platform.app_secret().clone();
    config
}

/// Gives the stand-in, which forgets at each start, its people again; at the first start they sign in once.
pub(super) async fn people(app: &App, platform: &MockWechat, state: &State) -> Result<(), Failure> {
    for number in 1..=USERS.min(state.members) {
        let new = NewUser {
            user: Some(nickname(number)),
            phone: Some(people::phone(number)),
            ..NewUser::default()
        };
        platform.add_user(new).map_err(Failure::failed)?;
        if state.is_new {
            sign_in(app, platform, &nickname(number)).await?;
        }
    }
    Ok(())
}

/// What she does on her phone: opens the mini-program and shares her number, which finds what she bought in stores.
async fn sign_in(app: &App, platform: &MockWechat, nickname: &str) -> Result<(), Failure> {
    let who = || Person::Nickname(nickname.to_owned());
    let code = platform.login_code(who()).map_err(Failure::failed)?.code;
    let here = ClientIp(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let signed_in = identity::sign_in(app, &code, "手机", here).await?;
    let code = platform.phone_code(who()).map_err(Failure::failed)?.code;
    identity::bind_phone(app, &Author::system("huiyi demo"), signed_in.member.id, &code).await?;
    Ok(())
}
