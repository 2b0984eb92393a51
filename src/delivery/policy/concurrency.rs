//! Limits the requests in flight, in total and for each webhook, and the rate to a webhook after an outage.
//!
//! The defaults are 256 in total and 10 for a webhook. The limit of a webhook halves when it is overloaded and grows by one
//! with each success. After an outage its rate doubles every second, from 4 ([`Ramp`]).
//!
//! Any number of receivers may hang without taking the permits of the others:
//! - A request without an answer after a second, or after a quarter of one while few permits are free, moves from the
//!   quick pool, which the total limits, to the slow pool. After a second the next requests of its webhook begin there,
//!   too, until one is answered within a second.
//! - The fewer places the slow pool has left, the fewer a webhook gets there, but one at least; once half of them are taken,
//!   all webhooks of a host count as one.
//! - While half of the quick pool or an eighth of the slow one is taken, a webhook without an answer in the last two seconds
//!   gets one request at a time. The last quarter of the quick pool is for the other webhooks.
//!
//! An answer releases its permit before the result is stored. If receivers are faster than the database, results pile up
//! in memory, and a crash would send them all again: while 256 results are unwritten, no permit is free.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::pace::Pace;
use super::ramp::Ramp;
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// Requests in the slow pool beyond which none begins there.
const SLOW_REQUESTS_MAX: usize = 512;
/// Requests in the slow pool beyond which none moves there from the quick pool.
const MOVED_REQUESTS_MAX: usize = 2 * SLOW_REQUESTS_MAX;
/// Webhooks beyond which those that are as if they had never had a request are forgotten.
const WEBHOOKS_KEPT_MIN: usize = 1024;
/// While so many results are not yet stored, no further request begins.
const UNWRITTEN_RESULTS_MAX: usize = 256;

/// The limits and their use. Shared by all senders of the process; no call blocks for longer than a short lock.
#[derive(Debug)]
pub struct Concurrency {
    in_all: usize,
    per_webhook: usize,
    usage: Mutex<Usage>,
}

#[derive(Debug, Default)]
struct Usage {
    quick: usize,
    slow: usize,
    /// The requests in the slow pool by their receiver.
    slow_by_host: HashMap<Arc<str>, usize>,
    unwritten: usize,
    is_closed: bool,
    webhooks: HashMap<WebhookId, WebhookLoad>,
    /// With so many webhooks, some are forgotten.
    forget_at: usize,
}

/// The permits and the limit of one webhook.
#[derive(Debug)]
struct WebhookLoad {
    in_flight: usize,
    limit: usize,
    ramp: Option<Ramp>,
    pace: Pace,
    /// Requests that began since the last one ended.
    unanswered: usize,
    /// Its results cannot be stored now: no request begins.
    is_held: bool,
}

/// In which pool a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pool {
    Quick,
    /// With the host and port of the receiver.
    Slow(Arc<str>),
}

/// Allows one request. Dropping it releases the permit.
#[derive(Debug)]
pub struct Permit {
    concurrency: Arc<Concurrency>,
    webhook: WebhookId,
    pool: Pool,
    /// The request had no answer after a second.
    is_slow: bool,
}

/// What an attempt says about the load of its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// The receiver answered with success.
    Fine,
    /// The receiver did not answer, or its status said that it is overloaded.
    Overloaded,
    /// Neither.
    Silent,
}

impl Concurrency {
    /// The pool in which a request to a webhook with this load may begin, if it may.
    fn pool_for(&self, usage: &Usage, load: Option<&WebhookLoad>, now: Timestamp) -> Option<Pool> {
        let is_admitted = |load: &WebhookLoad| !load.is_held && load.in_flight < load.limit && allows(&load.ramp, now);
        if usage.takes_none() || !load.is_none_or(is_admitted) {
            return None;
        }
        let in_flight = load.map_or(0, |load| load.in_flight);
        let (quick_free, reserve) = (self.in_all.saturating_sub(usage.quick), self.in_all / 4);
        match load.map_or(Pace::Unknown, |load| load.pace.at(now)) {
            Pace::Slow(_, host) => self.has_slow_place(usage, &host, in_flight).then_some(Pool::Slow(host)),
            Pace::Quick(_) => {
                let is_answered = load.is_none_or(|load| load.unanswered == 0);
                (quick_free > if is_answered { 0 } else { reserve }).then_some(Pool::Quick)
            }
            Pace::Unknown => {
                let is_calm = quick_free > self.in_all / 2 && usage.slow < SLOW_REQUESTS_MAX / 8;
                (quick_free > reserve && (is_calm || in_flight == 0)).then_some(Pool::Quick)
            }
        }
    }

    /// Whether a request of a webhook with so many in flight may begin in the slow pool.
    fn has_slow_place(&self, usage: &Usage, host: &str, in_flight: usize) -> bool {
        let free = SLOW_REQUESTS_MAX.saturating_sub(usage.slow);
        let share = (self.per_webhook * free / SLOW_REQUESTS_MAX).max(1);
        let is_scarce = free < SLOW_REQUESTS_MAX / 2;
        free > 0 && in_flight < share && (!is_scarce || usage.slow_by_host.get(host).copied().unwrap_or(0) < share)
    }

