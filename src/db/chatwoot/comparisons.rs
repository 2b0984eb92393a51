//! How far connected Chatwoots were compared with what has arrived.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;

use super::registration;
use crate::db::schema::{
    chatwoot_comparisons as r, chatwoot_connections as connections, chatwoot_conversations as c, chatwoot_missing as m,
};
use crate::db::{DbConnection, Error};
use crate::domain::chatwoot::comparison::Expected;
use crate::domain::chatwoot::progress::{Comparison, LIMITED, Running};
use crate::domain::chatwoot::subscriptions;
use crate::domain::id::ConnectionId;
use crate::domain::timestamp::Timestamp;

/// No pause is longer. A later time was stored before the clock was set back.
const WAIT_MAX: Duration = Duration::from_secs(2 * 3600);

#[derive(Queryable, Selectable)]
#[diesel(table_name = r)]
struct Row {
    connection_id: ConnectionId,
    takes_in: bool,
    compared_to: i64,
    began: Option<i64>,
    page: i64,
    comparing: i64,
    expected: i64,
    expected_before: i64,
    next_at: i64,
    ended_at: Option<i64>,
    requests: i64,
    problem: Option<String>,
}

impl From<Row> for Comparison {
    fn from(row: Row) -> Self {
        let running = |began_s| Running { began_s, page: row.page, comparing: Expected::from_bits(row.comparing) };
        Self {
            connection: row.connection_id,
            takes_in: row.takes_in,
            compared_to_s: row.compared_to,
            expected: Expected::from_bits(row.expected),
            expected_before: Expected::from_bits(row.expected_before),
            running: row.began.map(running),
            next_at: Timestamp::from_micros(row.next_at),
            ended_at: row.ended_at.map(Timestamp::from_micros),
            requests: row.requests,
            problem: row.problem,
        }
    }
}

/// Whether a comparison is due, or a connection has none. Those of the `busy` connections do not count.
pub fn is_any_due(conn: &mut DbConnection, now: Timestamp, busy: &[ConnectionId]) -> Result<bool, Error> {
    let known: HashMap<ConnectionId, i64> =
        r::table.select((r::connection_id, r::next_at)).load(conn)?.into_iter().collect();
    let is_new = |id: &ConnectionId| !known.contains_key(id);
    let is_due = |(id, next_at): (&ConnectionId, &i64)| {
        !busy.contains(id) && (*next_at <= now.micros() || *next_at > now.after(WAIT_MAX).micros())
    };
    Ok(known.iter().any(is_due) || comparable(conn)?.keys().any(is_new))
}

/// The connections whose webhook is registered, with the time at which that was last checked.
fn comparable(conn: &mut DbConnection) -> Result<HashMap<ConnectionId, Option<i64>>, Error> {
    let comparable = connections::table
        .filter(connections::webhook_id.is_not_null())
        .filter(connections::api_token.is_not_null())
        .filter(connections::disconnected_at.is_null());
    Ok(comparable.select((connections::id, connections::checked_at)).load(conn)?.into_iter().collect())
}

