//! The transaction that stores posted events, each with its derived events and all their deliveries.
//!
//! Tokens, keys, inboxes and webhooks are read once for all events, and each table is written with one statement (on SQLite with
//! few). Permits are taken inside the transaction; the lock of `Concurrency` is held only for each single call.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::attempt::Claimed;
use super::policy::concurrency::Permit;
use super::posted::{self, Accepted, Posted};
use super::shared::Inner;
use super::snapshots::Snapshots;
use crate::db::deliveries::queue;
use crate::db::events::idempotency::{self, Known, Wanted};
use crate::db::events::routes::{self, Routes, WebhookState};
use crate::db::inboxes::SourceId;
use crate::db::{DbConnection, Error, events, inboxes};
use crate::domain::deliveries::Trigger;
use crate::domain::events::catalogue::EventName;
use crate::domain::events::{Event, Unmatched};
use crate::domain::id::{EventId, InboxId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// Events and deliveries in one commit, unless a single event or batch has more.
const COMMIT_ROWS_MAX: usize = 500;
/// Events and deliveries of a batch, which is one commit: on SQLite other writers wait for it.
pub const BATCH_ROWS_MAX: usize = 10_000;

/// What is stored of a posted event.
pub(super) struct Stored {
    pub(super) accepted: Accepted,
    /// Deliveries that were inserted with a lease, because a permit was free: their attempts start after the commit.
    pub(super) leased: Vec<(Claimed, Permit)>,
    /// Webhooks whose delivery got no permit.
    pub(super) waiting: Vec<WebhookId>,
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
pub(super) struct Transaction<'a> {
    pub(super) inner: &'a Inner,
    pub(super) routes: &'a Routes,
    pub(super) now: Timestamp,
}

impl Transaction<'_> {
    /// Stores the events of the first of these requests, of all if they are not too large together.
    pub(super) fn store(
        &self,
        conn: &mut DbConnection,
        requests: &[Vec<Arc<Posted>>],
    ) -> Result<Vec<Vec<Stored>>, Error> {
        let batch = &requests.concat();
        let (mut plans, snapshots) = self.plan(conn, batch)?;
        let sizes = self.fitting(&plans, requests.iter().map(Vec::len));
        let count = sizes.iter().sum();
        // A larger one is alone.
        if count > 1 && sizes.len() == 1 && self.rows(plans.iter().take(count)) > BATCH_ROWS_MAX {
            return Err(Error::TooManyRows);
        }
        plans.truncate(count);
        let subscribed = |event: &Event| self.routes.subscribed(event.name, event.inbox_id);
        let wanted: HashSet<WebhookId> = new_events(plans.iter()).flat_map(subscribed).collect();
        let states = routes::states(conn, &wanted, self.now)?;
        let (mut events, mut deliveries, mut keys) = (Vec::new(), Vec::new(), BTreeMap::new());
        let (mut stored, mut reasons): (Vec<Stored>, _) = (Vec::with_capacity(plans.len()), HashMap::new());
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
                        let unmatched =
                            if has_none { Some(self.why_unmatched(conn, event.name, &mut reasons)?) } else { None };
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
        let mut stored = stored.into_iter();
        Ok(sizes.into_iter().map(|size| stored.by_ref().take(size).collect()).collect())
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

    /// The numbers of events of the requests that one commit takes: at least of one.
    fn fitting(&self, plans: &[Plan], sizes: impl Iterator<Item = usize>) -> Vec<usize> {
        let (mut rows, mut plans, mut fitting) = (0, plans.iter(), Vec::new());
        for size in sizes {
            rows += self.rows(plans.by_ref().take(size));
            if rows > COMMIT_ROWS_MAX && !fitting.is_empty() {
                break;
            }
            fitting.push(size);
        }
        fitting
    }

    /// The events and deliveries that these plans make at most.
    fn rows<'p>(&self, plans: impl Iterator<Item = &'p Plan>) -> usize {
        let rows_of = |event: &Event| 1 + self.routes.subscribed(event.name, event.inbox_id).len();
        new_events(plans).map(rows_of).sum()
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

    /// Why no webhook gets an event of this name; `known` are the reasons for those before it.
    fn why_unmatched(
        &self,
        conn: &mut DbConnection,
        event: EventName,
        known: &mut HashMap<EventName, Unmatched>,
    ) -> Result<Unmatched, Error> {
        if !self.routes.has_subscribers(event) {
            return Ok(Unmatched::Unsubscribed);
        }
        if let Some(reason) = known.get(&event) {
            return Ok(*reason);
        }
        let reason = routes::why_unmatched(conn, event, self.now)?;
        known.insert(event, reason);
        Ok(reason)
    }
}

fn new_events<'p>(plans: impl Iterator<Item = &'p Plan>) -> impl Iterator<Item = &'p Event> {
    plans.flat_map(|plan| match plan {
        Plan::New(events) => events.as_slice(),
        Plan::Answered(_) | Plan::SameAs(_) => &[],
    })
}
