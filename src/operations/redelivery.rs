//! Sends the event of a delivery again, or a received event to a webhook of the user's choice.

use crate::db::deliveries::queue::rows::NewDelivery;
use crate::db::deliveries::{log, queue};
use crate::db::events::received;
use crate::db::once::{self, Done, OnceKey};
use crate::db::{Db, DbConnection, WriteError, webhooks};
use crate::delivery::Engine;
use crate::domain::deliveries::{Delivery, Trigger};
use crate::domain::id::{DeliveryId, EventId, WebhookId};
use crate::domain::timestamp::Timestamp;

/// Why an event is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such delivery or event.
    NotFound,
    /// There is no such webhook.
    NoWebhook,
    /// The webhook was deleted.
    WebhookDeleted,
    /// The webhook is off.
    WebhookOff,
    /// It is a test event: only the test page sends those.
    Test,
}

/// Makes a new delivery of the same event to the same webhook, due at once. The same form makes it only once.
pub async fn make(
    db: &Db,
    engine: &Engine,
    id: DeliveryId,
    form: Option<&OnceKey>,
) -> Result<Delivery, WriteError<Refused>> {
    run_once(db, engine, form, move |conn, new, now| {
        let Some(old) = log::find(conn, id)? else { return Err(WriteError::Refused(Refused::NotFound)) };
        if old.trigger == Trigger::Test {
            return Err(WriteError::Refused(Refused::Test));
        }
        check_webhook(conn, old.webhook_id).map_err(|error| match error {
            WriteError::Refused(Refused::NoWebhook) => WriteError::Refused(Refused::WebhookDeleted),
            error => error,
        })?;
        queue::send_again(conn, &old, new, None, now)?;
        Ok(Done::plain(new.0))
    })
    .await
}

/// Refuses a webhook that gets no requests.
fn check_webhook(conn: &mut DbConnection, id: WebhookId) -> Result<(), WriteError<Refused>> {
    let refused = match webhooks::find(conn, id)? {
        Some(webhook) if webhook.enabled => return Ok(()),
        Some(_) => Refused::WebhookOff,
        None if webhooks::was_deleted(conn, id)? => Refused::WebhookDeleted,
        None => Refused::NoWebhook,
    };
    Err(WriteError::Refused(refused))
}

/// Runs the transaction that makes a delivery, with this id, at this time; if the same form has made one before, returns
/// that one.
async fn run_once<F>(db: &Db, engine: &Engine, form: Option<&OnceKey>, job: F) -> Result<Delivery, WriteError<Refused>>
where
    F: FnOnce(&mut DbConnection, DeliveryId, Timestamp) -> Result<Done<i64>, WriteError<Refused>>
        + Clone
        + Send
        + 'static,
{
    let (form, secret_box, ids) = (form.cloned(), db.secret_box(), engine.clone());
    let made = engine.write_timed(db, move |conn, now| {
        let new = DeliveryId(ids.next_id(now));
        let done = once::run(conn, &secret_box, form.as_ref(), |conn| job(conn, new, now))?;
        log::find(conn, DeliveryId(done.made))?.ok_or(WriteError::Refused(Refused::NotFound))
    });
    let made = made.await?;
    engine.wake();
    Ok(made)
}

/// Makes a delivery of a received event to any webhook that is on, due at once. The same form makes it only once.
pub async fn send_to(
    db: &Db,
    engine: &Engine,
    id: EventId,
    webhook: WebhookId,
    form: Option<&OnceKey>,
) -> Result<Delivery, WriteError<Refused>> {
    run_once(db, engine, form, move |conn, new, now| {
        let event = received::find(conn, id)?.ok_or(WriteError::Refused(Refused::NotFound))?;
        if event.test {
            return Err(WriteError::Refused(Refused::Test));
        }
        check_webhook(conn, webhook)?;
        let delivery = NewDelivery {
            id: new,
            event_id: id,
            event: event.event,
            webhook_id: webhook,
            inbox_id: event.inbox_id,
            trigger: Trigger::Manual,
            lease: None,
            now,
        };
        queue::insert(conn, &[delivery])?;
        Ok(Done::plain(new.0))
    })
    .await
}
