//! A simulated Chatwoot on loopback: the part of its API that Hachok calls, and its webhooks, as of version 4.15. Routes,
//! envelopes and errors follow its controllers and views.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::task::AbortHandle;

pub use super::chatwoot_conversations::Conversations;
use super::receiver::{self, Received, Reply};
use super::{Answer, Visitor, http};

/// The access token of the administrator.
pub const ADMIN_TOKEN: &str = "AdminTokenOfChatwoot1234";
/// The access token of an agent, who may not change webhooks.
pub const AGENT_TOKEN: &str = "AgentTokenOfChatwoot1234";
/// The account of both.
pub const ACCOUNT: i64 = 3;

/// A running simulation; it ends when dropped.
pub struct Chatwoot {
    /// Where it listens, for example `http://127.0.0.1:41234`.
    pub url: String,
    desk: Arc<Mutex<Desk>>,
    task: AbortHandle,
    /// One client: building one takes 0.1 s, so that of 50 at the same time some connections would be idle for seconds before
    /// their first request.
    client: reqwest::Client,
}

/// What it holds, for tests to change.
pub struct Desk {
    /// Accounts of the administrator: id and name.
    pub accounts: Vec<(i64, String)>,
    /// The inboxes of every account.
    pub inboxes: Vec<Value>,
    /// The webhooks of every account.
    pub webhooks: Vec<RemoteWebhook>,
    /// Whether webhooks have a secret, as from version 4.11.2 on.
    pub signs: bool,
    /// Answers every request in place of its own answer.
    pub trouble: Option<Reply>,
    /// Requests whose method and path begin so are answered only after that time; what they change is changed at once.
    pub slow: Option<(String, Duration)>,
    /// The names of events that a webhook may have.
    pub known_events: Vec<&'static str>,
    /// Method and path of each request.
    pub calls: Vec<String>,
    /// The conversations of every account.
    pub conversations: Conversations,
    /// Answers to the next requests for conversations, in place of its own answers.
    pub limits: Vec<Reply>,
    next_id: i64,
}

/// A webhook of an account.
#[derive(Clone, Debug)]
pub struct RemoteWebhook {
    pub id: i64,
    pub url: String,
    pub name: String,
    pub subscriptions: Vec<String>,
    pub secret: Option<String>,
}

impl Chatwoot {
    /// One account with two inboxes and no webhook.
    pub fn start() -> Self {
        let desk = Arc::new(Mutex::new(Desk {
            accounts: vec![(ACCOUNT, "Nova Shop".into())],
            inboxes: vec![inbox(7, "Сайт", "Channel::WebWidget"), inbox(8, "Telegram", "Channel::Telegram")],
            webhooks: Vec::new(),
            signs: true,
            trouble: None,
            slow: None,
            known_events: ALLOWED.to_vec(),
            calls: Vec::new(),
            conversations: Conversations::default(),
            limits: Vec::new(),
            next_id: 9,
        }));
        let answering = Arc::clone(&desk);
        let (url, task) = receiver::serve(move |request| {
            let mut desk = answering.lock().expect("a desk");
            let call = format!("{} {}", request.method, request.path);
            let delay =
                desk.slow.as_ref().filter(|(begin, _)| call.starts_with(begin.as_str())).map(|(_, delay)| *delay);
            desk.calls.push(call);
            let reply = desk.trouble.clone().unwrap_or_else(|| answer(&mut desk, request));
            delay.map_or(reply.clone(), |delay| Reply::After(delay, Box::new(reply)))
        });
        Self { url, desk, task, client: http() }
    }

    /// What it holds, to read or change.
    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("a desk")
    }

    /// The only webhook; panics if there is another number of them.
    pub fn webhook(&self) -> RemoteWebhook {
        let desk = self.desk();
        assert_eq!(desk.webhooks.len(), 1, "{:?}", desk.webhooks);
        desk.webhooks[0].clone()
    }

    /// The requests for conversations and their messages.
    pub fn compared(&self) -> Vec<String> {
        self.calls("/conversations")
    }

    /// The requests whose method and path contain this text.
    pub fn calls(&self, part: &str) -> Vec<String> {
        self.desk().calls.iter().filter(|call| call.contains(part)).cloned().collect()
    }

    /// Sends an event to the only webhook as Chatwoot does, signed with its secret.
    pub async fn emit(&self, body: &str, delivery: Option<&str>) -> Answer {
        let webhook = self.webhook();
        send_by(&self.client, &webhook.url, body, webhook.secret.as_deref(), now(), delivery).await
    }
}

