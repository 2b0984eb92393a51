//! Takes in missing events that are wanted, and derives changes of a status that Chatwoot has not reported by its own event.

use std::sync::Arc;

use bytes::Bytes;

use crate::db::chatwoot::missing::{self, Wanted};
use crate::db::chatwoot::{conversations, conversations::Awaited};
use crate::db::system::settings;
use crate::db::system::task_locks::{self, Task};
use crate::db::{self, DbConnection, events};
use crate::delivery::ingest_writer;
use crate::delivery::posted::{Key, Posted};
use crate::delivery::shared::Inner;
use crate::domain::chatwoot::comparison::MissingKind;
use crate::domain::chatwoot::observation::{ConversationKey, Seen};
use crate::domain::events::catalogue::EventName;
use crate::domain::events::incoming::{self, Incoming};
use crate::domain::id::ConnectionId;

/// Events of one step. Steps follow each other at once, so that a long list takes seconds, and give way to the comparison.
const STEP_MAX: i64 = 25;

/// What a step does.
#[derive(Default)]
struct Due {
    wanted: Vec<(Wanted, bool)>,
    awaited: Vec<(Awaited, Option<Bytes>)>,
    substatus: String,
}

/// Takes in up to 25 missing events, and derives up to 25 changes of a status. True if more may be due.
pub(super) async fn step(inner: &Arc<Inner>) -> Result<bool, db::Error> {
    let now = inner.now();
    let due = inner.db.read(move |conn| {
        let (wanted, awaited) = (missing::wanted(conn, STEP_MAX)?, conversations::awaited(conn, now, STEP_MAX)?);
        if wanted.is_empty() && awaited.is_empty() {
            return Ok(Due::default());
        }
        let substatus = settings::substatus_attribute(conn)?;
        let wanted = wanted.into_iter().map(|one| needed(conn, one, &substatus)).collect::<Result<_, _>>()?;
        let with_body = |one: Awaited| events::body(conn, one.event).map(|body| (one, body));
        let awaited = awaited.into_iter().map(with_body).collect::<Result<Vec<_>, _>>()?;
        Ok(Due { wanted, awaited, substatus })
    });
    let due = due.await?;
    if due.wanted.is_empty() && due.awaited.is_empty() || inner.intake.is_overloaded() {
        return Ok(false);
    }
    let me = inner.process;
    if !inner.db.write(move |conn| task_locks::acquire(conn, Task::Comparison, me)).await? {
        return Ok(false);
    }
    for (wanted, is_needed) in due.wanted {
        let (connection, kind, subject) = (wanted.connection, wanted.kind, wanted.subject);
        if is_needed {
            let found_at = wanted.found_at.micros();
            let key = format!("{}:{}:{found_at}", wanted.kind.as_str(), wanted.subject);
            post(inner, connection, wanted.body.into(), &key, &due.substatus, None).await?;
        }
        inner.db.write(move |conn| missing::delete(conn, connection, kind, subject)).await?;
    }
    for (awaited, body) in due.awaited {
        if let Some(body) = body {
            let body = incoming::body_as(&body, EventName::ConversationStatusChanged);
            let key = format!("status:{}", awaited.event);
            post(inner, awaited.key.connection, body, &key, &due.substatus, Some(awaited)).await?;
        }
        inner.db.write(move |conn| conversations::clear_awaited(conn, awaited)).await?;
    }
    Ok(true)
}

/// Whether a missing event has not arrived meanwhile.
fn needed(conn: &mut DbConnection, wanted: Wanted, substatus: &str) -> Result<(Wanted, bool), db::Error> {
    let seen = missing::seen(wanted.kind, &wanted.body, substatus);
    let Some(seen) = seen else { return Ok((wanted, true)) };
    let key = ConversationKey { connection: wanted.connection, number: seen.conversation };
    let snapshot = conversations::find(conn, &[key].into())?.remove(&key).unwrap_or_default();
    let is_needed = match (wanted.kind, &seen.seen) {
        (MissingKind::Conversation, _) => !snapshot.is_created,
        (MissingKind::Message, _) => !snapshot.messages.may_have_arrived(wanted.subject),
        (MissingKind::State, Seen::State { state, .. }) => !snapshot.missed(state).is_empty(),
        (MissingKind::State, Seen::Message(_)) => true,
    };
    Ok((wanted, is_needed))
}

/// Stores an event as if it had arrived. An event that was stored before a crash has its key already.
async fn post(
    inner: &Arc<Inner>,
    connection: ConnectionId,
    body: Bytes,
    key: &str,
    substatus: &str,
    derived_from: Option<Awaited>,
) -> Result<(), db::Error> {
    let key = Key::of_reconciled(connection, key);
    let Ok(event) = Incoming::parse(body, substatus) else {
        tracing::warn!(connection = connection.0, "a missing event of a Chatwoot could not be read");
        return Ok(());
    };
    let posted = Posted::of_chatwoot(event, connection, Some(key), substatus);
    let posted = Posted { derived_from: derived_from.map(|awaited| awaited.event), ..posted };
    ingest_writer::store(inner, posted).await.map(drop)
}
