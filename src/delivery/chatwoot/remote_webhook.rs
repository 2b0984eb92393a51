//! The webhook that Hachok has in a Chatwoot: found, made, or changed where it differs. A Chatwoot that does not know all of
//! the wanted events gets those that it knows.

use std::collections::BTreeSet;

use super::client::{CallError, Client, RemoteWebhook, WebhookFields};
use crate::domain::chatwoot::subscriptions;
use crate::domain::events::catalogue::EventName;

/// The name of the webhook in Chatwoot.
const WEBHOOK_NAME: &str = "Hachok";

/// The webhook as it is now.
pub(super) struct Registered {
    pub(super) webhook: RemoteWebhook,
    /// The wanted events that this Chatwoot does not know.
    pub(super) refused: Vec<EventName>,
}

/// The webhook of a connection in Chatwoot.
pub(super) struct Registration<'a> {
    pub(super) client: Client<'a>,
    pub(super) account: i64,
    /// Where the webhook sends.
    pub(super) url: &'a str,
    /// The id of the last registration.
    pub(super) known: Option<i64>,
}

impl Registration<'_> {
    /// Has Chatwoot send the `wanted` events, without those that it does not know. `refused_before` are those that the last
    /// registration left out: they are tried again, with one request.
    pub(super) async fn register(
        &self,
        wanted: &[EventName],
        refused_before: &[EventName],
    ) -> Result<Registered, CallError> {
        let mut current = self.find().await?;
        if self.put(&mut current, wanted).await? {
            return registered(current, Vec::new());
        }
        let (refused, rest): (Vec<EventName>, Vec<EventName>) =
            wanted.iter().partition(|event| refused_before.contains(event));
        if !refused.is_empty() && current.as_ref().is_some_and(|found| self.is_as(found, &rest)) {
            return registered(current, refused);
        }
        let refused = self.put_known(&mut current, wanted).await?;
        registered(current, refused)
    }

    /// Removes the webhook, also if it was made without being stored here. [`CallError::NotFound`] if there is no such webhook.
    pub(super) async fn remove(&self) -> Result<(), CallError> {
        let found = match self.find().await {
            Ok(found) => found.map(|found| found.id),
            // The list may be what fails.
            Err(error) => Some(self.known.ok_or(error)?),
        };
        self.client.delete_webhook(self.account, found.ok_or(CallError::NotFound)?).await
    }

    async fn find(&self) -> Result<Option<RemoteWebhook>, CallError> {
        let mut all = self.client.webhooks(self.account).await?;
        let by_url = all.iter().position(|webhook| webhook.url == self.url);
        let at = by_url.or_else(|| all.iter().position(|webhook| Some(webhook.id) == self.known));
        Ok(at.map(|at| all.swap_remove(at)))
    }

    fn is_as(&self, found: &RemoteWebhook, events: &[EventName]) -> bool {
        let registered: BTreeSet<&str> = found.subscriptions.iter().map(String::as_str).collect();
        found.url == self.url && registered == events.iter().map(|event| event.as_str()).collect()
    }

    /// Makes the webhook with these events, or changes the `current` one. False if Chatwoot does not know one of the events.
    async fn put(&self, current: &mut Option<RemoteWebhook>, events: &[EventName]) -> Result<bool, CallError> {
        let names: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
        let fields = WebhookFields { name: WEBHOOK_NAME, url: self.url, subscriptions: &names };
        if current.is_none() {
            match self.client.create_webhook(self.account, &fields).await {
                Ok(made) => *current = Some(made),
                // It was made meanwhile, for example by a request whose answer was lost.
                Err(CallError::Refused(attributes)) if is_about(&attributes, "url") => {
                    *current = Some(self.find().await?.ok_or(CallError::Refused(attributes))?);
                }
                Err(error) => return is_unknown_event(error),
            }
        }
        let Some(found) = current else { return Ok(false) };
        if !self.is_as(found, events) {
            match self.client.update_webhook(self.account, found.id, &fields).await {
                Ok(changed) => *found = changed,
                Err(error) => return is_unknown_event(error),
            }
        }
        Ok(true)
    }

    /// Registers those of the wanted events that Chatwoot knows; returns the others. It names none of them, so they are tried:
    /// first the events of the first versions together, then each. What is registered already stays meanwhile.
    async fn put_known(
        &self,
        current: &mut Option<RemoteWebhook>,
        wanted: &[EventName],
    ) -> Result<Vec<EventName>, CallError> {
        let is_registered = |event: &&EventName| {
            current.as_ref().is_some_and(|found| found.subscriptions.iter().any(|name| name == event.as_str()))
        };
        let mut accepted: Vec<EventName> = wanted.iter().filter(is_registered).copied().collect();
        let open = |accepted: &[EventName]| -> Vec<EventName> {
            wanted.iter().filter(|event| !accepted.contains(event)).copied().collect()
        };
        let first: Vec<EventName> = open(&accepted).into_iter().filter(|event| subscriptions::is_old(*event)).collect();
        let together = [accepted.as_slice(), &first].concat();
        if first.len() > 1 && self.put(current, &together).await? {
            accepted = together;
        }
        let mut refused = Vec::new();
        for event in open(&accepted) {
            let more = [accepted.as_slice(), &[event]].concat();
            if self.put(current, &more).await? {
                accepted = more;
            } else {
                refused.push(event);
            }
        }
        // Without an accepted event there is nothing to register.
        if accepted.is_empty() || !self.put(current, &accepted).await? {
            return Err(CallError::Refused(vec![SUBSCRIPTIONS.to_owned()]));
        }
        Ok(refused)
    }
}

/// The attribute of which Chatwoot says 422 for the name of an event that it does not know.
const SUBSCRIPTIONS: &str = "subscriptions";

fn is_about(attributes: &[String], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute == name)
}

/// False for a refused event; every other error stays one.
fn is_unknown_event(error: CallError) -> Result<bool, CallError> {
    match error {
        CallError::Refused(attributes) if is_about(&attributes, SUBSCRIPTIONS) => Ok(false),
        error => Err(error),
    }
}

fn registered(current: Option<RemoteWebhook>, refused: Vec<EventName>) -> Result<Registered, CallError> {
    Ok(Registered { webhook: current.ok_or(CallError::BadAnswer)?, refused })
}
