//! How many requests may be on their way, and how fast a webhook may be called again after trouble.
//!
//! 64 in all and 10 a webhook, unless the settings say otherwise. A request that is unanswered after a second leaves
//! the 64 and counts in a second pool, so that a few hanging receivers cannot fill the slots of the rest. A webhook's
//! cap halves when it is overloaded and grows by one on success; after an outage it is called slowly at first.
//!
//! An answer frees its slot before it is written down. Where receivers are quicker than the database, answers would heap
//! up, in memory and to be sent again after a crash: while many are unwritten, no slot is free.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;

/// Requests unanswered for a second that are counted apart from the rest.
const SLOW: usize = 512;
/// While so many answers wait to be written down, no further request begins.
const UNWRITTEN: usize = 256;
/// Requests in the first second after an outage; each second after it allows twice as many.
const GENTLE: u32 = 4;
/// After that many seconds nothing holds a webhook back but its cap.
const GENTLE_SECONDS: u32 = 8;

/// The caps, and what they have given out.
#[derive(Debug)]
pub struct Slots {
    in_all: usize,
    per_webhook: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    quick: usize,
    slow: usize,
    unwritten: usize,
    webhooks: HashMap<WebhookId, Load>,
}

/// One webhook's share.
#[derive(Debug)]
struct Load {
    taken: usize,
    cap: usize,
    returned: Option<Return>,
}

/// A webhook that came back after an outage: since when, and what it was given in the running second.
#[derive(Debug)]
struct Return {
    since: Timestamp,
    second: u32,
    given: u32,
}

/// Permission for one request; dropping it gives the slot back.
#[derive(Debug)]
pub struct Slot {
    slots: Arc<Slots>,
    webhook: WebhookId,
    slow: bool,
}

/// What an attempt says about the load its receiver bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// It answered with success.
    Fine,
    /// It did not answer, or said that it is too much.
    Overloaded,
    /// Neither.
    Silent,
}

impl Taken {
    /// Nobody may send now, whatever their own share.
    const fn is_full(&self, in_all: usize) -> bool {
        self.quick >= in_all || self.unwritten >= UNWRITTEN
    }
}

impl Slots {
    /// Caps of at least one each.
    pub fn new(in_all: usize, per_webhook: usize) -> Arc<Self> {
        Arc::new(Self { in_all: in_all.max(1), per_webhook: per_webhook.max(1), taken: Mutex::default() })
    }

    /// A slot for that webhook, if one is free.
    pub fn take(self: &Arc<Self>, webhook: WebhookId, now: Timestamp) -> Option<Slot> {
        let mut taken = self.lock();
        if taken.is_full(self.in_all) {
            return None;
        }
        let load = taken.webhooks.entry(webhook).or_insert_with(|| Load::new(self.per_webhook));
        if load.taken >= load.cap || !load.may_go_on(now) {
            return None;
        }
        load.count(now);
        taken.quick += 1;
        Some(Slot { slots: Arc::clone(self), webhook, slow: false })
    }

    /// Up to `most` slots for that webhook.
    pub fn take_up_to(self: &Arc<Self>, webhook: WebhookId, most: usize, now: Timestamp) -> Vec<Slot> {
        (0..most).map_while(|_| self.take(webhook, now)).collect()
    }

    /// A slot for a probe: only while nothing else is on its way there.
    pub fn take_alone(self: &Arc<Self>, webhook: WebhookId, now: Timestamp) -> Option<Slot> {
        let busy = self.lock().webhooks.get(&webhook).is_some_and(|load| load.taken > 0);
        if busy { None } else { self.take(webhook, now) }
    }

    /// Narrows or widens a webhook's share.
    pub fn learn(&self, webhook: WebhookId, feedback: Feedback) {
        if let Some(load) = self.lock().webhooks.get_mut(&webhook) {
            load.cap = match feedback {
                Feedback::Overloaded => (load.cap / 2).max(1),
                Feedback::Fine => (load.cap + 1).min(self.per_webhook),
                Feedback::Silent => load.cap,
            };
        }
    }

    /// A webhook is back after an outage: it is called slowly at first. The request that found out counts.
    pub fn returned(&self, webhook: WebhookId, now: Timestamp) {
        let mut taken = self.lock();
        let load = taken.webhooks.entry(webhook).or_insert_with(|| Load::new(self.per_webhook));
        match &mut load.returned {
            // Noted since the commit that told of it.
            Some(known) if known.since >= now => known.given += 1,
            _ => load.returned = Some(Return { since: now, second: 0, given: 1 }),
        }
    }

