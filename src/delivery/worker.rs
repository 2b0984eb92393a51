//! Claims what is due and sends it, webhook by webhook in turn.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;

use super::attempt::{self, Claimed};
use super::policy::concurrency::Slot;
use super::result_writer;
use super::shared::Inner;
use super::tasks::clock_jump::{self, Clocks};
use crate::db::deliveries::queue;
use crate::db::deliveries::queue::claim::{Due, Share};
use crate::db::deliveries::queue::record::{self, Lost};
use crate::db::{self, DbConnection, Error, events, webhooks};
use crate::domain::id::{EventId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

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
    let mut turn = Turn::default();
    let mut swept = tokio::time::Instant::now();
    let mut clocks = Clocks::now();
    while !inner.stopping.load(Ordering::Relaxed) {
        let ticked = tick(&inner, &mut turn).await;
        if let Err(error) = &ticked {
            error.log("the queue could not be read");
        }
        if swept.elapsed() >= fault_injection::lease(SWEEP) {
            swept = tokio::time::Instant::now();
            if let Err(error) = sweep(&inner, &mut clocks).await {
                error.log("leases could not be taken back");
            }
        }
        if !matches!(ticked, Ok(Tick::Worked)) {
            let _woken_or_not = tokio::time::timeout(PAUSE, inner.wake.notified()).await;
        }
    }
}

/// Claims what is due, as far as there are slots, and sends it. `turn` counts on from look to look. Look and claim are
/// one transaction, and slots are given out within it: none stands idle until the transaction's turn comes, and those
/// that come free meanwhile are used.
pub(super) async fn tick(inner: &Arc<Inner>, turn: &mut Turn) -> Result<Tick, Error> {
    inner.backlog.store(true, Ordering::Relaxed);
    if inner.slots.are_taken() {
        return Ok(Tick::Idle);
    }
    inner.backlog.store(false, Ordering::Relaxed);
    let (task, mut counted) = (Arc::clone(inner), *turn);
    let claim = inner.db.write(move |conn| claim(&task, conn, &mut counted).map(|claims| (claims, counted)));
    let (claims, counted) = claim.await?;
    *turn = counted;
    if claims.ready.is_empty() {
        // Slots were held that were not needed: an event may have found none.
        inner.wake_for_backlog();
        if !claims.waiting.is_empty() {
            inner.left_waiting(claims.waiting);
        }
        return Ok(Tick::Idle);
    }
    fault_injection::point("claim-after-commit");
    for (claimed, slot) in claims.ready {
        attempt::spawn(inner, claimed, slot);
    }
    Ok(Tick::Worked)
}

/// What a look found.
struct Claims {
    ready: Vec<(Claimed, Slot)>,
    /// Webhooks with something due and no slot. Not those that are probed: they wait for an answer.
    waiting: Vec<WebhookId>,
}

fn claim(inner: &Inner, conn: &mut DbConnection, turn: &mut Turn) -> Result<Claims, Error> {
    let now = db::now_on(conn)?;
    inner.set_clock(now);
    let due = queue::claim::due_webhooks(conn, now)?;
    let mut waiting: Vec<WebhookId> = due.iter().filter(|due| !due.probe).map(|due| due.webhook_id).collect();
    let lease = inner.lease(now);
    let mut claimed = Vec::new();
    for part in plan(inner, due, turn, now) {
        let webhook = part.due.webhook_id;
        waiting.retain(|other| *other != webhook);
        // It may have been changed or turned off since the look, by another process.
        let Some(version) = webhooks::sending_version(conn, webhook)? else { continue };
        let mut slots = part.slots.into_iter();
        for delivery in queue::claim::claim(conn, webhook, (now, lease), part.share)? {
            claimed.push((delivery, version, slots.next()));
        }
    }
    let ids: Vec<EventId> = claimed.iter().map(|(delivery, ..)| delivery.event_id).collect();
    let bodies: HashMap<EventId, Bytes> = events::bodies(conn, &ids)?.into_iter().collect();
    let ready = claimed.into_iter().filter_map(|(delivery, version, slot)| {
        let (body, id) = (bodies.get(&delivery.event_id).cloned(), delivery.id);
        let ready = body.zip(slot).map(|(body, slot)| (Claimed { delivery, lease, version, body }, slot));
        // Slots bound the claim, and an event outlives its open deliveries. The lease runs out.
        if ready.is_none() {
            tracing::error!(delivery_id = %id, "a claimed delivery has no slot or no body");
        }
        ready
    });
    Ok(Claims { ready: ready.collect(), waiting })
}

