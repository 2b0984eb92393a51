use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ONE: WebhookId = WebhookId(1);
const TWO: WebhookId = WebhookId(2);
const THREE: WebhookId = WebhookId(3);

/// A quick answer of a webhook at this time.
fn answer(concurrency: &Concurrency, webhook: WebhookId, at: Timestamp) {
    concurrency.lock().load(webhook, concurrency.per_webhook, at).pace = Pace::Quick(at);
}

/// Limits that have seen a quick answer of each of these webhooks.
fn answered(in_all: usize, per_webhook: usize, webhooks: &[WebhookId]) -> Arc<Concurrency> {
    let concurrency = Concurrency::new(in_all, per_webhook);
    webhooks.iter().for_each(|webhook| answer(&concurrency, *webhook, NOW));
    concurrency
}

/// As many permits as the webhook gets if it answered just now.
fn take_all(concurrency: &Arc<Concurrency>, webhook: WebhookId, now: Timestamp) -> Vec<Permit> {
    answer(concurrency, webhook, now);
    concurrency.take_up_to(webhook, 64, now)
}

fn host(name: &str) -> Arc<str> {
    Arc::from(name)
}

fn after(seconds: u64) -> Timestamp {
    NOW.after(Duration::from_secs(seconds))
}

#[test]
fn one_webhook_cannot_take_all_permits() {
    let concurrency = answered(3, 2, &[ONE, TWO]);
    let first = concurrency.take_up_to(ONE, 10, NOW);
    assert_eq!(first.len(), 2);
    let second = concurrency.take(TWO, NOW).expect("a permit");
    assert!(concurrency.take(THREE, NOW).is_none());
    drop(second);
    assert!(concurrency.take(THREE, NOW).is_some());
    assert!(concurrency.take_probe(ONE, NOW).is_none());
    drop(first);
    assert!(concurrency.take_probe(ONE, NOW).is_some());
}

#[test]
fn the_last_quarter_is_for_webhooks_without_a_request_that_waits() {
    let concurrency = answered(8, 4, &[ONE, TWO, THREE]);
    let mut held = concurrency.take_up_to(ONE, 10, NOW);
    held.extend(concurrency.take_up_to(TWO, 10, NOW));
    assert_eq!(held.len(), 6);
    held.extend(concurrency.take_up_to(THREE, 10, NOW));
    assert_eq!(held.len(), 7);
    assert!(concurrency.take(WebhookId(4), NOW).is_none(), "no answer yet");
    // An answer to one of the webhooks shows that its receiver does not hang.
    held.remove(5).release_with_result(NOW);
    assert_eq!(concurrency.take_up_to(TWO, 10, NOW).len(), 1);
}

#[test]
fn a_webhook_without_a_recent_answer_gets_one_request_at_a_time_under_load() {
    let concurrency = Concurrency::new(64, 10);
    let calm: Vec<Permit> = (1..=4).flat_map(|id| concurrency.take_up_to(WebhookId(id), 10, NOW)).collect();
    assert_eq!(calm.len(), 32, "ten each until half are taken");
    assert_eq!(concurrency.take_up_to(WebhookId(5), 10, NOW).len(), 1);
    answer(&concurrency, WebhookId(6), NOW);
    assert_eq!(concurrency.take_up_to(WebhookId(6), 10, after(2)).len(), 10);
    assert_eq!(concurrency.take_up_to(WebhookId(6), 10, after(3)).len(), 1, "the answer is too old");
}

#[test]
fn an_unused_permit_is_no_answer() {
    let concurrency = Concurrency::new(4, 4);
    drop(concurrency.take(ONE, NOW));
    assert_eq!(concurrency.take_up_to(ONE, 4, NOW).len(), 2);
    assert_eq!(answered(4, 4, &[ONE]).take_up_to(ONE, 4, NOW).len(), 3);
}

#[test]
fn requests_to_a_slow_webhook_begin_in_the_slow_pool_until_one_is_quick() {
    let concurrency = answered(4, 4, &[TWO]);
    let mut slow = concurrency.take(ONE, NOW).expect("a permit");
    slow.mark_slow(&host("a"), NOW);
    let others = concurrency.take_up_to(TWO, 4, NOW);
    assert!(others.len() == 3 && concurrency.in_flight() == 3);
    let second = concurrency.take(ONE, NOW).expect("a place in the slow pool");
    assert!(concurrency.in_flight() == 3 && concurrency.lock().slow == 2);
    // A late answer, even with success, does not end it. A quick one does.
    slow.release_with_result(NOW);
    assert_eq!(concurrency.take_up_to(ONE, 9, NOW).len(), 2);
    second.release_with_result(NOW);
    drop(others);
    assert!(concurrency.take_up_to(ONE, 9, NOW).iter().all(|permit| permit.pool == Pool::Quick));
    assert!(concurrency.lock().slow_by_host.is_empty());
}

