//! Names become addresses here, at each connection: a name that pointed elsewhere when it was checked does not help
//! (S14, W5).

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::webhooks::rules::target::Policy;

/// A name has no address to which anything may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked;

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name has no address to which anything may be sent")
    }
}

impl std::error::Error for Blocked {}

/// How a name is looked up.
pub type LookUp = fn(String) -> BoxFuture<'static, std::io::Result<Vec<SocketAddr>>>;

/// The system's resolver.
pub fn system(name: String) -> BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> {
    Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
}

/// Gives only addresses that the policy lets deliveries go to.
#[derive(Clone)]
pub struct Filtered {
    pub(super) policy: Arc<Policy>,
    pub(super) look_up: LookUp,
}

impl Resolve for Filtered {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, found) = (Arc::clone(&self.policy), (self.look_up)(name.as_str().to_owned()));
        Box::pin(async move {
            let found = found.await?;
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|address| policy.reaches(address.ip())).collect();
            if allowed.is_empty() {
                return Err(Blocked.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