impl Drop for Chatwoot {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Connects the account of a simulated Chatwoot through the form; returns the path of the page of the connection.
pub async fn connect(visitor: &Visitor, chatwoot: &Chatwoot) -> String {
    let form = visitor.open("/chatwoot").await.form("#f-chatwoot-url");
    let form = form.fill("f-chatwoot-url", &chatwoot.url).fill("f-chatwoot-token", ADMIN_TOKEN);
    visitor.submit(form).await.leads_to()
}

/// Posts an event to the URL of a webhook. Without a secret it is not signed.
pub async fn send(url: &str, body: &str, secret: Option<&str>, timestamp: u64, delivery: Option<&str>) -> Answer {
    send_by(&http(), url, body, secret, timestamp, delivery).await
}

async fn send_by(
    client: &reqwest::Client,
    url: &str,
    body: &str,
    secret: Option<&str>,
    timestamp: u64,
    delivery: Option<&str>,
) -> Answer {
    let mut request = client.post(url).header("content-type", "application/json").body(body.to_owned());
    if let Some(secret) = secret {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
        mac.update(format!("{timestamp}.{body}").as_bytes());
        let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        request = request.header("x-chatwoot-timestamp", timestamp.to_string());
        request = request.header("x-chatwoot-signature", format!("sha256={digits}"));
    }
    if let Some(id) = delivery {
        request = request.header("x-chatwoot-delivery", id);
    }
    Answer::of(request).await
}

/// Asserts that an event was refused because it could not be stored.
#[track_caller]
pub fn assert_not_stored(answer: &Answer) {
    assert_eq!((answer.problem(503)[0].as_str(), answer.header("retry-after")), ("overloaded", "5"), "{answer:?}");
}

/// The time in seconds, for a timestamp.
pub fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time after 1970").as_secs()
}

/// An inbox as its list shows it to an administrator, with secrets of its channel.
pub fn inbox(id: i64, name: &str, channel_type: &str) -> Value {
    json!({ "id": id, "avatar_url": "", "channel_id": 5, "name": name, "channel_type": channel_type,
            "hmac_token": "C4N4RY-hmac", "imap_password": "C4N4RY-imap", "provider_config": { "api_key": "C4N4RY-key" } })
}

fn full(status: u16, body: &Value) -> Reply {
    let json = ("content-type", "application/json; charset=utf-8".to_owned());
    Reply::Full(status, vec![json], body.to_string().into_bytes())
}

fn answer(desk: &mut Desk, request: &Received) -> Reply {
    let token = request.header("api-access-token");
    let is_admin = match token {
        ADMIN_TOKEN => true,
        AGENT_TOKEN => false,
        "" => return full(401, &json!({ "errors": ["You need to sign in or sign up before continuing."] })),
        _ => return full(401, &json!({ "error": "Invalid Access Token" })),
    };
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["api", "v1", "profile"]) => profile(desk, is_admin, token),
        (method, ["api", "v1", "accounts", account, rest @ ..]) => {
            if !desk.accounts.iter().any(|(id, _)| id.to_string() == *account) {
                return full(404, &json!({ "error": "Resource could not be found" }));
            }
            match (method, rest) {
                ("GET", ["inboxes"]) => full(200, &json!({ "payload": desk.inboxes })),
                ("GET", ["conversations", ..]) if !desk.limits.is_empty() => desk.limits.remove(0),
                ("GET", ["conversations"]) => full(200, &desk.conversations.list(query)),
                ("GET", ["conversations", id, "messages"]) => match desk.conversations.messages(id, query) {
                    Some(messages) => full(200, &messages),
                    None => full(404, &json!({ "error": "Resource could not be found" })),
                },
                (_, ["webhooks", ..]) if !is_admin => {
                    full(401, &json!({ "error": "You are not authorized to do this action" }))
                }
                (method, ["webhooks", rest @ ..]) => webhooks(desk, method, rest, request),
                _ => full(404, &json!({ "error": "Resource could not be found" })),
            }
        }
        _ => full(404, &json!({ "error": "Resource could not be found" })),
    }
}

