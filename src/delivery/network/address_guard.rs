//! A resolver that returns only permitted addresses (docs/reference/address-rules.md).
//!
//! The HTTP client connects only to the addresses that the guard returns. There is no second lookup, which could answer
//! differently (DNS rebinding).

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::name_lookup::LookupThreads;
use crate::domain::webhooks::address::AddressPolicy;

/// The most addresses that a name may have: no receiver has more.
const ADDRESSES_MAX: usize = 32;

/// The future addresses of a name.
pub type Answers = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Looks up the addresses of a name.
pub type Lookup = Arc<dyn Fn(String) -> Answers + Send + Sync>;

/// The name service of the machine, on threads of its own. `timeout` is that of the guard.
pub fn system_lookup(timeout: Duration) -> Lookup {
    let threads = LookupThreads::of_system(timeout);
    Arc::new(move |host| {
        let threads = Arc::clone(&threads);
        Box::pin(async move { threads.lookup(&host).await })
    })
}

/// Why the guard returned no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The name service found no address, or failed.
    #[error("the name was not found")]
    NotFound,
    /// The name service did not answer in time, or other names took all threads.
    #[error("the name service did not answer in time")]
    TooSlow,
    /// The name has more than 32 addresses.
    #[error("the name has more than {ADDRESSES_MAX} addresses")]
    TooMany,
    /// One of the addresses is not permitted.
    #[error("{0} is not a permitted address")]
    Blocked(IpAddr),
}

/// Looks up names and returns only addresses that the policy admits for the scheme.
pub struct Guard {
    /// Which addresses are permitted.
    pub policy: Arc<AddressPolicy>,
    /// The name service.
    pub lookup: Lookup,
    /// How long the name service may take.
    pub timeout: Duration,
    /// Whether the guard serves https. A resolver gets the name without the scheme, so each scheme has its guard.
    pub https: bool,
}

impl Guard {
    /// The addresses of `host`. One address that is not permitted refuses them all: no honest name has private addresses
    /// among public ones.
    pub async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Refusal> {
        let answers = tokio::time::timeout(self.timeout, (self.lookup)(host.to_owned()))
            .await
            .map_err(|_| Refusal::TooSlow)?
            .map_err(|error| match error.kind() {
                ErrorKind::TimedOut => Refusal::TooSlow,
                _ => Refusal::NotFound,
            })?;
        match answers.iter().find(|ip| !self.policy.admits(**ip, self.https)) {
            _ if answers.is_empty() => Err(Refusal::NotFound),
            _ if answers.len() > ADDRESSES_MAX => Err(Refusal::TooMany),
            Some(ip) => Err(Refusal::Blocked(*ip)),
            None => Ok(answers),
        }
    }
}

/// Makes a guard the resolver of the HTTP client.
pub(in crate::delivery) struct Resolver(pub(in crate::delivery) Arc<Guard>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let answers = guard.resolve(name.as_str()).await?;
            // The client replaces port 0 by the port of the URL.
            let addresses: Addrs = Box::new(answers.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}
