//! A client of Chatwoot's API, as of version 4.15. Of an answer only the needed fields are read, because answers for an
//! administrator hold secrets of channels; bodies are never logged.

use std::time::Duration;

use bytes::Bytes;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::clock;
use crate::delivery::network::api_call::{ApiAnswer, ApiCall, Method};
use crate::delivery::network::request::USER_AGENT;
use crate::delivery::network::sender::{Failure, Headers, Sender};
use crate::delivery::policy::retry_after;
use crate::domain::chatwoot::connection::Account;
use crate::domain::chatwoot::inputs::SECRET_BYTES_MAX;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::inboxes::{EXTERNAL_ID_CHARS_MAX, NewInbox};
use crate::domain::name::NAME_CHARS_MAX;
use crate::domain::secret_box::expose;
use crate::domain::text;
use crate::domain::webhooks::target_url::TargetUrl;

/// How long one call may take. A form waits for several.
const CALL_TIMEOUT: Duration = Duration::from_secs(6);

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The token is unknown, or its owner may not do this (401, 403).
    Unauthorized,
    /// There is no such account or thing (404).
    NotFound,
    /// Too many requests (429), and how long to wait, if the answer says so.
    Limited(Option<Duration>),
    /// The values were refused (422), and the attributes whose values they were.
    Refused(Vec<String>),
    /// The address leads to another one (3xx).
    Redirected,
    /// Any other status outside 200–299.
    Status(u16),
    /// The body is not one that Chatwoot would send.
    BadAnswer,
    /// No answer.
    Unreachable(Failure),
}

/// A webhook of an account.
#[derive(Clone, Debug, Deserialize)]
pub struct RemoteWebhook {
    /// The id in paths of the API.
    pub id: i64,
    /// Where it sends.
    pub url: String,
    /// The names of its events.
    #[serde(default)]
    pub subscriptions: Vec<String>,
    /// The signing secret; missing before Chatwoot 4.11.2.
    #[serde(default, deserialize_with = "secret")]
    pub secret: Option<SecretString>,
}

fn secret<'de, D: Deserializer<'de>>(value: D) -> Result<Option<SecretString>, D::Error> {
    let secret = Option::<String>::deserialize(value)?.filter(|text| !text.is_empty());
    if secret.as_ref().is_some_and(|text| text.len() > SECRET_BYTES_MAX) {
        return Err(serde::de::Error::custom("the secret is too long"));
    }
    Ok(secret.map(SecretString::from))
}

/// Accounts of a token that are read.
const ACCOUNTS_MAX: usize = 500;
/// Inboxes of an account that are read.
const INBOXES_MAX: usize = 10_000;

/// The fields of a webhook that can be set.
#[derive(Clone, Debug, Serialize)]
pub struct WebhookFields<'a> {
    /// For people; ignored before Chatwoot 4.8.
    pub name: &'a str,
    /// Where it sends.
    pub url: &'a str,
    /// The names of its events; Chatwoot refuses an empty list.
    pub subscriptions: &'a [&'a str],
}

#[derive(Deserialize)]
struct Payload<T> {
    payload: T,
}

#[derive(Deserialize)]
struct Webhooks {
    webhooks: Vec<RemoteWebhook>,
}

#[derive(Deserialize)]
struct OneWebhook {
    webhook: RemoteWebhook,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    accounts: Vec<Membership>,
}

#[derive(Deserialize)]
struct Membership {
    id: i64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
}

#[derive(Deserialize)]
struct RemoteInbox {
    id: i64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    channel_type: Option<String>,
}

#[derive(Deserialize)]
struct Invalid {
    #[serde(default)]
    attributes: Vec<String>,
}

/// Calls the API of one Chatwoot with one token.
#[derive(Clone, Copy)]
pub struct Client<'a> {
    sender: &'a Sender,
    base_url: &'a TargetUrl,
    token: &'a SecretString,
}

impl<'a> Client<'a> {
    /// A client of the Chatwoot at `base_url`, with the access token of a user there.
    pub const fn new(sender: &'a Sender, base_url: &'a TargetUrl, token: &'a SecretString) -> Self {
        Self { sender, base_url, token }
    }

    /// The accounts in which the owner of the token is an administrator, at most 500: they travel in a form.
    pub async fn administered_accounts(&self) -> Result<Vec<Account>, CallError> {
        let profile: Profile = self.get("profile").await?;
        let is_administered = |member: &Membership| member.role == "administrator";
        let account = |member: Membership| {
            let name = text::cleaned_to(&member.name, NAME_CHARS_MAX);
            Account { id: member.id, name: if name.is_empty() { member.id.to_string() } else { name } }
        };
        Ok(profile.accounts.into_iter().filter(is_administered).take(ACCOUNTS_MAX).map(account).collect())
    }

