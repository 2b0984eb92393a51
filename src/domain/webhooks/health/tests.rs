use super::*;
use proptest::prelude::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

/// A failure of an attempt that has just begun, under a lease that is no probe's.
fn failed(began_at: Timestamp) -> Signal {
    Signal { cause: Some(FailureCause::HttpStatus), status: Some(503), began_at, ..Signal::default() }
}

fn succeeded(began_at: Timestamp) -> Signal {
    Signal { began_at, ..Signal::default() }
}

fn busy(retry_after: Option<Timestamp>) -> Signal {
    Signal { status: Some(429), retry_after, ..failed(at(0)) }
}

/// A webhook that began to fail at second 120.
fn failing() -> Health {
    let mut health = Health::default();
    for second in 0..10 {
        health.record(failed(at(second)), at(second), Pace::default());
    }
    assert!(!health.is_failing(), "ten failures, but not over two minutes");
    health.record(failed(at(120)), at(120), Pace::default());
    assert!(health.is_failing());
    health
}

/// Sends the next probe under this lease.
fn begin_probe(health: &mut Health, lease: i64) -> Timestamp {
    let Condition::Failing { probe_at, probe, .. } = &mut health.condition else { panic!("not failing") };
    assert_eq!(probe.replace(lease), None, "two probes at once");
    *probe_at
}

#[test]
fn probes_slow_down_from_half_a_minute_to_ten_minutes() {
    let mut health = failing();
    let mut now = at(120);
    let mut waits = Vec::new();
    for lease in 1..9 {
        let probe_at = begin_probe(&mut health, lease);
        waits.push(probe_at.since(now).as_secs());
        now = probe_at;
        health.record(Signal { lease, ..failed(now) }, now, Pace::default());
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 600, 600, 600]);
    let now = begin_probe(&mut health, 9);
    health.record(Signal { lease: 9, ..succeeded(now) }, now, Pace::default());
    assert_eq!(health, Health::default());
}

#[test]
fn attempts_that_began_before_it_failed_neither_double_the_wait_nor_end_it() {
    let mut health = failing();
    let probe_at = health.probe_at();
    for _ in 0..10 {
        health.record(failed(at(119)), at(121), Pace::default());
    }
    health.record(succeeded(at(119)), at(122), Pace::default());
    assert_eq!(health.probe_at(), probe_at);
    assert_eq!(health.streak.failures, 21);
    begin_probe(&mut health, 7);
    health.record(failed(at(119)), at(151), Pace::default());
    assert_eq!(health.probe_at(), probe_at, "the probe is still on its way");
    health.record(Signal { lease: 7, ..failed(at(150)) }, at(152), Pace::default());
    assert_eq!(health.probe_at(), Some(at(152 + 60)));
}

#[test]
fn five_days_and_twenty_failures_turn_a_webhook_off() {
    let mut health = Health::default();
    let day = 24 * 3600;
    for failure in 0..19 {
        assert_eq!(health.record(failed(at(failure)), at(failure), Pace::default()), None);
    }
    assert_eq!(health.stage(at(100)), None);
    assert_eq!(health.stage(at(day)), Some(Stage::Failing(Duration::from_secs(24 * 3600))));
    assert_eq!(health.stage(at(4 * day)), Some(Stage::OffSoon(at(5 * day))));
    assert_eq!(health.record(failed(at(0)), at(5 * day), Pace::default()), Some(OffReason::Failing));
    assert_eq!(health.condition, Condition::Off { reason: Some(OffReason::Failing) });
    let mut few = Health::default();
    few.record(failed(at(0)), at(0), Pace::default());
    assert_eq!(few.record(failed(at(0)), at(6 * day), Pace::default()), None, "only two failures");
}

#[test]
fn a_receiver_that_asks_for_it_is_turned_off_at_once_in_every_condition_and_with_any_answer() {
    let control = DeliveryControl { disable: true, abort_message: false };
    let mut paused = Health::default();
    paused.record(busy(Some(at(500))), at(0), Pace::default());
    let day = 24 * 3600;
    let mut nearly_off = Health::default();
    for hour in 0..30 {
        nearly_off.record(failed(at(hour)), at(hour), Pace::default());
    }
    for before in [Health::default(), paused, failing(), nearly_off] {
        for asked in [Signal { control, ..succeeded(at(200)) }, Signal { control, ..failed(at(200)) }] {
            let mut health = before;
            assert_eq!(health.record(asked, at(6 * day), Pace::default()), Some(OffReason::Asked));
            assert_eq!(health.condition, Condition::Off { reason: Some(OffReason::Asked) });
            assert_eq!(health.record(asked, at(6 * day), Pace::default()), None, "it is off already");
        }
    }
    let mut gone = Health::default();
    let both = Signal { cause: Some(FailureCause::Gone), status: Some(410), control, ..Signal::default() };
    assert_eq!(gone.record(both, at(0), Pace::default()), Some(OffReason::Gone));
    let mut by_person = Health { condition: Condition::Off { reason: None }, ..Health::default() };
    assert_eq!(by_person.record(Signal { control, ..succeeded(at(0)) }, at(1), Pace::default()), None);
    assert_eq!(by_person.condition, Condition::Off { reason: None });
    let mut aborted = Health::default();
    let abort = DeliveryControl { disable: false, abort_message: true };
    assert_eq!(aborted.record(Signal { control: abort, ..failed(at(0)) }, at(0), Pace::default()), None);
    assert_eq!((aborted.condition, aborted.streak.failures), (Condition::Healthy, 1), "a failure like any other");
}

