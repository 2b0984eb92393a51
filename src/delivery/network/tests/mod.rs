//! Tests of the sender with real sockets on the loopback interface.

mod address_table;
mod answers;
mod connections;
mod keep_alive;
mod proxies;
mod receiver;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use super::address_guard::Lookup;
use super::sender::{ConnectionChoice, Failure, Headers, PreparedRequest, Reply, Sender, Setup};
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::webhooks::address::AddressPolicy;
use crate::domain::webhooks::target_url::TargetUrl;

/// A timeout that no test reaches, not even on a busy machine.
const LONG: Duration = Duration::from_secs(8);

/// Allows loopback addresses, besides public ones.
fn loopback() -> Arc<AddressPolicy> {
    let allow = vec!["127.0.0.1/32".parse().unwrap(), "::1/128".parse().unwrap()];
    Arc::new(AddressPolicy::new(allow, Vec::new(), false).unwrap())
}

/// A name service that answers each lookup with the next set of addresses, and repeats the last one.
struct Names {
    lookup: Lookup,
    asked: Arc<AtomicUsize>,
}

impl Names {
    fn answering(sets: &[&[&str]]) -> Self {
        let sets: Vec<Vec<IpAddr>> =
            sets.iter().map(|set| set.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let lookup: Lookup = Arc::new(move |_| {
            let index = count.fetch_add(1, Ordering::SeqCst).min(sets.len() - 1);
            let answer = sets[index].clone();
            Box::pin(async move { Ok(answer) })
        });
        Self { lookup, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn sender(policy: Arc<AddressPolicy>, lookup: &Lookup, roots: Vec<CertificateDer<'static>>) -> Sender {
    let setup = Setup {
        lookup: Arc::clone(lookup),
        roots,
        lookup_time: Duration::from_millis(500),
        connect_time: Duration::from_secs(1),
        body_time: Duration::from_millis(500),
    };
    Sender::with(policy, setup).unwrap()
}

fn request(url: &str) -> PreparedRequest {
    let mut headers = Headers::default();
    headers.append("content-type", "application/json").unwrap();
    headers.append("authorization", "Bearer abc").unwrap();
    PreparedRequest {
        url: TargetUrl::from_stored(url).unwrap(),
        headers,
        body: "{\"event\":\"webhook_test\"}".into(),
        timeout: LONG,
        connection: ConnectionChoice::Kept,
    }
}

/// Sends one request to a receiver on the loopback interface.
async fn post(to: SocketAddr) -> Result<Reply, Failure> {
    post_for(to, LONG).await
}

async fn post_for(to: SocketAddr, timeout: Duration) -> Result<Reply, Failure> {
    let names = Names::answering(&[&["127.0.0.1"]]);
    let request = PreparedRequest { timeout, ..request(&format!("http://{to}/hook")) };
    sender(loopback(), &names.lookup, Vec::new()).send(&request).await
}

fn cause(result: Result<Reply, Failure>) -> FailureCause {
    result.unwrap_err().cause
}
