//! Compares connected Chatwoots with what has arrived, every five minutes and after a start: Chatwoot sends an event once, so
//! what is lost on the way shows only there. Requests are spaced, and only conversations with activity since the last
//! comparison are read. A comparison continues after an error, a limit (429) or a restart with the page at which it was.
//! Up to four connections are compared at the same time, so that a Chatwoot that answers slowly delays no other.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::client::{CallError, Client};
use super::listing::{self, Pace, Paced};
use super::take_in;
use crate::db::chatwoot::comparisons::{self, Compared};
use crate::db::chatwoot::{conversations, missing, registration};
use crate::db::system::settings;
use crate::db::system::task_locks::{self, Task};
use crate::db::{self, DbConnection, chatwoot};
use crate::delivery::shared::Inner;
use crate::domain::chatwoot::api_objects::{ApiConversation, ApiMessage};
use crate::domain::chatwoot::comparison::{self, Expected, MissingKind, Window};
use crate::domain::chatwoot::connection::{Account, ApiAccess};
use crate::domain::chatwoot::observation::ConversationKey;
use crate::domain::chatwoot::progress::{Comparison, LIMITED, LISTED_MAX, Running};
use crate::domain::chatwoot::snapshot::Snapshot;
use crate::domain::chatwoot::subscriptions;
use crate::domain::id::ConnectionId;
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

/// How often the task looks for work, unless it is woken.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// The pause between two comparisons of a connection.
const COMPARISON_INTERVAL: Duration = Duration::from_secs(300);
/// The pause after an error, and after a limit without `Retry-After`.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);
/// The longest pause that a `Retry-After` makes.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);
/// For how long a page that is being compared is not due: longer than a page takes.
const PAGE_CLAIM: Duration = Duration::from_secs(180);
/// After that time no further conversation of a page is read: what was read is stored, and the page is read again.
const PAGE_TIME_MAX: Duration = Duration::from_secs(60);
/// With more bytes of conversations and messages no further conversation of a page is read either.
const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Connections that are compared at the same time.
const PAGES_MAX: usize = 4;
/// Younger changes are not compared: their events may be on their way through the queues of Chatwoot.
const GRACE: Duration = Duration::from_secs(120);

/// Runs until the engine stops.
pub(in crate::delivery) async fn run(inner: Arc<Inner>) {
    let pages = Pages::default();
    if let Err(error) = begin_all(&inner).await {
        error.log("the comparison of connected Chatwoots was not hurried");
    }
    while !inner.is_stopping() {
        fault_injection::panic_point("chatwoot-comparisons");
        let has_more = match work(&inner, &pages).await {
            Ok(has_more) => has_more,
            Err(error) => {
                error.log("a connected Chatwoot was not compared");
                false
            }
        };
        if !has_more {
            // A timeout is the usual case: no request has woken the task.
            drop(tokio::time::timeout(POLL_INTERVAL, inner.comparisons.notified()).await);
        }
    }
}

async fn begin_all(inner: &Inner) -> Result<(), db::Error> {
    if inner.db.read(comparisons::any).await? {
        inner.write_timed(comparisons::hurry_all).await?;
    }
    Ok(())
}

/// The pages that are being compared.
#[derive(Clone, Default)]
struct Pages {
    pace: Pace,
    connections: Arc<Mutex<HashSet<ConnectionId>>>,
}

/// A connection is being compared until this is dropped.
struct BeingCompared {
    pages: Pages,
    connection: ConnectionId,
}

impl Pages {
    fn connections(&self) -> MutexGuard<'_, HashSet<ConnectionId>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, connection: ConnectionId) -> BeingCompared {
        self.connections().insert(connection);
        BeingCompared { pages: self.clone(), connection }
    }
}

impl Drop for BeingCompared {
    fn drop(&mut self) {
        self.pages.connections().remove(&self.connection);
    }
}

