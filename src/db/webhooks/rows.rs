//! Rows of the four tables of a webhook, and the webhooks they make.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::health;
use crate::db::schema::{webhook_events, webhook_headers, webhook_inboxes, webhook_options, webhooks};
use crate::db::{DbConnection, Error, now_on};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{InboxId, WebhookId};
use crate::domain::text;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::authorization::{Method, ShownAuthorization};
use crate::domain::webhooks::header::ShownHeader;
use crate::domain::webhooks::header::name::HeaderName;
use crate::domain::webhooks::health::{Health, OffReason};
use crate::domain::webhooks::options::Options;
use crate::domain::webhooks::target_url::TargetUrl;
use crate::domain::webhooks::{Held, InboxScope, NewWebhook, State, Webhook};

/// A row of `webhooks`, in the order of its columns.
#[derive(Clone, Queryable)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct Row {
    pub id: WebhookId,
    pub name: Option<String>,
    pub url: String,
    pub enabled: bool,
    pub auth_method: String,
    pub auth_name: String,
    pub auth_secret: Option<String>,
    pub auth_saved_at: Option<i64>,
    pub all_inboxes: bool,
    pub timeout_s: i32,
    pub secret: String,
    pub secret_created_at: i64,
    pub old_secret: Option<String>,
    pub old_secret_until: Option<i64>,
    pub failures: i32,
    pub failing_since: Option<i64>,
    pub paused_until: Option<i64>,
    pub disabled_at: Option<i64>,
    pub disabled_reason: Option<String>,
    pub version: i32,
    pub created_at: i64,
    pub updated_at: i64,
    pub deleted_at: Option<i64>,
    pub probe_at: Option<i64>,
    pub probe_wait_ms: i32,
    pub exhausted_at: Option<i64>,
    _returned_at: Option<i64>,
    pub viewers_see_answers: bool,
    pub probe_lease: Option<i64>,
    pub settle: Option<String>,
    _settle_before: Option<i64>,
    pub backlog_full_since: Option<i64>,
}

/// The columns of `webhooks` that its form sets, apart from secrets.
#[derive(AsChangeset)]
#[diesel(table_name = webhooks, treat_none_as_null = true)]
pub(super) struct FormColumns<'a> {
    name: Option<&'a str>,
    url: &'a str,
    auth_method: &'a str,
    auth_name: &'a str,
    all_inboxes: bool,
    timeout_s: i32,
    viewers_see_answers: bool,
}

impl<'a> FormColumns<'a> {
    pub(super) fn of(new: &'a NewWebhook) -> Self {
        Self {
            name: new.name.as_deref(),
            url: new.url.as_str(),
            auth_method: new.authorization.method().as_str(),
            auth_name: new.authorization.name(),
            all_inboxes: new.inboxes == InboxScope::All,
            timeout_s: i32::from(new.options.timeout_s),
            viewers_see_answers: new.options.viewers_see_answers,
        }
    }
}

/// A row of `webhook_headers`.
#[derive(Clone, Queryable)]
#[expect(missing_docs, reason = "the columns of the table")]
pub struct HeaderRow {
    pub webhook_id: WebhookId,
    pub position: i32,
    pub name: String,
    pub value: Option<String>,
    pub sealed: Option<String>,
    pub saved_at: Option<i64>,
}

/// Adds events, inboxes, headers and options to rows: four queries for any number of rows.
pub fn complete(conn: &mut DbConnection, rows: Vec<Row>) -> Result<Vec<Webhook>, Error> {
    let ids: Vec<WebhookId> = rows.iter().map(|row| row.id).collect();
    let mut events: HashMap<WebhookId, Vec<EventName>> = HashMap::new();
    let named: Vec<(WebhookId, String)> = webhook_events::table
        .filter(webhook_events::webhook_id.eq_any(&ids))
        .select((webhook_events::webhook_id, webhook_events::event))
        .load(conn)?;
    for (id, name) in named {
        events.entry(id).or_default().extend(EventName::parse(&name));
    }
    let mut inboxes: HashMap<WebhookId, Vec<InboxId>> = HashMap::new();
    let chosen: Vec<(WebhookId, InboxId)> = webhook_inboxes::table
        .filter(webhook_inboxes::webhook_id.eq_any(&ids))
        .order(webhook_inboxes::inbox_id)
        .load(conn)?;
    for (id, inbox) in chosen {
        inboxes.entry(id).or_default().push(inbox);
    }
    let mut headers: HashMap<WebhookId, Vec<ShownHeader>> = HashMap::new();
    for row in headers_of(conn, &ids)? {
        headers.entry(row.webhook_id).or_default().push(ShownHeader {
            name: HeaderName::from_stored(row.name),
            value: row.value,
            saved_at: row.saved_at.map(Timestamp::from_micros),
        });
    }
    let (lenient, now) = (with_redirect_as_success(conn, &ids)?, now_on(conn)?);
    rows.into_iter()
        .map(|row| {
            let id = row.id;
            let options = row.options(lenient.contains(&id));
            let mut subscribed = events.remove(&id).unwrap_or_default();
            subscribed.sort_unstable();
            let chosen = inboxes.remove(&id).unwrap_or_default();
            assemble(row, now, subscribed, chosen, headers.remove(&id).unwrap_or_default(), options)
        })
        .collect()
}

/// Webhooks without their events, inboxes, headers and options, where only name and health are shown.
pub fn without_lists(conn: &mut DbConnection, rows: Vec<Row>) -> Result<Vec<Webhook>, Error> {
    let now = now_on(conn)?;
    rows.into_iter().map(|row| assemble(row, now, Vec::new(), Vec::new(), Vec::new(), Options::default())).collect()
}

