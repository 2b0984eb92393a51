//! Finding webhooks among thousands: what the list shows, a page at a time.

use std::collections::HashSet;

use diesel::prelude::*;

use super::rows::{self, Doing, Row};
use crate::db::schema::{webhook_inboxes, webhooks as w};
use crate::db::{DbConnection, Error};
use crate::domain::deliveries::search::fold;
use crate::domain::id::{InboxId, WebhookId};
use crate::domain::webhooks::target_url::TargetUrl;
use crate::domain::webhooks::{State, Webhook};

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Part of a name or URL, in any case; empty for all.
    pub text: String,
    /// Looks into what a URL has behind its host, too.
    pub paths: bool,
    /// How the webhook is doing.
    pub state: Option<State>,
    /// Webhooks that get this inbox's events.
    pub inbox: Option<InboxId>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The webhooks that match, the oldest first.
    pub ids: Vec<WebhookId>,
    /// How many there are in all.
    pub of: usize,
}

type Brief = (i64, Option<String>, String, bool, Doing);

/// Looks through all webhooks. In this program, not in SQL: SQLite knows upper and lower case of Latin letters only, and
/// neither database folds composition.
pub fn search(conn: &mut DbConnection, search: &Search) -> Result<Found, Error> {
    let doing = (w::enabled, w::disabled_reason, w::paused_until, w::probe_at);
    let all: Vec<Brief> = w::table
        .filter(w::deleted_at.is_null())
        .order(w::id)
        .select((w::id, w::name, w::url, w::all_inboxes, doing))
        .load(conn)?;
    let choosing = match search.inbox {
        Some(inbox) => choosing(conn, inbox)?,
        None => HashSet::new(),
    };
    let wanted = fold(&search.text);
    let matches = |(id, name, url, all_inboxes, doing): &Brief| {
        search.state.is_none_or(|state| rows::state_of(doing) == state)
            && (search.inbox.is_none() || *all_inboxes || choosing.contains(id))
            && says(&wanted, name.as_deref(), url, search.paths)
    };
    let ids = all.iter().filter(|brief| matches(brief)).map(|brief| brief.0).collect();
    Ok(Found { ids, of: all.len() })
}

fn choosing(conn: &mut DbConnection, inbox: InboxId) -> Result<HashSet<WebhookId>, Error> {
    let ids: Vec<i64> = webhook_inboxes::table
        .filter(webhook_inboxes::inbox_id.eq(inbox))
        .select(webhook_inboxes::webhook_id)
        .load(conn)?;
    Ok(ids.into_iter().collect())
}

/// The name, the URL, or the host as people read it, has `wanted` in it.
fn says(wanted: &str, name: Option<&str>, stored: &str, paths: bool) -> bool {
    let has = |text: &str| fold(text).contains(wanted);
    let url = || TargetUrl::from_stored(stored);
    // Only the stored form of a host in other letters than Latin differs from what is shown.
    let host = || stored.contains("xn--") && url().is_some_and(|url| has(&url.host()));
    let address = || if paths { has(stored) } else { url().is_some_and(|url| has(&url.masked())) };
    wanted.is_empty() || name.is_some_and(has) || address() || host()
}

/// These webhooks, the oldest first.
pub fn load(conn: &mut DbConnection, ids: &[WebhookId]) -> Result<Vec<Webhook>, Error> {
    let rows: Vec<Row> = w::table.filter(w::id.eq_any(ids)).filter(w::deleted_at.is_null()).order(w::id).load(conn)?;
    rows::complete(conn, rows)
}

/// Webhooks that do badly, or were turned off for that: their names and health, without events, inboxes and headers.
pub fn troubled(conn: &mut DbConnection) -> Result<Vec<Webhook>, Error> {
    let bad = w::disabled_reason.is_not_null().or(w::failing_since.is_not_null()).or(w::exhausted_at.is_not_null());
    let rows: Vec<Row> = w::table.filter(w::deleted_at.is_null()).filter(bad).order(w::id).load(conn)?;
    rows::bare(rows)
}
