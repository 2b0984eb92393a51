//! Inboxes.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

use diesel::prelude::*;

use super::chatwoot::registration;
use super::schema::{inboxes, webhook_inboxes, webhooks};
use super::sql::prepared;
use super::{DbConnection, Error};
use crate::domain::id::{ConnectionId, InboxId, WebhookId};
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
    connection_id: Option<ConnectionId>,
    _source_name: Option<String>,
    updated_at: Option<i64>,
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
            connection_id: row.connection_id,
            external_id,
            channel_type: row.channel_type.as_deref().and_then(text::shown),
            archived_at: row.archived_at.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at.unwrap_or(row.created_at)),
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

/// The same; its row stays locked until the transaction ends, so that what is checked does not change before it is stored.
pub fn find_for_update(conn: &mut DbConnection, id: InboxId) -> Result<Option<Inbox>, Error> {
    if let DbConnection::Postgres(conn) = conn {
        let row = inboxes::table.find(id).select(inboxes::id).for_no_key_update();
        row.get_result::<InboxId>(conn).optional()?;
    }
    find(conn, id)
}

/// These inboxes, also archived ones.
pub fn by_id(conn: &mut DbConnection, ids: &[InboxId]) -> Result<HashMap<InboxId, Inbox>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = inboxes::table.filter(inboxes::id.eq_any(ids)).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.id, Inbox::from(row))).collect())
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
pub fn update(conn: &mut DbConnection, id: InboxId, new: &NewInbox, now: Timestamp) -> Result<bool, Error> {
    // A form that changes another field sends the stored name, which then remains replaceable by an event's.
    let renamed = inboxes::table.find(id).filter(inboxes::name.ne(&new.name));
    diesel::update(renamed).set(inboxes::unnamed.eq(false)).execute(conn)?;
    let updated = diesel::update(inboxes::table.find(id))
        .set((
            inboxes::external_id.eq(&new.external_id),
            inboxes::name.eq(&new.name),
            inboxes::channel_type.eq(&new.channel_type),
            inboxes::updated_at.eq(Some(now.micros())),
        ))
        .execute(conn)?;
    Ok(updated > 0)
}

/// Archives an inbox, which hides it from selectors, or brings it back. False if it does not exist.
pub fn archive(conn: &mut DbConnection, id: InboxId, archived: bool, now: Timestamp) -> Result<bool, Error> {
    let now = Some(now.micros());
    let updated = diesel::update(inboxes::table.find(id))
        .set((inboxes::archived_at.eq(now.filter(|_| archived)), inboxes::updated_at.eq(now)))
        .execute(conn)?;
    Ok(updated > 0)
}

/// An inbox as events name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId<'a> {
    /// The Chatwoot whose inbox it is; `None` for posted events. Inboxes of several may have equal external ids.
    pub connection: Option<ConnectionId>,
    /// The id of the inbox there.
    pub external_id: &'a str,
}

/// [`find_or_register`] for many inboxes, with the names that events bring.
pub fn find_or_register_all<'a>(
    conn: &mut DbConnection,
    wanted: &BTreeMap<SourceId<'a>, Option<&str>>,
    now: Timestamp,
) -> Result<HashMap<SourceId<'a>, InboxId>, Error> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    type Columns = (Option<ConnectionId>, Option<String>, InboxId, bool);
    let known: Vec<Columns> = inboxes::table
        .filter(inboxes::external_id.eq_any(wanted.keys().map(|id| id.external_id)))
        .select((inboxes::connection_id, inboxes::external_id, inboxes::id, inboxes::unnamed))
        .load(conn)?;
    let known: HashMap<(Option<ConnectionId>, String), (InboxId, bool)> = known
        .into_iter()
        .filter_map(|(connection, external_id, id, unnamed)| Some(((connection, external_id?), (id, unnamed))))
        .collect();
    let mut found = HashMap::with_capacity(wanted.len());
    for (source, name) in wanted {
        let id = match known.get(&(source.connection, source.external_id.to_owned())) {
            Some((id, unnamed)) if !(*unnamed && name.is_some()) => *id,
            _ => find_or_register(conn, *source, *name, now)?,
        };
        found.insert(*source, id);
    }
    Ok(found)
}

