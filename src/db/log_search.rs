//! Looking into what was sent and what was answered.

use std::collections::HashSet;

use diesel::prelude::*;

use super::deliveries::Row;
use super::schema::attempts;
use super::{DbConnection, Error, events};
use crate::domain::cursor::Cursor;
use crate::domain::id::{DeliveryId, EventId};
use crate::domain::search::{Search, folded};

/// Deliveries that one search looks into, and events that a piece of an id may mean.
pub(super) const NEWEST: usize = 5_000;
/// Bytes that one search reads, should all bodies be large.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Deliveries that are looked into at a time: so many bodies are held at once.
const CHUNK: usize = 100;
/// The same where no body is read.
const LIGHT_CHUNK: usize = 1_000;

/// Up to `most` of the rows that `next` gives from a cursor on, and where the search stopped, if it did.
pub(super) fn rows(
    conn: &mut DbConnection,
    search: &Search,
    mut cursor: Cursor<DeliveryId>,
    most: usize,
    next: impl Fn(&mut DbConnection, Cursor<DeliveryId>, usize) -> Result<(Vec<Row>, Option<i64>), Error>,
) -> Result<(Vec<Row>, Option<i64>), Error> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    let mut looked = 0;
    let chunk = if matches!(search, Search::Text(_)) { CHUNK } else { LIGHT_CHUNK };
    while looked < NEWEST && bytes < MOST_BYTES {
        let (rows, edge) = next(conn, cursor, chunk)?;
        let last = rows.last().map(|row| row.id);
        looked += rows.len();
        let ended = rows.len() < chunk;
        found.extend(matching(conn, search, rows, &mut bytes)?);
        if found.len() >= most {
            found.truncate(most);
            return Ok((found, None));
        }
        match last {
            Some(last) if !ended => cursor = cursor.beyond(DeliveryId(last)),
            _ => return Ok((found, edge)),
        }
    }
    let stopped = match cursor {
        Cursor::Newest => None,
        Cursor::Before(id) | Cursor::After(id) => Some(id.0),
    };
    Ok((found, stopped))
}

fn matching(conn: &mut DbConnection, search: &Search, rows: Vec<Row>, bytes: &mut usize) -> Result<Vec<Row>, Error> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let of_these = attempts::table.filter(attempts::delivery_id.eq_any(ids));
    match search {
        Search::HttpStatus(status) => {
            let answered = of_these.filter(attempts::status.eq(i32::from(*status))).select(attempts::delivery_id);
            let answered: HashSet<i64> = answered.load(conn)?.into_iter().collect();
            Ok(rows.into_iter().filter(|row| answered.contains(&row.id)).collect())
        }
        Search::Text(text) => {
            let mut holds = |body: &[u8]| {
                *bytes += body.len();
                folded(body).contains(text)
            };
            let sent: HashSet<i64> = rows.iter().map(|row| row.event_id).collect();
            let sent: Vec<EventId> = sent.into_iter().map(EventId).collect();
            let sent = events::bodies(conn, &sent)?.into_iter().filter(|(_, body)| holds(body));
            let sent: HashSet<i64> = sent.map(|(id, _)| id.0).collect();
            let answers = of_these.filter(attempts::response_body.is_not_null());
            let answers: Vec<(i64, Option<Vec<u8>>)> =
                answers.select((attempts::delivery_id, attempts::response_body)).load(conn)?;
            let answered = answers.into_iter().filter(|(_, body)| body.as_deref().is_some_and(&mut holds));
            let answered: HashSet<i64> = answered.map(|(id, _)| id).collect();
            let fits = |row: &Row| sent.contains(&row.event_id) || answered.contains(&row.id);
            Ok(rows.into_iter().filter(fits).collect())
        }
        Search::Deliveries(_) | Search::Events(_) => Ok(rows),
    }
}
