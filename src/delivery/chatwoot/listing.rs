//! Reads conversations and messages of a Chatwoot, page by page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

use super::client::{CallError, Client};
use crate::db::chatwoot::comparisons::Compared;
use crate::domain::chatwoot::api_objects::{ApiConversation, ApiMessage};
use crate::domain::chatwoot::comparison::Window;
use crate::domain::chatwoot::observation::number;
use crate::domain::json::Members;

/// The shortest time between two requests: five a second. Chatwoot allows 3,000 a minute from one address.
const REQUEST_INTERVAL: Duration = Duration::from_millis(200);
/// Conversations of a page that are read; Chatwoot lists 25.
const CONVERSATIONS_PER_PAGE_MAX: usize = 100;
/// Messages that Chatwoot lists after an id.
const AFTER_PAGE: usize = 100;
/// Messages that Chatwoot lists before an id.
const BEFORE_PAGE: usize = 20;
/// Pages of messages that are read of one conversation.
const MESSAGE_PAGES_MAX: usize = 50;
/// The largest conversation that is read: it repeats its last message, which may have 150,000 characters, twice.
const CONVERSATION_BYTES_MAX: usize = 1024 * 1024;
/// The largest sum of the bodies that the messages of one conversation make. Each repeats the conversation.
const BODIES_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long the messages of one conversation are read. With a Chatwoot that takes 6 s for each page, 50 pages would take
/// five minutes.
const MESSAGES_TIME_MAX: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Conversations {
    data: Payload,
}

#[derive(Deserialize)]
struct Payload {
    payload: Vec<Box<RawValue>>,
}

/// Spaces the requests of all comparisons.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace(Arc<Mutex<Option<Instant>>>);

/// Spaces the requests of one page, and counts them.
#[derive(Debug)]
pub(super) struct Paced {
    pace: Pace,
    /// Requests that were made for the page.
    pub(super) requests: i64,
}

impl Paced {
    pub(super) const fn new(pace: Pace) -> Self {
        Self { pace, requests: 0 }
    }

    /// Waits until a request may be made. Comparisons that wait at the same time make theirs in order.
    async fn wait(&mut self) {
        let mut last = self.pace.0.lock().await;
        if let Some(last) = *last {
            tokio::time::sleep(REQUEST_INTERVAL.saturating_sub(last.elapsed())).await;
        }
        *last = Some(Instant::now());
        self.requests += 1;
    }
}

/// A page of the conversations of an account with any status, latest activity first; empty after the last page.
pub(super) async fn conversations(
    client: Client<'_>,
    account: i64,
    page: i64,
    substatus: &str,
    pace: &mut Paced,
) -> Result<Vec<ApiConversation>, CallError> {
    let path = format!(
        "accounts/{account}/conversations?status=all&assignee_type=all&sort_by=last_activity_at_desc&page={page}"
    );
    pace.wait().await;
    let found: Conversations = client.get(&path).await?;
    let some = found.data.payload.iter().filter(|one| one.get().len() <= CONVERSATION_BYTES_MAX);
    let some = some.take(CONVERSATIONS_PER_PAGE_MAX);
    Ok(some.filter_map(|one| ApiConversation::read(one, substatus)).collect())
}

/// The messages of a conversation that were not compared: those after the newest one that was, else those in the window.
pub(super) async fn messages(
    client: Client<'_>,
    account: i64,
    conversation: &ApiConversation,
    compared: Compared,
    window: Window,
    pace: &mut Paced,
) -> Result<Vec<ApiMessage>, CallError> {
    let path = format!("accounts/{account}/conversations/{}/messages", conversation.number.0);
    let mut found = Vec::new();
    let mut query = if compared.message > 0 { format!("?after={}", compared.message) } else { String::new() };
    let (begun, mut bytes) = (Instant::now(), 0);
    for _ in 0..MESSAGE_PAGES_MAX {
        if begun.elapsed() > MESSAGES_TIME_MAX || bytes > BODIES_BYTES_MAX {
            break;
        }
        pace.wait().await;
        let page: Payload = client.get(&format!("{path}{query}")).await?;
        let ids = page.payload.iter().filter_map(|one| number(Members::of(one)?.get("id")?));
        let mut read: Vec<ApiMessage> = page.payload.iter().filter_map(|one| ApiMessage::read(one)).collect();
        read.retain(|message| {
            bytes += message.size_bytes() + conversation.size_bytes();
            bytes <= BODIES_BYTES_MAX
        });
        let reaches_begin = read.iter().any(|message| message.created_s <= window.after_s);
        found.extend(read);
        query = if compared.message > 0 {
            match ids.max() {
                Some(newest) if page.payload.len() >= AFTER_PAGE => format!("?after={newest}"),
                _ => break,
            }
        } else {
            match ids.min() {
                Some(oldest) if page.payload.len() >= BEFORE_PAGE && !reaches_begin => format!("?before={oldest}"),
                _ => break,
            }
        };
    }
    found.sort_by_key(|message| message.id);
    found.dedup_by_key(|message| message.id);
    Ok(found)
}
