//! Finds the rows of the log that match a filter, at a bounded cost.
//!
//! Three of a million deliveries may match, and no index leads to them: an index for each filter would slow down every
//! delivery. So a page reads at most the next 50,000 rows (20,000 on Postgres; 5,000 where an index leads to each) and then
//! offers a link to continue: what can be read in 4 ms. The log is ordered by id, and ids hold their time, so a time range
//! needs no index. Failed deliveries are few, and their index holds what a filter compares.

use std::time::Duration;

use diesel::prelude::*;

use super::conditions::{InStates, latest_causes};
use super::text_search::{self, Answers, FoundAttempts, SEARCH_DELIVERIES_MAX, TextSearch};
use super::webhook_range::{IdRange, WebhookIdRange};
use crate::db::deliveries::queue::rows::Row;
use crate::db::schema::deliveries::{self, dsl as d};
use crate::db::sql::literal::{LiteralSql, PENDING};
use crate::db::{DbConnection, Error};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::Status;
use crate::domain::deliveries::log_filter::{self, LogFilter};
use crate::domain::deliveries::search::Search;
use crate::domain::id::{DeliveryId, IdSource, WebhookId};
use crate::domain::timestamp::Timestamp;

/// A query of deliveries with conditions that are chosen at run time.
type Query<'a> = deliveries::BoxedQuery<'a, <DbConnection as diesel::Connection>::Backend>;

/// Rows read at first: enough if many match.
const SCAN_ROWS_FIRST: i64 = 2_000;
/// Rows read in the order of the primary key.
const SCAN_ROWS_SQLITE: i64 = 50_000;
const SCAN_ROWS_POSTGRES: i64 = 20_000;
/// Rows read through another index, each of which may be on a page of its own.
const SCAN_ROWS_INDEXED: i64 = 5_000;
/// Rows read in the order of the primary key to count those that match.
const COUNT_ROWS: i64 = 10_000;
/// Failed or pending rows read for a cause: each of them and its latest attempt may be on pages of their own.
const SCAN_ROWS_ATTEMPTS: i64 = 1_000;

/// How much earlier than its creation the end of a delivery may seem: the clock may have been set in between.
const CLOCK_ERROR_MAX: Duration = Duration::from_secs(3600);

/// The rows that match a filter.
#[derive(Default)]
pub(in crate::db) struct Found {
    /// In the order of the cursor.
    pub rows: Vec<Row>,
    /// The id at which the scan stopped, if more rows may follow.
    pub edge: Option<DeliveryId>,
    /// The attempts in which a search found its text.
    pub attempts: FoundAttempts,
}

/// Up to `most` rows in the order of the cursor.
pub(in crate::db) fn rows(
    conn: &mut DbConnection,
    filter: &LogFilter,
    cursor: Cursor<DeliveryId>,
    most: usize,
    now: Timestamp,
) -> Result<Found, Error> {
    let mut attempts = FoundAttempts::new();
    let scan = Scan { filter, ids: ids_of_events(conn, filter)?, now };
    let (rows, edge) = match &filter.search {
        Some(search @ (Search::Text(_) | Search::HttpStatus(_))) => {
            let search = TextSearch { search, answers: Answers::of(conn, filter.is_viewers)? };
            let next = |conn: &mut DbConnection, cursor, most| scan.rows(conn, cursor, most);
            text_search::rows(conn, &search, cursor, most, &mut attempts, next)?
        }
        _ => scan.rows(conn, cursor, most)?,
    };
    Ok(Found { rows, edge, attempts })
}

/// How many rows match: at most `count_max`, and whether there are no more. `None` for a search in bodies and answers, which
/// would read them.
pub(in crate::db) fn count(
    conn: &mut DbConnection,
    filter: &LogFilter,
    count_max: i64,
    now: Timestamp,
) -> Result<Option<(i64, bool)>, Error> {
    if reads_bodies(filter) {
        return Ok(None);
    }
    let scan = Scan { filter, ids: ids_of_events(conn, filter)?, now };
    let newest = Cursor::Newest;
    let rows = if scan.uses_other_index() { SCAN_ROWS_INDEXED } else { COUNT_ROWS };
    let edge = if scan.is_selective() { scan.edge(conn, newest, rows)? } else { None };
    let ids = scan.ids(newest);
    let ids = edge.map_or(ids, |edge| ids.above(edge.0 - 1));
    let found = scan.ordered(scan.narrow(scan.base(ids)), newest).select(d::id).limit(count_max + 1);
    let found: Vec<DeliveryId> = found.load(conn)?;
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
    Ok(Some((count.min(count_max), edge.is_none() && count <= count_max)))
}