/// The inbox with this external id; an unknown one is added, and one of a Chatwoot is asked for its name. An inbox that was
/// added without a name gets the first `name` that an event brings, unless a person has named it before.
pub fn find_or_register(
    conn: &mut DbConnection,
    source: SourceId<'_>,
    name: Option<&str>,
    now: Timestamp,
) -> Result<InboxId, Error> {
    let found = match known(conn, source)? {
        Some(found) => found,
        None => match conn.transaction(|conn| register(conn, source, name, now)) {
            // A concurrent event on Postgres registered it first; the savepoint keeps the transaction usable.
            Err(error) if error.is_unique_violation() => known(conn, source)?.ok_or(error)?,
            registered => return registered,
        },
    };
    if let ((id, true), Some(name)) = (found, name) {
        let unnamed = inboxes::table.find(id).filter(inboxes::unnamed.eq(true));
        diesel::update(unnamed).set((inboxes::name.eq(name), inboxes::unnamed.eq(false))).execute(conn)?;
    }
    Ok(found.0)
}

/// The id of an inbox, and whether it has no name.
fn known(conn: &mut DbConnection, source: SourceId<'_>) -> Result<Option<(InboxId, bool)>, Error> {
    let found = inboxes::table.filter(inboxes::external_id.eq(source.external_id));
    let columns = (inboxes::id, inboxes::unnamed);
    match source.connection {
        Some(id) => prepared::find(conn, found.filter(inboxes::connection_id.eq(id)).select(columns)),
        None => prepared::find(conn, found.filter(inboxes::connection_id.is_null()).select(columns)),
    }
}

fn register(
    conn: &mut DbConnection,
    source: SourceId<'_>,
    name: Option<&str>,
    now: Timestamp,
) -> Result<InboxId, Error> {
    if let Some(connection) = source.connection {
        registration::ask_sync(conn, connection, now)?;
    }
    let shown = name.map_or_else(|| placeholder(&source.external_id), str::to_owned);
    Ok(diesel::insert_into(inboxes::table)
        .values((
            inboxes::external_id.eq(source.external_id),
            inboxes::name.eq(shown),
            inboxes::created_at.eq(now.micros()),
            inboxes::unnamed.eq(name.is_none()),
            inboxes::connection_id.eq(source.connection),
        ))
        .returning(inboxes::id)
        .get_result(conn)?)
}

/// Stores an inbox as its Chatwoot describes it. A name that a person has given here stays.
pub fn synchronise(
    conn: &mut DbConnection,
    connection: ConnectionId,
    source: &NewInbox,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(external_id) = &source.external_id else { return Ok(()) };
    let of_connection = inboxes::connection_id.eq(connection);
    let found = inboxes::table.filter(inboxes::external_id.eq(external_id)).filter(of_connection);
    type Columns = (InboxId, String, bool, Option<String>, Option<String>);
    let columns = (inboxes::id, inboxes::name, inboxes::unnamed, inboxes::source_name, inboxes::channel_type);
    let stored: Option<Columns> = found.select(columns).get_result(conn).optional()?;
    let Some((id, name, unnamed, source_name, channel_type)) = stored else {
        let insert = diesel::insert_into(inboxes::table).values((
            inboxes::external_id.eq(external_id),
            inboxes::name.eq(&source.name),
            inboxes::source_name.eq(&source.name),
            inboxes::channel_type.eq(&source.channel_type),
            inboxes::created_at.eq(now.micros()),
            inboxes::connection_id.eq(connection),
        ));
        return match conn.transaction::<_, Error, _>(|conn| Ok(insert.execute(conn)?)) {
            // A concurrent event on Postgres registered it first; the next visit gives it this name.
            Err(error) if error.is_unique_violation() => Ok(()),
            inserted => inserted.map(drop),
        };
    };
    if source_name.as_ref() == Some(&source.name) && channel_type == source.channel_type {
        return Ok(());
    }
    // Without a source the name came from an event, so from the same Chatwoot.
    let is_own = unnamed || source_name.is_none_or(|source_name| source_name == name);
    let name = if is_own { &source.name } else { &name };
    diesel::update(inboxes::table.find(id))
        .set((
            inboxes::name.eq(name),
            inboxes::unnamed.eq(false),
            inboxes::source_name.eq(&source.name),
            inboxes::channel_type.eq(&source.channel_type),
        ))
        .execute(conn)?;
    Ok(())
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
