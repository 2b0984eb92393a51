//! The worker: claims due deliveries of all webhooks in a round-robin order and starts their attempts.

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;

use super::attempt::{self, Claimed};
use super::backlog::Scope;
use super::policy::concurrency::Permit;
use super::result_writer;
use super::shared::Inner;
use super::tasks::clock_jump;
use crate::db::deliveries::queue;
use crate::db::deliveries::queue::claim::{Due, Share};
use crate::db::deliveries::queue::record::{self, LeaseScope};
use crate::db::system::server_clock;
use crate::db::{DbConnection, Error, events, webhooks};
use crate::domain::id::{EventId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;
use crate::liveness::Beat;

/// How often the worker looks when nothing wakes it: retries come due, and other processes leave deliveries behind.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// In this time other processes notice that the clock of Postgres was set, and shift stored times.
const OTHERS_NOTICE_TIME: Duration = Duration::from_secs(1);
/// How often it looks for expired leases.
const RECLAIM_INTERVAL: Duration = Duration::from_secs(10);

/// How long a pass waits for permits after one that started attempts.
const GATHER_TIMEOUT: Duration = Duration::from_millis(5);

/// Whether a pass started an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tick {
    Worked,
    Idle,
}

/// Runs until the engine stops.
pub(super) async fn run(inner: Arc<Inner>, beat: Beat) {
    let mut fairness = Fairness::default();
    if inner.clock.is_doubtful() {
        tokio::time::sleep(OTHERS_NOTICE_TIME).await;
    }
    let mut reclaimed_at = tokio::time::Instant::now();
    while !inner.is_stopping() {
        beat.beat();
        fault_injection::panic_point("worker");
        fault_injection::hang_point("worker").await;
        // Before the claim: by a clock that was set forward deliveries would be due early.
        if let Err(error) = clock_jump::follow(&inner).await {
            error.log("stored times could not be shifted");
        }
        let ticked = tick(&inner, &mut fairness).await;
        if let Err(error) = &ticked {
            error.log("due deliveries could not be claimed");
        }
        if reclaimed_at.elapsed() >= fault_injection::lease(RECLAIM_INTERVAL) {
            reclaimed_at = tokio::time::Instant::now();
            if let Err(error) = reclaim_expired_leases(&inner).await {
                error.log("expired leases could not be reclaimed");
            }
        }
        if matches!(ticked, Ok(Tick::Worked)) {
            gather_permits(&inner).await;
        } else if tokio::time::timeout(POLL_INTERVAL, inner.backlog.woken()).await.is_err() {
            inner.backlog.ask_for_look();
        }
    }
}

/// Waits until half of the requests in flight have ended, but not long: a pass costs nearly the same for one delivery as
/// for many.
async fn gather_permits(inner: &Inner) {
    let half = inner.concurrency.in_flight() / 2;
    let gathered = async {
        while inner.concurrency.in_flight() > half {
            inner.backlog.woken().await;
        }
    };
    let _gathered_or_not = tokio::time::timeout(GATHER_TIMEOUT, gathered).await;
}

/// One pass: claims due deliveries for which permits are free and starts their attempts. `fairness` carries over to the
/// next pass. Permits are taken inside the claiming transaction, so that those released while it waits for the writer
/// are used too.
pub(super) async fn tick(inner: &Arc<Inner>, fairness: &mut Fairness) -> Result<Tick, Error> {
    if fairness.looked_at.is_none_or(|at| at.elapsed() >= POLL_INTERVAL) {
        inner.backlog.ask_for_look();
    }
    // Before the check: a permit that is released after this line wakes the worker.
    let Some(scope) = inner.backlog.scope() else { return Ok(Tick::Idle) };
    let Some(scope) = with_room(inner, scope) else { return Ok(Tick::Idle) };
    inner.backlog.begin_pass(&scope);
    if scope == Scope::All {
        fairness.looked_at = Some(tokio::time::Instant::now());
    }
    let (task, mut updated, pass) = (Arc::clone(inner), *fairness, scope.clone());
    let claim = inner.db.write(move |conn| {
        let claims = claim(&task, conn, &pass, &mut updated)?;
        Ok((claims, updated))
    });
    let claimed = claim.await.inspect_err(|_| inner.backlog.restore(scope));
    let (claims, updated) = match claimed {
        // The next pass follows the clock first.
        Err(Error::ClockSet) => return Ok(Tick::Idle),
        claimed => claimed?,
    };
    *fairness = updated;
    let worked = !claims.ready.is_empty();
    if worked {
        fault_injection::point("claim-after-commit");
    }
    for (claimed, permit) in claims.ready {
        attempt::spawn(inner, claimed, permit);
    }
    // The pass held permits that it did not use; an event may have found none free.
    inner.mark_backlog(claims.waiting);
    Ok(if worked { Tick::Worked } else { Tick::Idle })
}