fn profile(desk: &Desk, is_admin: bool, token: &str) -> Reply {
    let role = if is_admin { "administrator" } else { "agent" };
    let account = |(id, name): &(i64, String)| json!({ "id": id, "name": name, "status": "active", "role": role });
    let accounts: Vec<Value> = desk.accounts.iter().map(account).collect();
    full(200, &json!({ "id": 1, "name": "Olena", "access_token": token, "role": role, "accounts": accounts }))
}

fn webhooks(desk: &mut Desk, method: &str, rest: &[&str], request: &Received) -> Reply {
    match (method, rest) {
        ("GET", []) => {
            let all: Vec<Value> = desk.webhooks.iter().map(RemoteWebhook::json).collect();
            full(200, &json!({ "payload": { "webhooks": all } }))
        }
        ("POST", []) => {
            let body = request.json();
            if let Some(refusal) = refused(desk, &body, None) {
                return refusal;
            }
            let (id, text) = (desk.next_id, |name: &str| body[name].as_str().unwrap_or_default().to_owned());
            desk.next_id += 1;
            let secret = desk.signs.then(|| format!("wh3kQm8Zt1cVb5Xy7Ns2R{id:03}"));
            let subscriptions = names(&body["subscriptions"]);
            let made = RemoteWebhook { id, url: text("url"), name: text("name"), subscriptions, secret };
            let answer = full(200, &json!({ "payload": { "webhook": made.json() } }));
            desk.webhooks.push(made);
            answer
        }
        (_, [id]) => {
            let Some(at) = desk.webhooks.iter().position(|webhook| webhook.id.to_string() == **id) else {
                return full(404, &json!({ "error": "Resource could not be found" }));
            };
            if method == "DELETE" {
                desk.webhooks.remove(at);
                return Reply::Status(200);
            }
            let body = request.json();
            if let Some(refusal) = refused(desk, &body, Some(at)) {
                return refusal;
            }
            let webhook = &mut desk.webhooks[at];
            if let Some(url) = body["url"].as_str() {
                webhook.url = url.to_owned();
            }
            if body["subscriptions"].is_array() {
                webhook.subscriptions = names(&body["subscriptions"]);
            }
            full(200, &json!({ "payload": { "webhook": webhook.json() } }))
        }
        _ => full(404, &json!({ "error": "Resource could not be found" })),
    }
}

/// The events of `ALLOWED_WEBHOOK_EVENTS`.
const ALLOWED: [&str; 12] = [
    "conversation_status_changed",
    "conversation_updated",
    "conversation_created",
    "contact_created",
    "contact_updated",
    "message_created",
    "message_updated",
    "webwidget_triggered",
    "inbox_created",
    "inbox_updated",
    "conversation_typing_on",
    "conversation_typing_off",
];

fn refused(desk: &Desk, body: &Value, own: Option<usize>) -> Option<Reply> {
    let invalid = |message: &str, attribute: &str| full(422, &json!({ "message": message, "attributes": [attribute] }));
    let others = desk.webhooks.iter().enumerate().filter(|(at, _)| Some(*at) != own);
    let url = body["url"].as_str().unwrap_or_default();
    if others.into_iter().any(|(_, webhook)| webhook.url == url) {
        return Some(invalid("Url has already been taken", "url"));
    }
    let events = names(&body["subscriptions"]);
    let is_bad = events.is_empty() || !events.iter().all(|event| desk.known_events.contains(&event.as_str()));
    is_bad.then(|| invalid("Subscriptions Invalid events", "subscriptions"))
}

fn names(value: &Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(ToOwned::to_owned).collect()
}

impl RemoteWebhook {
    fn json(&self) -> Value {
        let mut json = json!({ "id": self.id, "name": self.name, "url": self.url, "account_id": ACCOUNT,
                               "subscriptions": self.subscriptions });
        if let Some(secret) = &self.secret {
            json["secret"] = secret.as_str().into();
        }
        json
    }
}
