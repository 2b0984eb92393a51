//! How many requests may be on their way: 64 in all and 10 a webhook, unless the settings say otherwise.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::id::WebhookId;

/// The caps, and what they have given out.
#[derive(Debug)]
pub struct Slots {
    in_all: usize,
    per_webhook: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by_webhook: HashMap<WebhookId, usize>,
}

/// Permission for one request; dropping it gives the slot back.
#[derive(Debug)]
pub struct Slot {
    slots: Arc<Slots>,
    webhook: WebhookId,
}

impl Slots {
    /// Caps of at least one each.
    pub fn new(in_all: usize, per_webhook: usize) -> Arc<Self> {
        Arc::new(Self { in_all: in_all.max(1), per_webhook: per_webhook.max(1), taken: Mutex::default() })
    }

    /// A slot for that webhook, if one is free.
    pub fn take(self: &Arc<Self>, webhook: WebhookId) -> Option<Slot> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_webhook = taken.by_webhook.get(&webhook).copied().unwrap_or(0);
        if taken.in_all >= self.in_all || of_webhook >= self.per_webhook {
            return None;
        }
        taken.in_all += 1;
        taken.by_webhook.insert(webhook, of_webhook + 1);
        Some(Slot { slots: Arc::clone(self), webhook })
    }

    /// Up to `most` slots for that webhook.
    pub fn take_up_to(self: &Arc<Self>, webhook: WebhookId, most: usize) -> Vec<Slot> {
        (0..most).map_while(|_| self.take(webhook)).collect()
    }

    #[cfg(test)]
    fn busy(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).in_all
    }

    /// The cap for one webhook.
    pub const fn per_webhook(&self) -> usize {
        self.per_webhook
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.in_all = taken.in_all.saturating_sub(1);
        if let Some(count) = taken.by_webhook.get_mut(&self.webhook) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.by_webhook.remove(&self.webhook);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_webhook_cannot_take_all_slots() {
        let slots = Slots::new(5, 3);
        let first = slots.take_up_to(1, 10);
        assert_eq!(first.len(), 3);
        assert_eq!(slots.take_up_to(2, 10).len(), 2);
        let second = slots.take_up_to(2, 10);
        assert!(slots.take(3).is_none());
        drop(second);
        assert_eq!(slots.busy(), 3);
        assert!(slots.take(3).is_some());
        drop(first);
        assert_eq!(slots.busy(), 0);
    }
}
