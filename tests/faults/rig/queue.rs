//! Rows in the queue of webhook 1, stored without a server.

use bytes::Bytes;
use hachok::db::deliveries::queue;
use hachok::db::deliveries::queue::rows::{Finished, Lease, NewDelivery};
use hachok::db::{DbConnection, events};
use hachok::domain::deliveries::{Attempt, AttemptOutcome, Next, Trigger};
use hachok::domain::events::Event;
use hachok::domain::events::catalogue::EventName;
use hachok::domain::id::{DeliveryId, EventId, WebhookId};
use hachok::domain::timestamp::Timestamp;

const WEBHOOK: WebhookId = WebhookId(1);

/// Stores an event and its delivery, both with that id: leased from the beginning, or due at once.
pub fn deliver(conn: &mut DbConnection, id: i64, lease: Option<Lease>, now: Timestamp) {
    let name = EventName::MessageCreated;
    let body = Bytes::from_static(b"{}");
    let event = Event { id: EventId(id), name, inbox_id: None, derived_from: None, body, created_at: now };
    events::insert(conn, &event, None).expect("an event");
    let new = NewDelivery {
        id: DeliveryId(id),
        event_id: EventId(id),
        event: name,
        webhook_id: WEBHOOK,
        inbox_id: None,
        trigger: Trigger::Event,
        lease,
        now,
    };
    queue::insert(conn, &[new]).expect("a delivery");
}

/// The result of an attempt.
pub fn finished(id: i64, (number, lease): (i32, Lease), next: Next, now: Timestamp) -> Finished {
    let outcome = match next {
        Next::Done => AttemptOutcome::Succeeded,
        Next::Repeat => AttemptOutcome::Interrupted,
        _ => AttemptOutcome::Failed,
    };
    let attempt = Attempt {
        number,
        started_at: now,
        duration_ms: Some(1),
        outcome,
        cause: None,
        remote_ip: None,
        request_headers: Vec::new(),
        response: None,
    };
    Finished {
        id: DeliveryId(id),
        webhook_id: WEBHOOK,
        lease,
        attempt,
        detail: None,
        next,
        signal: None,
        clock_offset: 0,
    }
}
