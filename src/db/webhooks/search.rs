//! Searches all webhooks for the list, and loads those of one page.

use std::collections::HashSet;

use diesel::prelude::*;

use super::rows::{self, Row, StateColumns};
use crate::db::schema::{webhook_inboxes, webhooks as w};
use crate::db::{DbConnection, Error, now_on};
use crate::domain::deliveries::search::fold;
use crate::domain::id::{InboxId, WebhookId};
use crate::domain::text;
use crate::domain::webhooks::target_url::TargetUrl;
use crate::domain::webhooks::{State, Webhook};

/// Selects webhooks; the default selects all.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// A part of the name or the URL, compared without case; empty for all.
    pub text: String,
    /// Whether the path and query of a URL are searched too.
    pub paths: bool,
    /// Only webhooks in this state.
    pub state: Option<State>,
    /// Only webhooks that get the events of this inbox.
    pub inbox: Option<InboxId>,
    /// Only these webhooks.
    pub among: Option<HashSet<WebhookId>>,
}

/// The result of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchResult {
    /// The webhooks that match with their titles, oldest first.
    pub found: Vec<(WebhookId, String)>,
    /// How many webhooks were searched.
    pub of: usize,
}

#[derive(Queryable)]
struct Candidate {
    id: WebhookId,
    name: Option<String>,
    url: String,
    all_inboxes: bool,
    state: StateColumns,
}

/// Searches all webhooks. The text is compared here and not in SQL: SQLite folds the case of ASCII letters only, and neither
/// database normalises composed characters.
pub fn search(conn: &mut DbConnection, search: &Search) -> Result<SearchResult, Error> {
    let on = w::enabled.or(w::settle.is_not_null());
    let state = (on, w::disabled_reason, w::paused_until, w::probe_at);
    let all: Vec<Candidate> = w::table
        .filter(w::deleted_at.is_null())
        .order(w::id)
        .select((w::id, w::name, w::url, w::all_inboxes, state))
        .load(conn)?;
    let selecting = match search.inbox {
        Some(inbox) => webhooks_that_select(conn, inbox)?,
        None => HashSet::new(),
    };
    let (wanted, now) = (fold(&search.text), now_on(conn)?);
    let matches = |webhook: &&Candidate| {
        search.state.is_none_or(|state| webhook.state.state(now) == state)
            && search.among.as_ref().is_none_or(|among| among.contains(&webhook.id))
            && (search.inbox.is_none() || webhook.all_inboxes || selecting.contains(&webhook.id))
            && contains_text(&wanted, webhook.name.as_deref(), &webhook.url, search.paths)
    };
    let found = all.iter().filter(matches).map(|webhook| (webhook.id, title(webhook.name.as_deref(), &webhook.url)));
    Ok(SearchResult { found: found.collect(), of: all.len() })
}

fn webhooks_that_select(conn: &mut DbConnection, inbox: InboxId) -> Result<HashSet<WebhookId>, Error> {
    let ids: Vec<WebhookId> = webhook_inboxes::table
        .filter(webhook_inboxes::inbox_id.eq(inbox))
        .select(webhook_inboxes::webhook_id)
        .load(conn)?;
    Ok(ids.into_iter().collect())
}

/// See [`Webhook::title`].
fn title(name: Option<&str>, url: &str) -> String {
    let host = || TargetUrl::from_stored(url).map(|url| url.host()).unwrap_or_default();
    name.and_then(text::shown).unwrap_or_else(host)
}

/// Whether the name, the URL, or the host as it is shown contains `wanted`.
fn contains_text(wanted: &str, name: Option<&str>, stored: &str, paths: bool) -> bool {
    let has = |text: &str| fold(text).contains(wanted);
    let url = || TargetUrl::from_stored(stored);
    // The stored form of a host differs from the shown one only if it is Punycode.
    let host = || stored.contains("xn--") && url().is_some_and(|url| has(&url.host()));
    let address = || if paths { has(stored) } else { url().is_some_and(|url| has(&url.masked())) };
    wanted.is_empty() || name.is_some_and(has) || address() || host()
}

/// Those of these webhooks that are not deleted, in this order.
pub fn load(conn: &mut DbConnection, ids: &[WebhookId]) -> Result<Vec<Webhook>, Error> {
    let rows: Vec<Row> = w::table.filter(w::id.eq_any(ids)).filter(w::deleted_at.is_null()).order(w::id).load(conn)?;
    let mut webhooks = rows::complete(conn, rows)?;
    webhooks.sort_by_key(|webhook| ids.iter().position(|id| *id == webhook.id));
    Ok(webhooks)
}

/// Webhooks that are failing, that have a delivery which failed permanently in their current streak, or that were turned
/// off automatically. Without their events, inboxes and headers.
pub fn troubled(conn: &mut DbConnection) -> Result<Vec<Webhook>, Error> {
    let bad = w::disabled_reason.is_not_null().or(w::failing_since.is_not_null()).or(w::exhausted_at.is_not_null());
    let rows: Vec<Row> = w::table.filter(w::deleted_at.is_null()).filter(bad).order(w::id).load(conn)?;
    rows::without_lists(conn, rows)
}
