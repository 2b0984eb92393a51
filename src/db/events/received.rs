//! Received events: every one that was accepted, also those that no webhook got.
//!
//! The primary key is the order of time, so a page is a range of it. Only `unmatched` has an index of its own
//! (`events_unmatched`, partial); with another filter a bounded stretch of the key is looked through, and a page may
//! come out short, with a cursor to go on. No index is spent on filters: each would cost every event that comes in.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::Binary;

use crate::db::deliveries::queue::Row as DeliveryRow;
use crate::db::schema::{deliveries as d, events as e};
use crate::db::sql::literal::Fixed;
use crate::db::{DbConnection, Error};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::{Delivery, Trigger};
use crate::domain::events::Unmatched;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{EventId, IdSource, InboxId};
use crate::domain::timestamp::Timestamp;

/// Events looked at for one page when a filter has no index.
const LOOKED_AT: i64 = 10_000;
/// Deliveries of one event that are shown.
const DELIVERIES: i64 = 200;
/// Derived events get their ids right after their source: within a second of ids (`IdSource`: 12 bits a microsecond).
const SECOND_OF_IDS: i64 = 1_000_000 << 12;

#[diesel::declare_sql_function]
extern "SQL" {
    /// Bytes of a blob, on both databases.
    fn length(blob: Binary) -> Integer;
}

/// What to show; empty means all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of that name.
    pub event: Option<EventName>,
    /// From that inbox.
    pub inbox: Option<InboxId>,
    /// Only those that no webhook got.
    pub unmatched: bool,
    /// Accepted then or later.
    pub from: Option<Timestamp>,
    /// Accepted before then.
    pub to: Option<Timestamp>,
}

/// An event without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: EventId,
    /// Its name.
    pub event: EventName,
    /// The inbox it came from.
    pub inbox_id: Option<InboxId>,
    /// The event it was derived from.
    pub derived_from: Option<EventId>,
    /// Bytes of its body.
    pub size: usize,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// Why no webhook got it, if none did.
    pub unmatched: Option<Unmatched>,
    /// Deliveries made of it, tests not counted.
    pub deliveries: u64,
    /// It was made on a test page.
    pub test: bool,
}

/// A part of the list, newest first, and where it goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The events.
    pub lines: Vec<Line>,
    /// Where newer ones are, if there may be any.
    pub newer: Option<Cursor<EventId>>,
    /// Where older ones are, if there may be any.
    pub older: Option<Cursor<EventId>>,
}

type Columns = (i64, String, Option<i64>, Option<i64>, i32, i64, Option<String>);
type Query = e::BoxedQuery<'static, <DbConnection as Connection>::Backend>;

/// Up to `limit` events.
pub fn page(conn: &mut DbConnection, filter: &Filter, cursor: Cursor<EventId>, limit: usize) -> Result<Page, Error> {
    let scans = filter.event.is_some() || filter.inbox.is_some();
    let bound = if scans { bound(conn, filter, cursor)? } else { None };
    let mut query = candidates(filter, cursor);
    if let Some(event) = filter.event {
        query = query.filter(e::name.eq(event.as_str()));
    }
    if let Some(inbox) = filter.inbox {
        query = query.filter(e::inbox_id.eq(inbox));
    }
    query = match (bound, cursor) {
        (None, _) => query,
        (Some(bound), Cursor::After(_)) => query.filter(e::id.lt(bound)),
        (Some(bound), _) => query.filter(e::id.gt(bound)),
    };
    let most = i64::try_from(limit).unwrap_or(100) + 1;
    let mut rows: Vec<Columns> = query.limit(most).select(columns()).load(conn)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.0));
    let (first, last) = (rows.first().map(|row| EventId(row.0)), rows.last().map(|row| EventId(row.0)));
    let (newer, older) = match cursor {
        Cursor::After(_) => {
            let goes_on = if more { first } else { bound.map(|bound| EventId(bound - 1)) };
            (goes_on.map(Cursor::After), last.map(Cursor::Before))
        }
        _ => {
            let goes_on = if more { last } else { bound.map(|bound| EventId(bound + 1)) };
            (first.filter(|_| cursor != Cursor::Newest).map(Cursor::After), goes_on.map(Cursor::Before))
        }
    };
    Ok(Page { lines: lines(conn, rows)?, newer, older })
}