    /// Limits in total and for each webhook; less than one counts as one.
    pub fn new(in_all: usize, per_webhook: usize) -> Arc<Self> {
        Arc::new(Self { in_all: in_all.max(1), per_webhook: per_webhook.max(1), usage: Mutex::default() })
    }

    /// A permit for this webhook, if one is free.
    pub fn take(self: &Arc<Self>, webhook: WebhookId, now: Timestamp) -> Option<Permit> {
        let mut usage = self.lock();
        let pool = self.pool_for(&usage, usage.webhooks.get(&webhook), now)?;
        usage.load(webhook, self.per_webhook, now).count(now);
        usage.enter(&pool);
        Some(Permit { concurrency: Arc::clone(self), webhook, pool, is_slow: false })
    }

    /// Up to `permits_max` permits for this webhook.
    pub fn take_up_to(self: &Arc<Self>, webhook: WebhookId, permits_max: usize, now: Timestamp) -> Vec<Permit> {
        (0..permits_max).map_while(|_| self.take(webhook, now)).collect()
    }

    /// A permit for a probe: only while no other request to the webhook is in flight.
    pub fn take_probe(self: &Arc<Self>, webhook: WebhookId, now: Timestamp) -> Option<Permit> {
        let busy = self.lock().webhooks.get(&webhook).is_some_and(|load| load.in_flight > 0);
        if busy { None } else { self.take(webhook, now) }
    }

    /// Adapts the limit of a webhook to the result of a request.
    pub fn adjust_limit(&self, webhook: WebhookId, feedback: Feedback) {
        if let Some(load) = self.lock().webhooks.get_mut(&webhook) {
            load.limit = match feedback {
                Feedback::Overloaded => (load.limit / 2).max(1),
                Feedback::Fine => (load.limit + 1).min(self.per_webhook),
                Feedback::Silent => load.limit,
            };
        }
    }

    /// Starts the slow ramp of a webhook that came back. The request that found it back counts as the first.
    pub fn start_slow_ramp(&self, webhook: WebhookId, now: Timestamp) {
        let mut usage = self.lock();
        let load = usage.load(webhook, self.per_webhook, now);
        match &mut load.ramp {
            // `observe_ramp` has read it from the database between the commit and this call.
            Some(ramp) if ramp.began_at() >= now => ramp.count(now),
            ramp => *ramp = Some(Ramp::new(now, 1)),
        }
    }

    /// Starts the slow ramp of a webhook that another process found back at `since`, unless it is known or over.
    pub fn observe_ramp(&self, webhook: WebhookId, since: Timestamp, now: Timestamp) {
        let observed = Ramp::new(since, 0);
        if observed.is_over(now) {
            return;
        }
        let mut usage = self.lock();
        let load = usage.load(webhook, self.per_webhook, now);
        if load.ramp.as_ref().is_none_or(|ramp| ramp.began_at() < since) {
            load.ramp = Some(observed);
        }
    }

    /// Whether [`Self::take`] would return a permit for this webhook.
    pub fn has_room(&self, webhook: WebhookId, now: Timestamp) -> bool {
        let usage = self.lock();
        self.pool_for(&usage, usage.webhooks.get(&webhook), now).is_some()
    }

    /// Requests in flight in the quick pool.
    pub fn in_flight(&self) -> usize {
        self.lock().quick
    }

    /// Whether [`Self::take`] would return no permit for any webhook.
    pub fn is_exhausted(&self) -> bool {
        let usage = self.lock();
        let is_full = usage.quick >= self.in_all && usage.slow >= SLOW_REQUESTS_MAX;
        is_full || usage.takes_none()
    }

    /// Gives no more permits.
    pub fn close(&self) {
        self.lock().is_closed = true;
    }

    /// Whether no permit is held.
    pub fn is_unused(&self) -> bool {
        let usage = self.lock();
        usage.quick == 0 && usage.slow == 0
    }

    /// Holds a webhook whose results cannot be stored: no request begins until [`Self::release`]. The `results` no longer
    /// hold up the requests to other webhooks.
    pub fn hold(&self, webhook: WebhookId, results: usize, now: Timestamp) {
        let mut usage = self.lock();
        usage.unwritten = usage.unwritten.saturating_sub(results);
        usage.load(webhook, self.per_webhook, now).is_held = true;
    }

    /// Ends [`Self::hold`].
    pub fn release(&self, webhook: WebhookId) {
        if let Some(load) = self.lock().webhooks.get_mut(&webhook) {
            load.is_held = false;
        }
    }

    /// Reports that results were stored, or were dropped for good: they no longer hold up requests.
    pub fn results_written(&self, results: usize) {
        let mut usage = self.lock();
        usage.unwritten = usage.unwritten.saturating_sub(results);
    }

    /// The limit for one webhook.
    pub const fn per_webhook(&self) -> usize {
        self.per_webhook
    }

