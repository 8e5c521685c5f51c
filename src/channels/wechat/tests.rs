//! The client against the stand-in over real HTTP.

mod codes;
mod hostile;
mod hygiene;
mod repeats;
mod tokens;

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use secrecy::SecretString;

use super::{MiniProgram, MiniProgramConfig};
use crate::kernel::clock::Clock;
use crate::mock::wechat::{MockWechat, MockWechatConfig, NewUser, Person};

const SESSION: &str = "/sns/jscode2session";
const PHONE: &str = "/wxa/business/getuserphonenumber";
const TOKEN: &str = "/cgi-bin/stable_token";

/// A stand-in and a client that share a clock which only tests move.
struct Pair {
    mock: MockWechat,
    client: MiniProgram,
    clock: Clock,
}

fn pair() -> Pair {
    impatient(Duration::from_secs(4))
}

/// A pair whose client waits so long at most.
fn impatient(timeout: Duration) -> Pair {
    let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
    let mock = MockWechat::start(MockWechatConfig::new(clock.clone())).unwrap();
    let config = MiniProgramConfig { timeout, ..config_of(&mock) };
    let client = MiniProgram::new(config, clock.clone()).unwrap();
    Pair { mock, client, clock }
}

fn config_of(mock: &MockWechat) -> MiniProgramConfig {
    MiniProgramConfig {
        base_url: mock.base_url.clone(),
        app_id: mock.app_id().to_owned(),
        app_secret: mock.app_secret().clone(),
        timeout: Duration::from_secs(4),
    }
}

impl Pair {
    fn login_code(&self) -> String {
        self.mock.login_code(Person::Nickname("lina".to_owned())).unwrap().code
    }

    /// Lina's phone code and openid.
    fn phone_code(&self) -> (String, String) {
        let lina = NewUser {
            user: Some("lina".to_owned()),
            phone: Some("13580006666".to_owned()),
            ..NewUser::default()
        };
        let openid = self.mock.add_user(lina).unwrap().openid;
        let issued = self.mock.phone_code(Person::OpenId(openid.clone())).unwrap();
        (issued.code, openid)
    }

    /// A client with other credentials for the same stand-in.
    fn client_with(&self, app_id: &str, secret: &str) -> MiniProgram {
        let config = MiniProgramConfig {
            app_id: app_id.to_owned(),
            app_secret: SecretString::from(secret.to_owned()),
            ..config_of(&self.mock)
        };
        MiniProgram::new(config, self.clock.clone()).unwrap()
    }
}