/// Takes in some of what is wanted, and begins with a page that is due. True if more may be due at once.
async fn work(inner: &Arc<Inner>, pages: &Pages) -> Result<bool, db::Error> {
    let took_in = take_in::step(inner).await?;
    let (now, busy) = (inner.now(), pages.connections().iter().copied().collect::<Vec<_>>());
    if busy.len() >= PAGES_MAX {
        return Ok(took_in);
    }
    let others = busy.clone();
    if !inner.db.read(move |conn| comparisons::is_any_due(conn, now, &others)).await? {
        return Ok(took_in);
    }
    let Some(page) = begin(inner, busy).await? else { return Ok(took_in) };
    let (being_compared, comparing) = (pages.begin(page.comparison.connection), Arc::clone(inner));
    inner.spawn(async move {
        let paced = Paced::new(being_compared.pages.pace.clone());
        if let Err(error) = compare_page(&comparing, page, paced).await {
            error.log("a connected Chatwoot was not compared");
        }
        drop(being_compared);
        // The next page is due at once.
        comparing.comparisons.notify_one();
    });
    Ok(true)
}

async fn compare_page(inner: &Arc<Inner>, page: Page, mut paced: Paced) -> Result<(), db::Error> {
    let client = Client::new(&inner.sender, &page.access.base_url, &page.access.token);
    match read(client, &page, inner, &mut paced).await? {
        Ok(listed) => store(inner, page, listed, paced.requests).await,
        Err(error) => postpone(inner, page.comparison, &error, paced.requests).await,
    }
}

/// A page of a comparison on its way.
struct Page {
    comparison: Comparison,
    running: Running,
    window: Window,
    access: ApiAccess,
    account: Account,
    substatus: String,
}

/// Claims the page that is due. `None` if another process has the task, or nothing is due.
async fn begin(inner: &Arc<Inner>, busy: Vec<ConnectionId>) -> Result<Option<Page>, db::Error> {
    let (me, secret_box) = (inner.process, inner.db.secret_box());
    let begin = move |conn: &mut DbConnection, now: Timestamp| {
        if !task_locks::acquire(conn, Task::Comparison, me)? {
            return Ok(None);
        }
        comparisons::follow_connections(conn, now)?;
        let Some(mut comparison) = comparisons::due(conn, now, &busy)? else { return Ok(None) };
        let id = comparison.connection;
        let access = chatwoot::api_access(conn, &secret_box, id)?;
        let (Some(access), Some(connection)) = (access, chatwoot::find(conn, id)?) else { return Ok(None) };
        if missing::count(conn, id)? >= LISTED_MAX {
            comparison.next_at = now.after(COMPARISON_INTERVAL);
            comparisons::store(conn, &comparison)?;
            return Ok(None);
        }
        let running = match comparison.running {
            Some(running) => running,
            None => {
                let expected = Expected::of(&subscriptions::needed(registration::wanted(conn)?.0));
                // Chatwoot sends an event only some time after it is registered.
                let comparing = expected.and(comparison.expected).and(comparison.expected_before);
                comparison.expected_before = comparison.expected;
                comparison.expected = expected;
                comparison.requests = 0;
                Running { began_s: now.seconds(), page: 1, comparing }
            }
        };
        comparison.running = Some(running);
        comparison.next_at = now.after(PAGE_CLAIM);
        comparisons::store(conn, &comparison)?;
        let until = Timestamp::from_seconds(running.began_s).before(GRACE);
        let window = Window { after_s: comparison.compared_to_s, until_s: until.seconds() };
        let account = Account { id: access.account_id, name: connection.name };
        let substatus = settings::substatus_attribute(conn)?;
        Ok(Some(Page { comparison, running, window, access, account, substatus }))
    };
    inner.write_timed(begin).await
}

/// A page of conversations with the messages that are to be compared.
struct Listed {
    /// Each with its messages, if it has new activity.
    conversations: Vec<(ApiConversation, Option<Vec<ApiMessage>>)>,
    progress: PageProgress,
}

/// How far a comparison is after a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PageProgress {
    /// It was the last page.
    Ended,
    /// More pages follow.
    NextPage,
    /// The time for the page was over: the rest of its conversations follows.
    SamePage,
}

