//! Decides what follows from a receiver's answer.

use super::backoff;
use super::concurrency::Feedback;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::deliveries::{Delivery, Next, Reason, Trigger};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::health::Signal;
use crate::domain::webhooks::options::Options;

/// The cause of failure that an HTTP status means; `None` for success: 2xx, and 3xx if the webhook says so. Redirects are
/// never followed: their target has not passed the address guard.
pub const fn cause_of(status: u16, options: Options) -> Option<FailureCause> {
    match status {
        200..=299 => None,
        300..=399 if options.redirect_is_success => None,
        300..=399 => Some(FailureCause::Redirect),
        410 => Some(FailureCause::Gone),
        _ => Some(FailureCause::HttpStatus),
    }
}

/// What happens to `delivery` after an attempt that ended at `now`. The next attempt comes when the schedule says, but
/// not before the time that the receiver asked for. `random_fraction` in 0..1 gives the jitter.
pub fn decide(delivery: &Delivery, signal: Signal, now: Timestamp, random_fraction: f64) -> Next {
    if signal.cause.is_none() {
        return Next::Done;
    }
    // A test is made once: its answer is shown to the person who sent it.
    if delivery.trigger == Trigger::Test {
        return Next::GiveUp(Reason::TestFailed);
    }
    if signal.cause == Some(FailureCause::ConnectionClosed) {
        return Next::Repeat;
    }
    if signal.control.abort_message {
        return Next::GiveUp(Reason::Aborted);
    }
    let planned = backoff::next_attempt(delivery.steps + 1, now, random_fraction);
    match planned.map(|due| signal.retry_after.map_or(due, |asked| due.max(with_jitter(asked, now, random_fraction)))) {
        None => Next::GiveUp(Reason::Exhausted),
        Some(due) if due.since(delivery.created_at) > backoff::LIFETIME => Next::GiveUp(Reason::Expired),
        Some(due) => Next::RetryAt(due),
    }
}

/// What an attempt says about the load of its receiver. Overloaded: no connection, no answer, no answer of the name service
/// in time, or a status 429 or 502 to 504.
pub const fn feedback(signal: Signal, is_name_timeout: bool) -> Feedback {
    match (signal.cause, signal.status) {
        (None, _) => Feedback::Fine,
        (Some(FailureCause::DnsError), _) if is_name_timeout => Feedback::Overloaded,
        (Some(FailureCause::Timeout | FailureCause::ConnectTimeout), _)
        | (Some(FailureCause::ConnectRefused | FailureCause::ConnectReset), _)
        | (Some(FailureCause::HttpStatus), Some(429 | 502..=504)) => Feedback::Overloaded,
        _ => Feedback::Silent,
    }
}

/// Up to a tenth of the wait later than asked: a receiver often names the same second to many callers.
fn with_jitter(asked: Timestamp, now: Timestamp, random_fraction: f64) -> Timestamp {
    asked.after(asked.since(now).mul_f64(0.1 * random_fraction.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deliveries::Status;
    use crate::domain::deliveries::delivery_control::DeliveryControl;
    use crate::domain::events::catalogue::EventName;
    use crate::domain::id::{DeliveryId, EventId, WebhookId};
    use std::time::Duration;

    fn delivery(trigger: Trigger, steps: i32) -> Delivery {
        Delivery {
            id: DeliveryId(1),
            event_id: EventId(1),
            event: EventName::MessageCreated,
            webhook_id: WebhookId(1),
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
            resend_of: None,
            recovery_id: None,
        }
    }

    fn failed() -> Signal {
        Signal { cause: Some(FailureCause::Timeout), ..Signal::default() }
    }

    #[test]
    fn only_2xx_is_a_success_and_a_redirect_if_the_webhook_says_so() {
        let lenient = Options { redirect_is_success: true, ..Options::default() };
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
            assert_eq!(cause_of(status, Options::default()), cause, "{status}");
            let cause = cause.filter(|cause| *cause != FailureCause::Redirect);
            assert_eq!(cause_of(status, lenient), cause, "{status}");
        }
    }

    #[test]
    fn a_failure_is_retried_until_the_schedule_ends() {
        let now = Timestamp::from_seconds(10);
        let failed = failed();
        let after = |steps| decide(&delivery(Trigger::Event, steps), failed, now, 0.5);
        assert_eq!(after(0), Next::RetryAt(now.after(Duration::from_secs(5))));
        assert_eq!(after(1), Next::RetryAt(now.after(Duration::from_secs(300))));
        assert_eq!(after(9), Next::GiveUp(Reason::Exhausted));
        assert_eq!(decide(&delivery(Trigger::Event, 9), Signal::default(), now, 0.5), Next::Done);
        let closed = Signal { cause: Some(FailureCause::ConnectionClosed), ..failed };
        assert_eq!(decide(&delivery(Trigger::Event, 9), closed, now, 0.5), Next::Repeat);
    }

    #[test]
    fn a_failure_with_abort_message_is_the_last_attempt_and_a_success_stays_one() {
        let now = Timestamp::from_seconds(10);
        let control = DeliveryControl { disable: false, abort_message: true };
        let aborted = Signal { control, ..failed() };
        for steps in [0, 3, 9] {
            let next = decide(&delivery(Trigger::Event, steps), aborted, now, 0.5);
            assert_eq!(next, Next::GiveUp(Reason::Aborted), "{steps}");
        }
        assert_eq!(decide(&delivery(Trigger::Test, 0), aborted, now, 0.5), Next::GiveUp(Reason::TestFailed));
        assert_eq!(decide(&delivery(Trigger::Event, 0), Signal { cause: None, ..aborted }, now, 0.5), Next::Done);
        let control = DeliveryControl { disable: true, abort_message: false };
        let off = decide(&delivery(Trigger::Event, 0), Signal { control, ..failed() }, now, 0.5);
        assert!(matches!(off, Next::RetryAt(_)), "held, as after a 410: {off:?}");
        let last = decide(&delivery(Trigger::Event, 9), Signal { control, ..failed() }, now, 0.5);
        assert_eq!(last, Next::GiveUp(Reason::Exhausted), "the last attempt");
    }

    #[test]
    fn a_test_has_one_attempt_and_an_old_delivery_expires() {
        let failed = failed();
        let now = Timestamp::from_seconds(10);
        assert_eq!(decide(&delivery(Trigger::Test, 0), failed, now, 0.5), Next::GiveUp(Reason::TestFailed));
        let late = Timestamp::from_seconds(7 * 24 * 3600);
        assert_eq!(decide(&delivery(Trigger::Event, 0), failed, late, 0.5), Next::GiveUp(Reason::Expired));
    }

    #[test]
    fn a_name_service_that_does_not_answer_in_time_is_overload_and_an_unknown_name_is_not() {
        let signal = Signal { cause: Some(FailureCause::DnsError), ..Signal::default() };
        assert_eq!(feedback(signal, true), Feedback::Overloaded);
        assert_eq!(feedback(signal, false), Feedback::Silent);
    }

    proptest::proptest! {
        #[test]
        fn never_before_the_receiver_asked(asked in 1..86_400_i64, steps in 0..9_i32, fraction in 0.0..1.0_f64) {
            let now = Timestamp::from_seconds(1000);
            let asked = Timestamp::from_seconds(1000 + asked);
            let signal = Signal { retry_after: Some(asked), ..failed() };
            let next = decide(&delivery(Trigger::Event, steps), signal, now, fraction);
            proptest::prop_assert!(matches!(next, Next::RetryAt(due) if due >= asked), "{next:?}");
        }
    }
}
