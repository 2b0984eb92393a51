//! Visits to connected Chatwoots: the webhook that Hachok registered there is compared with what it should be and repaired,
//! and the inboxes are read. A visit is due each hour, ten minutes after the inboxes were read, after a change of a webhook
//! here, and when a person asks for it. Up to eight are made at the same time, so that a Chatwoot that hangs delays no other.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::client::{CallError, Client};
use super::remote_webhook::Registration;
use crate::db::chatwoot::registration::{self, Due, Stored};
use crate::db::{self, chatwoot, inboxes};
use crate::delivery::network::sender::Failure;
use crate::delivery::shared::Inner;
use crate::domain::chatwoot::connection::{ApiAccess, Fault, FaultKind};
use crate::domain::chatwoot::subscriptions;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::ConnectionId;
use crate::domain::text;
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

/// How often the task looks for visits that are due. Several changes of webhooks within this time lead to one visit.
const POLL_INTERVAL: Duration = Duration::from_secs(3);
/// Visits at the same time. A Chatwoot that does not answer keeps one for 6 s, one that answers slowly for up to 90 s.
const VISITS_MAX: usize = 8;
/// The longest visit, shorter than its claim.
const VISIT_TIMEOUT: Duration = Duration::from_secs(90);
/// The longest detail of a fault that comes from Chatwoot.
const DETAIL_CHARS_MAX: usize = 64;
/// Inboxes that are stored in one transaction.
const INBOXES_PER_COMMIT: usize = 100;

