//! Limits the requests in flight, in total and for each webhook, and the rate to a webhook after an outage.
//!
//! The defaults are 64 in total and 10 for a webhook. A request without an answer after a second moves from the 64 to a
//! second pool of 512, so that a few hanging receivers cannot take the permits of the others. Until then the last quarter of
//! the 64 is kept for webhooks without a request that waits for its answer. The limit of a webhook
//! halves when it is overloaded and grows by one with each success. After an outage its rate doubles every second, from 4.
//!
//! An answer releases its permit before the result is stored. If receivers are faster than the database, results pile up
//! in memory, and a crash would send them all again: while 256 results are unwritten, no permit is free.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// Requests in the second pool: those without an answer after a second.
const SLOW_REQUESTS_MAX: usize = 512;
/// While so many results are not yet stored, no further request begins.
const UNWRITTEN_RESULTS_MAX: usize = 256;
/// Requests in the first second after an outage; each further second allows twice as many.
const RAMP_REQUESTS_FIRST: u32 = 4;
/// After this time only the limit of the webhook applies again.
const RAMP_SECONDS: u32 = 8;

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
    unwritten: usize,
    webhooks: HashMap<WebhookId, WebhookLoad>,
}

/// The permits and the limit of one webhook.
#[derive(Debug)]
struct WebhookLoad {
    in_flight: usize,
    limit: usize,
    ramp: Option<Ramp>,
    /// Requests that began since the last one ended.
    unanswered: usize,
    /// Its results cannot be stored now: no request begins.
    is_held: bool,
}

/// A webhook that came back after an outage, and the permits that it got in the current second.
#[derive(Debug)]
struct Ramp {
    since: Timestamp,
    second: u32,
    given: u32,
}

/// Allows one request. Dropping it releases the permit.
#[derive(Debug)]
pub struct Permit {
    concurrency: Arc<Concurrency>,
    webhook: WebhookId,
    slow: bool,
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

impl Usage {
    /// Whether a request to the webhook with this load may begin. The last quarter of the permits is for webhooks whose
    /// last request has an answer: twenty webhooks whose requests hang would else take all for a second.
    fn admits(&self, load: Option<&WebhookLoad>, in_all: usize, now: Timestamp) -> bool {
        let is_reserve = self.quick >= in_all - in_all / 4;
        !self.is_full(in_all)
            && load.is_none_or(|load| {
                let has_room = !load.is_held && load.in_flight < load.limit && load.ramp_allows_one(now);
                has_room && (load.unanswered == 0 || !is_reserve)
            })
    }

    /// Whether no request may begin, to any webhook.
    const fn is_full(&self, in_all: usize) -> bool {
        self.quick >= in_all || self.unwritten >= UNWRITTEN_RESULTS_MAX
    }
}

impl Concurrency {
    /// Limits in total and for each webhook; less than one counts as one.
    pub fn new(in_all: usize, per_webhook: usize) -> Arc<Self> {
        Arc::new(Self { in_all: in_all.max(1), per_webhook: per_webhook.max(1), usage: Mutex::default() })
    }

    /// A permit for this webhook, if one is free.
    pub fn take(self: &Arc<Self>, webhook: WebhookId, now: Timestamp) -> Option<Permit> {
        let mut usage = self.lock();
        if !usage.admits(usage.webhooks.get(&webhook), self.in_all, now) {
            return None;
        }
        let load = usage.webhooks.entry(webhook).or_insert_with(|| WebhookLoad::new(self.per_webhook));
        load.count(now);
        usage.quick += 1;
        Some(Permit { concurrency: Arc::clone(self), webhook, slow: false })
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
        let load = usage.webhooks.entry(webhook).or_insert_with(|| WebhookLoad::new(self.per_webhook));
        match &mut load.ramp {
            // `observe_ramp` has read it from the database between the commit and this call.
            Some(ramp) if ramp.since >= now => ramp.given += 1,
            _ => load.ramp = Some(Ramp { since: now, second: 0, given: 1 }),
        }
    }

    /// Starts the slow ramp of a webhook that another process found back at `since`, unless it is known or over.
    pub fn observe_ramp(&self, webhook: WebhookId, since: Timestamp, now: Timestamp) {
        if seconds(since, now) >= RAMP_SECONDS {
            return;
        }
        let mut usage = self.lock();
        let load = usage.webhooks.entry(webhook).or_insert_with(|| WebhookLoad::new(self.per_webhook));
        if load.ramp.as_ref().is_none_or(|ramp| ramp.since < since) {
            load.ramp = Some(Ramp { since, second: 0, given: 0 });
        }
    }

