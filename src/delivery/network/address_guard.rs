//! The resolver that no private address comes out of.
//!
//! The HTTP client connects to the addresses that the guard hands out and to no others: there is no
//! second lookup that could answer differently.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::domain::webhooks::address::AddressPolicy;

/// Addresses a name may have. A name with more is no webhook receiver.
const MOST_ANSWERS: usize = 32;

/// The addresses of a name, to come.
pub type Answers = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Asks for the addresses of a name.
pub type Lookup = Arc<dyn Fn(String) -> Answers + Send + Sync>;

/// The name service of the machine, with `/etc/hosts` and all that goes with it.
pub fn system_lookup() -> Lookup {
    Arc::new(|host| {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|answer| answer.ip()).collect()) })
    })
}

/// Why a name led to no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The name service knows no address of that name, or failed.
    #[error("the name was not found")]
    NotFound,
    /// The name service took too long.
    #[error("the name service did not answer in time")]
    TooSlow,
    /// More addresses than a receiver has.
    #[error("the name has more than {MOST_ANSWERS} addresses")]
    TooMany,
    /// One of the answers is an address that requests may not go to.
    #[error("{0} is not a permitted address")]
    Blocked(IpAddr),
}

/// Looks names up and lets pass only what the policy admits for its scheme.
pub struct Guard {
    /// The rules.
    pub policy: Arc<AddressPolicy>,
    /// The name service.
    pub lookup: Lookup,
    /// How long the name service has.
    pub patience: Duration,
    /// The scheme this guard serves: a resolver sees a name, not a scheme.
    pub https: bool,
}

impl Guard {
    /// The addresses of `host`, all of them good. One bad answer refuses the set: whoever mixes private
    /// addresses among public ones means no good.
    pub async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Refusal> {
        let answers = tokio::time::timeout(self.patience, (self.lookup)(host.to_owned()))
            .await
            .map_err(|_| Refusal::TooSlow)?
            .map_err(|_| Refusal::NotFound)?;
        match answers.iter().find(|ip| !self.policy.admits(**ip, self.https)) {
            _ if answers.is_empty() => Err(Refusal::NotFound),
            _ if answers.len() > MOST_ANSWERS => Err(Refusal::TooMany),
            Some(ip) => Err(Refusal::Blocked(*ip)),
            None => Ok(answers),
        }
    }
}

/// The client's view of a guard.
pub(in crate::delivery) struct Resolver(pub(in crate::delivery) Arc<Guard>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let answers = guard.resolve(name.as_str()).await?;
            // Port 0: the client puts in the port of the URL.
            let addresses: Addrs = Box::new(answers.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}