    fn lock(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Usage {
    fn takes_none(&self) -> bool {
        self.is_closed || self.unwritten >= UNWRITTEN_RESULTS_MAX
    }

    /// The load of a webhook. Forgets others when there are many.
    fn load(&mut self, webhook: WebhookId, limit_max: usize, now: Timestamp) -> &mut WebhookLoad {
        if self.webhooks.len() >= self.forget_at.max(WEBHOOKS_KEPT_MIN) {
            self.webhooks.retain(|_, load| !load.is_idle(limit_max, now));
            self.forget_at = 2 * self.webhooks.len();
        }
        self.webhooks.entry(webhook).or_insert_with(|| WebhookLoad::new(limit_max))
    }

    fn enter(&mut self, pool: &Pool) {
        match pool {
            Pool::Quick => self.quick += 1,
            Pool::Slow(host) => {
                self.slow += 1;
                *self.slow_by_host.entry(Arc::clone(host)).or_default() += 1;
            }
        }
    }

    /// Moves a request of the quick pool, if the slow one has room.
    fn move_to_slow(&mut self, pool: &mut Pool, host: &Arc<str>) {
        if *pool == Pool::Quick && self.slow < MOVED_REQUESTS_MAX {
            self.leave(pool);
            *pool = Pool::Slow(Arc::clone(host));
            self.enter(pool);
        }
    }

    fn leave(&mut self, pool: &Pool) {
        match pool {
            Pool::Quick => self.quick = self.quick.saturating_sub(1),
            Pool::Slow(host) => {
                self.slow = self.slow.saturating_sub(1);
                if let Some(requests) = self.slow_by_host.get_mut(host) {
                    *requests = requests.saturating_sub(1);
                    if *requests == 0 {
                        self.slow_by_host.remove(host);
                    }
                }
            }
        }
    }
}

impl WebhookLoad {
    const fn new(limit: usize) -> Self {
        Self { in_flight: 0, limit, ramp: None, pace: Pace::Unknown, unanswered: 0, is_held: false }
    }

    /// Whether it is as if it had never had a request.
    fn is_idle(&self, limit_max: usize, now: Timestamp) -> bool {
        let is_unused = self.in_flight == 0 && self.limit == limit_max && !self.is_held;
        let has_no_ramp = self.ramp.as_ref().is_none_or(|ramp| ramp.is_over(now));
        is_unused && has_no_ramp && matches!(self.pace.at(now), Pace::Unknown)
    }

    /// Counts a request.
    fn count(&mut self, now: Timestamp) {
        self.in_flight += 1;
        self.unanswered += 1;
        if self.ramp.as_ref().is_some_and(|ramp| ramp.is_over(now)) {
            self.ramp = None;
        }
        if let Some(ramp) = &mut self.ramp {
            ramp.count(now);
        }
    }
}

fn allows(ramp: &Option<Ramp>, now: Timestamp) -> bool {
    ramp.as_ref().is_none_or(|ramp| ramp.allows_one(now))
}

impl Permit {
    /// A request without an answer for this long makes room for others.
    pub const LATE_AFTER: Duration = Duration::from_millis(250);
    /// A request without an answer for this long is slow.
    pub const SLOW_AFTER: Duration = Duration::from_secs(1);

    /// Moves the late request to the receiver `host` to the slow pool if only the reserve of the quick pool is left. From then
    /// on its webhook is as one without an answer, until it has one.
    pub fn make_room(&mut self, host: &Arc<str>) {
        let mut usage = self.concurrency.lock();
        if self.pool == Pool::Quick && self.concurrency.in_all - self.concurrency.in_all / 4 <= usage.quick {
            usage.move_to_slow(&mut self.pool, host);
            if let Some(load) = usage.webhooks.get_mut(&self.webhook) {
                load.pace = Pace::Unknown;
            }
        }
    }

    /// Notes that the request to the receiver `host` is slow, and moves it to the slow pool.
    pub fn mark_slow(&mut self, host: &Arc<str>, now: Timestamp) {
        let mut usage = self.concurrency.lock();
        self.is_slow = true;
        usage.move_to_slow(&mut self.pool, host);
        if let Some(load) = usage.webhooks.get_mut(&self.webhook) {
            load.pace = Pace::Slow(now, Arc::clone(host));
        }
    }

    /// Releases the permit, because the request has ended. The result counts as unwritten until
    /// [`Concurrency::results_written`].
    pub fn release_with_result(self, now: Timestamp) {
        let mut usage = self.concurrency.lock();
        usage.unwritten += 1;
        if let Some(load) = usage.webhooks.get_mut(&self.webhook) {
            load.unanswered = 0;
            if !self.is_slow {
                load.pace = Pace::Quick(now);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut usage = self.concurrency.lock();
        usage.leave(&self.pool);
        if let Some(load) = usage.webhooks.get_mut(&self.webhook) {
            load.in_flight = load.in_flight.saturating_sub(1);
            load.unanswered = load.unanswered.min(load.in_flight);
        }
    }
}

#[cfg(test)]
mod tests;