/// Reads the page and the messages of its conversations from Chatwoot.
async fn read(
    client: Client<'_>,
    page: &Page,
    inner: &Inner,
    paced: &mut Paced,
) -> Result<Result<Listed, CallError>, db::Error> {
    let (account, window) = (page.account.id, page.window);
    let listed = listing::conversations(client, account, page.running.page, &page.substatus, paced).await;
    let mut listed = match listed {
        Ok(listed) => listed,
        Err(error) => return Ok(Err(error)),
    };
    let (begun, is_last) =
        (Instant::now(), page.running.ends_with(listed.last().map(|last| last.last_activity_s), window.after_s));
    let mut progress = if is_last { PageProgress::Ended } else { PageProgress::NextPage };
    listed.retain(|conversation| conversation.last_activity_s > window.after_s);
    let (id, numbers) = (page.comparison.connection, numbers(&listed));
    let compared = inner.db.read(move |conn| comparisons::compared(conn, id, &numbers)).await?;
    let (mut conversations, mut bytes) = (Vec::with_capacity(listed.len()), 0);
    for conversation in listed {
        let compared = compared.get(&conversation.number.0).copied().unwrap_or_default();
        let has_news = window.has_news(conversation.last_activity_s, compared.activity_s);
        if has_news && (begun.elapsed() > PAGE_TIME_MAX || bytes > PAGE_BYTES_MAX) {
            progress = PageProgress::SamePage;
            break;
        }
        let messages = if has_news && page.running.comparing.messages {
            match listing::messages(client, account, &conversation, compared, window, paced).await {
                Ok(messages) => messages,
                // It was deleted meanwhile, or its messages are larger than an answer may be.
                Err(CallError::NotFound | CallError::BadAnswer) => {
                    tracing::warn!(conversation = conversation.number.0, "messages in a Chatwoot could not be read");
                    Vec::new()
                }
                Err(error) => return Ok(Err(error)),
            }
        } else {
            Vec::new()
        };
        bytes += messages.iter().map(|one| one.size_bytes() + conversation.size_bytes()).sum::<usize>();
        conversations.push((conversation, has_news.then_some(messages)));
    }
    Ok(Ok(Listed { conversations, progress }))
}

fn numbers(listed: &[ApiConversation]) -> Vec<i64> {
    listed.iter().map(|conversation| conversation.number.0).collect()
}

/// Compares the page with the snapshots, and stores what is missing and how far the comparison is.
async fn store(inner: &Arc<Inner>, page: Page, listed: Listed, requests: i64) -> Result<(), db::Error> {
    let (me, page, listed) = (inner.process, Arc::new(page), Arc::new(listed));
    let found = inner.write_timed(move |conn, now| {
        // Without the task another process has the page; without the comparison the connection was ended.
        let is_over = comparisons::find(conn, page.comparison.connection)?.is_none();
        if is_over || !task_locks::acquire(conn, Task::Comparison, me)? {
            return Ok(0);
        }
        let found = compare(conn, &page, &listed, now)?;
        let mut comparison = page.comparison.clone();
        comparison.requests += requests;
        comparison.problem = None;
        comparison.next_at = now;
        match listed.progress {
            PageProgress::Ended => {
                comparison.running = None;
                comparison.compared_to_s = comparison.compared_to_s.max(page.window.until_s);
                comparison.ended_at = Some(now);
                comparison.next_at = now.after(COMPARISON_INTERVAL);
            }
            PageProgress::NextPage => {
                comparison.running = Some(Running { page: page.running.page + 1, ..page.running });
            }
            PageProgress::SamePage => {}
        }
        comparisons::store(conn, &comparison)?;
        Ok(found)
    });
    let found = found.await?;
    if found > 0 {
        tracing::warn!(events = found, "events of a Chatwoot did not arrive");
    }
    Ok(())
}

