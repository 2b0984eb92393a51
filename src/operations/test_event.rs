//! Sends a test event to a webhook.

use bytes::Bytes;

use super::NotFound;
use crate::db::deliveries::log;
use crate::db::deliveries::log::related::Related;
use crate::db::once::OnceKey;
use crate::db::{Db, Error, WriteError};
use crate::delivery::Engine;
use crate::domain::deliveries::{Attempt, Delivery};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::WebhookId;

/// A test event that was sent.
pub struct SentTest {
    /// Carries the event.
    pub delivery: Delivery,
    /// One attempt; none if another process that sent the event has ended, or has not stored the result.
    pub attempts: Vec<Attempt>,
    /// Its inbox.
    pub related: Related,
}

/// Sends the event to one webhook, on or off, and returns after its attempt. The same form sends it only once.
pub async fn send(
    db: &Db,
    engine: &Engine,
    webhook: WebhookId,
    event: EventName,
    body: Bytes,
    form: Option<&OnceKey>,
) -> Result<SentTest, WriteError<NotFound>> {
    let sent = engine.test(webhook, event, body, form.cloned()).await?.ok_or(WriteError::Refused(NotFound))?;
    let loaded = db.read(move |conn| {
        let delivery = log::find(conn, sent)?.ok_or(Error::CorruptValue("delivery"))?;
        let attempts = log::attempts::attempts_of(conn, &delivery)?;
        let related = Related::of(conn, &[&delivery])?;
        Ok(SentTest { delivery, attempts, related })
    });
    Ok(loaded.await?)
}
