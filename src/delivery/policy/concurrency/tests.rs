use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ONE: WebhookId = WebhookId(1);
const TWO: WebhookId = WebhookId(2);
const THREE: WebhookId = WebhookId(3);

#[test]
fn one_webhook_cannot_take_all_permits() {
    let concurrency = Concurrency::new(3, 2);
    let first = concurrency.take_up_to(ONE, 10, NOW);
    assert_eq!(first.len(), 2);
    let second = concurrency.take(TWO, NOW).expect("a permit");
    assert!(concurrency.take(THREE, NOW).is_none());
    drop(second);
    assert!(concurrency.take(THREE, NOW).is_some());
    assert!(concurrency.take_probe(ONE, NOW).is_none());
    drop(first);
    assert!(concurrency.take_probe(ONE, NOW).is_some());
    assert!(concurrency.lock().webhooks.is_empty());
}

#[test]
fn the_last_quarter_is_for_webhooks_without_a_request_that_waits() {
    let concurrency = Concurrency::new(8, 4);
    let mut held = concurrency.take_up_to(ONE, 10, NOW);
    held.extend(concurrency.take_up_to(TWO, 10, NOW));
    assert_eq!(held.len(), 6);
    held.extend(concurrency.take_up_to(THREE, 10, NOW));
    assert_eq!(held.len(), 7);
    // An answer to one of the webhooks shows that its receiver does not hang.
    drop(held.remove(5));
    assert_eq!(concurrency.take_up_to(TWO, 10, NOW).len(), 1);
}

#[test]
fn a_ramp_that_another_process_started_is_observed_once() {
    let concurrency = Concurrency::new(128, 64);
    let at = |seconds| NOW.after(Duration::from_secs(seconds));
    concurrency.observe_ramp(ONE, NOW, at(8));
    assert_eq!(concurrency.take_up_to(ONE, 64, at(8)).len(), 64);
    concurrency.observe_ramp(TWO, NOW, NOW);
    assert_eq!(concurrency.take_up_to(TWO, 64, NOW).len(), 4);
    concurrency.observe_ramp(TWO, NOW, NOW);
    assert_eq!(concurrency.take_up_to(TWO, 64, NOW).len(), 0);
    // The webhook failed and came back again.
    concurrency.observe_ramp(TWO, at(1), at(1));
    assert_eq!(concurrency.take_up_to(TWO, 64, at(1)).len(), 4);
    // Observed between the process's own commit and its call of `start_slow_ramp`.
    concurrency.observe_ramp(THREE, NOW, NOW);
    assert_eq!(concurrency.take_up_to(THREE, 2, NOW).len(), 2);
    concurrency.start_slow_ramp(THREE, NOW);
    assert_eq!(concurrency.take_up_to(THREE, 64, NOW).len(), 1);
}

#[test]
fn a_ramp_that_starts_in_the_future_limits_nothing() {
    let concurrency = Concurrency::new(128, 64);
    let later = NOW.after(Duration::from_secs(600));
    concurrency.observe_ramp(ONE, later, NOW);
    assert_eq!(concurrency.take_up_to(ONE, 64, NOW).len(), 64);
    // The clock is set back during a ramp.
    let concurrency = Concurrency::new(128, 64);
    concurrency.start_slow_ramp(TWO, later);
    assert_eq!(concurrency.take_up_to(TWO, 64, later).len(), 3);
    assert_eq!(concurrency.take_up_to(TWO, 64, NOW).len(), 64);
}

#[test]
fn has_room_is_true_exactly_if_take_returns_a_permit() {
    let concurrency = Concurrency::new(3, 2);
    concurrency.start_slow_ramp(WebhookId(7), NOW);
    let mut held = Vec::new();
    for (webhook, after) in [(1, 0), (1, 0), (1, 0), (2, 0), (2, 0), (7, 0), (7, 1), (7, 9)] {
        let now = NOW.after(Duration::from_secs(after));
        if webhook == 7 {
            held.clear();
        }
        for _ in 0..5 {
            let room = concurrency.has_room(WebhookId(webhook), now);
            let permit = concurrency.take(WebhookId(webhook), now);
            assert_eq!(room, permit.is_some(), "{webhook} after {after} s");
            held.extend(permit);
        }
    }
}

