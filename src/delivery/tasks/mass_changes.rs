//! Continues changes of all pending deliveries of a webhook, one step for each webhook in turn, with pauses for other
//! writes. A change that a kill interrupted continues at the next start, or in another process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::db::Error;
use crate::db::webhooks::mass_changes::{self, Progress};
use crate::delivery::shared::Inner;
use crate::domain::id::WebhookId;
use crate::fault_injection;

/// How often the task looks for changes when nothing wakes it: those of other processes that ended, and those that locks
/// of other clients delayed.
const POLL_INTERVAL: Duration = Duration::from_secs(10);
/// The pause between two rounds of steps, for other writes.
const STEP_PAUSE: Duration = Duration::from_millis(20);

/// Runs until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    // The webhooks with a change, and where its next step begins.
    let mut open: BTreeMap<WebhookId, i64> = BTreeMap::new();
    let mut look = true;
    while !inner.is_stopping() {
        fault_injection::panic_point("mass-changes");
        if look && let Err(error) = find(&inner, &mut open).await {
            error.log("changes of many deliveries could not be found");
        }
        for (webhook, from) in open.clone() {
            match step(&inner, webhook, from).await {
                Ok(Some(next)) => drop(open.insert(webhook, next)),
                Ok(None) => drop(open.remove(&webhook)),
                Err(error) => {
                    open.remove(&webhook);
                    error.log("a change of many deliveries continues later");
                }
            }
            fault_injection::point("mass-change-between-steps");
        }
        let pause = if open.is_empty() { POLL_INTERVAL } else { STEP_PAUSE };
        let woken = tokio::time::timeout(pause, inner.mass_changes.notified()).await.is_ok();
        look = woken || open.is_empty();
    }
}

async fn find(inner: &Inner, open: &mut BTreeMap<WebhookId, i64>) -> Result<(), Error> {
    for webhook in inner.db.read(mass_changes::unfinished).await? {
        open.entry(webhook).or_insert(mass_changes::FIRST);
    }
    Ok(())
}

/// Makes a step. Returns where the next one begins; `None` if none follows now.
async fn step(inner: &Inner, webhook: WebhookId, from: i64) -> Result<Option<i64>, Error> {
    match inner.write_timed(move |conn, now| mass_changes::step(conn, webhook, from, now)).await? {
        Progress::More(next) => Ok(Some(next)),
        Progress::Locked => Ok(None),
        Progress::Done { turned_on } => {
            if turned_on {
                inner.concurrency.start_slow_ramp(webhook, inner.now());
                inner.backlog.wake_for_look();
            }
            Ok(None)
        }
    }
}
