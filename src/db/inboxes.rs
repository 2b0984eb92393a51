//! Inboxes.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

use diesel::prelude::*;

use super::schema::{inboxes, webhook_inboxes, webhooks};
use super::sql::prepared;
use super::{DbConnection, Error};
use crate::domain::id::{InboxId, WebhookId};
use crate::domain::inboxes::{Inbox, NewInbox};
use crate::domain::text;
use crate::domain::timestamp::Timestamp;

#[derive(Queryable)]
struct Row {
    id: InboxId,
    external_id: Option<String>,
    name: String,
    channel_type: Option<String>,
    archived_at: Option<i64>,
    created_at: i64,
    unnamed: bool,
}

impl From<Row> for Inbox {
    fn from(row: Row) -> Self {
        let external_id = row.external_id.as_deref().and_then(text::shown);
        let shown = text::shown(&row.name);
        let unnamed = match &shown {
            None => Some(row.id.to_string()),
            Some(_) if row.unnamed => Some(external_id.clone().unwrap_or_else(|| row.id.to_string())),
            Some(_) => None,
        };
        Self {
            id: row.id,
            name: shown.unwrap_or_else(|| placeholder(&row.id)),
            unnamed,
            external_id,
            channel_type: row.channel_type.as_deref().and_then(text::shown),
            archived_at: row.archived_at.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

/// All inboxes by name, with archived ones.
pub fn list(conn: &mut DbConnection) -> Result<Vec<Inbox>, Error> {
    let rows: Vec<Row> = inboxes::table.order((inboxes::name, inboxes::id)).load(conn)?;
    Ok(rows.into_iter().map(Inbox::from).collect())
}

/// One inbox, also an archived one.
pub fn find(conn: &mut DbConnection, id: InboxId) -> Result<Option<Inbox>, Error> {
    Ok(inboxes::table.find(id).get_result::<Row>(conn).optional()?.map(Inbox::from))
}

/// Adds an inbox. A unique violation means that another inbox has its external id.
pub fn insert(conn: &mut DbConnection, new: &NewInbox, now: Timestamp) -> Result<InboxId, Error> {
    Ok(diesel::insert_into(inboxes::table)
        .values((
            inboxes::external_id.eq(&new.external_id),
            inboxes::name.eq(&new.name),
            inboxes::channel_type.eq(&new.channel_type),
            inboxes::created_at.eq(now.micros()),
        ))
        .returning(inboxes::id)
        .get_result(conn)?)
}

/// Changes an inbox. False if it does not exist. A unique violation means that another inbox has the external id.
pub fn update(conn: &mut DbConnection, id: InboxId, new: &NewInbox) -> Result<bool, Error> {
    // A form that changes another field sends the stored name, which then remains replaceable by an event's.
    let renamed = inboxes::table.find(id).filter(inboxes::name.ne(&new.name));
    diesel::update(renamed).set(inboxes::unnamed.eq(false)).execute(conn)?;
    let updated = diesel::update(inboxes::table.find(id))
        .set((
            inboxes::external_id.eq(&new.external_id),
            inboxes::name.eq(&new.name),
            inboxes::channel_type.eq(&new.channel_type),
        ))
        .execute(conn)?;
    Ok(updated > 0)
}

/// Archives an inbox, which hides it from selectors; `None` brings it back. False if it does not exist.
pub fn archive(conn: &mut DbConnection, id: InboxId, at: Option<Timestamp>) -> Result<bool, Error> {
    let updated = diesel::update(inboxes::table.find(id))
        .set(inboxes::archived_at.eq(at.map(Timestamp::micros)))
        .execute(conn)?;
    Ok(updated > 0)
}

/// [`find_or_register`] for many inboxes: external ids with the names that events bring.
pub fn find_or_register_all(
    conn: &mut DbConnection,
    wanted: &BTreeMap<&str, Option<&str>>,
    now: Timestamp,
) -> Result<HashMap<String, InboxId>, Error> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let known: Vec<(Option<String>, InboxId, bool)> = inboxes::table
        .filter(inboxes::external_id.eq_any(wanted.keys().copied()))
        .select((inboxes::external_id, inboxes::id, inboxes::unnamed))
        .load(conn)?;
    let complete = |(external_id, id, unnamed): (Option<String>, InboxId, bool)| {
        let external_id = external_id?;
        let gets_name = unnamed && wanted.get(external_id.as_str()).copied().flatten().is_some();
        (!gets_name).then_some((external_id, id))
    };
    let mut found: HashMap<String, InboxId> = known.into_iter().filter_map(complete).collect();
    for (external_id, name) in wanted {
        if !found.contains_key(*external_id) {
            found.insert((*external_id).to_owned(), find_or_register(conn, external_id, *name, now)?);
        }
    }
    Ok(found)
}

/// The inbox with this external id; an unknown one is added. An inbox that was added without a name gets the first
/// `name` that an event brings, unless a person has named it before.
pub fn find_or_register(
    conn: &mut DbConnection,
    external_id: &str,
    name: Option<&str>,
    now: Timestamp,
) -> Result<InboxId, Error> {
    let known = |conn: &mut DbConnection| -> Result<Option<(InboxId, bool)>, Error> {
        let found = inboxes::table.filter(inboxes::external_id.eq(external_id));
        prepared::find(conn, found.select((inboxes::id, inboxes::unnamed)))
    };
    let found = match known(conn)? {
        Some(found) => found,
        None => match conn.transaction(|conn| register(conn, external_id, name, now)) {
            // A concurrent event on Postgres registered it first; the savepoint keeps the transaction usable.
            Err(error) if error.is_unique_violation() => known(conn)?.ok_or(error)?,
            registered => return registered,
        },
    };
    if let ((id, true), Some(name)) = (found, name) {
        let unnamed = inboxes::table.find(id).filter(inboxes::unnamed.eq(true));
        diesel::update(unnamed).set((inboxes::name.eq(name), inboxes::unnamed.eq(false))).execute(conn)?;
    }
    Ok(found.0)
}

fn register(conn: &mut DbConnection, external_id: &str, name: Option<&str>, now: Timestamp) -> Result<InboxId, Error> {
    let shown = name.map_or_else(|| placeholder(&external_id), str::to_owned);
    Ok(diesel::insert_into(inboxes::table)
        .values((
            inboxes::external_id.eq(external_id),
            inboxes::name.eq(shown),
            inboxes::created_at.eq(now.micros()),
            inboxes::unnamed.eq(name.is_none()),
        ))
        .returning(inboxes::id)
        .get_result(conn)?)
}

/// The name of an inbox whose name is not known.
fn placeholder(id: &impl Display) -> String {
    format!("Inbox {id}")
}

/// Each inbox with each webhook whose filter names it.
pub fn users_of(conn: &mut DbConnection) -> Result<Vec<(InboxId, WebhookId)>, Error> {
    Ok(webhook_inboxes::table
        .inner_join(webhooks::table.on(webhooks::id.eq(webhook_inboxes::webhook_id)))
        .filter(webhooks::deleted_at.is_null())
        .filter(webhooks::all_inboxes.eq(false))
        .select((webhook_inboxes::inbox_id, webhook_inboxes::webhook_id))
        .order((webhook_inboxes::inbox_id, webhook_inboxes::webhook_id))
        .load(conn)?)
}
