//! What forms and ingest ask of the engine about connections to Chatwoot.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::client::{CallError, Client};
use super::visits;
use crate::db::chatwoot::registration::Due;
use crate::db::{self, chatwoot};
use crate::delivery::engine::Engine;
use crate::delivery::shared::Inner;
use crate::domain::chatwoot::connection::{Account, Refusal};
use crate::domain::id::ConnectionId;
use crate::domain::webhooks::target_url::TargetUrl;

/// How long a form waits for a visit; the visit continues after that.
const FORM_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a form looks whether another visit has ended.
const CLAIM_POLL_INTERVAL: Duration = Duration::from_millis(200);

impl Engine {
    /// The accounts of a Chatwoot in which the owner of the token is an administrator.
    pub async fn chatwoot_accounts(
        &self,
        base_url: &TargetUrl,
        token: &SecretString,
    ) -> Result<Vec<Account>, CallError> {
        Client::new(&self.0.sender, base_url, token).administered_accounts().await
    }

    /// Visits the Chatwoot of a connection now, or after another visit to it. A fault is stored with the connection.
    /// [`db::Error::Busy`] after 20 s, while the visit continues.
    pub async fn visit_chatwoot(&self, id: ConnectionId) -> Result<(), db::Error> {
        let inner = Arc::clone(&self.0);
        let due = Due { id, registration: true };
        let visited = async move {
            while !visits::visit(&inner, due).await? {
                tokio::time::sleep(CLAIM_POLL_INTERVAL).await;
            }
            Ok(())
        };
        self.0.finish(FORM_TIMEOUT, visited).await
    }

    /// Ends a connection and removes its webhook in Chatwoot. The result of the removal: an error leaves the webhook there,
    /// while its events are refused here. `None` if there was none to remove.
    pub async fn disconnect_chatwoot(&self, id: ConnectionId) -> Result<Option<Result<(), CallError>>, db::Error> {
        let inner = Arc::clone(&self.0);
        self.0.finish(FORM_TIMEOUT, async move { disconnect(&inner, id).await }).await
    }

    /// Has missing events that are wanted taken in, and comparisons that are due made, now.
    pub fn continue_comparisons(&self) {
        self.0.comparisons.notify_one();
    }

    /// Counts a request of a connection that was refused; the count is stored within 5 s.
    pub fn count_refusal(&self, id: ConnectionId, reason: Refusal) {
        self.0.arrivals.refused(id, reason, self.0.now());
    }

    /// Counts a request whose key belongs to no connection.
    pub fn count_wrong_key(&self) {
        self.0.arrivals.wrong_key(self.0.now());
    }

    /// Counts an event that was accepted from a connection.
    pub fn count_arrival(&self, id: ConnectionId) {
        self.0.arrivals.accepted(id, self.0.now());
    }

    /// Counts an event that the catalogue does not have.
    pub fn count_unknown_event(&self, id: ConnectionId, name: &str) {
        self.0.arrivals.unknown_event(id, name, self.0.now());
    }
}

async fn disconnect(inner: &Inner, id: ConnectionId) -> Result<Option<Result<(), CallError>>, db::Error> {
    let (secret_box, now) = (inner.db.secret_box(), inner.now());
    let end = move |conn: &mut db::DbConnection| {
        let access = chatwoot::api_access(conn, &secret_box, id)?;
        let webhook = chatwoot::find(conn, id)?.and_then(|found| found.server?.webhook_id);
        chatwoot::disconnect(conn, id, now)?;
        Ok(access.zip(webhook))
    };
    let Some((access, webhook)) = inner.db.write(end).await? else { return Ok(None) };
    let client = Client::new(&inner.sender, &access.base_url, &access.token);
    Ok(Some(match client.delete_webhook(access.account_id, webhook).await {
        Err(CallError::NotFound) => Ok(()),
        removed => removed,
    }))
}
