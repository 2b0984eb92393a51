//! Received events: all accepted events, with those that no webhook got.
//!
//! Ids grow with time, so a page is a range of the primary key. Only `unmatched` has an index (`events_unmatched`,
//! partial). With another filter at most 10,000 ids are read for a page, which may then have fewer lines and a cursor
//! to the rest. The other filters have no index, because each would slow down the insert of every event.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::Binary;

use crate::db::deliveries::queue::rows::Row as DeliveryRow;
use crate::db::schema::{deliveries as d, events as e};
use crate::db::sql::literal::LiteralSql;
use crate::db::{DbConnection, Error};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::{Delivery, Trigger};
use crate::domain::events::Unmatched;
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{EventId, IdSource, InboxId};
use crate::domain::timestamp::Timestamp;

/// Events read for one page when a filter has no index.
const SCAN_EVENTS_MAX: i64 = 10_000;
/// Deliveries shown for one event.
const DELIVERIES_MAX: i64 = 200;
/// The ids of one second (`IdSource`: 12 bits a microsecond). Derived events get their ids right after their source's.
const IDS_PER_SECOND: i64 = 1_000_000 << 12;

#[diesel::declare_sql_function]
extern "SQL" {
    /// The bytes of a blob, on both databases.
    fn length(blob: Binary) -> Integer;
}

/// Selects events; the default selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only events of this name.
    pub event: Option<EventName>,
    /// Only events of this inbox.
    pub inbox: Option<InboxId>,
    /// Only events that no webhook got.
    pub unmatched: bool,
    /// Only events accepted at this time or later.
    pub from: Option<Timestamp>,
    /// Only events accepted before this time.
    pub to: Option<Timestamp>,
}

/// An event without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Unique; grows with time.
    pub id: EventId,
    /// What happened.
    pub event: EventName,
    /// The inbox that the event names.
    pub inbox_id: Option<InboxId>,
    /// The event it was derived from.
    pub derived_from: Option<EventId>,
    /// The size of its body in bytes.
    pub size: usize,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// Why no webhook got it, if so.
    pub unmatched: Option<Unmatched>,
    /// How many deliveries it has, without those of tests.
    pub deliveries: u64,
    /// Whether it is a test event, or has a delivery that a test made.
    pub test: bool,
}

/// A page of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The events, newest first.
    pub lines: Vec<Line>,
    /// The cursor of the page with newer events, if there may be any.
    pub newer: Option<Cursor<EventId>>,
    /// The cursor of the page with older events, if there may be any.
    pub older: Option<Cursor<EventId>>,
}

type Columns = (EventId, String, Option<InboxId>, Option<EventId>, i32, i64, Option<String>);
type Query = e::BoxedQuery<'static, <DbConnection as Connection>::Backend>;

/// The events that match the filter, up to `limit` of them, on the page that the cursor names.
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
    let rows_max = i64::try_from(limit).unwrap_or(100) + 1;
    let mut rows: Vec<Columns> = query.limit(rows_max).select(columns()).load(conn)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.0));
    let (first, last) = (rows.first().map(|row| row.0), rows.last().map(|row| row.0));
    let (newer, older) = match cursor {
        Cursor::After(_) => {
            let next = if more { first } else { bound.map(|bound| EventId(bound.0 - 1)) };
            (next.map(Cursor::After), last.map(Cursor::Before))
        }
        _ => {
            let next = if more { last } else { bound.map(|bound| EventId(bound.0 + 1)) };
            (first.filter(|_| cursor != Cursor::Newest).map(Cursor::After), next.map(Cursor::Before))
        }
    };
    Ok(Page { lines: lines(conn, rows)?, newer, older })
}

type Selection = (e::id, e::name, e::inbox_id, e::derived_from, length<e::body>, e::created_at, e::unmatched);

fn columns() -> Selection {
    (e::id, e::name, e::inbox_id, e::derived_from, length(e::body), e::created_at, e::unmatched)
}

