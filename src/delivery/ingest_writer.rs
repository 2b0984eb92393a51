//! Stores posted events, many in one commit: each with its derived events and all their deliveries. After the commit the
//! first attempts start.
//!
//! While one commit is on its way to the disk the next events gather; each commit takes all that wait, up to 64. Tokens,
//! keys, inboxes and webhooks are read once for all of them, and each table is written with one statement (on SQLite with
//! few). Permits are taken inside the transaction; the lock of `Concurrency` is held only for each single call.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::attempt::{self, Claimed};
use super::policy::concurrency::Permit;
use super::posted::{self, Accepted, Posted, Waiting};
use super::shared::Inner;
use super::snapshots::Snapshots;
use crate::db::deliveries::queue;
use crate::db::events::idempotency::{self, Known, Wanted};
use crate::db::events::routes::{self, Routes, WebhookState};
use crate::db::inboxes::SourceId;
use crate::db::{self, DbConnection, Error, events, inboxes};
use crate::domain::deliveries::Trigger;
use crate::domain::events::{Event, Unmatched};
use crate::domain::id::{EventId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

/// Events in one commit.
const COMMIT_EVENTS_MAX: usize = 64;
/// Events and deliveries in one commit, unless a single event has more.
const COMMIT_ROWS_MAX: usize = 500;
/// The longest wait of an event for its commit to begin.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// Queues an event and waits until it is stored.
pub(super) async fn store(inner: &Arc<Inner>, posted: Posted) -> Result<Accepted, Error> {
    let (answer, mut stored) = oneshot::channel();
    let (is_decided, queued_at) = (Arc::new(AtomicBool::new(false)), Instant::now());
    let place = inner.intake.place(START_TIMEOUT).await?;
    let waiting = Waiting {
        posted: Arc::new(posted),
        is_decided: Arc::clone(&is_decided),
        has_begun: false,
        answer,
        _place: place,
    };
    if inner.intake.queue.push(waiting) {
        queue_job(inner);
    }
    let left = START_TIMEOUT.saturating_sub(queued_at.elapsed());
    if let Ok(answer) = tokio::time::timeout(left, &mut stored).await {
        return answer.map_err(|_| Error::TaskFailed)?;
    }
    if !is_decided.swap(true, Ordering::AcqRel) {
        return Err(Error::Busy);
    }
    let left = db::REQUEST_TIMEOUT.saturating_sub(queued_at.elapsed());
    match tokio::time::timeout(left, stored).await {
        Ok(answer) => answer.map_err(|_| Error::TaskFailed)?,
        Err(_) => Err(Error::Unconfirmed),
    }
}

/// Ends a job when it is dropped, also by a panic: else no further event would ever be stored.
struct RunningJob(Arc<Inner>);

impl Drop for RunningJob {
    fn drop(&mut self) {
        if self.0.intake.queue.end_job() {
            queue_job(&self.0);
        }
    }
}

fn queue_job(inner: &Arc<Inner>) {
    inner.spawn(write_waiting(Arc::clone(inner)));
}

/// Stores the events that wait when its transaction begins, and answers their requests. If it fails because of one event, or
/// because the clock was set, each is stored by itself.
async fn write_waiting(inner: Arc<Inner>) {
    let taken = Arc::new(Mutex::new(None));
    let (task, batch) = (Arc::clone(&inner), Arc::clone(&taken));
    // On Postgres until all is stored; on SQLite the next job is queued while this one commits.
    let _running = inner.db.is_shared().then(|| RunningJob(Arc::clone(&inner)));
    let stored = inner.db.write_then(
        move |conn| {
            let _running = (!task.db.is_shared()).then(|| RunningJob(Arc::clone(&task)));
            let mut waiting = task.intake.queue.take(COMMIT_EVENTS_MAX);
            waiting.retain_mut(Waiting::begin);
            let posted: Vec<Arc<Posted>> = waiting.iter().map(|waiting| Arc::clone(&waiting.posted)).collect();
            *lock(&batch) = Some(waiting);
            let stored = store_in(&task, conn, &posted);
            if let (Ok(stored), Some(waiting)) = (&stored, lock(&batch).as_mut()) {
                task.intake.queue.put_back(waiting.drain(stored.len()..));
            }
            stored.map(|stored| (task, batch, stored))
        },
        |(task, batch, stored)| {
            fault_injection::point("ingest-after-commit");
            answer(&task, lock(&batch).take().into_iter().flatten(), stored);
        },
    );
    let stored = stored.await;
    let waiting = lock(&taken).take();
    match (stored, waiting) {
        (Ok(()), _) => {}
        // The transaction did not begin.
        (Err(error), None) => {
            let _running = (!inner.db.is_shared()).then(|| RunningJob(Arc::clone(&inner)));
            refuse(inner.intake.queue.take(usize::MAX).into_iter(), error);
        }
        (Err(error), Some(waiting))
            if waiting.len() > 1 && error.is_of_statement() || matches!(error, Error::ClockSet) =>
        {
            for waiting in waiting {
                write_one(&inner, waiting).await;
            }
        }
        (Err(error), Some(waiting)) => refuse(waiting.into_iter(), error),
    }
}

/// Stores one event in a transaction of its own.
async fn write_one(inner: &Arc<Inner>, waiting: Waiting) {
    let store = || {
        let (task, posted) = (Arc::clone(inner), Arc::clone(&waiting.posted));
        inner.db.write(move |conn| store_in(&task, conn, &[posted]))
    };
    let mut stored = store().await;
    // A concurrent duplicate stored the same key, or another event drew the same id. Now the key is found, or a new id is
    // drawn. Or the clock was set; it is followed now.
    if stored.as_ref().is_err_and(|error| error.is_unique_violation() || matches!(error, Error::ClockSet)) {
        stored = store().await;
    }
    match stored {
        Ok(stored) => answer(inner, std::iter::once(waiting), stored),
        Err(error) => refuse(std::iter::once(waiting), error),
    }
}

/// Stores the first of these events, all if they are not too large together.
fn store_in(inner: &Inner, conn: &mut DbConnection, posted: &[Arc<Posted>]) -> Result<Vec<Stored>, Error> {
    fault_injection::panic_point("ingest");
    let routes = inner.intake.routes(conn)?;
    let offset = inner.clock.offset();
    let stored = Transaction { inner, routes: &routes, now: inner.clock.now_at(offset) }.store(conn, posted)?;
    inner.clock.confirm(conn, offset)?;
    fault_injection::point("ingest-before-commit");
    Ok(stored)
}

/// Starts the first attempts and answers the requests.
fn answer(inner: &Arc<Inner>, batch: impl Iterator<Item = Waiting>, stored: Vec<Stored>) {
    let mut without_permit = Vec::new();
    for (waiting, stored) in batch.zip(stored) {
        for (claimed, permit) in stored.leased {
            attempt::spawn(inner, claimed, permit);
        }
        without_permit.extend(stored.waiting);
        // An error means that the request has gone.
        drop(waiting.answer.send(Ok(stored.accepted)));
    }
    if !without_permit.is_empty() {
        inner.mark_backlog(without_permit);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers with an error; the first request gets the error itself.
fn refuse(batch: impl Iterator<Item = Waiting>, error: Error) {
    let is_unconfirmed = matches!(error, Error::Unconfirmed);
    let mut error = Some(error);
    for waiting in batch {
        let other = if is_unconfirmed { Error::Unconfirmed } else { Error::Busy };
        drop(waiting.answer.send(Err(error.take().unwrap_or(other))));
    }
}

/// What is stored of a posted event.
struct Stored {
    accepted: Accepted,
    /// Deliveries that were inserted with a lease, because a permit was free: their attempts start after the commit.
    leased: Vec<(Claimed, Permit)>,
    /// Webhooks whose delivery got no permit.
    waiting: Vec<WebhookId>,
}

/// What to do with a posted event.
enum Plan {
    /// Nothing is stored; the answer is known.
    Answered(Accepted),
    /// The same key and body as an earlier event of this batch.
    SameAs(usize),
    New(Vec<Event>),
}

/// A transaction that stores events.
struct Transaction<'a> {
    inner: &'a Inner,
    routes: &'a Routes,
    now: Timestamp,
}

impl Transaction<'_> {
    fn store(&self, conn: &mut DbConnection, batch: &[Arc<Posted>]) -> Result<Vec<Stored>, Error> {
        let (mut plans, snapshots) = self.plan(conn, batch)?;
        plans.truncate(self.fitting(&plans));
        let count = plans.len();
        let subscribed = |event: &Event| self.routes.subscribed(event.name, event.inbox_id);
        let wanted: HashSet<WebhookId> = new_events(&plans).flat_map(subscribed).collect();
        let states = routes::states(conn, &wanted, self.now)?;
        let (mut events, mut deliveries, mut keys) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut stored: Vec<Stored> = Vec::with_capacity(plans.len());
        for (plan, posted) in plans.into_iter().zip(batch) {
            let mut done = Stored { accepted: Accepted::KeyMismatch, leased: Vec::new(), waiting: Vec::new() };
            match plan {
                Plan::Answered(accepted) => done.accepted = accepted,
                Plan::SameAs(index) => {
                    if let Some(Stored { accepted: Accepted::New(id, count), .. }) = stored.get(index) {
                        done.accepted = Accepted::Replayed(*id, *count);
                    }
                }
                Plan::New(new) => {
                    let before = deliveries.len();
                    let id = new.first().map_or(EventId(0), |event| event.id);
                    for event in new {
                        let from = deliveries.len();
                        self.fan_out(&event, &states, &mut done, &mut deliveries);
                        let has_none = deliveries.len() == from;
                        let unmatched = if has_none { Some(self.why_unmatched(conn, &event)?) } else { None };
                        events.push((event, unmatched));
                    }
                    let count = deliveries.len() - before;
                    done.accepted = Accepted::New(id, count);
                    if let Some(key) = &posted.key {
                        let deliveries = i32::try_from(count).unwrap_or(i32::MAX);
                        let known = Known { body_hash: key.body_hash.clone(), event_id: id, deliveries };
                        keys.insert(key.text.as_str(), known);
                    }
                }
            }
            stored.push(done);
        }
        events::insert_all(conn, &events)?;
        queue::insert(conn, &deliveries)?;
        idempotency::insert_all(conn, &keys, self.now)?;
        snapshots.store(conn, count)?;
        Ok(stored)
    }

    /// Looks up tokens, keys and inboxes, and gives new events their ids.
    fn plan(&self, conn: &mut DbConnection, batch: &[Arc<Posted>]) -> Result<(Vec<Plan>, Snapshots), Error> {
        let active = posted::active(conn, batch)?;
        let keys = batch.iter().filter_map(|posted| posted.key.as_ref());
        let keys: Vec<Wanted<'_>> = keys
            .map(|key| Wanted { key: &key.text, since: key.window.map(|window| self.now.before(window)) })
            .collect();
        let known = idempotency::find_all(conn, &keys)?;
        let mut plans: Vec<Plan> = Vec::with_capacity(batch.len());
        let mut first_with_key: HashMap<&str, usize> = HashMap::new();
        for (index, posted) in batch.iter().enumerate() {
            let key = posted.key.as_ref();
            let earlier = key.and_then(|key| first_with_key.get(key.text.as_str()).copied());
            plans.push(match (key, key.and_then(|key| known.get(&key.text)), earlier) {
                _ if !active.contains(&posted.source) => Plan::Answered(Accepted::SourceRevoked),
                (Some(key), Some(known), _) if known.body_hash == key.body_hash => {
                    let count = usize::try_from(known.deliveries).unwrap_or_default();
                    Plan::Answered(Accepted::Replayed(known.event_id, count))
                }
                (Some(_), Some(_), _) => Plan::Answered(Accepted::KeyMismatch),
                (Some(key), None, Some(earlier)) => {
                    let same = batch.get(earlier).and_then(|posted| posted.key.as_ref());
                    let is_same = same.is_some_and(|same| same.body_hash == key.body_hash);
                    if is_same { Plan::SameAs(earlier) } else { Plan::Answered(Accepted::KeyMismatch) }
                }
                (key, ..) => {
                    first_with_key.extend(key.map(|key| (key.text.as_str(), index)));
                    Plan::New(Vec::new())
                }
            });
        }
        let inboxes = self.inboxes(conn, &plans, batch)?;
        let is_new = |(plan, posted)| matches!(plan, &Plan::New(_)).then_some(posted);
        let new = plans.iter().zip(batch.iter().map(Arc::as_ref)).filter_map(is_new);
        let mut snapshots = Snapshots::load(conn, new)?;
        for (place, (plan, posted)) in plans.iter_mut().zip(batch).enumerate() {
            if let Plan::New(events) = plan {
                let inbox_id = posted.inbox().and_then(|inbox| inboxes.get(&inbox).copied());
                *events = self.new_events(place, posted, inbox_id, &mut snapshots);
            }
        }
        Ok((plans, snapshots))
    }

    /// The ids of the inboxes that new events name.
    fn inboxes<'b>(
        &self,
        conn: &mut DbConnection,
        plans: &[Plan],
        batch: &'b [Arc<Posted>],
    ) -> Result<HashMap<SourceId<'b>, InboxId>, Error> {
        let mut wanted: BTreeMap<SourceId<'_>, Option<&str>> = BTreeMap::new();
        for (plan, posted) in plans.iter().zip(batch) {
            if let (Plan::New(_), Some(source), Some(inbox)) = (plan, posted.inbox(), &posted.event.inbox) {
                let name = wanted.entry(source).or_default();
                *name = name.or(inbox.name.as_deref());
            }
        }
        inboxes::find_or_register_all(conn, &wanted, self.now)
    }

    /// A posted event and its derived events.
    fn new_events(
        &self,
        place: usize,
        posted: &Posted,
        inbox_id: Option<InboxId>,
        snapshots: &mut Snapshots,
    ) -> Vec<Event> {
        let (own, created_at) = (&posted.event, self.now);
        let event = |name, body, derived_from| {
            let id = EventId(self.inner.next_id(created_at));
            Event { id, name, inbox_id, derived_from, body, created_at }
        };
        let first = event(own.name, own.body.clone(), posted.derived_from);
        let source = first.id;
        let derived = snapshots.derive(place, posted, source, created_at).into_iter();
        let derived = derived.map(|(name, body)| event(name, body, Some(source)));
        std::iter::once(first).chain(derived).collect()
    }

    /// How many of the plans one commit takes: at least one.
    fn fitting(&self, plans: &[Plan]) -> usize {
        let mut rows = 0;
        let fits = |plan: &&Plan| {
            let events = match plan {
                Plan::New(events) => events.as_slice(),
                Plan::Answered(_) | Plan::SameAs(_) => &[],
            };
            rows +=
                events.iter().map(|event| 1 + self.routes.subscribed(event.name, event.inbox_id).len()).sum::<usize>();
            rows <= COMMIT_ROWS_MAX
        };
        plans.iter().take_while(fits).count().max(1)
    }

    /// Adds a delivery for each webhook that gets the event.
    fn fan_out(
        &self,
        event: &Event,
        states: &HashMap<WebhookId, WebhookState>,
        done: &mut Stored,
        deliveries: &mut Vec<queue::rows::NewDelivery>,
    ) {
        for webhook in self.routes.subscribed(event.name, event.inbox_id) {
            let Some(state) = states.get(&webhook).filter(|state| state.collects) else { continue };
            let concurrency = &self.inner.concurrency;
            if let Some(since) = state.returned_at {
                concurrency.observe_ramp(webhook, since, self.now);
            }
            let permit = if state.sends { concurrency.take(webhook, self.now) } else { None };
            let lease = permit.as_ref().map(|_| self.inner.lease(self.now));
            let new = self.inner.new_delivery(event, webhook, Trigger::Event, lease);
            if let (Some(permit), Some(lease)) = (permit, lease) {
                done.leased.push((Claimed::inserted(&new, event, lease, state.version), permit));
            } else if state.sends {
                done.waiting.push(webhook);
            }
            deliveries.push(new);
        }
    }

    fn why_unmatched(&self, conn: &mut DbConnection, event: &Event) -> Result<Unmatched, Error> {
        if self.routes.has_subscribers(event.name) {
            routes::why_unmatched(conn, event.name, self.now)
        } else {
            Ok(Unmatched::Unsubscribed)
        }
    }
}

fn new_events(plans: &[Plan]) -> impl Iterator<Item = &Event> {
    plans.iter().flat_map(|plan| match plan {
        Plan::New(events) => events.as_slice(),
        Plan::Answered(_) | Plan::SameAs(_) => &[],
    })
}