/// Those of these webhooks that count a redirect as a success.
fn with_redirect_as_success(conn: &mut DbConnection, ids: &[WebhookId]) -> Result<HashSet<WebhookId>, Error> {
    let lenient: Vec<WebhookId> = webhook_options::table
        .filter(webhook_options::id.eq_any(ids).and(webhook_options::redirect_is_success))
        .select(webhook_options::id)
        .load(conn)?;
    Ok(lenient.into_iter().collect())
}

/// The options of a webhook.
pub(super) fn options(conn: &mut DbConnection, row: &Row) -> Result<Options, Error> {
    let lenient = with_redirect_as_success(conn, &[row.id])?;
    Ok(row.options(!lenient.is_empty()))
}

/// Stores the options that are not among the columns of [`FormColumns`].
pub(super) fn store_options(conn: &mut DbConnection, id: WebhookId, options: Options) -> Result<(), Error> {
    diesel::update(webhook_options::table.find(id))
        .set(webhook_options::redirect_is_success.eq(options.redirect_is_success))
        .execute(conn)?;
    Ok(())
}

/// The extra headers of these webhooks, in the order of webhook and position.
pub fn headers_of(conn: &mut DbConnection, ids: &[WebhookId]) -> Result<Vec<HeaderRow>, Error> {
    Ok(webhook_headers::table
        .filter(webhook_headers::webhook_id.eq_any(ids))
        .order((webhook_headers::webhook_id, webhook_headers::position))
        .load(conn)?)
}

fn assemble(
    row: Row,
    now: Timestamp,
    events: Vec<EventName>,
    inboxes: Vec<InboxId>,
    headers: Vec<ShownHeader>,
    options: Options,
) -> Result<Webhook, Error> {
    Ok(Webhook {
        id: row.id,
        state: row.state_columns().state(now),
        health: row.health(),
        off_since: row.disabled_at.filter(|_| !row.is_on()).map(Timestamp::from_micros),
        off_reason: row.disabled_reason.as_deref().and_then(OffReason::parse),
        url: TargetUrl::from_stored(&row.url).ok_or(Error::CorruptValue("URL"))?,
        authorization: ShownAuthorization {
            method: Method::parse(&row.auth_method).ok_or(Error::CorruptValue("authorization"))?,
            name: text::cleaned(&row.auth_name),
            saved_at: row.auth_saved_at.map(Timestamp::from_micros),
        },
        name: row.name.as_deref().and_then(text::shown),
        events,
        inboxes: if row.all_inboxes { InboxScope::All } else { InboxScope::Selected(inboxes) },
        headers,
        options,
        enabled: row.is_on(),
        backlog_full_since: row.backlog_full_since.map(Timestamp::from_micros),
        settling: row.settle.as_deref().and_then(Held::parse),
        secret_created_at: Timestamp::from_micros(row.secret_created_at),
        old_secret_until: row.old_secret_until.map(Timestamp::from_micros),
        version: row.version,
        created_at: Timestamp::from_micros(row.created_at),
        updated_at: Timestamp::from_micros(row.updated_at),
    })
}

impl Row {
    /// `enabled` is false while a webhook that is being turned on settles what it held.
    fn is_on(&self) -> bool {
        self.enabled || self.settle.is_some()
    }

    fn options(&self, redirect_is_success: bool) -> Options {
        Options {
            timeout_s: u8::try_from(self.timeout_s).unwrap_or(Options::default().timeout_s),
            viewers_see_answers: self.viewers_see_answers,
            redirect_is_success,
        }
    }

    fn health(&self) -> Health {
        let columns = health::Columns {
            enabled: self.is_on(),
            disabled_reason: self.disabled_reason.clone(),
            failures: self.failures,
            failing_since: self.failing_since,
            paused_until: self.paused_until,
            probe_at: self.probe_at,
            probe_wait_ms: self.probe_wait_ms,
            probe_lease: self.probe_lease,
            exhausted_at: self.exhausted_at,
        };
        columns.into()
    }

    fn state_columns(&self) -> StateColumns {
        StateColumns {
            enabled: self.is_on(),
            disabled_reason: self.disabled_reason.clone(),
            paused_until: self.paused_until,
            probe_at: self.probe_at,
        }
    }
}

/// The columns that decide the state of a webhook.
#[derive(Queryable)]
pub(in crate::db) struct StateColumns {
    enabled: bool,
    disabled_reason: Option<String>,
    paused_until: Option<i64>,
    probe_at: Option<i64>,
}

impl StateColumns {
    pub(in crate::db) fn state(&self, now: Timestamp) -> State {
        match (self.enabled, &self.disabled_reason) {
            (false, Some(_)) => State::AutoDisabled,
            (false, None) => State::Disabled,
            (true, _) if self.paused_until.is_some_and(|until| now.micros() < until) => State::Paused,
            (true, _) if self.probe_at.is_some() => State::Failing,
            (true, _) => State::Active,
        }
    }
}

/// The rows of webhooks that are not deleted, oldest first.
pub fn load_all(conn: &mut DbConnection) -> Result<Vec<Row>, Error> {
    Ok(webhooks::table.filter(webhooks::deleted_at.is_null()).order(webhooks::id).load(conn)?)
}

/// The row of a webhook, unless it is deleted.
pub fn load_one(conn: &mut DbConnection, id: WebhookId) -> Result<Option<Row>, Error> {
    Ok(webhooks::table.find(id).filter(webhooks::deleted_at.is_null()).get_result(conn).optional()?)
}