/// The part of the scope for which permits are free.
fn with_room(inner: &Inner, scope: Scope) -> Option<Scope> {
    match scope {
        _ if inner.concurrency.is_exhausted() => None,
        Scope::All => Some(Scope::All),
        Scope::Known(mut webhooks) => {
            let now = inner.now();
            webhooks.retain(|webhook| inner.concurrency.has_room(*webhook, now));
            (!webhooks.is_empty()).then_some(Scope::Known(webhooks))
        }
    }
}

/// The result of a claiming transaction.
struct Claims {
    ready: Vec<(Claimed, Permit)>,
    /// Webhooks that may have more due deliveries than they got permits; without those that are probed, which wait for an
    /// answer.
    waiting: Vec<WebhookId>,
}

fn claim(inner: &Inner, conn: &mut DbConnection, scope: &Scope, fairness: &mut Fairness) -> Result<Claims, Error> {
    let offset = inner.clock.offset();
    let now = inner.clock.now_at(offset);
    let due = match scope {
        Scope::All => queue::claim::due_webhooks(conn, now)?,
        Scope::Known(ids) => queue::claim::sendable_webhooks(conn, ids, now)?,
    };
    let mut waiting: BTreeSet<WebhookId> = due.iter().filter(|due| !due.probe).map(|due| due.webhook_id).collect();
    let lease = inner.lease(now);
    let (mut parts, mut shares) = (HashMap::new(), Vec::new());
    for part in plan(inner, due, fairness, now) {
        let webhook = part.due.webhook_id;
        // Another process may send the probe.
        if !part.due.probe || webhooks::health::begin_probe(conn, webhook, lease.token, now)? {
            shares.push((webhook, part.share));
            parts.insert(webhook, part);
        }
    }
    let claimed = queue::claim::claim(conn, &shares, now, lease)?;
    let ids: Vec<EventId> = claimed.iter().map(|delivery| delivery.event_id).collect();
    let bodies: HashMap<EventId, Bytes> = events::bodies(conn, &ids)?.into_iter().collect();
    let mut ready = Vec::with_capacity(claimed.len());
    for delivery in claimed {
        let (part, body) = (parts.get_mut(&delivery.webhook_id), bodies.get(&delivery.event_id).cloned());
        let version = part.as_ref().map(|part| part.due.version);
        match part.and_then(|part| part.permits.pop()).zip(body) {
            Some((permit, body)) => ready.push((Claimed { delivery, lease, version, body }, permit)),
            // Cannot happen: the permits limit the claim, and an event is kept as long as its pending deliveries. The
            // lease expires.
            None => tracing::error!(delivery_id = %delivery.id, "a claimed delivery has no permit or no body"),
        }
    }
    for (webhook, part) in &parts {
        // Permits are left: no more is due.
        if !part.permits.is_empty() {
            waiting.remove(webhook);
            if part.due.probe {
                webhooks::health::release_probe(conn, *webhook, lease.token)?;
            }
        }
    }
    // By a clock that has jumped deliveries would be due early.
    inner.clock.confirm(conn, offset)?;
    if inner.clock.has_jumped() {
        return Err(Error::ClockSet);
    }
    Ok(Claims { ready, waiting: waiting.into_iter().collect() })
}

/// What one webhook may claim in a pass.
struct Part {
    due: Due,
    permits: Vec<Permit>,
    share: Share,
}

