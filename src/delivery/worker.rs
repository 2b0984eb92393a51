//! Claims what is due and sends it, webhook by webhook in turn.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;

use super::attempt::{self, Claimed};
use super::engine::Inner;
use super::slots::Slot;
use crate::db::deliveries::{self, Lost};
use crate::db::{Error, events};
use crate::domain::delivery::Delivery;
use crate::domain::id::{EventId, WebhookId};
use crate::sabotage;

/// How often to look when nobody wakes the worker: retries come due, other processes leave work behind.
const PAUSE: Duration = Duration::from_millis(500);
/// How often to look for leases that ran out.
const SWEEP: Duration = Duration::from_secs(10);

/// Whether a look found something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tick {
    Worked,
    Idle,
}

/// Delivers until the engine stops.
pub(super) async fn run(inner: Arc<Inner>) {
    let mut turn = 0;
    let mut swept = tokio::time::Instant::now();
    while !inner.stopping.load(Ordering::Relaxed) {
        let ticked = tick(&inner, &mut turn).await;
        if let Err(error) = &ticked {
            tracing::error!(%error, "the queue could not be read");
        }
        if swept.elapsed() >= SWEEP {
            swept = tokio::time::Instant::now();
            if let Err(error) = sweep(&inner).await {
                tracing::error!(%error, "leases could not be taken back");
            }
        }
        if !matches!(ticked, Ok(Tick::Worked)) {
            let _woken_or_not = tokio::time::timeout(PAUSE, inner.wake.notified()).await;
        }
    }
}

/// Claims what is due, as far as there are slots, and sends it. `turn` is the webhook served last.
pub(super) async fn tick(inner: &Arc<Inner>, turn: &mut WebhookId) -> Result<Tick, Error> {
    let now = inner.db.now().await?;
    let mut due = inner.db.read(move |conn| deliveries::due_webhooks(conn, now)).await?;
    inner.backlog.store(!due.is_empty(), Ordering::Relaxed);
    // Round robin: those behind the last one served come first.
    let last = *turn;
    due.sort_unstable_by_key(|(id, _)| (*id <= last, *id));
    let mut plan: Vec<(WebhookId, Vec<Slot>)> = Vec::new();
    for (webhook, _) in &due {
        let slots = inner.slots.take_up_to(*webhook, inner.slots.per_webhook());
        if !slots.is_empty() {
            plan.push((*webhook, slots));
            *turn = *webhook;
        }
    }
    if plan.is_empty() {
        return Ok(Tick::Idle);
    }
    let lease = inner.lease(now);
    let wanted: Vec<(WebhookId, i64)> =
        plan.iter().map(|(id, slots)| (*id, i64::try_from(slots.len()).unwrap_or(i64::MAX))).collect();
    let (claimed, bodies) = inner
        .db
        .write(move |conn| {
            let mut claimed = Vec::new();
            for (webhook, most) in wanted {
                claimed.extend(deliveries::claim(conn, webhook, (now, lease), most)?);
            }
            let ids: Vec<EventId> = claimed.iter().map(|delivery| delivery.event_id).collect();
            Ok((claimed, events::bodies(conn, &ids)?))
        })
        .await?;
    sabotage::point("claim-after-commit");
    let versions: HashMap<WebhookId, i32> = due.into_iter().collect();
    let mut slots: HashMap<WebhookId, Vec<Slot>> = plan.into_iter().collect();
    let bodies: HashMap<EventId, Bytes> = bodies.into_iter().collect();
    let found = if claimed.is_empty() { Tick::Idle } else { Tick::Worked };
    for delivery in claimed {
        let slot = slots.get_mut(&delivery.webhook_id).and_then(Vec::pop);
        let body = bodies.get(&delivery.event_id).cloned();
        let version = versions.get(&delivery.webhook_id).copied().unwrap_or_default();
        send(inner, delivery, (slot, body), (lease, version));
    }
    Ok(found)
}

fn send(
    inner: &Arc<Inner>,
    delivery: Delivery,
    (slot, body): (Option<Slot>, Option<Bytes>),
    (lease, version): (deliveries::Lease, i32),
) {
    match (slot, body) {
        (Some(slot), Some(body)) => {
            attempt::spawn(inner, Claimed { delivery, lease, version, body }, slot);
        }
        // Neither can happen: slots bound the claim, and an event outlives its open deliveries. The lease runs out.
        _ => tracing::error!(delivery = %delivery.id, "a claimed delivery has no slot or no body"),
    }
}

async fn sweep(inner: &Inner) -> Result<(), Error> {
    let now = inner.db.now().await?;
    let lost = Lost::Expired(now);
    while inner.db.write(move |conn| deliveries::interrupt(conn, lost, now)).await? > 0 {}
    Ok(())
}
