//! Compares the ledger of the client, that of the receivers, and the database, after everything has ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use hachok::domain::id::{DeliveryId, EventId};

use super::faulty_receiver::{FaultyReceiver, Heard};
use super::help_desk::HelpDesk;
use super::store::{Store, Tried};

/// Limit of the wait until nothing is pending: on Postgres an interrupted attempt is repeated when its lease ends.
pub const QUIET_TIMEOUT: Duration = Duration::from_secs(130);

/// Causes of failures in which bytes of the request may have reached the receiver.
const AFTER_BYTES: [&str; 6] = ["timeout", "connect_reset", "invalid_http", "redirect", "http_status", "gone"];

/// The figures of a check that passed.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Events with a 202.
    pub accepted: usize,
    /// Requests that receivers got.
    pub requests: usize,
    /// Pairs of event and webhook that arrived more than once, all of them explained.
    pub duplicates: usize,
    /// Attempts that a crash interrupted.
    pub interrupted: usize,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, requests, duplicates, interrupted } = self;
        write!(
            f,
            "{accepted} accepted, lost 0, unexpected 0; {requests} requests, {duplicates} duplicates explained, \
             {interrupted} attempts interrupted"
        )
    }
}

/// Waits until nothing is pending, then asserts every guarantee. `paths` are those of the webhooks for all events.
pub async fn check(desk: &HelpDesk, receiver: &FaultyReceiver, store: &mut Store, paths: &[String]) -> Verdict {
    store.until_quiet(QUIET_TIMEOUT).await;
    let (ledger, accepted) = (receiver.ledger(), desk.accepted());
    nothing_is_lost(&accepted, &ledger, paths);
    nothing_is_unexpected(desk, &ledger, paths);
    each_event_is_one(&accepted, &ledger);
    let attempts = store.attempts();
    let duplicates = duplicates_are_explained(&ledger, &attempts);
    numbers_have_no_gaps(store, &attempts);
    whole_events_only(store, paths.len());
    each_end_is_counted_once(store);
    store.assert_whole();
    let interrupted = attempts.values().filter(|tried| tried.outcome == "interrupted").count();
    Verdict { accepted: accepted.len(), requests: ledger.len(), duplicates, interrupted }
}

/// The hourly counts equal the counts of the deliveries.
fn each_end_is_counted_once(store: &mut Store) {
    let ended = "(SELECT webhook_id, finished_at / 3600000000 AS hour, COUNT(*) AS amount FROM deliveries \
        WHERE finished_at IS NOT NULL AND origin <> 'test' AND COALESCE(reason, '') NOT IN ('cancelled', 'webhook_deleted') \
        GROUP BY 1, 2) AS ended";
    let counted = "webhook_hours ON webhook_hours.webhook_id = ended.webhook_id AND webhook_hours.hour = ended.hour";
    let wrong = format!("{ended} LEFT JOIN {counted} WHERE amount <> COALESCE(delivered + failed, 0)");
    assert_eq!(store.count(&wrong), 0, "hours with a wrong count");
    let idle = "webhook_hours WHERE webhook_id > 0 AND delivered + failed > 0";
    assert_eq!(store.count(idle), store.count(ended), "hours in which nothing ended");
    let failed =
        "attempts JOIN deliveries ON deliveries.id = delivery_id WHERE outcome = 'failed' AND origin <> 'test'";
    let counted = "(SELECT SUM(failed_attempts) AS amount FROM webhook_hours WHERE webhook_id > 0) AS sums";
    let wrong = format!("{counted} WHERE COALESCE(amount, 0) <> (SELECT COUNT(*) FROM {failed})");
    assert_eq!(store.count(&wrong), 0, "failed attempts are counted once");
}

/// Every accepted event has arrived at every webhook.
fn nothing_is_lost(accepted: &BTreeMap<u64, String>, ledger: &[Heard], paths: &[String]) {
    let arrived: BTreeSet<(&str, &str)> =
        ledger.iter().map(|heard| (heard.event.as_str(), heard.path.as_str())).collect();
    let lost: Vec<_> = accepted
        .values()
        .flat_map(|id| paths.iter().map(move |path| (id.as_str(), path.as_str())))
        .filter(|pair| !arrived.contains(pair))
        .collect();
    assert!(lost.is_empty(), "lost: {} of them, {:?} …", lost.len(), lost.iter().take(5).collect::<Vec<_>>());
}

/// What arrived was posted, with those bytes, and its path belongs to a webhook.
fn nothing_is_unexpected(desk: &HelpDesk, ledger: &[Heard], paths: &[String]) {
    let sent = desk.sent();
    for heard in ledger {
        let known = heard.number.and_then(|number| sent.get(&number));
        assert!(known.is_some_and(|sent| sent.sum == heard.sum), "never sent: {heard:?}");
        assert!(paths.contains(&heard.path), "no webhook has this path: {heard:?}");
    }
}

