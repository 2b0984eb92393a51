//! What the fault tests are made of: a client with a ledger, a receiver with another, and a checker.

mod checker;
mod cluster;
mod desk;
mod disk;
mod liar;
mod queue;
mod store;

pub use checker::check;
pub use cluster::Cluster;
pub use desk::{Desk, Posted};
pub use disk::SmallDisk;
pub use liar::{Heard, Liar, Step, most_at_once, said, slowly, status};
pub use queue::{deliver, finished};
pub use store::Store;

use serde_json::json;

use crate::support::{Api, Place, webhook};

/// A number from the environment.
pub fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A place on Postgres where leases last 10 s: only their end shows that a process is dead.
pub fn short_leases() -> Place {
    Place::on_postgres().set("HACHOK_LEASE_SCALE", "9")
}

/// Chance that can be had again: `HACHOK_FAULT_SEED`.
pub struct Dice(u64);

impl Dice {
    /// Says its seed, so that a failure can be repeated.
    pub fn new() -> Self {
        let seed = number("HACHOK_FAULT_SEED", u64::from(std::process::id()) ^ 0x9e37_79b9_7f4a_7c15);
        println!("HACHOK_FAULT_SEED={seed}");
        Self(seed | 1)
    }

    /// 0 to `most` − 1 (xorshift).
    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap_or(0)
    }
}

/// That many webhooks at a liar, each at a path of its own.
pub async fn webhooks(api: &Api, liar: &Liar, count: usize) -> Vec<String> {
    let paths: Vec<String> = (1..=count).map(|number| format!("/w{number}")).collect();
    for path in &paths {
        let mut wanted = webhook(&liar.at(path));
        wanted["timeout_s"] = json!(5);
        api.webhook(&wanted).await;
    }
    paths
}
