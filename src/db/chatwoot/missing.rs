//! Events of connected Chatwoots that did not arrive. Kinds that only a newer version knows stay as they are: they are neither
//! listed nor counted.

use diesel::prelude::*;

use super::conversations;
use crate::db::schema::chatwoot_missing as m;
use crate::db::system::settings;
use crate::db::{DbConnection, Error};
use crate::domain::chatwoot::attribute::Attribute;
use crate::domain::chatwoot::comparison::{Missing, MissingKind};
use crate::domain::chatwoot::observation::{ConversationKey, ConversationNumber, Observation};
use crate::domain::chatwoot::progress::{Listed, Which};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{ConnectionId, EventId};
use crate::domain::timestamp::Timestamp;

/// A missing event that is about to be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The Chatwoot.
    pub connection: ConnectionId,
    /// What is missing.
    pub kind: MissingKind,
    /// The id of the message, else the number of the conversation.
    pub subject: i64,
    /// When it was found to be missing.
    pub found_at: Timestamp,
    /// The body of its event.
    pub body: Vec<u8>,
}

/// Stores missing events, with `is_wanted` to be taken in. A state that is listed already is replaced by the newer one; other events stay as they are.
pub fn insert(
    conn: &mut DbConnection,
    connection: ConnectionId,
    found: &[Missing],
    is_wanted: bool,
    now: Timestamp,
) -> Result<(), Error> {
    for one in found {
        let listed = m::table.find((connection, one.kind.as_str(), one.subject));
        if one.kind == MissingKind::State {
            diesel::delete(listed).execute(conn)?;
        } else if listed.select(m::subject).get_result::<i64>(conn).optional()?.is_some() {
            continue;
        }
        diesel::insert_into(m::table)
            .values((
                m::connection_id.eq(connection),
                m::kind.eq(one.kind.as_str()),
                m::subject.eq(one.subject),
                m::conversation_id.eq(one.conversation.0),
                m::changed.eq(Attribute::to_bits(&one.changed)),
                m::occurred_at.eq(one.occurred_at.micros()),
                m::found_at.eq(now.micros()),
                m::wanted_at.eq(is_wanted.then_some(now.micros())),
                m::body.eq(one.body.as_bytes()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// The missing events of these conversations: kinds and subjects.
pub fn of_conversations(
    conn: &mut DbConnection,
    connection: ConnectionId,
    conversations: &[i64],
) -> Result<Vec<(ConversationNumber, MissingKind, i64)>, Error> {
    let listed = m::table.filter(m::connection_id.eq(connection)).filter(m::conversation_id.eq_any(conversations));
    let listed = listed.filter(m::kind.eq_any(known_kinds()));
    let rows: Vec<(i64, String, i64)> = listed.select((m::conversation_id, m::kind, m::subject)).load(conn)?;
    rows.into_iter().map(|(number, name, subject)| Ok((ConversationNumber(number), kind(&name)?, subject))).collect()
}

/// How many events of a connection are missing.
pub fn count(conn: &mut DbConnection, connection: ConnectionId) -> Result<i64, Error> {
    let listed = m::table.filter(m::connection_id.eq(connection)).filter(m::kind.eq_any(known_kinds()));
    Ok(listed.count().get_result(conn)?)
}

/// How many events of all connections are missing.
pub fn count_all(conn: &mut DbConnection) -> Result<i64, Error> {
    Ok(m::table.filter(m::kind.eq_any(known_kinds())).count().get_result(conn)?)
}

/// The first `limit` missing events of a connection, oldest first.
pub fn list(conn: &mut DbConnection, connection: ConnectionId, limit: i64) -> Result<Vec<Listed>, Error> {
    type Columns = (i64, String, i64, i64, i64, i64, Option<i64>);
    let rows: Vec<Columns> = m::table
        .filter(m::connection_id.eq(connection))
        .filter(m::kind.eq_any(known_kinds()))
        .order((m::occurred_at, m::kind, m::subject))
        .select((m::conversation_id, m::kind, m::subject, m::changed, m::occurred_at, m::found_at, m::wanted_at))
        .limit(limit)
        .load(conn)?;
    let listed = |(number, name, subject, changed, occurred_at, found_at, wanted_at): Columns| {
        Ok(Listed {
            conversation: ConversationNumber(number),
            kind: kind(&name)?,
            subject,
            changed: Attribute::from_bits(changed),
            occurred_at: Timestamp::from_micros(occurred_at),
            found_at: Timestamp::from_micros(found_at),
            is_wanted: wanted_at.is_some(),
        })
    };
    rows.into_iter().map(listed).collect()
}

/// Marks missing events to be taken in. Returns how many.
pub fn want(conn: &mut DbConnection, connection: ConnectionId, which: Which, now: Timestamp) -> Result<usize, Error> {
    let wanted = m::wanted_at.eq(now.micros());
    let open = m::table.filter(m::connection_id.eq(connection)).filter(m::wanted_at.is_null());
    Ok(match which {
        Which::All => diesel::update(open.filter(m::kind.eq_any(known_kinds()))).set(wanted).execute(conn)?,
        Which::One(kind, subject) => {
            let one = open.filter(m::kind.eq(kind.as_str())).filter(m::subject.eq(subject));
            diesel::update(one).set(wanted).execute(conn)?
        }
    })
}

/// Removes a missing event from the list.
pub fn delete(conn: &mut DbConnection, connection: ConnectionId, kind: MissingKind, subject: i64) -> Result<(), Error> {
    diesel::delete(m::table.find((connection, kind.as_str(), subject))).execute(conn)?;
    Ok(())
}

/// Missing events that one transaction dismisses: their bodies are in memory.
pub const DISMISSED_MAX: i64 = 50;

/// Removes up to 50 missing events from the list, and counts them as known: no comparison finds them again. Returns how many.
pub fn dismiss(
    conn: &mut DbConnection,
    connection: ConnectionId,
    which: Which,
    now: Timestamp,
) -> Result<usize, Error> {
    let all = m::table.filter(m::connection_id.eq(connection)).select((m::kind, m::subject, m::body));
    let rows: Vec<(String, i64, Vec<u8>)> = match which {
        Which::All => {
            all.filter(m::kind.eq_any(known_kinds())).order(m::occurred_at).limit(DISMISSED_MAX).load(conn)?
        }
        Which::One(kind, subject) => all.filter(m::kind.eq(kind.as_str())).filter(m::subject.eq(subject)).load(conn)?,
    };
    let substatus = settings::substatus_attribute(conn)?;
    for (name, subject, body) in &rows {
        let kind = kind(name)?;
        if let Some(seen) = seen(kind, body, &substatus) {
            let key = ConversationKey { connection, number: seen.conversation };
            let mut snapshot = conversations::find_for_update(conn, &[key].into())?.remove(&key).unwrap_or_default();
            let awaited = snapshot.awaited;
            snapshot.observe(&seen, EventId(0), now);
            snapshot.awaited = awaited;
            conversations::store(conn, &[(key, snapshot)].into())?;
        }
        delete(conn, connection, kind, *subject)?;
    }
    Ok(rows.len())
}

/// What the body of a missing event says.
pub fn seen(kind: MissingKind, body: &[u8], substatus: &str) -> Option<Observation> {
    let name = match kind {
        MissingKind::Conversation => EventName::ConversationCreated,
        MissingKind::Message => EventName::MessageCreated,
        MissingKind::State => EventName::ConversationUpdated,
    };
    Observation::read(name, std::str::from_utf8(body).ok()?, substatus)
}

/// Up to `limit` missing events that are to be taken in, oldest first.
pub fn wanted(conn: &mut DbConnection, limit: i64) -> Result<Vec<Wanted>, Error> {
    type Columns = (ConnectionId, String, i64, i64, Vec<u8>);
    let rows: Vec<Columns> = m::table
        .filter(m::wanted_at.is_not_null())
        .filter(m::kind.eq_any(known_kinds()))
        .order((m::connection_id, m::occurred_at, m::kind, m::subject))
        .select((m::connection_id, m::kind, m::subject, m::found_at, m::body))
        .limit(limit)
        .load(conn)?;
    let one = |(connection, name, subject, found_at, body): Columns| {
        Ok(Wanted { connection, kind: kind(&name)?, subject, found_at: Timestamp::from_micros(found_at), body })
    };
    rows.into_iter().map(one).collect()
}

fn known_kinds() -> impl Iterator<Item = &'static str> {
    MissingKind::ALL.iter().map(|kind| kind.as_str())
}

fn kind(name: &str) -> Result<MissingKind, Error> {
    MissingKind::parse(name).ok_or(Error::CorruptValue("kind of a missing event"))
}
