use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use hachok::db::deliveries::queue;
use hachok::db::deliveries::queue::claim::Share;
use hachok::db::deliveries::queue::record::{self, LeaseScope};
use hachok::db::deliveries::queue::rows::Lease;
use hachok::db::{DbConnection, webhooks};
use hachok::domain::deliveries::{Delivery, Next, Reason};
use hachok::domain::id::{DeliveryId, WebhookId};
use hachok::domain::timestamp::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::rig::{FaultyReceiver, Store, deliver, finished, number, webhooks as make_webhooks};
use crate::support::App;

/// A random action. A number selects one of the deliveries, or one of the attempts.
#[derive(Clone, Debug)]
enum Step {
    Ingest {
        leased: bool,
    },
    Claim {
        firsts: u8,
        retries: u8,
    },
    ClaimSuspect,
    /// Results that are recorded in one batch.
    Report(Vec<(usize, Outcome)>),
    Crash,
    Wait {
        seconds: u16,
    },
    SweepExpired,
    Cancel(usize),
    Switch {
        on: bool,
    },
    Delete,
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    Success,
    Failure,
    TheEnd,
    /// The kept connection ended before an answer.
    Closed,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = prop_oneof![
        4 => Just(Outcome::Success),
        5 => Just(Outcome::Failure),
        1 => Just(Outcome::TheEnd),
        2 => Just(Outcome::Closed),
    ];
    let report = prop::collection::vec((any::<usize>(), outcome), 1..5);
    let step = prop_oneof![
        4 => any::<bool>().prop_map(|leased| Step::Ingest { leased }),
        4 => (0..3_u8, 1..3_u8).prop_map(|(firsts, retries)| Step::Claim { firsts, retries }),
        1 => Just(Step::ClaimSuspect),
        8 => report.prop_map(Step::Report),
        2 => Just(Step::Crash),
        3 => (0..120_u16).prop_map(|seconds| Step::Wait { seconds }),
        3 => Just(Step::SweepExpired),
        1 => any::<usize>().prop_map(Step::Cancel),
        2 => any::<bool>().prop_map(|on| Step::Switch { on }),
        1 => Just(Step::Delete),
    ];
    prop::collection::vec(step, 1..60)
}

/// A claimed attempt; its sender may have been lost.
#[derive(Clone, Copy, Debug)]
struct Begun {
    delivery: i64,
    number: i32,
    lease: Lease,
    reported: bool,
}

/// The expected state of the queue.
#[derive(Default)]
struct Model {
    status: BTreeMap<i64, &'static str>,
    begun: Vec<Begun>,
    /// Outcomes of attempts that were reported or interrupted.
    ended: BTreeMap<(i64, i32), &'static str>,
    /// Consecutive interrupted attempts of each delivery.
    interrupted: BTreeMap<i64, i32>,
    now: Timestamp,
    next: i64,
    off: bool,
    deleted: bool,
}

impl Model {
    /// The attempt whose lease is current, if the delivery is being sent.
    fn held(&self, delivery: i64) -> Option<Begun> {
        let last = self.begun.iter().rev().find(|begun| begun.delivery == delivery).copied();
        last.filter(|begun| !self.ended.contains_key(&(delivery, begun.number)))
    }

    fn open(&self) -> BTreeSet<i64> {
        self.status.iter().filter(|(_, status)| **status == "pending").map(|(id, _)| *id).collect()
    }

    /// Checks a claimed delivery: it was free and due, and its interruptions are in the range of this kind of claim.
    fn claimed(&mut self, delivery: &Delivery, lease: Lease, interrupted: Range<i32>) {
        let id = delivery.id.0;
        assert!(self.held(id).is_none() && self.status[&id] == "pending", "{id} was taken");
        assert!(delivery.next_attempt_at.is_some_and(|due| due <= self.now), "{id} was not due");
        assert!(interrupted.contains(&self.in_a_row(id)), "{id} was interrupted {} times", self.in_a_row(id));
        self.begun.push(Begun { delivery: id, number: delivery.attempts, lease, reported: false });
    }

    fn in_a_row(&self, id: i64) -> i32 {
        self.interrupted.get(&id).copied().unwrap_or(0)
    }