/// A webhook's part of a claim.
struct Part {
    due: Due,
    slots: Vec<Slot>,
    share: Share,
}

/// Who was served last, and how many slots were given out: so that nobody waits for ever.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn {
    last: WebhookId,
    given: usize,
}

/// Gives out slots webhook by webhook; those behind the last one served come first.
fn plan(inner: &Inner, mut due: Vec<Due>, turn: &mut Turn, now: Timestamp) -> Vec<Part> {
    let last = turn.last;
    due.sort_unstable_by_key(|due| (due.webhook_id <= last, due.webhook_id));
    let mut plan = Vec::new();
    for due in due {
        if let Some(since) = due.returned_at {
            inner.slots.note_return(due.webhook_id, since, now);
        }
        let slots = match due.probe {
            true => inner.slots.take_alone(due.webhook_id, now).into_iter().collect(),
            false => inner.slots.take_up_to(due.webhook_id, inner.slots.per_webhook(), now),
        };
        if !slots.is_empty() {
            turn.last = due.webhook_id;
            let share = share(slots.len(), &mut turn.given, due.probe);
            plan.push(Part { due, slots, share });
        }
    }
    plan
}

/// First attempts go before retries, but every fourth slot is for a retry. A probe is the one that is due longest,
/// which is a retry.
fn share(slots: usize, given: &mut usize, probe: bool) -> Share {
    let before = *given;
    *given = given.wrapping_add(slots);
    let retries = if probe { slots } else { *given / 4 - (before / 4).min(*given / 4) };
    let count = |slots: usize| i64::try_from(slots).unwrap_or(i64::MAX);
    Share { firsts: count(slots.saturating_sub(retries)), retries: count(retries.min(slots)) }
}

async fn sweep(inner: &Arc<Inner>, clocks: &mut Clocks) -> Result<(), Error> {
    clock_jump::mind(inner, clocks).await?;
    let now = inner.ask_clock().await?;
    let lost = Lost::Expired(now);
    while inner.db.write(move |conn| record::interrupt(conn, lost, now)).await? > 0 {}
    if !inner.suspects.swap(true, Ordering::AcqRel) {
        let task = Arc::clone(inner);
        inner.spawn(async move {
            if let Err(error) = send_suspects(&task).await {
                error.log("a delivery could not be sent alone");
            }
            task.suspects.store(false, Ordering::Release);
        });
    }
    Ok(())
}

/// How long a delivery that is to be sent alone waits for the others: under steady load something is always on its way.
const ALONE: Duration = Duration::from_secs(5);

/// A delivery whose attempts kept ending with the process is sent alone, as far as the traffic lets it: if it ends the
/// process again, little else is interrupted with it. One at a time, beside the worker, which goes on.
async fn send_suspects(inner: &Arc<Inner>) -> Result<(), Error> {
    while !inner.stopping.load(Ordering::Relaxed) {
        let (now, lease) = (inner.now(), inner.lease(inner.now()));
        let claim = inner.db.write(move |conn| {
            let Some(delivery) = queue::claim::claim_alone(conn, (now, lease))? else { return Ok(None) };
            let body = events::body(conn, delivery.event_id)?;
            Ok(Some((delivery, body)))
        });
        let Some((delivery, Some(body))) = claim.await? else { return Ok(()) };
        // Not `settle`: its signal is for whoever stops the engine.
        let begun = tokio::time::Instant::now();
        while inner.running.load(Ordering::Acquire) > 0 && begun.elapsed() < ALONE {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let claimed = Claimed { delivery, lease, version: 0, body };
        let finished = attempt::make(inner, &claimed).await;
        result_writer::record(inner, [finished].into()).await?;
    }
    Ok(())
}