#[test]
fn a_late_request_makes_room_only_while_few_permits_are_free() {
    let concurrency = answered(4, 4, &[ONE, TWO, THREE]);
    let mut late = concurrency.take_up_to(ONE, 2, NOW);
    late.iter_mut().for_each(|permit| permit.make_room(&host("a")));
    assert_eq!(concurrency.in_flight(), 2, "half of the permits are free");
    late.extend([TWO, THREE].into_iter().filter_map(|webhook| concurrency.take(webhook, NOW)));
    assert_eq!(concurrency.in_flight(), 4);
    late[0].make_room(&host("a"));
    assert_eq!(concurrency.in_flight(), 3);
    assert!(concurrency.take(ONE, NOW).is_none(), "it has no answer");
    late.remove(0).release_with_result(NOW);
    assert_eq!(concurrency.take(ONE, NOW).expect("a permit").pool, Pool::Quick, "it answered within a second");
}

#[test]
fn slowness_is_forgotten_after_ten_minutes() {
    let concurrency = Concurrency::new(64, 10);
    concurrency.take(ONE, NOW).expect("a permit").mark_slow(&host("a"), NOW);
    assert_ne!(concurrency.take(ONE, after(600)).expect("a permit").pool, Pool::Quick);
    assert_eq!(concurrency.take(ONE, after(601)).expect("a permit").pool, Pool::Quick);
}

/// Begins as many requests to hanging webhooks as permits allow, and marks them as slow a second later, `rounds` times.
fn hang(
    concurrency: &Arc<Concurrency>,
    webhooks: std::ops::Range<i64>,
    host_of: impl Fn(WebhookId) -> Arc<str>,
    rounds: u64,
) -> Vec<Permit> {
    let mut held: Vec<Permit> = Vec::new();
    for round in 0..rounds {
        let begun = held.len();
        for webhook in webhooks.clone().map(WebhookId) {
            held.extend(concurrency.take_up_to(webhook, 10, after(round)));
        }
        for permit in &mut held[begun..] {
            permit.mark_slow(&host_of(permit.webhook), after(round + 1));
        }
    }
    held
}

#[test]
fn any_number_of_hanging_webhooks_leaves_permits_to_the_others() {
    for hanging in [10, 70, 500, 1000] {
        let concurrency = Concurrency::new(64, 10);
        let host_of = |webhook: WebhookId| Arc::from(webhook.0.to_string());
        let mut held = Vec::new();
        for round in 0..15 {
            // The healthy webhook has an answer in each second, and gets its permits beside all that hang.
            let now = after(round);
            concurrency.take(WebhookId(0), now).expect("a permit").release_with_result(now);
            concurrency.results_written(1);
            let begun = held.len();
            for webhook in (1..=hanging).map(WebhookId) {
                held.extend(concurrency.take_up_to(webhook, 10, now));
            }
            assert!(!concurrency.take_up_to(WebhookId(0), 10, now).is_empty(), "beside {hanging} in second {round}");
            for permit in &mut held[begun..] {
                permit.mark_slow(&host_of(permit.webhook), after(round + 1));
            }
        }
        let mut places: HashMap<WebhookId, usize> = HashMap::new();
        held.iter().for_each(|permit| *places.entry(permit.webhook).or_default() += 1);
        assert!(
            places.len() >= usize::try_from(hanging).expect("a number").min(500),
            "each has a place: {}",
            places.len()
        );
        assert!(held.len() <= MOVED_REQUESTS_MAX);
    }
}

#[test]
fn places_in_the_slow_pool_become_fewer_and_a_host_counts_as_one() {
    let concurrency = Concurrency::new(64, 10);
    let held = hang(&concurrency, 1..41, |_| host("one"), 20);
    let slow = concurrency.lock().slow;
    assert!((200..=SLOW_REQUESTS_MAX / 2 + 40).contains(&slow), "{slow} places for forty webhooks of one host");
    // Another host still gets its share.
    let mut other = concurrency.take(WebhookId(99), after(20)).expect("a permit");
    other.mark_slow(&host("other"), after(21));
    assert!(concurrency.take(WebhookId(1), after(21)).is_none());
    assert!(concurrency.take(WebhookId(99), after(21)).is_some());
    drop((held, other));
    assert_eq!(concurrency.lock().slow, 0);
}

#[test]
fn webhooks_without_requests_are_forgotten() {
    let concurrency = Concurrency::new(64, 10);
    for webhook in 0..10_000 {
        let now = after(u64::try_from(webhook / 100).expect("a number"));
        concurrency.take(WebhookId(webhook), now).expect("a permit").release_with_result(now);
        concurrency.results_written(1);
    }
    assert!(concurrency.lock().webhooks.len() <= 2 * WEBHOOKS_KEPT_MIN);
}