    fn pick(&self, chosen: usize) -> Option<usize> {
        let waiting: Vec<usize> = (0..self.begun.len()).filter(|place| !self.begun[*place].reported).collect();
        waiting.get(chosen % waiting.len().max(1)).copied()
    }

    fn interrupt_where(&mut self, which: impl Fn(&Begun) -> bool) {
        for id in self.status.keys().copied().collect::<Vec<_>>() {
            if let Some(begun) = self.held(id).filter(&which) {
                self.ended.insert((id, begun.number), "interrupted");
                if self.status[&id] == "pending" {
                    *self.interrupted.entry(id).or_default() += 1;
                    if self.in_a_row(id) >= FAILED_AFTER_INTERRUPTIONS {
                        self.status.insert(id, "failed");
                    }
                }
            }
        }
    }

    /// A success counts in every open state, a failure only under its lease.
    fn report(&mut self, place: usize, next: Next) {
        let Begun { delivery, number, .. } = self.begun[place];
        self.begun[place].reported = true;
        let held = self.held(delivery).is_some_and(|held| held.number == number);
        let open = self.status[&delivery] == "pending";
        let outcome = match next {
            Next::Done => "succeeded",
            Next::Repeat => "interrupted",
            _ => "failed",
        };
        if held || (open && next == Next::Done) {
            self.ended.insert((delivery, number), outcome);
        }
        if open && (held || next == Next::Done) {
            match next {
                Next::Repeat => *self.interrupted.entry(delivery).or_default() += 1,
                _ => drop(self.interrupted.remove(&delivery)),
            }
            self.status.insert(
                delivery,
                match next {
                    Next::Done => "success",
                    Next::RetryAt(_) | Next::Repeat => "pending",
                    Next::GiveUp(_) => "failed",
                },
            );
        }
    }
}

const WEBHOOK: WebhookId = WebhookId(1);
/// Consecutive interruptions after which a delivery is claimed separately, and after which it fails permanently.
const SUSPECT_AFTER_INTERRUPTIONS: i32 = 3;
const FAILED_AFTER_INTERRUPTIONS: i32 = 6;

fn lease(model: &mut Model) -> Lease {
    model.next += 1;
    Lease { token: model.next, until: model.now.after(Duration::from_secs(90)) }
}

fn act(conn: &mut DbConnection, model: &mut Model, step: Step) {
    let now = model.now;
    match step {
        Step::Ingest { leased } => {
            if !model.deleted {
                ingest(conn, model, leased && !model.off);
            }
        }
        Step::Claim { firsts, retries } => {
            let due = queue::claim::due_webhooks(conn, now).expect("due webhooks");
            assert!(due.is_empty() || !(model.off || model.deleted), "a webhook that is off sends");
            if !due.is_empty() {
                let (lease, share) = (lease(model), Share { firsts: firsts.into(), retries: retries.into() });
                let claimed = queue::claim::claim(conn, &[(WEBHOOK, share)], now, lease).expect("a claim");
                assert!(claimed.len() <= usize::from(firsts + retries), "{} claimed", claimed.len());
                claimed.iter().for_each(|delivery| model.claimed(delivery, lease, 0..SUSPECT_AFTER_INTERRUPTIONS));
            }
        }
        Step::ClaimSuspect => {
            let lease = lease(model);
            let claimed = queue::claim::claim_suspect(conn, now, lease).expect("a claim");
            assert!(claimed.is_none() || !(model.off || model.deleted), "a webhook that is off sends");
            claimed.iter().for_each(|delivery| {
                model.claimed(delivery, lease, SUSPECT_AFTER_INTERRUPTIONS..FAILED_AFTER_INTERRUPTIONS)
            });
        }
        Step::Report(all) => report(conn, model, &all),
        Step::Crash => {
            while record::interrupt(conn, LeaseScope::All, now).expect("an interrupt") > 0 {}
            model.interrupt_where(|_| true);
        }
        Step::Wait { seconds } => model.now = now.after(Duration::from_secs(seconds.into())),
        Step::SweepExpired => {
            while record::interrupt(conn, LeaseScope::Expired(now), now).expect("an interrupt") > 0 {}
            model.interrupt_where(|begun| begun.lease.until <= now);
        }
        Step::Cancel(chosen) => {
            let Some(id) = model.status.keys().nth(chosen % model.status.len().max(1)).copied() else { return };
            let cancelled = queue::cancel(conn, DeliveryId(id), now).expect("a cancellation");
            assert_eq!(cancelled, model.status[&id] == "pending");
            if cancelled {
                model.status.insert(id, "failed");
            }
        }
        Step::Switch { on } => {
            if !model.deleted {
                assert!(webhooks::set_enabled(conn, WEBHOOK, on, now).expect("a switch"));
                model.off = !on;
            }
        }
        Step::Delete => {
            assert_eq!(webhooks::delete(conn, WEBHOOK, now).expect("a deletion"), !model.deleted);
            model.deleted = true;
            for id in model.open() {
                model.status.insert(id, "failed");
            }
        }
    }
}

