//! Snapshots of the conversations of connected Chatwoots, at most 100,000 for each connection.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text};

use crate::db::schema::chatwoot_conversations as c;
use crate::db::sql::literal::LiteralSql;
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::chatwoot::attribute::Attribute;
use crate::domain::chatwoot::message_ids::MessageIds;
use crate::domain::chatwoot::observation::{ConversationKey, ConversationNumber, State};
use crate::domain::chatwoot::snapshot::{AwaitedStatus, Known, Snapshot};
use crate::domain::id::{ConnectionId, EventId};
use crate::domain::timestamp::Timestamp;

/// Conversations of one connection; cleanup deletes those whose last activity is the oldest.
const KEPT_MAX: i64 = 100_000;
/// Rows that one step of a cleanup deletes.
const FORGOTTEN_ROWS_MAX: i64 = 500;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = c, treat_none_as_null = true)]
struct Row {
    connection_id: ConnectionId,
    conversation_id: i64,
    status: Option<String>,
    assignee: Option<String>,
    team: Option<String>,
    labels: Option<String>,
    substatus: Option<String>,
    updated_at: Option<i64>,
    reported: i64,
    is_created: bool,
    messages: Vec<u8>,
    last_activity: i64,
    awaited_event: Option<EventId>,
    awaited_until: Option<i64>,
}

impl Row {
    fn new(key: ConversationKey, snapshot: &Snapshot) -> Self {
        let known = snapshot.known.as_ref();
        let text = |value: fn(&State) -> &Option<String>| known.and_then(|known| value(&known.state).clone());
        Self {
            connection_id: key.connection,
            conversation_id: key.number.0,
            status: known.map(|known| known.state.status.clone()),
            assignee: text(|state| &state.assignee),
            team: text(|state| &state.team),
            labels: text(|state| &state.labels),
            substatus: text(|state| &state.substatus),
            updated_at: known.and_then(|known| known.state.updated_at).map(Timestamp::micros),
            reported: known.map_or(0, |known| Attribute::to_bits(&known.reported)),
            is_created: snapshot.is_created,
            messages: snapshot.messages.to_bytes(),
            last_activity: snapshot.last_activity_s,
            awaited_event: snapshot.awaited.map(|awaited| awaited.event),
            awaited_until: snapshot.awaited.map(|awaited| awaited.until.micros()),
        }
    }

    fn into_pair(self) -> (ConversationKey, Snapshot) {
        let key = ConversationKey { connection: self.connection_id, number: ConversationNumber(self.conversation_id) };
        let (assignee, team, labels, substatus) = (self.assignee, self.team, self.labels, self.substatus);
        let updated_at = self.updated_at.map(Timestamp::from_micros);
        let reported = Attribute::from_bits(self.reported);
        let known = self
            .status
            .map(|status| Known { state: State { updated_at, status, assignee, team, labels, substatus }, reported });
        let awaited = self.awaited_event.zip(self.awaited_until.map(Timestamp::from_micros));
        let snapshot = Snapshot {
            known,
            is_created: self.is_created,
            messages: MessageIds::from_bytes(&self.messages),
            last_activity_s: self.last_activity,
            awaited: awaited.map(|(event, until)| AwaitedStatus { event, until }),
        };
        (key, snapshot)
    }
}

/// The snapshots of these conversations, to be changed in this transaction: on Postgres their rows are locked, and missing
/// ones are inserted first, so that two processes do not overwrite each other's snapshot. Conversations without one are
/// left out, or have an empty one.
pub fn find_for_update(
    conn: &mut DbConnection,
    keys: &BTreeSet<ConversationKey>,
) -> Result<HashMap<ConversationKey, Snapshot>, Error> {
    let DbConnection::Postgres(conn) = conn else { return find(conn, keys) };
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    // In the order of the keys, so that two processes lock in the same order.
    let connections: Vec<ConnectionId> = keys.iter().map(|key| key.connection).collect();
    let numbers: Vec<i64> = keys.iter().map(|key| key.number.0).collect();
    let statement = LiteralSql(INSERT_KEYS)
        .bind::<Array<BigInt>, _>(connections, "::bigint[], ")
        .bind::<Array<BigInt>, _>(numbers, LOCKED);
    let rows: Vec<Row> = prepared::load_on(conn, Returning(statement))?;
    Ok(rows.into_iter().map(Row::into_pair).collect())
}

