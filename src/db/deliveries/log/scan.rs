//! The rows of the log that a filter lets through, at a bounded cost.
//!
//! Of a million deliveries three may fit. No index leads to them: one for each filter would make every delivery
//! dearer. So a filter looks at the next 100,000 rows (10,000 where an index leads to each) and no further, and the
//! page offers to go on. The ids are the log's order and hold their time, so times need no index either.

use diesel::prelude::*;

use super::filter::Filter;
use super::text_search::{self, Answers, Looked, NEWEST};
use super::webhook_range::{Ids, OfWebhook};
use crate::db::deliveries::queue::rows::Row;
use crate::db::schema::deliveries::{self, dsl as d};
use crate::db::sql::literal::{Fixed, PENDING};
use crate::db::{DbConnection, Error};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::Status;
use crate::domain::deliveries::search::Search;
use crate::domain::id::{DeliveryId, IdSource};

/// A query about deliveries whose conditions are known only now.
type Query<'a> = deliveries::BoxedQuery<'a, <DbConnection as diesel::Connection>::Backend>;

/// Rows that are looked at first: enough for what many fit.
const FEW: i64 = 2_000;
/// Rows that are looked at in the log's own order: 20 ms on SQLite.
const MANY: i64 = 100_000;
/// Rows that are looked at when an index leads to each, maybe on a page of its own: 40 ms.
const MANY_APART: i64 = 10_000;

/// Up to `most` rows in the cursor's order, and the id beyond which nobody looked, if there is more beyond it.
pub(in crate::db) fn rows(
    conn: &mut DbConnection,
    filter: &Filter,
    cursor: Cursor<DeliveryId>,
    most: usize,
) -> Result<(Vec<Row>, Option<i64>), Error> {
    let scan = Scan { filter, ids: ids_of_events(conn, filter)? };
    match &filter.search {
        Some(search @ (Search::Text(_) | Search::HttpStatus(_))) => {
            let search = Looked { search, answers: Answers::of(conn, filter.is_viewers)? };
            text_search::rows(conn, &search, cursor, most, |conn, cursor, most| scan.rows(conn, cursor, most))
        }
        _ => scan.rows(conn, cursor, most),
    }
}

/// The deliveries of the events that are looked for.
fn ids_of_events(conn: &mut DbConnection, filter: &Filter) -> Result<Option<Vec<i64>>, Error> {
    let Some(Search::Events(events)) = &filter.search else { return Ok(None) };
    let found = deliveries::table.filter(d::event_id.between(*events.start(), *events.end()));
    let newest = i64::try_from(NEWEST).unwrap_or(i64::MAX);
    Ok(Some(found.order(d::event_id.desc()).limit(newest).select(d::id).load(conn)?))
}

struct Scan<'a> {
    filter: &'a Filter,
    ids: Option<Vec<i64>>,
}

impl Scan<'_> {
    fn rows(
        &self,
        conn: &mut DbConnection,
        cursor: Cursor<DeliveryId>,
        most: usize,
    ) -> Result<(Vec<Row>, Option<i64>), Error> {
        let mut found = (Vec::new(), None);
        for window in [FEW, if self.is_led() { MANY_APART } else { MANY }] {
            let ids = self.ids(cursor);
            let edge = if self.is_selective() { self.edge(conn, cursor, window)? } else { None };
            let ids = match (cursor, edge) {
                (_, None) => ids,
                (Cursor::After(_), Some(edge)) => ids.below(edge + 1),
                (_, Some(edge)) => ids.above(edge - 1),
            };
            let query = self.ordered(self.narrow(self.base(ids)), cursor);
            let rows: Vec<Row> = query.limit(i64::try_from(most).unwrap_or(i64::MAX)).load(conn)?;
            let is_enough = rows.len() == most || edge.is_none();
            found = (rows, edge);
            if is_enough {
                break;
            }
        }
        // A full page says itself where it ends.
        if found.0.len() == most {
            found.1 = None;
        }
        Ok(found)
    }

    /// The last row of a window that begins at the cursor.
    fn edge(&self, conn: &mut DbConnection, cursor: Cursor<DeliveryId>, window: i64) -> Result<Option<i64>, Error> {
        Ok(self.ordered(self.base(self.ids(cursor)), cursor).select(d::id).offset(window).first(conn).optional()?)
    }

    /// The ids that may fit, from the cursor on.
    fn ids(&self, cursor: Cursor<DeliveryId>) -> Ids {
        let mut ids = Ids::ALL;
        if let Some(from) = self.filter.from {
            ids = ids.above(IdSource::first_at(from) - 1);
        }
        if let Some(to) = self.filter.to {
            ids = ids.below(IdSource::first_at(to));
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

    /// What an index finds of these ids: all, those of a webhook, or those that wait or have failed.
    fn base(&self, ids: Ids) -> Query<'static> {
        let query = deliveries::table.into_boxed();
        let within = d::id.gt(ids.above).and(d::id.lt(ids.below));
        match (self.filter.status, self.filter.webhook) {
            (Some(Status::Pending), _) => query.filter(PENDING).filter(within),
            (Some(Status::Failed), _) => query.filter(Fixed("deliveries.status = 'failed'")).filter(within),
            (_, Some(webhook)) if self.is_of_webhook() => query.filter(OfWebhook(webhook, ids)),
            _ => query.filter(within),
        }
    }

    /// What each row is asked.
    fn narrow<'q>(&self, mut query: Query<'q>) -> Query<'q> {
        let filter = self.filter;
        if filter.status == Some(Status::Success) {
            query = query.filter(Fixed("deliveries.status = 'success'"));
        }
        if let Some(webhook) = filter.webhook.filter(|_| !self.is_of_webhook()) {
            // The sum keeps SQLite from the webhook's index, which would lead through all that went well.
            query = query.filter((d::webhook_id + 0_i64).eq(webhook));
        }
        if let Some(event) = filter.event {
            query = query.filter(d::event.eq(event.as_str()));
        }
        if let Some(inbox) = filter.inbox {
            query = query.filter(d::inbox_id.eq(inbox));
        }
        match filter.test {
            Some(true) => query = query.filter(Fixed("deliveries.origin = 'test'")),
            Some(false) => query = query.filter(Fixed("deliveries.origin <> 'test'")),
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

    /// The webhook's index leads to the rows, and nothing that leads to fewer.
    fn is_of_webhook(&self) -> bool {
        self.filter.webhook.is_some() && self.ids.is_none() && !self.filter.status.is_some_and(is_rare)
    }

    /// An index leads to the rows.
    fn is_led(&self) -> bool {
        self.filter.webhook.is_some() || self.filter.status.is_some_and(is_rare)
    }

    /// Rows may have to be passed over.
    fn is_selective(&self) -> bool {
        let filter = self.filter;
        let webhook = filter.webhook.is_some() && filter.status.is_some_and(is_rare);
        let success = filter.status == Some(Status::Success);
        let asked = filter.event.is_some() || filter.inbox.is_some() || filter.test.is_some();
        self.ids.is_none() && (webhook || success || asked)
    }
}

/// Has an index of its own.
fn is_rare(status: Status) -> bool {
    matches!(status, Status::Pending | Status::Failed)
}