/// The part of the query that the primary key and `events_unmatched` serve.
fn candidates(filter: &Filter, cursor: Cursor<EventId>) -> Query {
    let mut query = e::table.into_boxed();
    if filter.unmatched {
        query = query.filter(LiteralSql("events.unmatched IS NOT NULL"));
    }
    if let Some(from) = filter.from {
        query = query.filter(e::id.ge(IdSource::first_at(from)));
    }
    if let Some(to) = filter.to {
        query = query.filter(e::id.lt(IdSource::first_at(to)));
    }
    match cursor {
        Cursor::Newest => query.order(e::id.desc()),
        Cursor::Before(id) => query.filter(e::id.lt(id)).order(e::id.desc()),
        Cursor::After(id) => query.filter(e::id.gt(id)).order(e::id.asc()),
    }
}

/// The first event beyond the [`SCAN_EVENTS_MAX`] that are read for a page; `None` if there are fewer.
fn bound(conn: &mut DbConnection, filter: &Filter, cursor: Cursor<EventId>) -> Result<Option<EventId>, Error> {
    Ok(candidates(filter, cursor).select(e::id).offset(SCAN_EVENTS_MAX).limit(1).first(conn).optional()?)
}

/// Counts the deliveries of the rows (by the index `deliveries_event`).
fn lines(conn: &mut DbConnection, rows: Vec<Columns>) -> Result<Vec<Line>, Error> {
    let ids: Vec<EventId> = rows.iter().map(|row| row.0).collect();
    let made: Vec<(EventId, String, i64)> = d::table
        .filter(d::event_id.eq_any(ids))
        .group_by((d::event_id, d::origin))
        .select((d::event_id, d::origin, count_star()))
        .load(conn)?;
    let mut counts: HashMap<EventId, (u64, bool)> = HashMap::new();
    for (event, origin, count) in made {
        let entry = counts.entry(event).or_default();
        if origin == Trigger::Test.as_str() {
            entry.1 = true;
        } else {
            entry.0 += count.unsigned_abs();
        }
    }
    let line = |(id, name, inbox_id, derived_from, size, created_at, unmatched): Columns| {
        let event = EventName::parse_any(&name).ok_or(Error::CorruptValue("event"))?;
        let (deliveries, tested) = counts.get(&id).copied().unwrap_or_default();
        Ok(Line {
            id,
            event,
            inbox_id,
            derived_from,
            size: usize::try_from(size).unwrap_or_default(),
            created_at: Timestamp::from_micros(created_at),
            unmatched: unmatched.as_deref().and_then(Unmatched::parse),
            deliveries,
            test: tested || event == EventName::WebhookTest,
        })
    };
    rows.into_iter().map(line).collect()
}

/// One event; `None` once retention removed it.
pub fn find(conn: &mut DbConnection, id: EventId) -> Result<Option<Line>, Error> {
    let row: Option<Columns> = e::table.find(id).select(columns()).first(conn).optional()?;
    Ok(lines(conn, row.into_iter().collect())?.pop())
}

/// The events that were derived from this one.
pub fn derived(conn: &mut DbConnection, id: EventId) -> Result<Vec<(EventId, EventName)>, Error> {
    let rows: Vec<(EventId, String)> = e::table
        .filter(e::id.gt(id))
        .filter(e::id.lt(id.0.saturating_add(IDS_PER_SECOND)))
        .filter(e::derived_from.eq(id))
        .order(e::id)
        .select((e::id, e::name))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(id, name)| Some((id, EventName::parse_any(&name)?))).collect())
}

/// The first 200 deliveries of an event, oldest first (by the index `deliveries_event`).
pub fn deliveries(conn: &mut DbConnection, id: EventId) -> Result<Vec<Delivery>, Error> {
    let rows: Vec<DeliveryRow> = d::table.filter(d::event_id.eq(id)).order(d::id).limit(DELIVERIES_MAX).load(conn)?;
    rows.into_iter().map(DeliveryRow::into_delivery).collect()
}