type Selection = (e::id, e::name, e::inbox_id, e::derived_from, length<e::body>, e::created_at, e::unmatched);

fn columns() -> Selection {
    (e::id, e::name, e::inbox_id, e::derived_from, length(e::body), e::created_at, e::unmatched)
}

/// What the key, and the index of the unmatched, lead to.
fn candidates(filter: &Filter, cursor: Cursor<EventId>) -> Query {
    let mut query = e::table.into_boxed();
    if filter.unmatched {
        query = query.filter(Fixed("events.unmatched IS NOT NULL"));
    }
    if let Some(from) = filter.from {
        query = query.filter(e::id.ge(IdSource::first_at(from)));
    }
    if let Some(to) = filter.to {
        query = query.filter(e::id.lt(IdSource::first_at(to)));
    }
    match cursor {
        Cursor::Newest => query.order(e::id.desc()),
        Cursor::Before(id) => query.filter(e::id.lt(id.0)).order(e::id.desc()),
        Cursor::After(id) => query.filter(e::id.gt(id.0)).order(e::id.asc()),
    }
}

/// The first event that is too far away to be looked at.
fn bound(conn: &mut DbConnection, filter: &Filter, cursor: Cursor<EventId>) -> Result<Option<i64>, Error> {
    Ok(candidates(filter, cursor).select(e::id).offset(LOOKED_AT).limit(1).first(conn).optional()?)
}

/// The events of those rows, with what was made of them (`deliveries_event`).
fn lines(conn: &mut DbConnection, rows: Vec<Columns>) -> Result<Vec<Line>, Error> {
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let made: Vec<(i64, String, i64)> = d::table
        .filter(d::event_id.eq_any(ids))
        .group_by((d::event_id, d::origin))
        .select((d::event_id, d::origin, count_star()))
        .load(conn)?;
    let mut counts: HashMap<i64, (u64, bool)> = HashMap::new();
    for (event, origin, count) in made {
        let entry = counts.entry(event).or_default();
        if origin == Trigger::Test.as_str() {
            entry.1 = true;
        } else {
            entry.0 += count.unsigned_abs();
        }
    }
    let line = |(id, name, inbox_id, derived_from, size, created_at, unmatched): Columns| {
        let event = EventName::parse_any(&name).ok_or(Error::Meaning("event"))?;
        let (deliveries, tested) = counts.get(&id).copied().unwrap_or_default();
        Ok(Line {
            id: EventId(id),
            event,
            inbox_id,
            derived_from: derived_from.map(EventId),
            size: usize::try_from(size).unwrap_or_default(),
            created_at: Timestamp::from_micros(created_at),
            unmatched: unmatched.as_deref().and_then(Unmatched::parse),
            deliveries,
            test: tested || event == EventName::WebhookTest,
        })
    };
    rows.into_iter().map(line).collect()
}

/// One event, unless retention removed it.
pub fn find(conn: &mut DbConnection, id: EventId) -> Result<Option<Line>, Error> {
    let row: Option<Columns> = e::table.find(id.0).select(columns()).first(conn).optional()?;
    Ok(lines(conn, row.into_iter().collect())?.pop())
}

/// The events that were derived from that one.
pub fn derived(conn: &mut DbConnection, id: EventId) -> Result<Vec<(EventId, EventName)>, Error> {
    let rows: Vec<(i64, String)> = e::table
        .filter(e::id.gt(id.0))
        .filter(e::id.lt(id.0.saturating_add(SECOND_OF_IDS)))
        .filter(e::derived_from.eq(id.0))
        .order(e::id)
        .select((e::id, e::name))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, name)| Some((EventId(id), EventName::parse_any(&name)?))).collect())
}

/// What was made of an event, the first first (`deliveries_event`).
pub fn deliveries(conn: &mut DbConnection, id: EventId) -> Result<Vec<Delivery>, Error> {
    let rows: Vec<DeliveryRow> = d::table.filter(d::event_id.eq(id.0)).order(d::id).limit(DELIVERIES).load(conn)?;
    rows.into_iter().map(DeliveryRow::into_delivery).collect()
}
