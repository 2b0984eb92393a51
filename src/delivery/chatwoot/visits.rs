//! Visits to connected Chatwoots: the webhook that Hachok registered there is compared with what it should be and repaired,
//! and the inboxes are read. A visit is due each hour, ten minutes after the inboxes were read, after a change of a webhook
//! here, and when a person asks for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::client::{CallError, Client, RemoteWebhook, WebhookFields};
use crate::db::chatwoot::registration::{self, Due, Registered};
use crate::db::{self, chatwoot, inboxes};
use crate::delivery::shared::Inner;
use crate::domain::chatwoot::connection::{ApiAccess, Fault, FaultKind};
use crate::domain::chatwoot::subscriptions;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::ConnectionId;
use crate::domain::secret_box::expose;
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

/// How often the task looks for visits that are due. Several changes of webhooks within this time lead to one visit.
const POLL_INTERVAL: Duration = Duration::from_secs(3);
/// Inboxes that are stored in one transaction.
const INBOXES_PER_COMMIT: usize = 100;
/// The name of the webhook in Chatwoot.
const WEBHOOK_NAME: &str = "Hachok";

/// Runs until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    while !inner.is_stopping() {
        fault_injection::panic_point("chatwoot-visits");
        if let Err(error) = make_due_visits(&inner).await {
            error.log("a connected Chatwoot was not visited");
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

async fn make_due_visits(inner: &Arc<Inner>) -> Result<(), db::Error> {
    let now = inner.now();
    for due in inner.db.read(move |conn| registration::due(conn, now)).await? {
        visit(inner, due).await?;
    }
    Ok(())
}

/// Makes a visit. What failed in Chatwoot is stored as a fault. False if another visit to it is being made.
pub(super) async fn visit(inner: &Inner, due: Due) -> Result<bool, db::Error> {
    let (id, now, secret_box) = (due.id, inner.now(), inner.db.secret_box());
    if !inner.db.write(move |conn| registration::claim(conn, id, now)).await? {
        return Ok(false);
    }
    let load = move |conn: &mut db::DbConnection| {
        let access = chatwoot::api_access(conn, &secret_box, id)?;
        let key = chatwoot::key(conn, &secret_box, id)?;
        let known = chatwoot::find(conn, id)?.and_then(|found| found.server?.webhook_id);
        Ok((access, key, known, registration::wanted(conn)?))
    };
    let (Some(access), Some(key), known, (wanted, routing)) = inner.db.read(load).await? else { return Ok(true) };
    let url = format!("{}/ingest/chatwoot/{}", inner.public_url, expose(&key));
    let client = Client::new(&inner.sender, &access.base_url, &access.token);
    let events: Vec<&str> = subscriptions::needed(wanted).into_iter().map(EventName::as_str).collect();
    let fields = WebhookFields { name: WEBHOOK_NAME, url: &url, subscriptions: &events };
    let visited = async {
        if due.registration {
            let found = registered(client, access.account_id, known, &fields).await?;
            let (secret_box, now) = (inner.db.secret_box(), inner.now());
            let found = Registered { webhook_id: found.id, secret: found.secret, routing };
            let record =
                move |conn: &mut db::DbConnection| registration::record_registered(conn, &secret_box, id, &found, now);
            inner.db.write(record).await?;
        }
        synchronise(inner, client, &access, id).await
    };
    match visited.await {
        Ok(()) => Ok(true),
        Err(VisitError::Database(error)) => Err(error),
        Err(VisitError::Call(error)) => {
            let (fault, retry_after) = fault(client, error, inner.now()).await;
            tracing::warn!(connection = id.0, fault = fault.kind.as_str(), detail = fault.detail, "a Chatwoot failed");
            inner.db.write(move |conn| registration::record_fault(conn, id, &fault, routing, retry_after)).await?;
            Ok(true)
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

/// The webhook in Chatwoot: found by its id or its URL and changed where it differs, or made.
async fn registered(
    client: Client<'_>,
    account: i64,
    known: Option<i64>,
    fields: &WebhookFields<'_>,
) -> Result<RemoteWebhook, CallError> {
    let mut all = client.webhooks(account).await?;
    if let Some(found) = own(&mut all, known, fields.url) {
        return repaired(client, account, found, fields).await;
    }
    match client.create_webhook(account, fields).await {
        // It was made meanwhile, for example by a request whose answer was lost.
        Err(CallError::Refused(attributes)) if attributes.iter().any(|name| name == "url") => {
            let mut all = client.webhooks(account).await?;
            let found = own(&mut all, known, fields.url).ok_or(CallError::Refused(attributes))?;
            repaired(client, account, found, fields).await
        }
        made => made,
    }
}

fn own(all: &mut Vec<RemoteWebhook>, known: Option<i64>, url: &str) -> Option<RemoteWebhook> {
    let by_url = all.iter().position(|webhook| webhook.url == url);
    let at = by_url.or_else(|| all.iter().position(|webhook| Some(webhook.id) == known))?;
    Some(all.swap_remove(at))
}

async fn repaired(
    client: Client<'_>,
    account: i64,
    found: RemoteWebhook,
    fields: &WebhookFields<'_>,
) -> Result<RemoteWebhook, CallError> {
    let registered: BTreeSet<&str> = found.subscriptions.iter().map(String::as_str).collect();
    if found.url == fields.url && registered == fields.subscriptions.iter().copied().collect() {
        return Ok(found);
    }
    client.update_webhook(account, found.id, fields).await
}

/// Reads the inboxes and stores them.
async fn synchronise(
    inner: &Inner,
    client: Client<'_>,
    access: &ApiAccess,
    id: ConnectionId,
) -> Result<(), VisitError> {
    let (found, now) = (client.inboxes(access.account_id).await?, inner.now());
    for some in found.chunks(INBOXES_PER_COMMIT) {
        let some = some.to_vec();
        let store = move |conn: &mut db::DbConnection| {
            some.iter().try_for_each(|inbox| inboxes::synchronise(conn, id, inbox, now))
        };
        inner.db.write(store).await?;
    }
    Ok(inner.db.write(move |conn| registration::record_synced(conn, id, now)).await?)
}

/// What an error means for the connection, and how long Chatwoot wants no request.
async fn fault(client: Client<'_>, error: CallError, at: Timestamp) -> (Fault, Option<Duration>) {
    let retry_after = if let CallError::Limited(wait) = &error { *wait } else { None };
    let (kind, detail) = match error {
        // Chatwoot answers 401 both to an unknown token and to a user without the right: only the first has no profile.
        CallError::Unauthorized => match client.administered_accounts().await {
            Err(CallError::Unauthorized) => (FaultKind::TokenRefused, None),
            _ => (FaultKind::NotAdministrator, None),
        },
        CallError::NotFound => (FaultKind::NotFound, None),
        CallError::Limited(_) => (FaultKind::Limited, None),
        CallError::Refused(attributes) => (FaultKind::Refused, attributes.into_iter().next()),
        CallError::Redirected => (FaultKind::Redirected, None),
        CallError::Status(status) => (FaultKind::BadAnswer, Some(status.to_string())),
        CallError::BadAnswer => (FaultKind::BadAnswer, None),
        CallError::Unreachable(failure) => (FaultKind::Unreachable, Some(failure.cause.as_str().to_owned())),
    };
    (Fault { kind, detail, at }, retry_after)
}