/// The snapshots of these conversations; those without one are left out.
pub fn find(
    conn: &mut DbConnection,
    keys: &BTreeSet<ConversationKey>,
) -> Result<HashMap<ConversationKey, Snapshot>, Error> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let connections: BTreeSet<ConnectionId> = keys.iter().map(|key| key.connection).collect();
    let found = c::table.filter(c::connection_id.eq_any(connections));
    let found = found.filter(c::conversation_id.eq_any(keys.iter().map(|key| key.number.0)));
    let rows: Vec<Row> = found.select(Row::as_select()).load(conn)?;
    // A number may be that of conversations in two Chatwoots.
    Ok(rows.into_iter().map(Row::into_pair).filter(|(key, _)| keys.contains(key)).collect())
}

/// A change of a status for which Chatwoot's own event has not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The conversation.
    pub key: ConversationKey,
    /// The event whose body has the new status.
    pub event: EventId,
}

/// Up to `limit` changes of a status whose own event has not come in time.
pub fn awaited(conn: &mut DbConnection, now: Timestamp, limit: i64) -> Result<Vec<Awaited>, Error> {
    let rows: Vec<(ConnectionId, i64, Option<EventId>)> = c::table
        .filter(c::awaited_until.le(now.micros()))
        .order(c::awaited_until)
        .select((c::connection_id, c::conversation_id, c::awaited_event))
        .limit(limit)
        .load(conn)?;
    let one = |(connection, number, event): (ConnectionId, i64, Option<EventId>)| {
        let key = ConversationKey { connection, number: ConversationNumber(number) };
        event.map(|event| Awaited { key, event })
    };
    Ok(rows.into_iter().filter_map(one).collect())
}

/// Ends the wait for Chatwoot's own event, unless a later change of the status has begun another.
pub fn clear_awaited(conn: &mut DbConnection, awaited: Awaited) -> Result<(), Error> {
    let row = c::table.find((awaited.key.connection, awaited.key.number.0));
    diesel::update(row.filter(c::awaited_event.eq(awaited.event)))
        .set((c::awaited_event.eq(None::<EventId>), c::awaited_until.eq(None::<i64>)))
        .execute(conn)?;
    Ok(())
}

/// A statement of Postgres that returns the columns of [`Row`].
struct Returning<Q>(Q);