/// Carries over between passes, so that neither a webhook nor retries wait for ever.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fairness {
    /// The webhook that got permits last; the next pass begins with the one after it.
    last: Option<WebhookId>,
    /// Permits given out so far.
    given: usize,
    /// When a pass last looked at all webhooks.
    looked_at: Option<tokio::time::Instant>,
}

/// Takes permits for the webhooks in the order of their ids, beginning after the one that was served last.
fn plan(inner: &Inner, mut due: Vec<Due>, fairness: &mut Fairness, now: Timestamp) -> Vec<Part> {
    let last = fairness.last;
    due.sort_unstable_by_key(|due| (Some(due.webhook_id) <= last, due.webhook_id));
    let mut plan = Vec::new();
    for due in due {
        if let Some(since) = due.returned_at {
            inner.concurrency.observe_ramp(due.webhook_id, since, now);
        }
        let permits = match due.probe {
            true => inner.concurrency.take_probe(due.webhook_id, now).into_iter().collect(),
            false => inner.concurrency.take_up_to(due.webhook_id, inner.concurrency.per_webhook(), now),
        };
        if !permits.is_empty() {
            fairness.last = Some(due.webhook_id);
            let share = share(permits.len(), &mut fairness.given, due.probe || due.backlog_full);
            plan.push(Part { due, permits, share });
        }
    }
    plan
}

/// First attempts have priority, but every fourth permit is for a retry. A probe, and what a full backlog gets, are the
/// deliveries that have been due longest: retries.
fn share(permits: usize, given: &mut usize, oldest: bool) -> Share {
    let before = *given;
    *given = given.wrapping_add(permits);
    let retries = if oldest { permits } else { *given / 4 - (before / 4).min(*given / 4) };
    let count = |permits: usize| i64::try_from(permits).unwrap_or(i64::MAX);
    Share { firsts: count(permits.saturating_sub(retries)), retries: count(retries.min(permits)) }
}

/// Every 10 s: reclaims expired leases, and starts to send suspects.
async fn reclaim_expired_leases(inner: &Arc<Inner>) -> Result<(), Error> {
    inner.clock.ask(&inner.db).await?;
    if inner.clock.has_jumped() {
        return Ok(());
    }
    if inner.db.is_shared() {
        inner.write_timed(server_clock::note_seen).await?;
    }
    // Each by its own time: stored times may be shifted before any of them.
    while inner.write_timed(|conn, now| record::interrupt(conn, LeaseScope::Expired(now), now)).await? > 0 {}
    if let Ok(turn) = Arc::clone(&inner.suspects).try_lock_owned() {
        let task = Arc::clone(inner);
        inner.spawn(async move {
            let sent = AssertUnwindSafe(send_suspects(&task)).catch_unwind().await;
            if let Err(error) = sent.unwrap_or(Err(Error::Panicked)) {
                error.log("a suspected delivery could not be sent");
            }
            drop(turn);
        });
    }
    Ok(())
}

/// How long a suspected delivery waits until no other attempt is in flight; under steady load there always is one.
const SUSPECT_QUIET_WAIT: Duration = Duration::from_secs(5);

/// Sends suspected deliveries, whose attempts were interrupted at least three times in a row: one at a time and, if
/// possible, while no other attempt is in flight, so that another crash interrupts little else. The worker continues
/// meanwhile.
async fn send_suspects(inner: &Arc<Inner>) -> Result<(), Error> {
    while let Some(_running) = inner.in_flight.begin_without_permit() {
        let task = Arc::clone(inner);
        let claim = inner.write_timed(move |conn, now| {
            let lease = task.lease(now);
            let Some(delivery) = queue::claim::claim_suspect(conn, now, lease)? else { return Ok(None) };
            let body = events::body(conn, delivery.event_id)?;
            Ok(Some((delivery, lease, body)))
        });
        let Some((delivery, lease, Some(body))) = claim.await? else { return Ok(()) };
        // Polls, because the notification of `InFlight` is for `Engine::stop`.
        let begun = tokio::time::Instant::now();
        while inner.in_flight.count() > 1 && begun.elapsed() < SUSPECT_QUIET_WAIT {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let claimed = Claimed { delivery, lease, version: None, body };
        let ended = attempt::make(inner, &claimed).await;
        result_writer::record(inner, [ended.finished].into()).await?;
    }
    Ok(())
}
