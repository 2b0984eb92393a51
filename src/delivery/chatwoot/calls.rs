//! What forms and ingest ask of the engine about connections to Chatwoot.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::client::{CallError, Client};
use super::remote_webhook::Registration;
use super::visits;
use crate::db::chatwoot::registration::{self, Due};
use crate::db::{self, chatwoot, chatwoot::comparisons};
use crate::delivery::engine::Engine;
use crate::delivery::shared::Inner;
use crate::domain::chatwoot::connection::{Account, Refusal};
use crate::domain::id::ConnectionId;
use crate::domain::timestamp::Timestamp;
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
            loop {
                if inner.write_timed(move |conn, now| registration::claim(conn, id, now)).await? {
                    return visits::visit(&inner, due).await;
                }
                tokio::time::sleep(CLAIM_POLL_INTERVAL).await;
            }
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
    let secret_box = inner.db.secret_box();
    let end = move |conn: &mut db::DbConnection, now: Timestamp| {
        let access = chatwoot::api_access(conn, &secret_box, id)?;
        let key = chatwoot::key(conn, &secret_box, id)?;
        let known = chatwoot::find(conn, id)?.and_then(|found| found.server?.webhook_id);
        chatwoot::disconnect(conn, id, now)?;
        // Its missing events could not be taken in any more.
        comparisons::end(conn, id)?;
        // Keeps the visit of a new connection away until the webhook is removed. A visit that has the claim finds the
        // connection ended, and removes what it registers.
        let is_claimed = registration::claim(conn, id, now)?;
        Ok((access.zip(key), known, is_claimed))
    };
    let (access, known, is_claimed) = inner.write_timed(end).await?;
    let mut removed = None;
    if let Some((access, key)) = access {
        let client = Client::new(&inner.sender, &access.base_url, &access.token);
        let url = inner.ingest_url(&key);
        let there = Registration { client, account: access.account_id, url: &url, known };
        removed = Some(match there.remove().await {
            Err(CallError::NotFound) => Ok(()),
            removed => removed,
        });
    }
    if is_claimed {
        inner.db.write(move |conn| registration::release(conn, id)).await?;
    }
    Ok(removed)
}