fn compare(conn: &mut DbConnection, page: &Page, listed: &Listed, now: Timestamp) -> Result<usize, db::Error> {
    let connection = page.comparison.connection;
    let key = |conversation: &ApiConversation| ConversationKey { connection, number: conversation.number };
    let keys: BTreeSet<ConversationKey> = listed.conversations.iter().map(|(one, _)| key(one)).collect();
    // Without the rows: a snapshot that is not changed here is not written.
    let mut snapshots = conversations::find_for_update(conn, &keys)?;
    let numbers: Vec<i64> = keys.iter().map(|key| key.number.0).collect();
    let mut open = missing::of_conversations(conn, connection, &numbers)?;
    let (mut found, mut changed, mut compared) = (Vec::new(), BTreeMap::new(), Vec::new());
    for (conversation, messages) in &listed.conversations {
        let snapshot = snapshots.entry(key(conversation)).or_default();
        let new = messages.as_deref().unwrap_or_default();
        let (window, expected) = (page.window, page.running.comparing);
        found.extend(comparison::missing(conversation, new, snapshot, window, expected, &page.account));
        let has_arrived = |kind, subject| match kind {
            MissingKind::Conversation => snapshot.is_created,
            MissingKind::Message => snapshot.messages.may_have_arrived(subject),
            MissingKind::State => comparison::missed(conversation, snapshot).is_empty(),
        };
        for (_, kind, subject) in open
            .extract_if(.., |(number, kind, subject)| *number == conversation.number && has_arrived(*kind, *subject))
        {
            missing::delete(conn, connection, kind, subject)?;
        }
        let seeded = seed(snapshot, conversation, window);
        if seeded || messages.is_some() {
            changed.insert(key(conversation), snapshot.clone());
        }
        if let Some(new) = messages {
            compared.push((conversation, newest(new, window)));
        }
    }
    conversations::store(conn, &changed)?;
    let before: Vec<i64> = compared.iter().map(|(conversation, _)| conversation.number.0).collect();
    let before = comparisons::compared(conn, connection, &before)?;
    for (conversation, newest) in compared {
        let before = before.get(&conversation.number.0).copied().unwrap_or_default();
        let activity_s = conversation.last_activity_s.min(page.window.until_s);
        let now_compared = Compared { activity_s, message: newest.max(before.message) };
        comparisons::set_compared(conn, connection, conversation.number.0, now_compared)?;
    }
    missing::insert(conn, connection, &found, page.comparison.takes_in, now)?;
    Ok(found.len())
}

/// The newest message of the window; 0 without one.
fn newest(messages: &[ApiMessage], window: Window) -> i64 {
    let compared = messages.iter().filter(|message| message.created_s <= window.until_s);
    compared.map(|message| message.id).max().unwrap_or_default()
}

/// Takes the state from the API for a conversation whose state is not known, if no event can be on its way: then a later
/// difference shows. True if it did.
fn seed(snapshot: &mut Snapshot, conversation: &ApiConversation, window: Window) -> bool {
    snapshot.last_activity_s = snapshot.last_activity_s.max(conversation.last_activity_s);
    match &conversation.state {
        Some(state) if snapshot.known.is_none() && conversation.last_activity_s <= window.until_s => {
            snapshot.seed(state.clone());
            true
        }
        _ => false,
    }
}

/// Stores why a page could not be read, and when it is tried again.
async fn postpone(
    inner: &Arc<Inner>,
    mut comparison: Comparison,
    error: &CallError,
    requests: i64,
) -> Result<(), db::Error> {
    let wait = match error {
        CallError::Limited(Some(wait)) => (*wait).clamp(Duration::from_secs(1), RETRY_AFTER_MAX),
        _ => RETRY_INTERVAL,
    };
    comparison.problem = Some(problem(error));
    comparison.requests += requests;
    let detail = comparison.problem.clone();
    tracing::warn!(connection = comparison.connection.0, problem = detail, "a Chatwoot could not be compared");
    let store = move |conn: &mut DbConnection, now: Timestamp| {
        comparisons::store(conn, &Comparison { next_at: now.after(wait), ..comparison })
    };
    inner.write_timed(store).await
}

/// An HTTP status, or the name of a cause as of an attempt.
fn problem(error: &CallError) -> String {
    match error {
        CallError::Unauthorized => "401".into(),
        CallError::NotFound => "404".into(),
        CallError::Limited(_) => LIMITED.into(),
        CallError::Refused(_) => "422".into(),
        CallError::Redirected => "redirected".into(),
        CallError::Status(status) => status.to_string(),
        CallError::BadAnswer => "bad_answer".into(),
        CallError::Unreachable(failure) => failure.cause.as_str().into(),
    }
}
