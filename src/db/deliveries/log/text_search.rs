//! Searches the bodies of events and of answers.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use crate::db::deliveries::queue::rows::Row;
use crate::db::schema::{attempts as a, webhooks};
use crate::db::system::settings;
use crate::db::{DbConnection, Error, events};
use crate::domain::cursor::Cursor;
use crate::domain::deliveries::search::{Search, folded};
use crate::domain::id::{DeliveryId, EventId, WebhookId};
use crate::domain::webhooks::target_url::TargetUrl;

/// Deliveries that one search reads, and deliveries of the events that a part of an id may name.
pub(in crate::db) const SEARCH_DELIVERIES_MAX: usize = 5_000;
/// Bytes that one search reads, if the bodies are large.
const SEARCH_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Deliveries read at a time, whose bodies are in memory together.
const BODIES_CHUNK_ROWS: usize = 100;
/// Deliveries read at a time if no body is read.
const STATUS_CHUNK_ROWS: usize = 1_000;

/// A search, and the answers that it may read.
pub(in crate::db) struct TextSearch<'a> {
    /// What is searched for.
    pub search: &'a Search,
    /// The answers that may be searched.
    pub answers: Answers,
}

/// The answers that a person may see. A search in others would reveal them letter by letter.
pub(in crate::db) enum Answers {
    /// All answers.
    All,
    /// The answers of these webhooks, in which the webhook's own URL is hidden.
    Of(HashMap<WebhookId, TargetUrl>),
}

impl Answers {
    /// For an administrator or a viewer.
    pub fn of(conn: &mut DbConnection, is_viewers: bool) -> Result<Self, Error> {
        if !is_viewers || settings::viewers_see_answers(conn)? {
            return Ok(Self::All);
        }
        let rows: Vec<(WebhookId, String, bool)> = webhooks::table
            .filter(webhooks::deleted_at.is_null())
            .select((webhooks::id, webhooks::url, webhooks::viewers_see_answers))
            .load(conn)?;
        let shown = rows.into_iter().filter_map(|(id, url, allowed)| {
            let url = TargetUrl::from_stored(&url)?;
            (allowed || url.is_bare()).then_some((id, url))
        });
        Ok(Self::Of(shown.collect()))
    }

    fn are_shown(&self, webhook: WebhookId) -> bool {
        match self {
            Self::All => true,
            Self::Of(shown) => shown.contains_key(&webhook),
        }
    }

    fn as_shown<'a>(&self, webhook: WebhookId, body: &'a [u8]) -> Cow<'a, [u8]> {
        match self {
            Self::Of(shown) => match shown.get(&webhook) {
                Some(url) if !url.is_bare() => url.hide_in(&String::from_utf8_lossy(body)).into_bytes().into(),
                _ => body.into(),
            },
            Self::All => body.into(),
        }
    }
}

/// The newest attempt of each delivery that holds what was searched for.
pub(in crate::db) type FoundAttempts = HashMap<DeliveryId, i32>;

/// Up to `rows_max` matching rows of those that `next` returns from a cursor on, and the id at which the search stopped, if
/// it did. Adds to `attempts` where it found the text.
pub(in crate::db) fn rows(
    conn: &mut DbConnection,
    search: &TextSearch,
    mut cursor: Cursor<DeliveryId>,
    rows_max: usize,
    attempts: &mut FoundAttempts,
    next: impl Fn(&mut DbConnection, Cursor<DeliveryId>, usize) -> Result<(Vec<Row>, Option<DeliveryId>), Error>,
) -> Result<(Vec<Row>, Option<DeliveryId>), Error> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    let mut passed = 0;
    let chunk = if matches!(search.search, Search::Text(_)) { BODIES_CHUNK_ROWS } else { STATUS_CHUNK_ROWS };
    while passed < SEARCH_DELIVERIES_MAX && bytes < SEARCH_BYTES_MAX {
        let (rows, edge) = next(conn, cursor, chunk)?;
        let last = rows.last().map(|row| row.id);
        passed += rows.len();
        let ended = rows.len() < chunk;
        found.extend(matching(conn, search, rows, &mut bytes, attempts)?);
        if found.len() >= rows_max {
            found.truncate(rows_max);
            return Ok((found, None));
        }
        match last {
            Some(last) if !ended => cursor = cursor.beyond(last),
            _ => return Ok((found, edge)),
        }
    }
    let stopped = match cursor {
        Cursor::Newest => None,
        Cursor::Before(id) | Cursor::After(id) => Some(id),
    };
    Ok((found, stopped))
}

/// The rows that the search matches. Adds the size of the bodies to `bytes`.
fn matching(
    conn: &mut DbConnection,
    search: &TextSearch,
    rows: Vec<Row>,
    bytes: &mut usize,
    attempts: &mut FoundAttempts,
) -> Result<Vec<Row>, Error> {
    match search.search {
        Search::HttpStatus(status) => {
            let ids: Vec<DeliveryId> = rows.iter().map(|row| row.id).collect();
            let of_these = a::table.filter(a::delivery_id.eq_any(ids)).filter(a::status.eq(i32::from(*status)));
            let answered = of_these.order(a::number).select((a::delivery_id, a::number));
            attempts.extend(answered.load::<(DeliveryId, i32)>(conn)?);
            Ok(rows.into_iter().filter(|row| attempts.contains_key(&row.id)).collect())
        }
        Search::Text(text) => {
            let mut holds = |body: &[u8]| {
                *bytes += body.len();
                folded(body).contains(text)
            };
            let webhooks: HashMap<DeliveryId, WebhookId> = rows.iter().map(|row| (row.id, row.webhook_id)).collect();
            let ids = webhooks.iter().filter(|(_, webhook)| search.answers.are_shown(**webhook)).map(|(id, _)| *id);
            let of_these = a::table.filter(a::delivery_id.eq_any(ids.collect::<Vec<_>>()));
            let sent: HashSet<EventId> = rows.iter().map(|row| row.event_id).collect();
            let sent: Vec<EventId> = sent.into_iter().collect();
            let sent = events::bodies(conn, &sent)?.into_iter().filter(|(_, body)| holds(body));
            let sent: HashSet<EventId> = sent.map(|(id, _)| id).collect();
            let answers = of_these.filter(a::response_body.is_not_null()).order(a::number);
            let answers: Vec<(DeliveryId, i32, Option<Vec<u8>>)> =
                answers.select((a::delivery_id, a::number, a::response_body)).load(conn)?;
            let answered = answers.into_iter().filter(|(id, _, body)| {
                let (Some(webhook), Some(body)) = (webhooks.get(id), body) else { return false };
                holds(&search.answers.as_shown(*webhook, body))
            });
            attempts.extend(answered.map(|(id, number, _)| (id, number)));
            let fits = |row: &Row| sent.contains(&row.event_id) || attempts.contains_key(&row.id);
            Ok(rows.into_iter().filter(fits).collect())
        }
        Search::Deliveries(_) | Search::Events(_) => Ok(rows),
    }
}