    /// The same, as another process has seen it; what this one knows already stays.
    pub fn note_return(&self, webhook: WebhookId, since: Timestamp, now: Timestamp) {
        if seconds(since, now) >= GENTLE_SECONDS {
            return;
        }
        let mut taken = self.lock();
        let load = taken.webhooks.entry(webhook).or_insert_with(|| Load::new(self.per_webhook));
        if load.returned.as_ref().is_none_or(|known| known.since < since) {
            load.returned = Some(Return { since, second: 0, given: 0 });
        }
    }

    /// Whether [`Self::take`] would find a slot for that webhook.
    pub fn has_room(&self, webhook: WebhookId, now: Timestamp) -> bool {
        let taken = self.lock();
        let load = taken.webhooks.get(&webhook);
        !taken.is_full(self.in_all) && load.is_none_or(|load| load.taken < load.cap && load.may_go_on(now))
    }

    /// No slot is free for anybody.
    pub fn are_taken(&self) -> bool {
        self.lock().is_full(self.in_all)
    }

    /// So many answers are written down, or never will be.
    pub fn wrote(&self, answers: usize) {
        let mut taken = self.lock();
        taken.unwritten = taken.unwritten.saturating_sub(answers);
    }

    /// The cap for one webhook.
    pub const fn per_webhook(&self) -> usize {
        self.per_webhook
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Load {
    const fn new(cap: usize) -> Self {
        Self { taken: 0, cap, returned: None }
    }

    /// Whether the webhook may be called once more in this second.
    fn may_go_on(&self, now: Timestamp) -> bool {
        self.returned.as_ref().is_none_or(|back| {
            let second = seconds(back.since, now);
            let given = if second == back.second { back.given } else { 0 };
            second >= GENTLE_SECONDS || given < GENTLE << second
        })
    }

    /// Counts a request.
    fn count(&mut self, now: Timestamp) {
        self.taken += 1;
        let Some(back) = &mut self.returned else { return };
        match seconds(back.since, now) {
            GENTLE_SECONDS.. => self.returned = None,
            second if second == back.second => back.given += 1,
            second => (back.second, back.given) = (second, 1),
        }
    }
}

/// Whole seconds since a return. One that lies ahead, because a clock was set back, is over.
fn seconds(since: Timestamp, now: Timestamp) -> u32 {
    let ahead = since.since(now) > Duration::from_secs(1);
    if ahead { u32::MAX } else { u32::try_from(now.since(since).as_secs()).unwrap_or(u32::MAX) }
}

impl Slot {
    /// The request is unanswered after a second: it no longer counts against the rest, if there is room beside them.
    pub fn slow_down(&mut self) {
        let mut taken = self.slots.lock();
        if !self.slow && taken.slow < SLOW {
            self.slow = true;
            taken.slow += 1;
            taken.quick = taken.quick.saturating_sub(1);
        }
    }

    /// The answer is in, and the slot free; [`Slots::wrote`] is to be told when the answer is written down.
    pub fn answered(self) {
        self.slots.lock().unwritten += 1;
    }

    /// After that long a request is slow.
    pub const SLOW_AFTER: Duration = Duration::from_secs(1);
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        let pool = if self.slow { &mut taken.slow } else { &mut taken.quick };
        *pool = pool.saturating_sub(1);
        let full = self.slots.per_webhook;
        if let Some(load) = taken.webhooks.get_mut(&self.webhook) {
            load.taken = load.taken.saturating_sub(1);
            if load.taken == 0 && load.cap == full && load.returned.is_none() {
                taken.webhooks.remove(&self.webhook);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn one_webhook_cannot_take_all_slots() {
        let slots = Slots::new(5, 3);
        let first = slots.take_up_to(1, 10, NOW);
        assert_eq!(first.len(), 3);
        assert_eq!(slots.take_up_to(2, 10, NOW).len(), 2);
        let second = slots.take_up_to(2, 10, NOW);
        assert!(slots.take(3, NOW).is_none());
        drop(second);
        assert!(slots.take(3, NOW).is_some());
        assert!(slots.take_alone(1, NOW).is_none());
        drop(first);
        assert!(slots.take_alone(1, NOW).is_some());
        assert!(slots.lock().webhooks.is_empty());
    }

    #[test]
    fn a_return_that_another_process_has_seen_counts_once() {
        let slots = Slots::new(64, 64);
        let at = |seconds| NOW.after(Duration::from_secs(seconds));
        slots.note_return(1, NOW, at(8));
        assert_eq!(slots.take_up_to(1, 64, at(8)).len(), 64);
        slots.note_return(2, NOW, NOW);
        assert_eq!(slots.take_up_to(2, 64, NOW).len(), 4);
        slots.note_return(2, NOW, NOW);
        assert_eq!(slots.take_up_to(2, 64, NOW).len(), 0);
        // It went down and came back once more.
        slots.note_return(2, at(1), at(1));
        assert_eq!(slots.take_up_to(2, 64, at(1)).len(), 4);
        // Noted before this process heard of its own commit.
        slots.note_return(3, NOW, NOW);
        assert_eq!(slots.take_up_to(3, 2, NOW).len(), 2);
        slots.returned(3, NOW);
        assert_eq!(slots.take_up_to(3, 64, NOW).len(), 1);
    }

    #[test]
    fn a_return_that_lies_ahead_holds_nobody_back() {
        let slots = Slots::new(64, 64);
        let later = NOW.after(Duration::from_secs(600));
        slots.note_return(1, later, NOW);
        assert_eq!(slots.take_up_to(1, 64, NOW).len(), 64);
        // The clock is set back during a return.
        let slots = Slots::new(64, 64);
        slots.returned(2, later);
        assert_eq!(slots.take_up_to(2, 64, later).len(), 3);
        assert_eq!(slots.take_up_to(2, 64, NOW).len(), 64);
    }

    #[test]
    fn there_is_room_exactly_where_a_slot_would_be_found() {
        let slots = Slots::new(3, 2);
        slots.returned(7, NOW);
        let mut held = Vec::new();
        for (webhook, after) in [(1, 0), (1, 0), (1, 0), (2, 0), (2, 0), (7, 0), (7, 1), (7, 9)] {
            let now = NOW.after(Duration::from_secs(after));
            if webhook == 7 {
                held.clear();
            }
            for _ in 0..5 {
                let room = slots.has_room(webhook, now);
                let slot = slots.take(webhook, now);
                assert_eq!(room, slot.is_some(), "{webhook} after {after} s");
                held.extend(slot);
            }
        }
    }

    #[test]
    fn a_hanging_request_leaves_room_for_the_rest_but_not_for_its_own_webhook() {
        let slots = Slots::new(2, 2);
        let mut hanging = slots.take_up_to(1, 2, NOW);
        assert!(slots.take(2, NOW).is_none());
        hanging.iter_mut().for_each(Slot::slow_down);
        assert!(slots.take(1, NOW).is_none());
        assert_eq!(slots.take_up_to(2, 9, NOW).len(), 2);
        drop(hanging);
        assert_eq!(slots.lock().slow, 0);
        assert_eq!(slots.take_up_to(1, 9, NOW).len(), 2);
    }

    #[test]
    fn answers_that_are_not_written_down_hold_up_requests() {
        let slots = Slots::new(64, 64);
        for _ in 0..UNWRITTEN {
            slots.take(1, NOW).expect("a slot").answered();
        }
        assert!(slots.take(2, NOW).is_none() && slots.are_taken() && !slots.has_room(2, NOW));
        slots.wrote(1);
        let last = slots.take(2, NOW);
        assert!(last.is_some() && !slots.are_taken() && slots.has_room(2, NOW));
        // It was on its way already: it may still be answered.
        slots.take(1, NOW).expect("a slot").answered();
        assert!(slots.are_taken());
        last.expect("a slot").answered();
        slots.wrote(UNWRITTEN + 1);
        assert_eq!(slots.take_up_to(1, 64, NOW).len(), 64);
    }

    #[test]
    fn an_overloaded_webhook_gets_half_and_earns_it_back() {
        let slots = Slots::new(64, 10);
        let _one = slots.take(1, NOW);
        for cap in [5, 2, 1, 1] {
            slots.learn(1, Feedback::Overloaded);
            assert_eq!(slots.lock().webhooks[&1].cap, cap);
        }
        for _ in 0..20 {
            slots.learn(1, Feedback::Fine);
        }
        assert_eq!(slots.lock().webhooks[&1].cap, 10);
    }

    #[test]
    fn a_webhook_that_is_back_is_called_slowly_at_first() {
        let slots = Slots::new(64, 64);
        slots.returned(1, NOW);
        let at = |seconds| NOW.after(Duration::from_secs(seconds));
        // With the request that found out: four in the first second.
        assert_eq!(slots.take_up_to(1, 64, NOW).len(), 3);
        assert_eq!(slots.take_up_to(1, 64, NOW).len(), 0);
        assert_eq!(slots.take_up_to(1, 64, at(1)).len(), 8);
        assert_eq!(slots.take_up_to(1, 64, at(3)).len(), 32);
        assert_eq!(slots.take_up_to(1, 64, at(9)).len(), 64);
    }
}
