//! The state of a delivery as people see it: finer than its status, because its webhook may hold it back.

use std::collections::HashMap;

use super::{Delivery, Status};
use crate::domain::id::WebhookId;
use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::Webhook;
use crate::domain::webhooks::health::{Condition, Health};

string_enum!(
    /// The state of a delivery. All but `Success` and `Failed` are parts of [`Status::Pending`].
    DeliveryState {
        /// No attempt has failed yet: it is due or being sent.
        Queued = "queued",
        /// An attempt failed, and another one follows.
        Retrying = "retrying",
        /// Its webhook is failing or has a full backlog: others go first.
        Waiting = "waiting",
        /// Its webhook is turned off or paused: nothing is sent.
        Held = "held",
        /// The receiver responded with 2xx.
        Success = "success",
        /// Failed permanently.
        Failed = "failed",
    }
);

impl DeliveryState {
    /// Whether a delivery in this state has not ended.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Success | Self::Failed)
    }
}

/// Why a webhook does not send what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It is turned off.
    Off,
    /// The receiver responded with 429; nothing is sent before this time.
    Paused(Timestamp),
    /// It is failing: one probe at a time is sent, the next one not before this time.
    Failing(Timestamp),
    /// It has more pending deliveries than the limit of one webhook.
    Backlog,
}

impl Obstacle {
    /// The obstacle of a webhook at `now`, if any. Of two the one that lasts until it is removed by hand comes first.
    pub fn of(health: &Health, is_backlog_full: bool, now: Timestamp) -> Option<Self> {
        match health.condition {
            Condition::Off { .. } => Some(Self::Off),
            Condition::Paused { until } if until > now => Some(Self::Paused(until)),
            Condition::Failing { probe_at, .. } => Some(Self::Failing(probe_at)),
            Condition::Healthy | Condition::Paused { .. } => is_backlog_full.then_some(Self::Backlog),
        }
    }

    /// The obstacle of a loaded webhook.
    pub fn of_webhook(webhook: &Webhook, now: Timestamp) -> Option<Self> {
        Self::of(&webhook.health, webhook.backlog_full_since.is_some(), now)
    }

    /// The state of a delivery that meets the obstacle.
    pub const fn state(self) -> DeliveryState {
        match self {
            Self::Off | Self::Paused(_) => DeliveryState::Held,
            Self::Failing(_) | Self::Backlog => DeliveryState::Waiting,
        }
    }

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Paused(_) => "paused",
            Self::Failing(_) => "failing",
            Self::Backlog => "backlog",
        }
    }
}

/// The state of a delivery with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The state.
    pub state: DeliveryState,
    /// Why it is held or waits; `None` in other states.
    pub obstacle: Option<Obstacle>,
    /// When the next attempt may start. Never in the past: `None` if it is due, or if it is not known.
    pub next_at: Option<Timestamp>,
}

impl Progress {
    /// The state of `delivery` at `now`, if its webhook has this obstacle. A delivery that is being sent meets none.
    pub fn of(delivery: &Delivery, obstacle: Option<Obstacle>, now: Timestamp) -> Self {
        let obstacle = obstacle.filter(|_| delivery.status == Status::Pending && delivery.leased_until.is_none());
        let state = match (delivery.status, obstacle) {
            (Status::Success, _) => DeliveryState::Success,
            (Status::Failed, _) => DeliveryState::Failed,
            (Status::Pending, Some(obstacle)) => obstacle.state(),
            (Status::Pending, None) if delivery.steps > 0 => DeliveryState::Retrying,
            (Status::Pending, None) => DeliveryState::Queued,
        };
        let own = delivery.next_attempt_at.filter(|_| delivery.leased_until.is_none());
        let next_at = match obstacle {
            Some(Obstacle::Off) => None,
            Some(Obstacle::Paused(at) | Obstacle::Failing(at)) => own.max(Some(at)),
            Some(Obstacle::Backlog) | None => own,
        };
        Self { state, obstacle, next_at: next_at.filter(|at| *at > now) }
    }
}

/// The obstacles of some webhooks at one time.
#[derive(Clone, Debug, Default)]
pub struct Obstacles {
    /// The time.
    pub now: Timestamp,
    /// Webhooks without an obstacle are left out.
    pub by_webhook: HashMap<WebhookId, Obstacle>,
}

impl Obstacles {
    /// The state of a delivery to one of the webhooks.
    pub fn progress(&self, delivery: &Delivery) -> Progress {
        Progress::of(delivery, self.by_webhook.get(&delivery.webhook_id).copied(), self.now)
    }
}

/// The number of pending deliveries in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenCounts {
    /// In the state [`DeliveryState::Queued`].
    pub queued: i64,
    /// In the state [`DeliveryState::Retrying`].
    pub retrying: i64,
    /// In the state [`DeliveryState::Waiting`].
    pub waiting: i64,
    /// In the state [`DeliveryState::Held`].
    pub held: i64,
}