/// Runs until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    let permits = Arc::new(Semaphore::new(VISITS_MAX));
    while !inner.is_stopping() {
        fault_injection::panic_point("chatwoot-visits");
        if let Err(error) = begin_due_visits(&inner, &permits).await {
            error.log("connected Chatwoots were not visited");
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Ends the claims of an earlier process that was killed during a visit: on SQLite, where no other process makes visits. On
/// Postgres they end after two minutes. Call it before the first visit.
pub(in crate::delivery) async fn end_claims(inner: &Inner) -> Result<(), db::Error> {
    if inner.db.is_shared() { Ok(()) } else { inner.db.write(registration::end_claims).await }
}

async fn begin_due_visits(inner: &Arc<Inner>, permits: &Arc<Semaphore>) -> Result<(), db::Error> {
    let now = inner.now();
    for id in inner.db.read(move |conn| registration::due(conn, now)).await? {
        // While all permits are taken, the task looks again whether the engine stops.
        let Ok(Ok(permit)) = timeout(POLL_INTERVAL, Arc::clone(permits).acquire_owned()).await else { return Ok(()) };
        let visiting = Arc::clone(inner);
        inner.spawn(async move {
            let _permit = permit;
            if let Err(error) = visit_if_due(&visiting, id).await {
                error.log("a connected Chatwoot was not visited");
            }
        });
    }
    Ok(())
}

async fn visit_if_due(inner: &Inner, id: ConnectionId) -> Result<(), db::Error> {
    match inner.write_timed(move |conn, now| registration::claim_due(conn, id, now)).await? {
        Some(due) => visit(inner, due).await,
        // Another process or a form has made the visit, or is making it.
        None => Ok(()),
    }
}

/// Visits a Chatwoot that is claimed for this visit. What failed in Chatwoot is stored as a fault.
pub(super) async fn visit(inner: &Inner, due: Due) -> Result<(), db::Error> {
    let visited = visit_claimed(inner, due).await;
    let released = inner.db.write(move |conn| registration::release(conn, due.id)).await;
    visited.and(released)
}

async fn visit_claimed(inner: &Inner, due: Due) -> Result<(), db::Error> {
    let (id, secret_box) = (due.id, inner.db.secret_box());
    let load = move |conn: &mut db::DbConnection| {
        let access = chatwoot::api_access(conn, &secret_box, id)?;
        let key = chatwoot::key(conn, &secret_box, id)?;
        Ok((access, key, chatwoot::find(conn, id)?, registration::wanted(conn)?))
    };
    let (Some(access), Some(key), Some(connection), (wanted, routing)) = inner.db.read(load).await? else {
        return Ok(());
    };
    let client = Client::new(&inner.sender, &access.base_url, &access.token);
    let url = inner.ingest_url(&key);
    let known = connection.server.as_ref().and_then(|server| server.webhook_id);
    let registration = Registration { client, account: access.account_id, url: &url, known };
    let whole = async {
        if due.registration {
            let events = subscriptions::needed(wanted);
            let refused_before = connection.fault.as_ref().map(Fault::refused_events).unwrap_or_default();
            if !register(inner, &registration, &events, &refused_before, id, routing).await? {
                return Ok(());
            }
        }
        synchronise(inner, client, &access, id).await
    };
    let visited = timeout(VISIT_TIMEOUT, whole)
        .await
        .unwrap_or_else(|_| Err(VisitError::Call(CallError::Unreachable(Failure::from(FailureCause::Timeout)))));
    match visited {
        Ok(()) => Ok(()),
        Err(VisitError::Database(error)) => Err(error),
        Err(VisitError::Call(error)) => {
            let (kind, detail, retry_after) = fault(client, error).await;
            tracing::warn!(connection = id.0, fault = kind.as_str(), detail, "a Chatwoot failed");
            let record = move |conn: &mut db::DbConnection, at: Timestamp| {
                registration::record_fault(conn, id, &Fault { kind, detail, at }, routing, retry_after)
            };
            inner.write_timed(record).await
        }
    }
}

/// What ends a visit.
enum VisitError {
    Call(CallError),
    Database(db::Error),
}

impl From<CallError> for VisitError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<db::Error> for VisitError {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

/// Compares the webhook in Chatwoot and stores it. False if the connection was ended meanwhile: the webhook is removed again.
async fn register(
    inner: &Inner,
    registration: &Registration<'_>,
    events: &[EventName],
    refused_before: &[EventName],
    id: ConnectionId,
    routing: i64,
) -> Result<bool, VisitError> {
    let found = registration.register(events, refused_before).await?;
    let (secret_box, webhook_id) = (inner.db.secret_box(), found.webhook.id);
    let stored = Stored { webhook_id, secret: found.webhook.secret, routing, refused: found.refused };
    let record =
        move |conn: &mut db::DbConnection, now: Timestamp| registration::record(conn, &secret_box, id, &stored, now);
    let is_connected = inner.write_timed(record).await?;
    if !is_connected {
        let removed = registration.client.delete_webhook(registration.account, webhook_id).await;
        tracing::info!(connection = id.0, removed = removed.is_ok(), "disconnected while its webhook was registered");
    }
    Ok(is_connected)
}

/// Reads the inboxes and stores them.
async fn synchronise(
    inner: &Inner,
    client: Client<'_>,
    access: &ApiAccess,
    id: ConnectionId,
) -> Result<(), VisitError> {
    for some in client.inboxes(access.account_id).await?.chunks(INBOXES_PER_COMMIT) {
        let some = some.to_vec();
        let store = move |conn: &mut db::DbConnection, now: Timestamp| {
            some.iter().try_for_each(|inbox| inboxes::synchronise(conn, id, inbox, now))
        };
        inner.write_timed(store).await?;
    }
    Ok(inner.write_timed(move |conn, now| registration::record_synced(conn, id, now)).await?)
}

/// What an error means for the connection, with a detail, and how long Chatwoot wants no request.
async fn fault(client: Client<'_>, error: CallError) -> (FaultKind, Option<String>, Option<Duration>) {
    let retry_after = if let CallError::Limited(wait) = &error { *wait } else { None };
    let (kind, detail) = match error {
        // Chatwoot answers 401 both to an unknown token and to a user without the right: only the first has no profile.
        CallError::Unauthorized => match client.administered_accounts().await {
            Err(CallError::Unauthorized) => (FaultKind::TokenRefused, None),
            _ => (FaultKind::NotAdministrator, None),
        },
        CallError::NotFound => (FaultKind::NotFound, None),
        CallError::Limited(_) => (FaultKind::Limited, None),
        CallError::Refused(attributes) => {
            (FaultKind::Refused, attributes.first().map(|name| text::cleaned_to(name, DETAIL_CHARS_MAX)))
        }
        CallError::Redirected => (FaultKind::Redirected, None),
        CallError::Status(status) => (FaultKind::BadAnswer, Some(status.to_string())),
        CallError::BadAnswer => (FaultKind::BadAnswer, None),
        CallError::Unreachable(failure) => (FaultKind::Unreachable, Some(failure.cause.as_str().to_owned())),
    };
    (kind, detail, retry_after)
}