/// One event has one id and one body, even if the client had to post it twice.
fn each_event_is_one(accepted: &BTreeMap<u64, String>, ledger: &[Heard]) {
    let mut ids: HashMap<u64, &str> = accepted.iter().map(|(number, id)| (*number, id.as_str())).collect();
    let mut sums: HashMap<&str, [u8; 32]> = HashMap::new();
    for heard in ledger {
        let id = *ids.entry(heard.number.unwrap_or_default()).or_insert(&heard.event);
        assert_eq!(id, heard.event, "two ids for one event: {heard:?}");
        assert_eq!(*sums.entry(&heard.event).or_insert(heard.sum), heard.sum, "two bodies: {heard:?}");
    }
}

/// Each request but the last of a delivery belongs to an attempt whose outcome explains the next one.
fn duplicates_are_explained(ledger: &[Heard], attempts: &BTreeMap<(i64, i32), Tried>) -> usize {
    let mut by_delivery: BTreeMap<&str, Vec<&Heard>> = BTreeMap::new();
    for heard in ledger {
        by_delivery.entry(&heard.delivery).or_default().push(heard);
    }
    for (delivery, requests) in &by_delivery {
        let numbers: BTreeSet<i32> = requests.iter().map(|heard| heard.attempt).collect();
        assert_eq!(numbers.len(), requests.len(), "an attempt was made twice: {requests:?}");
        let id = DeliveryId::from_str(delivery).expect("an id").0;
        let last = numbers.last().copied().unwrap_or_default();
        for number in numbers {
            let row = attempts.get(&(id, number)).unwrap_or_else(|| panic!("no row for {delivery}, attempt {number}"));
            let explains =
                row.outcome == "interrupted" || (row.outcome == "failed" && AFTER_BYTES.contains(&row.cause.as_str()));
            assert!(number == last || explains, "{delivery} came again after {row:?}");
        }
    }
    by_delivery.values().filter(|requests| requests.len() > 1).count()
}

/// Attempts are numbered from 1 to the count of the delivery, and none is in flight.
fn numbers_have_no_gaps(store: &mut Store, attempts: &BTreeMap<(i64, i32), Tried>) {
    for delivery in store.deliveries() {
        for number in 1..=delivery.attempts {
            assert!(attempts.contains_key(&(delivery.id, number)), "attempt {number} is missing: {delivery:?}");
        }
        assert!(
            !attempts.contains_key(&(delivery.id, delivery.attempts + 1)),
            "an attempt beyond the count: {delivery:?}"
        );
        assert_eq!(delivery.status, "success", "{delivery:?}");
    }
}

/// An event is stored with all its deliveries or not at all.
fn whole_events_only(store: &mut Store, webhooks: usize) {
    let mut webhooks_of: HashMap<i64, BTreeSet<i64>> = HashMap::new();
    for delivery in store.deliveries() {
        let fresh = webhooks_of.entry(delivery.event_id).or_default().insert(delivery.webhook_id);
        assert!(fresh || delivery.origin != "event", "a webhook got the event twice: {delivery:?}");
    }
    for (event, webhooks_of) in &webhooks_of {
        assert_eq!(webhooks_of.len(), webhooks, "{} is stored in part", EventId(*event));
    }
    let events = usize::try_from(store.count("events")).unwrap_or_default();
    assert_eq!(events, webhooks_of.len(), "an event has no deliveries");
}

mod tests {
    use super::*;
    use std::time::Instant;

    fn heard(event: &str, attempt: i32) -> Heard {
        let (path, delivery) = ("/w1".to_owned(), DeliveryId(1).to_string());
        let (began, event) = (Instant::now(), event.to_owned());
        Heard { path, event, delivery, attempt, sum: [0; 32], number: Some(1), began, ended: None }
    }

    fn row(outcome: &str, cause: &str) -> BTreeMap<(i64, i32), Tried> {
        let tried = |number, outcome: &str, cause: &str| {
            let tried = Tried { delivery_id: 1, number, outcome: outcome.into(), cause: cause.into() };
            ((1, number), tried)
        };
        [tried(1, outcome, cause), tried(2, "succeeded", "")].into()
    }

    #[test]
    #[should_panic(expected = "lost: 1")]
    fn the_checker_finds_a_lost_event() {
        let accepted = [(1, "evt_a".to_owned()), (2, "evt_b".to_owned())].into();
        nothing_is_lost(&accepted, &[heard("evt_a", 1)], &["/w1".into()]);
    }

    #[test]
    #[should_panic(expected = "two ids")]
    fn the_checker_finds_an_event_with_two_ids() {
        each_event_is_one(&[(1, "evt_a".to_owned())].into(), &[heard("evt_b", 1)]);
    }

    #[test]
    #[should_panic(expected = "came again after")]
    fn the_checker_finds_an_unexplained_duplicate() {
        duplicates_are_explained(&[heard("evt_a", 1), heard("evt_a", 2)], &row("failed", "connect_refused"));
    }

    #[test]
    #[should_panic(expected = "made twice")]
    fn the_checker_finds_an_attempt_that_was_made_twice() {
        duplicates_are_explained(&[heard("evt_a", 1), heard("evt_a", 1)], &row("interrupted", ""));
    }

    #[test]
    fn the_checker_accepts_an_interrupted_attempt_as_an_explanation() {
        let requests = [heard("evt_a", 1), heard("evt_a", 2)];
        assert_eq!(duplicates_are_explained(&requests, &row("interrupted", "")), 1);
    }
}