#[test]
fn a_hanging_request_leaves_room_for_the_rest_but_not_for_its_own_webhook() {
    let concurrency = Concurrency::new(2, 2);
    let mut hanging = concurrency.take_up_to(ONE, 2, NOW);
    assert!(concurrency.take(TWO, NOW).is_none());
    hanging.iter_mut().for_each(Permit::mark_slow);
    assert!(concurrency.take(ONE, NOW).is_none());
    assert_eq!(concurrency.take_up_to(TWO, 9, NOW).len(), 2);
    drop(hanging);
    assert_eq!(concurrency.lock().slow, 0);
    assert_eq!(concurrency.take_up_to(ONE, 9, NOW).len(), 2);
}

#[test]
fn unwritten_results_hold_up_requests() {
    let concurrency = Concurrency::new(128, 64);
    for _ in 0..UNWRITTEN_RESULTS_MAX {
        concurrency.take(ONE, NOW).expect("a permit").release_with_result();
    }
    assert!(concurrency.take(TWO, NOW).is_none() && concurrency.is_exhausted() && !concurrency.has_room(TWO, NOW));
    concurrency.results_written(1);
    let last = concurrency.take(TWO, NOW);
    assert!(last.is_some() && !concurrency.is_exhausted() && concurrency.has_room(TWO, NOW));
    // A request in flight may still end.
    concurrency.take(ONE, NOW).expect("a permit").release_with_result();
    assert!(concurrency.is_exhausted());
    last.expect("a permit").release_with_result();
    concurrency.results_written(UNWRITTEN_RESULTS_MAX + 1);
    assert_eq!(concurrency.take_up_to(ONE, 64, NOW).len(), 64);
}

#[test]
fn a_held_webhook_gets_no_permit_and_delays_no_other() {
    let concurrency = Concurrency::new(64, 10);
    for _ in 0..UNWRITTEN_RESULTS_MAX {
        concurrency.take(WebhookId(1), NOW).expect("a permit").release_with_result();
    }
    concurrency.hold(WebhookId(1), UNWRITTEN_RESULTS_MAX);
    assert!(concurrency.take(WebhookId(1), NOW).is_none() && !concurrency.has_room(WebhookId(1), NOW));
    assert_eq!(concurrency.take_up_to(WebhookId(2), 64, NOW).len(), 10);
    concurrency.release(WebhookId(1));
    assert_eq!(concurrency.take_up_to(WebhookId(1), 64, NOW).len(), 10);
    assert!(concurrency.lock().webhooks.is_empty());
}

#[test]
fn overload_halves_a_webhooks_limit_and_success_restores_it() {
    let concurrency = Concurrency::new(64, 10);
    let _one = concurrency.take(ONE, NOW);
    for limit in [5, 2, 1, 1] {
        concurrency.adjust_limit(ONE, Feedback::Overloaded);
        assert_eq!(concurrency.lock().webhooks[&ONE].limit, limit);
    }
    (0..20).for_each(|_| concurrency.adjust_limit(ONE, Feedback::Fine));
    assert_eq!(concurrency.lock().webhooks[&ONE].limit, 10);
}

#[test]
fn the_rate_to_a_webhook_that_came_back_doubles_every_second() {
    let concurrency = Concurrency::new(128, 64);
    concurrency.start_slow_ramp(ONE, NOW);
    let at = |seconds| NOW.after(Duration::from_secs(seconds));
    // Four in the first second, with the request that found the webhook back.
    assert_eq!(concurrency.take_up_to(ONE, 64, NOW).len(), 3);
    assert_eq!(concurrency.take_up_to(ONE, 64, NOW).len(), 0);
    assert_eq!(concurrency.take_up_to(ONE, 64, at(1)).len(), 8);
    assert_eq!(concurrency.take_up_to(ONE, 64, at(3)).len(), 32);
    assert_eq!(concurrency.take_up_to(ONE, 64, at(9)).len(), 64);
}