/// Whether the search looks into bodies and answers.
pub(in crate::db) const fn reads_bodies(filter: &LogFilter) -> bool {
    matches!(filter.search, Some(Search::Text(_) | Search::HttpStatus(_)))
}

/// The ids of the deliveries of the events that the search or the filter names.
fn ids_of_events(conn: &mut DbConnection, filter: &LogFilter) -> Result<Option<Vec<DeliveryId>>, Error> {
    let mut found = match &filter.search {
        Some(Search::Events(events)) => {
            deliveries::table.filter(d::event_id.between(*events.start(), *events.end())).into_boxed()
        }
        _ if filter.event_ids.is_empty() => return Ok(None),
        _ => deliveries::table.into_boxed(),
    };
    if !filter.event_ids.is_empty() {
        found = found.filter(d::event_id.eq_any(&filter.event_ids));
    }
    let newest = i64::try_from(SEARCH_DELIVERIES_MAX).unwrap_or(i64::MAX);
    Ok(Some(found.order(d::event_id.desc()).limit(newest).select(d::id).load(conn)?))
}

struct Scan<'a> {
    filter: &'a LogFilter,
    ids: Option<Vec<DeliveryId>>,
    now: Timestamp,
}

impl Scan<'_> {
    fn rows(
        &self,
        conn: &mut DbConnection,
        cursor: Cursor<DeliveryId>,
        most: usize,
    ) -> Result<(Vec<Row>, Option<DeliveryId>), Error> {
        let (mut rows, mut edge, mut from) = (Vec::new(), None, cursor);
        let all = match conn {
            _ if !self.filter.causes.is_empty() && self.status().is_some_and(is_rare) => SCAN_ROWS_ATTEMPTS,
            _ if self.uses_other_index() => SCAN_ROWS_INDEXED,
            DbConnection::Sqlite(_) => SCAN_ROWS_SQLITE,
            DbConnection::Postgres(_) => SCAN_ROWS_POSTGRES,
        };
        let first = all.min(SCAN_ROWS_FIRST);
        for window in [first, all - first].into_iter().filter(|window| *window > 0) {
            let ids = self.ids(from);
            edge = if self.is_selective() { self.edge(conn, from, window)? } else { None };
            let ids = match (from, edge) {
                (_, None) => ids,
                (Cursor::After(_), Some(edge)) => ids.below(edge.0 + 1),
                (_, Some(edge)) => ids.above(edge.0 - 1),
            };
            let query = self.ordered(self.narrow(self.base(ids)), from);
            rows.extend(query.limit(i64::try_from(most - rows.len()).unwrap_or(i64::MAX)).load::<Row>(conn)?);
            match edge {
                Some(edge) if rows.len() < most => from = from.beyond(edge),
                _ => break,
            }
        }
        // The last row of a full page is the cursor of the next one.
        if rows.len() == most {
            edge = None;
        }
        Ok((rows, edge))
    }

    /// The first id beyond a window of rows that begins at the cursor; `None` if there are fewer rows.
    fn edge(
        &self,
        conn: &mut DbConnection,
        cursor: Cursor<DeliveryId>,
        window: i64,
    ) -> Result<Option<DeliveryId>, Error> {
        Ok(self.ordered(self.base(self.ids(cursor)), cursor).select(d::id).offset(window).first(conn).optional()?)
    }

    /// The ids that may match, from the cursor on.
    fn ids(&self, cursor: Cursor<DeliveryId>) -> IdRange {
        let mut ids = IdRange::ALL;
        if let Some(from) = self.filter.since() {
            ids = ids.above(IdSource::first_at(from) - 1);
        }
        if let Some(to) = self.filter.until() {
            ids = ids.below(IdSource::first_at(to));
        }
        if let Some(to) = self.filter.finished_to {
            // No delivery ends before it is made, as far as the clock is right.
            ids = ids.below(IdSource::first_at(to.after(CLOCK_ERROR_MAX)));
        }
        if let Some(Search::Deliveries(sought)) = &self.filter.search {
            ids = ids.above(sought.start().saturating_sub(1)).below(sought.end().saturating_add(1));
        }
        match cursor {
            Cursor::Newest => ids,
            Cursor::Before(id) => ids.below(id.0),
            Cursor::After(id) => ids.above(id.0),
        }
    }

    /// The part of the query that an index serves: all rows in the range, those of a webhook, or those that are pending or
    /// have failed.
    fn base(&self, ids: IdRange) -> Query<'static> {
        let query = deliveries::table.into_boxed();
        let within = d::id.gt(ids.above).and(d::id.lt(ids.below));
        match (self.status(), self.webhook()) {
            (Some(Status::Pending), _) => query.filter(PENDING).filter(within),
            (Some(Status::Failed), _) => query.filter(LiteralSql("deliveries.status = 'failed'")).filter(within),
            (_, Some(webhook)) if self.is_of_webhook() => query.filter(WebhookIdRange { webhook, ids }),
            _ => query.filter(within),
        }
    }

    /// Adds the conditions that are checked on each row.
    fn narrow<'q>(&self, mut query: Query<'q>) -> Query<'q> {
        let filter = self.filter;
        if let Some(states) = InStates::of(&filter.states, self.now) {
            query = query.filter(states);
        }
        if let Some(causes) = latest_causes(&filter.causes) {
            // Read first: the latest attempt of a delivery that succeeded needs no look.
            query = query.filter(LiteralSql("deliveries.status <> 'success'")).filter(causes);
        }
        if !filter.webhooks.is_empty() && !self.is_of_webhook() {
            // `+ 0` keeps SQLite from using the index of the webhook, which would read all its successful deliveries.
            query = query.filter((d::webhook_id + 0_i64).eq_any(filter.webhooks.clone()));
        }
        if !filter.events.is_empty() {
            query = query.filter(d::event.eq_any(filter.events.iter().map(|event| event.as_str())));
        }
        if !filter.inboxes.is_empty() {
            query = query.filter(d::inbox_id.eq_any(filter.inboxes.clone()));
        }
        if !filter.triggers.is_empty() {
            query = query.filter(d::origin.eq_any(filter.triggers.iter().map(|trigger| trigger.as_str())));
        }
        if let Some(from) = filter.finished_from {
            query = query.filter(d::finished_at.ge(from.micros()));
        }
        if let Some(to) = filter.finished_to {
            query = query.filter(d::finished_at.lt(to.micros()));
        }
        match filter.test {
            Some(true) => query = query.filter(LiteralSql("deliveries.origin = 'test'")),
            Some(false) => query = query.filter(LiteralSql("deliveries.origin <> 'test'")),
            None => {}
        }
        match &self.ids {
            Some(ids) => query.filter(d::id.eq_any(ids.clone())),
            None => query,
        }
    }

    fn ordered<'q>(&self, query: Query<'q>, cursor: Cursor<DeliveryId>) -> Query<'q> {
        match (cursor, self.is_of_webhook()) {
            (Cursor::After(_), true) => query.order((d::webhook_id.asc(), d::id.asc())),
            (Cursor::After(_), false) => query.order(d::id.asc()),
            (Cursor::Newest | Cursor::Before(_), true) => query.order((d::webhook_id.desc(), d::id.desc())),
            (Cursor::Newest | Cursor::Before(_), false) => query.order(d::id.desc()),
        }
    }

    /// Whether the index of the webhook serves the query: no other one leads to fewer rows.
    fn is_of_webhook(&self) -> bool {
        self.webhook().is_some() && self.ids.is_none() && !self.status().is_some_and(is_rare)
    }

    /// Whether the query looks at more pages than those of the primary key: through another index, or at the latest attempt
    /// of each row.
    fn uses_other_index(&self) -> bool {
        self.webhook().is_some() || self.status().is_some_and(is_rare) || !self.filter.causes.is_empty()
    }

    /// Whether rows that the index finds may not match.
    fn is_selective(&self) -> bool {
        let filter = self.filter;
        let webhook = !filter.webhooks.is_empty() && !self.is_of_webhook();
        let state = InStates::of(&filter.states, self.now).is_some();
        let listed = !filter.events.is_empty() || !filter.inboxes.is_empty() || !filter.triggers.is_empty();
        let finished = filter.finished_from.is_some() || filter.finished_to.is_some();
        let asked = listed || finished || filter.test.is_some() || !filter.causes.is_empty();
        self.ids.is_none() && (webhook || state || asked)
    }

    fn status(&self) -> Option<Status> {
        self.filter.status()
    }

    /// The only webhook that is asked for.
    fn webhook(&self) -> Option<WebhookId> {
        log_filter::only(&self.filter.webhooks)
    }
}

/// Whether deliveries with this status have an index of their own.
fn is_rare(status: Status) -> bool {
    matches!(status, Status::Pending | Status::Failed)
}