    /// Whether [`Self::take`] would return a permit for this webhook.
    pub fn has_room(&self, webhook: WebhookId, now: Timestamp) -> bool {
        let usage = self.lock();
        usage.admits(usage.webhooks.get(&webhook), self.in_all, now)
    }

    /// Requests in flight that have been so for less than a second.
    pub fn in_flight(&self) -> usize {
        self.lock().quick
    }

    /// Whether [`Self::take`] would return no permit for any webhook.
    pub fn is_exhausted(&self) -> bool {
        self.lock().is_full(self.in_all)
    }

    /// Holds a webhook whose results cannot be stored: no request begins until [`Self::release`]. The `results` no longer
    /// hold up the requests to other webhooks.
    pub fn hold(&self, webhook: WebhookId, results: usize) {
        let mut usage = self.lock();
        usage.unwritten = usage.unwritten.saturating_sub(results);
        usage.webhooks.entry(webhook).or_insert_with(|| WebhookLoad::new(self.per_webhook)).is_held = true;
    }

    /// Ends [`Self::hold`].
    pub fn release(&self, webhook: WebhookId) {
        let mut usage = self.lock();
        if let Some(load) = usage.webhooks.get_mut(&webhook) {
            load.is_held = false;
            if load.is_idle(self.per_webhook) {
                usage.webhooks.remove(&webhook);
            }
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

impl WebhookLoad {
    const fn new(limit: usize) -> Self {
        Self { in_flight: 0, limit, ramp: None, unanswered: 0, is_held: false }
    }

    /// Whether it is as if it had never had a request.
    const fn is_idle(&self, limit_max: usize) -> bool {
        self.in_flight == 0 && self.limit == limit_max && self.ramp.is_none() && !self.is_held
    }

    /// Whether the ramp allows one more request in this second.
    fn ramp_allows_one(&self, now: Timestamp) -> bool {
        self.ramp.as_ref().is_none_or(|ramp| {
            let second = seconds(ramp.since, now);
            let given = if second == ramp.second { ramp.given } else { 0 };
            second >= RAMP_SECONDS || given < RAMP_REQUESTS_FIRST << second
        })
    }

    /// Counts a request.
    fn count(&mut self, now: Timestamp) {
        self.in_flight += 1;
        self.unanswered += 1;
        let Some(ramp) = &mut self.ramp else { return };
        match seconds(ramp.since, now) {
            RAMP_SECONDS.. => self.ramp = None,
            second if second == ramp.second => ramp.given += 1,
            second => (ramp.second, ramp.given) = (second, 1),
        }
    }
}

/// Whole seconds since the start of a ramp. A start in the future, because a clock was set back, counts as long ago.
fn seconds(since: Timestamp, now: Timestamp) -> u32 {
    let is_ahead = since.since(now) > Duration::from_secs(1);
    if is_ahead { u32::MAX } else { u32::try_from(now.since(since).as_secs()).unwrap_or(u32::MAX) }
}

impl Permit {
    /// A request without an answer for this long is slow.
    pub const SLOW_AFTER: Duration = Duration::from_secs(1);

    /// Moves the request to the pool of slow ones, if that has room.
    pub fn mark_slow(&mut self) {
        let mut usage = self.concurrency.lock();
        if !self.slow && usage.slow < SLOW_REQUESTS_MAX {
            self.slow = true;
            usage.slow += 1;
            usage.quick = usage.quick.saturating_sub(1);
        }
    }

    /// Releases the permit, because the request has ended. The result counts as unwritten until
    /// [`Concurrency::results_written`].
    pub fn release_with_result(self) {
        self.concurrency.lock().unwritten += 1;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut usage = self.concurrency.lock();
        let pool = if self.slow { &mut usage.slow } else { &mut usage.quick };
        *pool = pool.saturating_sub(1);
        if let Some(load) = usage.webhooks.get_mut(&self.webhook) {
            load.in_flight = load.in_flight.saturating_sub(1);
            load.unanswered = 0;
            if load.is_idle(self.concurrency.per_webhook) {
                usage.webhooks.remove(&self.webhook);
            }
        }
    }
}

#[cfg(test)]
mod tests;