#[test]
fn a_receiver_that_is_gone_is_turned_off_at_once_in_every_condition() {
    let gone = Signal { cause: Some(FailureCause::Gone), status: Some(410), ..Signal::default() };
    let mut paused = Health::default();
    paused.record(busy(Some(at(500))), at(0), Pace::default());
    for mut health in [Health::default(), paused, failing()] {
        assert_eq!(health.record(gone, at(200), Pace::default()), Some(OffReason::Gone));
        assert_eq!(health.record(gone, at(201), Pace::default()), None, "it is off already");
        health.record(succeeded(at(202)), at(203), Pace::default());
        assert_eq!(health.condition, Condition::Off { reason: Some(OffReason::Gone) });
    }
}

#[test]
fn too_many_requests_pause_the_whole_webhook() {
    let mut health = Health::default();
    health.record(busy(None), at(0), Pace::default());
    assert_eq!(health.paused_until(at(59)), Some(at(60)));
    assert_eq!(health.paused_until(at(60)), None);
    health.record(busy(Some(at(500))), at(1), Pace::default());
    health.record(busy(Some(at(100))), at(2), Pace::default());
    assert_eq!(health.paused_until(at(499)), Some(at(500)), "a later answer never shortens the pause");
    health.record(succeeded(at(1)), at(3), Pace::default());
    assert_eq!(health.paused_until(at(3)), Some(at(500)), "a success that was on its way does not end it");
    health.record(succeeded(at(500)), at(501), Pace::default());
    assert_eq!(health, Health::default());
}

#[test]
fn a_pause_lasts_while_a_webhook_is_failing() {
    let mut health = failing();
    health.record(busy(Some(at(900))), at(121), Pace::default());
    assert_eq!(health.probe_at(), Some(at(900)));
    let mut paused = Health::default();
    paused.record(busy(Some(at(900))), at(0), Pace::default());
    for second in 111..121 {
        paused.record(failed(at(0)), at(second), Pace::default());
    }
    assert_eq!(paused.probe_at(), Some(at(900)));
}

#[test]
fn a_permanent_failure_is_shown_and_internal_errors_do_not_count() {
    let mut health = Health::default();
    health.record(Signal { cause: Some(FailureCause::Internal), ..Signal::default() }, at(0), Pace::default());
    assert_eq!(health, Health::default());
    health.record(Signal { gave_up: true, ..failed(at(0)) }, at(1), Pace::default());
    assert_eq!(health.stage(at(2)), Some(Stage::Exhausted));
}

/// An attempt of the property test: when it begins, how long it takes, and how it ends.
#[derive(Clone, Copy, Debug)]
struct Plan {
    gap_s: i64,
    takes_s: i64,
    answer: u16,
    retry_after_s: i64,
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let answer = prop_oneof![3 => Just(200), 6 => Just(503), 2 => Just(429)];
    let plan = (0..40_i64, 0..30_i64, answer, 0..600_i64).prop_map(|(gap_s, takes_s, answer, retry_after_s)| Plan {
        gap_s,
        takes_s,
        answer,
        retry_after_s,
    });
    prop::collection::vec(plan, 1..80)
}

proptest! {
    /// Attempts begin when the health allows it and end in any order. Whatever the order: nothing begins before the
    /// latest time that a 429 asked for, one probe is sent at a time, and the wait for a probe doubles with each
    /// probe that fails, and with nothing else.
    #[test]
    fn attempts_that_end_in_any_order_keep_pauses_and_probes(plans in plans()) {
        let mut health = Health::default();
        let (mut now, mut asked) = (at(0), at(0));
        let mut on_their_way: Vec<(Timestamp, Signal, bool)> = Vec::new();
        for (lease, plan) in (1_i64..).zip(plans) {
            let begin = now.after(Duration::from_secs(plan.gap_s.unsigned_abs()));
            on_their_way.sort_by_key(|(ends, ..)| *ends);
            while let Some((ends, signal, is_probe)) = on_their_way.first().copied().filter(|(ends, ..)| *ends <= begin) {
                on_their_way.remove(0);
                let before = health;
                if signal.status == Some(429) {
                    asked = asked.max(signal.retry_after.unwrap_or(ends).max(ends.after(PAUSE_MIN)));
                }
                health.record(signal, ends, Pace::default());
                if let (Condition::Failing { wait, .. }, Condition::Failing { wait: next, .. }) =
                    (before.condition, health.condition)
                {
                    let doubled = (wait * 2).min(Pace::default().slowest_probe);
                    prop_assert_eq!(next, if is_probe && signal.cause.is_some() { doubled } else { wait });
                }
            }
            now = begin;
            let is_probe = match &mut health.condition {
                Condition::Healthy => false,
                Condition::Paused { until } if *until > now => continue,
                Condition::Paused { .. } => false,
                Condition::Failing { probe_at, probe, .. } => {
                    if *probe_at > now || probe.is_some() {
                        continue;
                    }
                    *probe = Some(lease);
                    true
                }
                Condition::Off { .. } => break,
            };
            prop_assert!(now >= asked, "an attempt began before {asked:?}");
            let ends = now.after(Duration::from_secs(plan.takes_s.unsigned_abs()));
            let signal = Signal {
                cause: (plan.answer != 200).then_some(FailureCause::HttpStatus),
                status: Some(plan.answer),
                retry_after: (plan.answer == 429).then(|| ends.after(Duration::from_secs(plan.retry_after_s.unsigned_abs()))),
                began_at: now,
                lease,
                ..Signal::default()
            };
            on_their_way.push((ends, signal, is_probe));
        }
    }
}
