//! `huiyi mock`: stand-ins for platforms, for developers of front ends.

use std::net::SocketAddr;

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::{Failure, logs, process, say};
use crate::kernel::clock::Clock;
use crate::mock::wechat::{self, DEFAULT_LISTEN, MockWechatConfig};

const EXAMPLES: &str = "\
Examples:
  huiyi mock wechat
  huiyi mock wechat --listen 127.0.0.1:7900
  curl -s http://127.0.0.1:7900/__admin          what it can do, with curl lines

There is no authentication: anybody who reaches it can sign in as anybody.";

/// Run a stand-in for a platform
#[derive(Debug, Subcommand)]
pub(super) enum Mock {
    /// Play api.weixin.qq.com: sign-in codes, phone numbers, tokens, faults on demand
    #[command(after_help = EXAMPLES)]
    Wechat(Wechat),
}

#[derive(Args, Debug)]
pub(super) struct Wechat {
    /// Where to listen; keep it on loopback
    #[arg(long, value_name = "ADDRESS", default_value_t = DEFAULT_LISTEN)]
    listen: SocketAddr,
}

impl Mock {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Wechat(Wechat { listen }) = self;
        logs::of_tool()?;
        let config = MockWechatConfig { listen, ..MockWechatConfig::new(Clock::system()) };
        say(introduction(&config));
        process::block_on(async {
            wechat::run(config)
                .await
                .map_err(|error| Failure::Failed(format!("--listen {listen}: {error}")))
        })
    }
}

fn introduction(config: &MockWechatConfig) -> String {
    let at = format!("http://{}", config.listen);
    format!(
        "A stand-in for WeChat at {at}\n\n\
         Point a Huiyi at it:\n  \
           export HUIYI__WECHAT__BASE_URL={at}\n  \
           export HUIYI__WECHAT__APP_ID={}\n  \
           export HUIYI__WECHAT__APP_SECRET={}\n\n\
         What wx.login would give on the phone of 小林:\n  \
           curl -s {at}/__admin/login-codes -d '{{\"user\":\"小林\",\"phone\":\"13800000001\"}}'\n\n\
         Everything else it can do:\n  \
           curl -s {at}/__admin",
        config.app_id,
        config.app_secret.expose_secret(),
    )
}
