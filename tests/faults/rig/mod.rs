//! The tools of the fault tests: a client and a receiver that record everything, and a checker that compares.

mod checker;
mod cluster;
mod disk;
mod faulty_receiver;
mod help_desk;
mod queue;
mod store;

pub use checker::check;
pub use cluster::Cluster;
pub use disk::SmallDisk;
pub use faulty_receiver::{FaultyReceiver, Heard, Step, max_open_requests, raw_bytes, slowly, status};
pub use help_desk::{HelpDesk, Posted};
pub use queue::{deliver, finished};
pub use store::Store;

use serde_json::json;

use crate::support::{Api, Place, webhook};

/// A number from the environment, or the default.
pub fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A place whose leases last 10 s: on Postgres, a dead process is noticed only when they end.
pub fn with_short_leases(place: Place) -> Place {
    place.set("HACHOK_LEASE_SCALE", "9")
}

/// Reproducible random numbers: `HACHOK_FAULT_SEED` sets the seed.
pub struct SeededRandom(u64);

impl SeededRandom {
    /// Prints its seed, so that a failure can be repeated.
    pub fn new() -> Self {
        let seed = number("HACHOK_FAULT_SEED", u64::from(std::process::id()) ^ 0x9e37_79b9_7f4a_7c15);
        println!("HACHOK_FAULT_SEED={seed}");
        Self(seed | 1)
    }

    /// A number from 0 to `most` − 1 (xorshift).
    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap_or(0)
    }
}

/// Creates that many webhooks at the receiver, each with its own path; returns the paths.
pub async fn webhooks(api: &Api, receiver: &FaultyReceiver, count: usize) -> Vec<String> {
    let paths: Vec<String> = (1..=count).map(|number| format!("/w{number}")).collect();
    for path in &paths {
        let mut wanted = webhook(&receiver.at(path));
        wanted["timeout_s"] = json!(5);
        api.webhook(&wanted).await;
    }
    paths
}
