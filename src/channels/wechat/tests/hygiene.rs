//! Nothing personal and nothing secret in logs and Debug output (promise PV-5).

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use secrecy::ExposeSecret;
use tracing_subscriber::fmt::MakeWriter;

use super::super::{InvalidMiniProgramConfig, MiniProgram, MiniProgramConfig, OpenId, UnionId};
use super::{PHONE, config_of, pair};
use crate::mock::wechat::FaultKind;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_secret_token_code_openid_or_phone_is_logged_at_any_level() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(captured.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let pair = pair();
    let mut secrets =
        vec![pair.mock.app_secret().expose_secret().to_owned(), "13580006666".to_owned()];
    let faults = [
        FaultKind::Garbage,
        FaultKind::WrongTypes,
        FaultKind::Drop,
        FaultKind::Truncated,
        FaultKind::BadGateway,
        FaultKind::Redirect,
        FaultKind::HugeBody,
        FaultKind::TokenExpired,
        FaultKind::Errcode(40013),
        FaultKind::Errcode(45011),
    ];
    for fault in faults {
        pair.mock.fault(fault.times(1));
        let code = pair.login_code();
        pair.client.sign_in(&code).await.ok();
        pair.client.sign_in(&code).await.ok();
        let (phone_code, openid) = pair.phone_code();
        pair.mock.fault(fault.times(1).on(PHONE));
        pair.client.phone_number(&phone_code, &openid).await.ok();
        pair.client.phone_number(&phone_code, &openid).await.ok();
        secrets.extend([code, phone_code, openid]);
    }
    let token = pair.client.token_for_test().await;
    assert!(token.len() > 100);
    secrets.push(token);
    drop(guard);
    let log = String::from_utf8(captured.0.lock().clone()).unwrap();
    assert!(log.contains("rid=") && log.contains("errcode=40163"), "the capture works: {log}");
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in the log:\n{log}");
    }
}

#[tokio::test]
async fn debug_output_shows_nobody() {
    let pair = pair();
    let (code, openid) = pair.phone_code();
    let phone = pair.client.phone_number(&code, &openid).await.unwrap();
    let identity = pair.client.sign_in(&pair.login_code()).await.unwrap();
    let union_id = UnionId::parse("ocMvos6NjeKLIBqg5Mr9QjxrP1FA").unwrap();
    let config = config_of(&pair.mock);
    let shown = format!("{phone:?} {identity:?} {union_id:?} {:?} {config:?}", pair.client);
    let secret = pair.mock.app_secret().expose_secret();
    for hidden in [openid.as_str(), "13580006666", union_id.as_str(), secret] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    // The stand-in's port may hold these digits.
    assert!(!format!("{phone:?}").contains("86"), "{phone:?}");
}

#[test]
fn ids_are_printable_ascii_of_at_most_64_characters() {
    let fits = "o".repeat(64);
    assert_eq!(OpenId::parse(&fits).unwrap().as_str(), fits);
    for bad in ["", " ", "o x", "ö", "o\n", &"o".repeat(65)] {
        assert!(OpenId::parse(bad).is_none(), "{bad:?}");
    }
}

#[tokio::test]
async fn a_client_without_credentials_address_or_patience_is_not_built() {
    let pair = pair();
    let refused = |change: fn(&mut MiniProgramConfig)| {
        let mut config = config_of(&pair.mock);
        change(&mut config);
        MiniProgram::new(config, pair.clock.clone()).unwrap_err()
    };
    assert_eq!(refused(|c| c.app_id.clear()), InvalidMiniProgramConfig::Credentials);
    assert_eq!(refused(|c| c.app_secret = "".into()), InvalidMiniProgramConfig::Credentials);
    assert_eq!(refused(|c| c.base_url = "weixin".into()), InvalidMiniProgramConfig::BaseUrl);
    assert_eq!(
        refused(|c| c.timeout = std::time::Duration::ZERO),
        InvalidMiniProgramConfig::Timeout
    );
}