/// Begins to compare connections whose webhook is registered, from the registration on, and forgets those that were ended.
pub fn follow_connections(conn: &mut DbConnection, now: Timestamp) -> Result<(), Error> {
    let comparable = comparable(conn)?;
    let known: Vec<ConnectionId> = r::table.select(r::connection_id).load(conn)?;
    let ended: Vec<ConnectionId> = known.iter().copied().filter(|id| !comparable.contains_key(id)).collect();
    if !ended.is_empty() {
        diesel::delete(r::table.filter(r::connection_id.eq_any(ended))).execute(conn)?;
    }
    for (new, registered_at) in comparable.iter().filter(|(id, _)| !known.contains(id)) {
        let registered_at = registered_at.map_or(now, Timestamp::from_micros);
        let expected = Expected::of(&subscriptions::needed(registration::wanted(conn)?.0)).to_bits();
        diesel::insert_into(r::table)
            .values((
                r::connection_id.eq(new),
                r::compared_to.eq(registered_at.seconds()),
                (r::expected.eq(expected), r::expected_before.eq(expected)),
                r::next_at.eq(now.micros()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Forgets the comparison of a connection that was ended, and what it found.
pub fn end(conn: &mut DbConnection, connection: ConnectionId) -> Result<(), Error> {
    diesel::delete(r::table.find(connection)).execute(conn)?;
    diesel::delete(m::table.filter(m::connection_id.eq(connection))).execute(conn)?;
    Ok(())
}

/// The comparison of a connection.
pub fn find(conn: &mut DbConnection, connection: ConnectionId) -> Result<Option<Comparison>, Error> {
    let row: Option<Row> = r::table.find(connection).select(Row::as_select()).get_result(conn).optional()?;
    Ok(row.map(Comparison::from))
}

/// The comparison whose next step is due for the longest time, without those of the `busy` connections.
pub fn due(conn: &mut DbConnection, now: Timestamp, busy: &[ConnectionId]) -> Result<Option<Comparison>, Error> {
    let far = r::next_at.gt(now.after(WAIT_MAX).micros());
    let due = r::table.filter(r::next_at.le(now.micros()).or(far)).filter(r::connection_id.ne_all(busy));
    let due = due.order(r::next_at).limit(1);
    Ok(due.select(Row::as_select()).load(conn)?.pop().map(Comparison::from))
}

/// Stores a comparison: how far it is, and when it continues.
pub fn store(conn: &mut DbConnection, comparison: &Comparison) -> Result<(), Error> {
    let running = comparison.running;
    diesel::update(r::table.find(comparison.connection))
        .set((
            r::compared_to.eq(comparison.compared_to_s),
            r::began.eq(running.map(|running| running.began_s)),
            r::page.eq(running.map_or(1, |running| running.page)),
            r::comparing.eq(running.map_or(0, |running| running.comparing.to_bits())),
            r::expected.eq(comparison.expected.to_bits()),
            r::expected_before.eq(comparison.expected_before.to_bits()),
            r::next_at.eq(comparison.next_at.micros()),
            r::ended_at.eq(comparison.ended_at.map(Timestamp::micros)),
            r::requests.eq(comparison.requests),
            r::problem.eq(&comparison.problem),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whether some connection is compared.
pub fn any(conn: &mut DbConnection) -> Result<bool, Error> {
    Ok(r::table.select(r::connection_id).limit(1).load::<ConnectionId>(conn)?.pop().is_some())
}

/// Has all comparisons begin, or continue, now: the process has just started, and events may have been lost before. Those
/// that failed wait as long as Chatwoot asked for.
pub fn hurry_all(conn: &mut DbConnection, now: Timestamp) -> Result<(), Error> {
    let waiting = r::table.filter(r::problem.is_null()).filter(r::next_at.gt(now.micros()));
    diesel::update(waiting).set(r::next_at.eq(now.micros())).execute(conn)?;
    Ok(())
}

/// What came of the request for a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hurried {
    /// It begins, or continues, now.
    Now,
    /// Chatwoot answered 429 last: the comparison continues at the time that it asked for.
    Limited,
}

/// Has a comparison begin, or continue, now. `None` if the connection has none.
pub fn hurry(conn: &mut DbConnection, connection: ConnectionId, now: Timestamp) -> Result<Option<Hurried>, Error> {
    let unlimited = r::table.find(connection).filter(r::problem.is_null().or(r::problem.ne(LIMITED)));
    if diesel::update(unlimited).set(r::next_at.eq(now.micros())).execute(conn)? > 0 {
        return Ok(Some(Hurried::Now));
    }
    Ok(find(conn, connection)?.map(|_| Hurried::Limited))
}

/// Whether missing events of a connection are taken in as they are found. False if the connection has no comparison.
pub fn set_takes_in(conn: &mut DbConnection, connection: ConnectionId, takes_in: bool) -> Result<bool, Error> {
    Ok(diesel::update(r::table.find(connection)).set(r::takes_in.eq(takes_in)).execute(conn)? > 0)
}

/// Up to which activity (in seconds) and which message a conversation was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// `last_activity_at` at that time, in seconds since the Unix epoch; 0 before the first comparison.
    pub activity_s: i64,
    /// The newest message; 0 if there was none.
    pub message: i64,
}

/// How far these conversations were compared, by number; those that were not are left out.
pub fn compared(
    conn: &mut DbConnection,
    connection: ConnectionId,
    numbers: &[i64],
) -> Result<HashMap<i64, Compared>, Error> {
    let found = c::table.filter(c::connection_id.eq(connection)).filter(c::conversation_id.eq_any(numbers));
    let rows: Vec<(i64, i64, i64)> =
        found.select((c::conversation_id, c::compared_activity, c::compared_message)).load(conn)?;
    Ok(rows.into_iter().map(|(number, activity_s, message)| (number, Compared { activity_s, message })).collect())
}

/// Stores how far a conversation was compared. Its snapshot has to exist.
pub fn set_compared(
    conn: &mut DbConnection,
    connection: ConnectionId,
    number: i64,
    compared: Compared,
) -> Result<(), Error> {
    diesel::update(c::table.find((connection, number)))
        .set((c::compared_activity.eq(compared.activity_s), c::compared_message.eq(compared.message)))
        .execute(conn)?;
    Ok(())
}