impl<Q> Query for Returning<Q> {
    type SqlType = (
        BigInt,
        BigInt,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<BigInt>,
        BigInt,
        Bool,
        Binary,
        BigInt,
        Nullable<BigInt>,
        Nullable<BigInt>,
    );
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Returning<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

impl<Q> QueryId for Returning<Q> {
    type QueryId = ();
    // diesel finds the prepared statement by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

const INSERT_KEYS: &str = "INSERT INTO chatwoot_conversations (connection_id, conversation_id) SELECT * FROM unnest(";
const LOCKED: &str = "::bigint[]) ON CONFLICT (connection_id, conversation_id) \
     DO UPDATE SET conversation_id = excluded.conversation_id RETURNING connection_id, conversation_id, status, assignee, \
     team, labels, substatus, updated_at, reported, is_created, messages, last_activity, awaited_event, awaited_until";

/// Stores snapshots.
pub fn store(conn: &mut DbConnection, snapshots: &BTreeMap<ConversationKey, Snapshot>) -> Result<(), Error> {
    let rows: Vec<Row> = snapshots.iter().map(|(key, snapshot)| Row::new(*key, snapshot)).collect();
    let conn = match conn {
        DbConnection::Sqlite(conn) => {
            for row in &rows {
                let upsert =
                    diesel::insert_into(c::table).values(row).on_conflict((c::connection_id, c::conversation_id));
                prepared::execute_on(conn, upsert.do_update().set(row))?;
            }
            return Ok(());
        }
        DbConnection::Postgres(_) if rows.is_empty() => return Ok(()),
        DbConnection::Postgres(conn) => conn,
    };
    let text = |value: fn(&Row) -> &Option<String>| rows.iter().map(|row| value(row).as_deref()).collect::<Vec<_>>();
    let statement = LiteralSql(UPSERT)
        .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.connection_id).collect::<Vec<_>>(), "::bigint[], ")
        .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.conversation_id).collect::<Vec<_>>(), "::bigint[], ")
        .bind::<Array<Nullable<Text>>, _>(text(|row| &row.status), "::text[], ")
        .bind::<Array<Nullable<Text>>, _>(text(|row| &row.assignee), "::text[], ")
        .bind::<Array<Nullable<Text>>, _>(text(|row| &row.team), "::text[], ")
        .bind::<Array<Nullable<Text>>, _>(text(|row| &row.labels), "::text[], ")
        .bind::<Array<Nullable<Text>>, _>(text(|row| &row.substatus), "::text[], ")
        .bind::<Array<Nullable<BigInt>>, _>(rows.iter().map(|row| row.updated_at).collect::<Vec<_>>(), "::bigint[], ")
        .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.reported).collect::<Vec<_>>(), "::bigint[], ")
        .bind::<Array<Bool>, _>(rows.iter().map(|row| row.is_created).collect::<Vec<_>>(), "::bool[], ")
        .bind::<Array<Binary>, _>(rows.iter().map(|row| row.messages.as_slice()).collect::<Vec<_>>(), "::bytea[], ")
        .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.last_activity).collect::<Vec<_>>(), "::bigint[], ")
        .bind::<Array<Nullable<BigInt>>, _>(
            rows.iter().map(|row| row.awaited_event).collect::<Vec<_>>(),
            "::bigint[], ",
        )
        .bind::<Array<Nullable<BigInt>>, _>(rows.iter().map(|row| row.awaited_until).collect::<Vec<_>>(), REPLACE);
    prepared::execute_on(conn, statement)?;
    Ok(())
}

const UPSERT: &str = "INSERT INTO chatwoot_conversations (connection_id, conversation_id, status, assignee, team, labels, \
     substatus, updated_at, reported, is_created, messages, last_activity, awaited_event, awaited_until) \
     SELECT * FROM unnest(";
const REPLACE: &str = "::bigint[]) ON CONFLICT (connection_id, conversation_id) DO UPDATE SET status = excluded.status, \
     assignee = excluded.assignee, team = excluded.team, labels = excluded.labels, substatus = excluded.substatus, \
     updated_at = excluded.updated_at, reported = excluded.reported, is_created = excluded.is_created, \
     messages = excluded.messages, last_activity = excluded.last_activity, awaited_event = excluded.awaited_event, \
     awaited_until = excluded.awaited_until";