    /// The inboxes of an account, at most 10,000. Inboxes without a name get their number.
    pub async fn inboxes(&self, account: i64) -> Result<Vec<NewInbox>, CallError> {
        let inboxes: Payload<Vec<RemoteInbox>> = self.get(&format!("accounts/{account}/inboxes")).await?;
        let inbox = |inbox: RemoteInbox| {
            let name = text::cleaned_to(&inbox.name, NAME_CHARS_MAX);
            let channel_type = inbox.channel_type.map(|kind| text::cleaned_to(&kind, EXTERNAL_ID_CHARS_MAX));
            NewInbox {
                name: if name.is_empty() { inbox.id.to_string() } else { name },
                external_id: Some(inbox.id.to_string()),
                channel_type: channel_type.filter(|kind| !kind.is_empty()),
            }
        };
        Ok(inboxes.payload.into_iter().take(INBOXES_MAX).map(inbox).collect())
    }

    /// The webhooks of an account, in no particular order.
    pub async fn webhooks(&self, account: i64) -> Result<Vec<RemoteWebhook>, CallError> {
        let found: Payload<Webhooks> = self.get(&format!("accounts/{account}/webhooks")).await?;
        Ok(found.payload.webhooks)
    }

    /// The webhooks of an account, as Chatwoot sends them.
    pub async fn webhooks_as_sent(&self, account: i64) -> Result<String, CallError> {
        let sent: Box<RawValue> = self.get(&format!("accounts/{account}/webhooks")).await?;
        Ok(sent.get().to_owned())
    }

    /// Makes a webhook.
    pub async fn create_webhook(&self, account: i64, fields: &WebhookFields<'_>) -> Result<RemoteWebhook, CallError> {
        let made: Payload<OneWebhook> =
            self.send(Method::Post, &format!("accounts/{account}/webhooks"), fields).await?;
        Ok(made.payload.webhook)
    }

    /// Changes a webhook.
    pub async fn update_webhook(
        &self,
        account: i64,
        id: i64,
        fields: &WebhookFields<'_>,
    ) -> Result<RemoteWebhook, CallError> {
        let made: Payload<OneWebhook> =
            self.send(Method::Patch, &format!("accounts/{account}/webhooks/{id}"), fields).await?;
        Ok(made.payload.webhook)
    }

    /// Removes a webhook; [`CallError::NotFound`] if it is gone already.
    pub async fn delete_webhook(&self, account: i64, id: i64) -> Result<(), CallError> {
        let path = format!("accounts/{account}/webhooks/{id}");
        self.call(Method::Delete, &path, Bytes::new()).await.map(drop)
    }

    /// Reads what is at `path`, below `api/v1/`.
    pub(in crate::delivery) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        parsed(&self.call(Method::Get, path, Bytes::new()).await?)
    }

    /// Sends a JSON body to `path`, below `api/v1/`.
    pub(in crate::delivery) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CallError> {
        let body = serde_json::to_vec(body).map_err(|_| CallError::BadAnswer)?;
        parsed(&self.call(method, path, body.into()).await?)
    }

    async fn call(&self, method: Method, path: &str, body: Bytes) -> Result<Vec<u8>, CallError> {
        let internal = || CallError::Unreachable(Failure::from(FailureCause::Internal));
        let url = self.base_url.url().join(&format!("api/v1/{path}")).ok();
        let url = url.and_then(|url| TargetUrl::from_stored(url.as_str())).ok_or_else(internal)?;
        let mut headers = Headers::default();
        let mut pairs = vec![
            // Not `api_access_token`: nginx drops names with an underscore.
            ("Api-Access-Token", expose(self.token)),
            ("Accept", "application/json"),
            ("User-Agent", USER_AGENT),
        ];
        if !body.is_empty() {
            pairs.push(("Content-Type", "application/json"));
        }
        for (name, value) in pairs {
            headers.append(name, value).ok_or_else(internal)?;
        }
        let call = ApiCall { method, url, headers, body, timeout: CALL_TIMEOUT };
        let answer = self.sender.call(call).await.map_err(CallError::Unreachable)?;
        body_of(answer)
    }
}

/// The body of a success, or what the status means (Chatwoot answers 401 also to a user without the right).
fn body_of(answer: ApiAnswer) -> Result<Vec<u8>, CallError> {
    match answer.status {
        200..=299 => answer.body.ok_or(CallError::BadAnswer),
        300..=399 => Err(CallError::Redirected),
        401 | 403 => Err(CallError::Unauthorized),
        404 => Err(CallError::NotFound),
        422 => {
            let invalid = answer.body.and_then(|body| serde_json::from_slice::<Invalid>(&body).ok());
            Err(CallError::Refused(invalid.map(|invalid| invalid.attributes).unwrap_or_default()))
        }
        429 => {
            let now = clock::now();
            let until = answer.retry_after.and_then(|value| retry_after::parse(&value, now));
            Err(CallError::Limited(until.map(|until| until.since(now))))
        }
        status => Err(CallError::Status(status)),
    }
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, CallError> {
    serde_json::from_slice(body).map_err(|_| CallError::BadAnswer)
}