fn ingest(conn: &mut DbConnection, model: &mut Model, leased: bool) {
    let lease = leased.then(|| lease(model));
    model.next += 1;
    let id = model.next;
    deliver(conn, id, lease, model.now);
    model.status.insert(id, "pending");
    if let Some(lease) = lease {
        model.begun.push(Begun { delivery: id, number: 1, lease, reported: false });
    }
}

fn report(conn: &mut DbConnection, model: &mut Model, all: &[(usize, Outcome)]) {
    let mut batch = Vec::new();
    for (chosen, outcome) in all {
        let Some(place) = model.pick(*chosen) else { break };
        let Begun { delivery, number, lease, .. } = model.begun[place];
        let next = match outcome {
            Outcome::Success => Next::Done,
            Outcome::Failure => Next::RetryAt(model.now.after(Duration::from_secs(5))),
            Outcome::TheEnd => Next::GiveUp(Reason::Exhausted),
            // After an interruption an attempt opens a connection.
            Outcome::Closed if model.in_a_row(delivery) == 0 => Next::Repeat,
            Outcome::Closed => Next::RetryAt(model.now),
        };
        batch.push(finished(delivery, (number, lease), next, model.now));
        model.report(place, next);
    }
    record::record(conn, &batch, model.now).expect("a record");
}

/// The stored state equals the model.
fn compare(store: &mut Store, model: &Model) {
    let attempts = store.attempts();
    for delivery in store.deliveries() {
        let (id, last) = (delivery.id, delivery.attempts);
        assert_eq!(delivery.status, model.status[&id], "{delivery:?}");
        let begun = model.begun.iter().filter(|begun| begun.delivery == id).map(|begun| begun.number).max();
        assert_eq!(last, begun.unwrap_or(0), "{delivery:?}");
        for number in 1..=last {
            let row = attempts.get(&(id, number)).map(|row| row.outcome.as_str());
            let wanted = model.ended.get(&(id, number)).copied();
            assert_eq!(row, wanted, "attempt {number} of {delivery:?}");
            // No gaps: only the latest attempt may be without an outcome.
            assert!(row.is_some() || number == last, "attempt {number} of {delivery:?} has no row");
        }
    }
    assert_eq!(store.deliveries().len(), model.status.len());
}

#[tokio::test]
async fn the_queue_behaves_as_its_model() {
    let (mut app, receiver) = (App::start(), FaultyReceiver::start());
    make_webhooks(&app.api("admin"), &receiver, 1).await;
    app.kill();
    let store = std::cell::RefCell::new(Store::of(&app));
    let cases = u32::try_from(number("HACHOK_FAULT_CASES", 200)).unwrap_or(200);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&steps(), |steps| {
        let mut store = store.borrow_mut();
        let mut model = Model { now: Timestamp::from_seconds(1_800_000_000), ..Model::default() };
        store.run("BEGIN");
        let undo = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for step in steps {
                act(store.conn(), &mut model, step);
                compare(&mut store, &model);
            }
        }));
        store.run("ROLLBACK");
        undo.map_err(|panic| TestCaseError::fail(text_of(&*panic)))
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}