/// Deletes up to 500 conversations of a connection that has more than 100,000, those with the oldest activity first.
/// Returns how many.
pub fn forget(conn: &mut DbConnection) -> Result<usize, Error> {
    use crate::db::schema::chatwoot_connections as connections;
    let all: Vec<ConnectionId> = connections::table.select(connections::id).load(conn)?;
    for connection in all {
        let of_connection = c::table.filter(c::connection_id.eq(connection));
        // The activity of the newest conversation that is one too many: read from the index.
        let limit: Option<i64> = of_connection
            .select(c::last_activity)
            .order(c::last_activity.desc())
            .offset(KEPT_MAX)
            .limit(1)
            .get_result(conn)
            .optional()?;
        let Some(limit) = limit else { continue };
        let old: Vec<i64> = of_connection
            .filter(c::last_activity.le(limit))
            .order(c::last_activity)
            .select(c::conversation_id)
            .limit(FORGOTTEN_ROWS_MAX)
            .load(conn)?;
        let gone = of_connection.filter(c::conversation_id.eq_any(old));
        return Ok(diesel::delete(gone).execute(conn)?);
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::query_plans;
    use crate::domain::chatwoot::observation::Observation;
    use crate::domain::events::catalogue::EventName;

    fn key(connection: i64, number: i64) -> ConversationKey {
        ConversationKey { connection: ConnectionId(connection), number: ConversationNumber(number) }
    }

    fn database() -> DbConnection {
        let mut conn = query_plans::database(false);
        use crate::db::schema::chatwoot_connections as connections;
        diesel::delete(connections::table).execute(&mut conn).expect("no connection");
        for id in [1_i64, 2] {
            diesel::insert_into(connections::table)
                .values((
                    (connections::id.eq(id), connections::name.eq("Nova"), connections::ingest_key.eq("")),
                    connections::key_hash.eq(id.to_string().into_bytes()),
                    connections::created_at.eq(0),
                    (connections::next_check_at.eq(0), connections::next_sync_at.eq(0)),
                ))
                .execute(&mut conn)
                .expect("a connection");
        }
        conn
    }

    #[test]
    fn snapshots_are_read_as_they_were_stored() {
        let mut conn = database();
        let keys = BTreeSet::from([key(1, 7), key(1, 8), key(2, 7)]);
        let empty = find_for_update(&mut conn, &keys).expect("snapshots");
        assert!(empty.values().all(|snapshot| *snapshot == Snapshot::default()));
        let mut snapshots: BTreeMap<ConversationKey, Snapshot> =
            keys.iter().map(|key| (*key, Snapshot::default())).collect();
        for (event, (snapshot, second)) in (100..).zip(snapshots.values_mut().zip([5, 6, 7])) {
            for status in ["pending", "open"] {
                let body = format!(
                    r#"{{"id":7,"status":"{status}","labels":["a","б"],"meta":{{"assignee":{{"id":3}}}},
                    "last_activity_at":{second},"updated_at":{second}.{}}}"#,
                    status.len()
                );
                let seen = Observation::read(EventName::ConversationUpdated, &body, "substatus").expect("a state");
                snapshot.observe(&seen, EventId(event), Timestamp::from_seconds(1));
            }
            snapshot.messages.insert(second);
        }
        for _ in 0..2 {
            store(&mut conn, &snapshots).expect("stored");
            let found = find_for_update(&mut conn, &keys).expect("snapshots");
            assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), snapshots);
        }
        let asked = find(&mut conn, &[key(2, 8), key(1, 7)].into()).expect("snapshots");
        assert_eq!(asked.keys().copied().collect::<Vec<_>>(), [key(1, 7)], "not the 7 of the other Chatwoot");
        let waiting = awaited(&mut conn, Timestamp::from_seconds(11), 10).expect("a list");
        assert!(waiting.is_empty(), "{waiting:?}");
    }

    #[test]
    fn the_oldest_conversations_beyond_the_limit_are_forgotten() {
        let mut conn = database();
        let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100700) \
             INSERT INTO chatwoot_conversations (connection_id, conversation_id, last_activity) SELECT 1, i, i FROM n";
        diesel::sql_query(rows).execute(&mut conn).expect("rows");
        let steps: Vec<usize> = (0..3).map(|_| forget(&mut conn).expect("a step")).collect();
        assert_eq!(steps, [500, 200, 0]);
        let left = find(&mut conn, &[key(1, 700), key(1, 701)].into()).expect("snapshots");
        assert_eq!(left.keys().copied().collect::<Vec<_>>(), [key(1, 701)]);
    }
}