impl OpenCounts {
    /// All of them.
    pub const fn total(&self) -> i64 {
        self.queued + self.retrying + self.waiting + self.held
    }

    /// The same counts with 0 for each negative one.
    #[must_use]
    pub fn without_negative(self) -> Self {
        Self {
            queued: self.queued.max(0),
            retrying: self.retrying.max(0),
            waiting: self.waiting.max(0),
            held: self.held.max(0),
        }
    }

    /// Adds deliveries in a state; no effect for those that have ended.
    pub const fn add(&mut self, state: DeliveryState, count: i64) {
        match state {
            DeliveryState::Queued => self.queued += count,
            DeliveryState::Retrying => self.retrying += count,
            DeliveryState::Waiting => self.waiting += count,
            DeliveryState::Held => self.held += count,
            DeliveryState::Success | DeliveryState::Failed => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deliveries::{Reason, Trigger};
    use crate::domain::events::catalogue::EventName;
    use crate::domain::id::{DeliveryId, EventId};

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    const NOW: Timestamp = at(1_000);

    fn delivery(status: Status, steps: i32, next: Option<i64>) -> Delivery {
        Delivery {
            id: DeliveryId(1),
            event_id: EventId(1),
            event: EventName::MessageCreated,
            webhook_id: WebhookId(1),
            inbox_id: None,
            status,
            reason: (status == Status::Failed).then_some(Reason::Exhausted),
            trigger: Trigger::Event,
            attempts: steps,
            steps,
            next_attempt_at: next.map(at),
            leased_until: None,
            created_at: at(1),
            finished_at: None,
            resend_of: None,
            recovery_id: None,
        }
    }

    #[test]
    fn the_first_condition_that_holds_names_the_state() {
        let (paused, failing) = (Obstacle::Paused(at(2_000)), Obstacle::Failing(at(1_500)));
        let (pending, off, backlog) = (Status::Pending, Some(Obstacle::Off), Some(Obstacle::Backlog));
        for (status, steps, next, obstacle, state, next_at) in [
            (Status::Success, 1, None, off, DeliveryState::Success, None),
            (Status::Failed, 10, None, off, DeliveryState::Failed, None),
            (pending, 0, Some(900), None, DeliveryState::Queued, None),
            (pending, 2, Some(1_200), None, DeliveryState::Retrying, Some(1_200)),
            (pending, 2, Some(900), None, DeliveryState::Retrying, None),
            (pending, 0, Some(900), off, DeliveryState::Held, None),
            (pending, 2, Some(1_200), off, DeliveryState::Held, None),
            (pending, 0, Some(900), Some(paused), DeliveryState::Held, Some(2_000)),
            (pending, 2, Some(3_000), Some(paused), DeliveryState::Held, Some(3_000)),
            (pending, 0, Some(900), Some(failing), DeliveryState::Waiting, Some(1_500)),
            (pending, 3, Some(9_000), Some(failing), DeliveryState::Waiting, Some(9_000)),
            (pending, 3, Some(900), Some(Obstacle::Failing(at(990))), DeliveryState::Waiting, None),
            (pending, 0, Some(900), backlog, DeliveryState::Waiting, None),
            (pending, 1, Some(1_200), backlog, DeliveryState::Waiting, Some(1_200)),
        ] {
            let progress = Progress::of(&delivery(status, steps, next), obstacle, NOW);
            let expected =
                Progress { state, obstacle: obstacle.filter(|_| status == pending), next_at: next_at.map(at) };
            assert_eq!(progress, expected, "{status:?} {steps} {next:?} {obstacle:?}");
        }
    }

    #[test]
    fn a_delivery_that_is_being_sent_is_neither_held_nor_waiting() {
        for (steps, state) in [(0, DeliveryState::Queued), (1, DeliveryState::Retrying)] {
            for obstacle in [None, Some(Obstacle::Off), Some(Obstacle::Failing(at(2_000)))] {
                let sent = Delivery { leased_until: Some(at(1_090)), ..delivery(Status::Pending, steps, Some(900)) };
                let expected = Progress { state, obstacle: None, next_at: None };
                assert_eq!(Progress::of(&sent, obstacle, NOW), expected);
            }
        }
    }

    #[test]
    fn a_pause_that_is_over_is_no_obstacle() {
        let health = |condition| Health { condition, ..Health::default() };
        let paused = |until| health(Condition::Paused { until: at(until) });
        assert_eq!(Obstacle::of(&paused(1_000), false, NOW), None);
        assert_eq!(Obstacle::of(&paused(1_000), true, NOW), Some(Obstacle::Backlog));
        assert_eq!(Obstacle::of(&paused(1_001), true, NOW), Some(Obstacle::Paused(at(1_001))));
        assert_eq!(Obstacle::of(&health(Condition::Off { reason: None }), true, NOW), Some(Obstacle::Off));
    }
}