#[test]
fn a_ramp_that_another_process_started_is_observed_once() {
    let concurrency = answered(128, 64, &[THREE]);
    concurrency.observe_ramp(ONE, NOW, after(8));
    assert_eq!(take_all(&concurrency, ONE, after(8)).len(), 64);
    concurrency.observe_ramp(TWO, NOW, NOW);
    assert_eq!(take_all(&concurrency, TWO, NOW).len(), 4);
    concurrency.observe_ramp(TWO, NOW, NOW);
    assert_eq!(take_all(&concurrency, TWO, NOW).len(), 0);
    // The webhook failed and came back again.
    concurrency.observe_ramp(TWO, after(1), after(1));
    assert_eq!(take_all(&concurrency, TWO, after(1)).len(), 4);
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
    assert_eq!(take_all(&concurrency, ONE, NOW).len(), 64);
    // The clock is set back during a ramp.
    let concurrency = Concurrency::new(128, 64);
    concurrency.start_slow_ramp(TWO, later);
    assert_eq!(take_all(&concurrency, TWO, later).len(), 3);
    assert_eq!(take_all(&concurrency, TWO, NOW).len(), 64);
}

#[test]
fn has_room_is_true_exactly_if_take_returns_a_permit() {
    let concurrency = Concurrency::new(3, 2);
    concurrency.start_slow_ramp(WebhookId(7), NOW);
    let mut held = Vec::new();
    for (webhook, second) in [(1, 0), (1, 0), (1, 0), (2, 0), (2, 0), (7, 0), (7, 1), (7, 9)] {
        let now = after(second);
        if webhook == 7 {
            held.clear();
        }
        for _ in 0..5 {
            let room = concurrency.has_room(WebhookId(webhook), now);
            let permit = concurrency.take(WebhookId(webhook), now);
            assert_eq!(room, permit.is_some(), "{webhook} after {second} s");
            held.extend(permit);
        }
    }
}

#[test]
fn a_hanging_request_leaves_room_for_the_rest_but_not_for_its_own_webhook() {
    let concurrency = answered(2, 2, &[ONE]);
    let mut hanging = concurrency.take_up_to(ONE, 2, NOW);
    assert!(concurrency.take(TWO, NOW).is_none());
    hanging.iter_mut().for_each(|permit| permit.mark_slow(&host("a"), NOW));
    assert!(concurrency.take(ONE, NOW).is_none());
    assert_eq!(take_all(&concurrency, TWO, NOW).len(), 2);
    drop(hanging);
    assert_eq!(concurrency.lock().slow, 0);
    assert_eq!(take_all(&concurrency, ONE, NOW).len(), 2);
}

#[test]
fn unwritten_results_hold_up_requests() {
    let concurrency = answered(128, 64, &[TWO]);
    for _ in 0..UNWRITTEN_RESULTS_MAX {
        concurrency.take(ONE, NOW).expect("a permit").release_with_result(NOW);
    }
    assert!(concurrency.take(TWO, NOW).is_none() && concurrency.is_exhausted() && !concurrency.has_room(TWO, NOW));
    concurrency.results_written(1);
    let last = concurrency.take(TWO, NOW);
    assert!(last.is_some() && !concurrency.is_exhausted() && concurrency.has_room(TWO, NOW));
    // A request in flight may still end.
    concurrency.take(ONE, NOW).expect("a permit").release_with_result(NOW);
    assert!(concurrency.is_exhausted());
    last.expect("a permit").release_with_result(NOW);
    concurrency.results_written(UNWRITTEN_RESULTS_MAX + 1);
    assert_eq!(take_all(&concurrency, ONE, NOW).len(), 64);
}

#[test]
fn a_held_webhook_gets_no_permit_and_delays_no_other() {
    let concurrency = Concurrency::new(64, 10);
    for _ in 0..UNWRITTEN_RESULTS_MAX {
        concurrency.take(WebhookId(1), NOW).expect("a permit").release_with_result(NOW);
    }
    concurrency.hold(WebhookId(1), UNWRITTEN_RESULTS_MAX, NOW);
    assert!(concurrency.take(WebhookId(1), NOW).is_none() && !concurrency.has_room(WebhookId(1), NOW));
    assert_eq!(take_all(&concurrency, WebhookId(2), NOW).len(), 10);
    concurrency.release(WebhookId(1));
    assert_eq!(take_all(&concurrency, WebhookId(1), NOW).len(), 10);
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
    // Four in the first second, with the request that found the webhook back.
    assert_eq!(take_all(&concurrency, ONE, NOW).len(), 3);
    assert_eq!(take_all(&concurrency, ONE, NOW).len(), 0);
    assert_eq!(take_all(&concurrency, ONE, after(1)).len(), 8);
    assert_eq!(take_all(&concurrency, ONE, after(3)).len(), 32);
    assert_eq!(take_all(&concurrency, ONE, after(9)).len(), 64);
}
