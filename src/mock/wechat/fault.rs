//! Faults on demand.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What goes wrong. WeChat has acted on the call (codes are consumed) unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The answer comes after this time.
    Slow(Duration),
    /// An HTTP status with an empty body; WeChat has not acted.
    Status(u16),
    /// A refusal with this errcode; WeChat has not acted.
    Errcode(i64),
    /// 502 with a page of HTML from a gateway; WeChat has not acted.
    BadGateway,
    /// 301 to another host; WeChat has not acted.
    Redirect,
    /// The connection closes without a byte; WeChat has not acted.
    Drop,
    /// The connection closes without a byte, after WeChat has acted.
    LoseAnswer,
    /// The connection closes in the middle of the body.
    Truncated,
    /// 200 with bytes that are no JSON.
    Garbage,
    /// 200 with JSON whose fields have other types.
    WrongTypes,
    /// 200 with arrays thirty thousand deep.
    DeepJson,
    /// 200 with a gigabyte of JSON.
    HugeBody,
    /// The answer comes byte by byte, with this pause before each.
    Drip(Duration),
    /// Every access token given out so far has expired (42001); the call is then answered as usual.
    TokenExpired,
    /// Every access token given out so far was replaced (40001); the call is then answered as usual.
    TokenRevoked,
}

/// A fault, where it strikes and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// The path that it strikes; none is every path.
    pub path: Option<String>,
    /// How many calls it strikes; none is until cleared.
    pub times: Option<u32>,
}

impl FaultKind {
    /// This fault on every call of every path, until cleared.
    #[must_use]
    pub const fn always(self) -> Fault {
        Fault { kind: self, path: None, times: None }
    }

    /// This fault on the next `times` calls.
    #[must_use]
    pub const fn times(self, times: u32) -> Fault {
        Fault { kind: self, path: None, times: Some(times) }
    }

    /// Whether WeChat does what the call asks, although its answer suffers.
    pub(super) const fn lets_wechat_act(self) -> bool {
        !matches!(
            self,
            Self::Status(_) | Self::Errcode(_) | Self::BadGateway | Self::Redirect | Self::Drop
        )
    }
}

impl Fault {
    /// The same fault on one path only.
    #[must_use]
    pub fn on(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    fn strikes(&self, path: &str) -> bool {
        self.times != Some(0) && self.path.as_deref().is_none_or(|only| only == path)
    }
}

/// The faults that are asked for; the first that fits a call strikes it.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn all(&self) -> &[Fault] {
        &self.0
    }

    pub(super) fn strike(&mut self, path: &str) -> Option<FaultKind> {
        let fault = self.0.iter_mut().find(|fault| fault.strikes(path))?;
        let kind = fault.kind;
        if let Some(times) = &mut fault.times {
            *times -= 1;
        }
        self.0.retain(|fault| fault.times != Some(0));
        Some(kind)
    }
}

/// A fault as it is asked for and listed over HTTP.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultWire {
    kind: KindName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    millis: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    errcode: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindName {
    Slow,
    Status,
    Errcode,
    BadGateway,
    Redirect,
    Drop,
    LoseAnswer,
    Truncated,
    Garbage,
    WrongTypes,
    DeepJson,
    HugeBody,
    Drip,
    TokenExpired,
    TokenRevoked,
}

impl From<FaultWire> for Fault {
    fn from(wire: FaultWire) -> Self {
        let pause = |default| Duration::from_millis(wire.millis.unwrap_or(default));
        let kind = match wire.kind {
            KindName::Slow => FaultKind::Slow(pause(5_000)),
            KindName::Status => FaultKind::Status(wire.status.unwrap_or(500)),
            KindName::Errcode => FaultKind::Errcode(wire.errcode.unwrap_or(-1)),
            KindName::BadGateway => FaultKind::BadGateway,
            KindName::Redirect => FaultKind::Redirect,
            KindName::Drop => FaultKind::Drop,
            KindName::LoseAnswer => FaultKind::LoseAnswer,
            KindName::Truncated => FaultKind::Truncated,
            KindName::Garbage => FaultKind::Garbage,
            KindName::WrongTypes => FaultKind::WrongTypes,
            KindName::DeepJson => FaultKind::DeepJson,
            KindName::HugeBody => FaultKind::HugeBody,
            KindName::Drip => FaultKind::Drip(pause(200)),
            KindName::TokenExpired => FaultKind::TokenExpired,
            KindName::TokenRevoked => FaultKind::TokenRevoked,
        };
        Self { kind, path: wire.path, times: wire.times }
    }
}

impl From<&Fault> for FaultWire {
    fn from(fault: &Fault) -> Self {
        let kind = kind_name(fault.kind);
        let millis = match fault.kind {
            FaultKind::Slow(pause) | FaultKind::Drip(pause) => {
                u64::try_from(pause.as_millis()).ok()
            }
            _ => None,
        };
        let status = if let FaultKind::Status(status) = fault.kind { Some(status) } else { None };
        let errcode = if let FaultKind::Errcode(code) = fault.kind { Some(code) } else { None };
        Self { kind, path: fault.path.clone(), times: fault.times, millis, status, errcode }
    }
}

const fn kind_name(kind: FaultKind) -> KindName {
    match kind {
        FaultKind::Slow(_) => KindName::Slow,
        FaultKind::Status(_) => KindName::Status,
        FaultKind::Errcode(_) => KindName::Errcode,
        FaultKind::BadGateway => KindName::BadGateway,
        FaultKind::Redirect => KindName::Redirect,
        FaultKind::Drop => KindName::Drop,
        FaultKind::LoseAnswer => KindName::LoseAnswer,
        FaultKind::Truncated => KindName::Truncated,
        FaultKind::Garbage => KindName::Garbage,
        FaultKind::WrongTypes => KindName::WrongTypes,
        FaultKind::DeepJson => KindName::DeepJson,
        FaultKind::HugeBody => KindName::HugeBody,
        FaultKind::Drip(_) => KindName::Drip,
        FaultKind::TokenExpired => KindName::TokenExpired,
        FaultKind::TokenRevoked => KindName::TokenRevoked,
    }
}
