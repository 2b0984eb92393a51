//! From a receiver's answer to what becomes of the delivery.

use crate::domain::cause::FailureCause;
use crate::domain::delivery::{Delivery, Next, Reason, Trigger};
use crate::domain::timestamp::Timestamp;

use super::schedule;

/// What an HTTP status means; `None` is success. Redirects are never followed: the answer would come from somewhere
/// that nobody vetted.
pub const fn cause_of(status: u16) -> Option<FailureCause> {
    match status {
        200..=299 => None,
        300..=399 => Some(FailureCause::Redirect),
        410 => Some(FailureCause::Gone),
        _ => Some(FailureCause::HttpStatus),
    }
}

/// What becomes of `delivery` after an attempt that ended at `now`.
pub fn decide(delivery: &Delivery, cause: Option<FailureCause>, now: Timestamp, chance: f64) -> Next {
    if cause.is_none() {
        return Next::Done;
    }
    // A person looks at a test's answer; nobody waits for its second attempt.
    if delivery.trigger == Trigger::Test {
        return Next::GiveUp(Reason::Exhausted);
    }
    match schedule::next_attempt(delivery.steps + 1, now, chance) {
        None => Next::GiveUp(Reason::Exhausted),
        Some(due) if due.since(delivery.created_at) > schedule::LIFETIME => Next::GiveUp(Reason::Expired),
        Some(due) => Next::RetryAt(due),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::EventName;
    use crate::domain::delivery::Status;
    use crate::domain::id::{DeliveryId, EventId};
    use std::time::Duration;

    fn delivery(trigger: Trigger, steps: i32) -> Delivery {
        Delivery {
            id: DeliveryId(1),
            event_id: EventId(1),
            event: EventName::MessageCreated,
            webhook_id: 1,
            inbox_id: None,
            status: Status::Pending,
            reason: None,
            trigger,
            attempts: steps + 1,
            steps,
            next_attempt_at: None,
            leased_until: None,
            created_at: Timestamp::from_seconds(0),
            finished_at: None,
        }
    }

    #[test]
    fn only_2xx_is_success() {
        for (status, cause) in [
            (200, None),
            (204, None),
            (299, None),
            (199, Some(FailureCause::HttpStatus)),
            (301, Some(FailureCause::Redirect)),
            (308, Some(FailureCause::Redirect)),
            (404, Some(FailureCause::HttpStatus)),
            (410, Some(FailureCause::Gone)),
            (503, Some(FailureCause::HttpStatus)),
        ] {
            assert_eq!(cause_of(status), cause, "{status}");
        }
    }

    #[test]
    fn a_failure_is_retried_until_the_schedule_ends() {
        let now = Timestamp::from_seconds(10);
        let failed = Some(FailureCause::Timeout);
        let after = |steps| decide(&delivery(Trigger::Event, steps), failed, now, 0.5);
        assert_eq!(after(0), Next::RetryAt(now.after(Duration::from_secs(5))));
        assert_eq!(after(1), Next::RetryAt(now.after(Duration::from_secs(300))));
        assert_eq!(after(9), Next::GiveUp(Reason::Exhausted));
        assert_eq!(decide(&delivery(Trigger::Event, 9), None, now, 0.5), Next::Done);
    }

    #[test]
    fn a_test_is_tried_once_and_an_old_delivery_expires() {
        let failed = Some(FailureCause::Timeout);
        let now = Timestamp::from_seconds(10);
        assert_eq!(decide(&delivery(Trigger::Test, 0), failed, now, 0.5), Next::GiveUp(Reason::Exhausted));
        let late = Timestamp::from_seconds(7 * 24 * 3600);
        assert_eq!(decide(&delivery(Trigger::Event, 0), failed, late, 0.5), Next::GiveUp(Reason::Expired));
    }
}
