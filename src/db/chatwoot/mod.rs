//! Connections to Chatwoot. Access token, ingest key and signing secrets are sealed; a key is found by its SHA-256.

pub mod comparisons;
pub mod conversations;
pub mod counts;
pub mod missing;
pub mod registration;

use std::collections::HashSet;

use diesel::prelude::*;
use secrecy::SecretString;

use super::schema::chatwoot_connections as c;
use super::sql::prepared;
use super::{DbConnection, Error};
use crate::clock;
use crate::domain::accounts::api_token;
use crate::domain::chatwoot::connection::{ApiAccess, Connection, Doorway, Fault, FaultKind, REPLACED_VALID, Server};
use crate::domain::id::ConnectionId;
use crate::domain::secret_box::{Sealed, SecretBox, expose};
use crate::domain::text;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::target_url::TargetUrl;

/// What pages show of a row.
#[derive(Queryable, Selectable)]
#[diesel(table_name = c)]
struct Row {
    id: ConnectionId,
    name: String,
    base_url: Option<String>,
    account_id: Option<i64>,
    webhook_id: Option<i64>,
    secret: Option<String>,
    old_key_until: Option<i64>,
    created_at: i64,
    disconnected_at: Option<i64>,
    checked_at: Option<i64>,
    inboxes_synced_at: Option<i64>,
    last_event_at: Option<i64>,
    problem: Option<String>,
    problem_detail: Option<String>,
    problem_at: Option<i64>,
    other_unknown_events: i64,
}

impl Row {
    fn into_connection(self) -> Result<Connection, Error> {
        let server = match &self.base_url {
            Some(url) => Some(Server { base_url: base_url(url)?, webhook_id: self.webhook_id }),
            None => None,
        };
        let fault = match (self.problem.as_deref(), self.problem_at) {
            (Some(kind), Some(at)) => Some(Fault {
                kind: FaultKind::parse(kind).unwrap_or(FaultKind::Unknown),
                detail: self.problem_detail,
                at: Timestamp::from_micros(at),
            }),
            _ => None,
        };
        Ok(Connection {
            id: self.id,
            name: text::shown(&self.name).unwrap_or_else(|| self.id.to_string()),
            server,
            account_id: self.account_id,
            has_secret: self.secret.is_some(),
            old_key_until: self.old_key_until.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(self.created_at),
            disconnected_at: self.disconnected_at.map(Timestamp::from_micros),
            checked_at: self.checked_at.map(Timestamp::from_micros),
            inboxes_synced_at: self.inboxes_synced_at.map(Timestamp::from_micros),
            last_event_at: self.last_event_at.map(Timestamp::from_micros),
            fault,
            other_unknown_events: self.other_unknown_events.unsigned_abs(),
        })
    }
}

fn base_url(stored: &str) -> Result<TargetUrl, Error> {
    TargetUrl::from_stored(stored).ok_or(Error::CorruptValue("base URL of a Chatwoot"))
}

/// A connection to be stored.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// The name of the account; of a manual connection what a person typed.
    pub name: String,
    /// Events of another account are refused; `None` if the account is not known.
    pub account_id: Option<i64>,
    /// The base URL of the Chatwoot and the access token of an administrator; `None` for a manual connection.
    pub server: Option<(TargetUrl, SecretString)>,
    /// The ingest key, if the account was not connected before.
    pub key: SecretString,
}

/// All connections, oldest first, with those that were ended.
pub fn list(conn: &mut DbConnection) -> Result<Vec<Connection>, Error> {
    let rows: Vec<Row> = c::table.order(c::id).select(Row::as_select()).load(conn)?;
    rows.into_iter().map(Row::into_connection).collect()
}

/// One connection, also one that was ended.
pub fn find(conn: &mut DbConnection, id: ConnectionId) -> Result<Option<Connection>, Error> {
    let row: Option<Row> = c::table.find(id).select(Row::as_select()).get_result(conn).optional()?;
    row.map(Row::into_connection).transpose()
}

/// Stores a connection. If the account of that Chatwoot was connected before, its row is used again with its ingest key, so
/// that its inboxes and the webhooks that select them stay, and a webhook that was left in Chatwoot is found again.
pub fn connect(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    new: &NewConnection,
    now: Timestamp,
) -> Result<ConnectionId, Error> {
    let url = new.server.as_ref().map(|(url, _)| url.as_str());
    let known: Option<ConnectionId> = match (url, new.account_id) {
        (Some(url), Some(account)) => {
            let same = c::table.filter(c::base_url.eq(url)).filter(c::account_id.eq(account));
            same.select(c::id).get_result(conn).optional()?
        }
        _ => None,
    };
    let id = match known {
        Some(id) => id,
        None => {
            let row = (
                c::name.eq(&new.name),
                c::base_url.eq(url),
                c::account_id.eq(new.account_id),
                c::ingest_key.eq(""),
                c::key_hash.eq(api_token::hash(expose(&new.key))),
                c::created_at.eq(now.micros()),
                c::next_check_at.eq(now.micros()),
                c::next_sync_at.eq(now.micros()),
            );
            // A secret is sealed for the id of its row, so the row is inserted first.
            let id = diesel::insert_into(c::table).values(row).returning(c::id).get_result(conn)?;
            let sealed = seal(secret_box, &new.key, "ingest_key", id)?;
            diesel::update(c::table.find(id)).set(c::ingest_key.eq(sealed)).execute(conn)?;
            id
        }
    };
    let token = new.server.as_ref().map(|(_, token)| seal(secret_box, token, "api_token", id)).transpose()?;
    diesel::update(c::table.find(id))
        .set((
            c::name.eq(&new.name),
            c::api_token.eq(token),
            c::disconnected_at.eq(None::<i64>),
            c::next_check_at.eq(now.micros()),
            c::next_sync_at.eq(now.micros()),
            (c::problem.eq(None::<String>), c::problem_detail.eq(None::<String>), c::problem_at.eq(None::<i64>)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Ends a connection: its events are refused from now on. Its access token and secrets are deleted; the row, its inboxes and
/// its counts stay. False if it does not exist or was ended before.
pub fn disconnect(conn: &mut DbConnection, id: ConnectionId, now: Timestamp) -> Result<bool, Error> {
    let connected = c::table.find(id).filter(c::disconnected_at.is_null());
    let ended = diesel::update(connected)
        .set((
            c::disconnected_at.eq(now.micros()),
            (c::api_token.eq(None::<String>), c::webhook_id.eq(None::<i64>)),
            (c::secret.eq(None::<String>), c::old_secret.eq(None::<String>), c::old_secret_until.eq(None::<i64>)),
            (c::old_key_hash.eq(None::<Vec<u8>>), c::old_key_until.eq(None::<i64>)),
            (c::problem.eq(None::<String>), c::problem_detail.eq(None::<String>), c::problem_at.eq(None::<i64>)),
        ))
        .execute(conn)?;
    Ok(ended > 0)
}

/// The ingest key of a connection. `None` if the connection does not exist.
pub fn key(conn: &mut DbConnection, secret_box: &SecretBox, id: ConnectionId) -> Result<Option<SecretString>, Error> {
    let sealed: Option<String> = c::table.find(id).select(c::ingest_key).get_result(conn).optional()?;
    sealed.map(|sealed| open(secret_box, sealed, "ingest_key", id)).transpose()
}

/// Replaces the ingest key; the old one stays valid for [`REPLACED_VALID`]. The registration is due, because the URL in
/// Chatwoot changes. False if the connection does not exist or was ended.
pub fn replace_key(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    id: ConnectionId,
    new: &SecretString,
    now: Timestamp,
) -> Result<bool, Error> {
    let connected = c::table.find(id).filter(c::disconnected_at.is_null());
    let replaced = diesel::update(connected)
        .set((
            c::old_key_hash.eq(c::key_hash.nullable()),
            c::old_key_until.eq(now.after(REPLACED_VALID).micros()),
            c::key_hash.eq(api_token::hash(expose(new))),
            c::ingest_key.eq(seal(secret_box, new, "ingest_key", id)?),
            c::next_check_at.eq(now.micros()),
        ))
        .execute(conn)?;
    Ok(replaced > 0)
}

/// Stores the signing secret that Chatwoot uses; the one before stays valid for [`REPLACED_VALID`]. `None` means that this
/// Chatwoot does not sign. No effect if the secret is stored already.
pub fn set_secret(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    id: ConnectionId,
    new: Option<&SecretString>,
    now: Timestamp,
) -> Result<(), Error> {
    let stored: Option<String> = c::table.find(id).select(c::secret).get_result(conn)?;
    let stored = stored.map(|sealed| open(secret_box, sealed, "secret", id)).transpose()?;
    if stored.as_ref().map(expose) == new.map(expose) {
        return Ok(());
    }
    let sealed = new.map(|new| seal(secret_box, new, "secret", id)).transpose()?;
    let old = stored.map(|old| seal(secret_box, &old, "old_secret", id)).transpose()?;
    let until = old.as_ref().map(|_| now.after(REPLACED_VALID).micros());
    diesel::update(c::table.find(id))
        .set((c::secret.eq(sealed), c::old_secret.eq(old), c::old_secret_until.eq(until)))
        .execute(conn)?;
    Ok(())
}

/// What ingest needs of the connection with this key, or with this replaced key while it is valid.
pub fn doorway(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    key_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Doorway>, Error> {
    type Columns = (ConnectionId, Option<i64>, Option<String>, Option<String>, Option<i64>, Option<i64>);
    let columns = (c::id, c::account_id, c::secret, c::old_secret, c::old_secret_until, c::disconnected_at);
    let current = c::table.filter(c::key_hash.eq(key_hash)).select(columns);
    let mut found: Option<Columns> = prepared::find(conn, current)?;
    if found.is_none() {
        let replaced = c::table.filter(c::old_key_hash.eq(key_hash)).filter(c::old_key_until.gt(now.micros()));
        found = prepared::find(conn, replaced.select(columns))?;
    }
    let Some((id, account_id, secret, old_secret, old_until, disconnected_at)) = found else { return Ok(None) };
    let old_secret = old_secret.filter(|_| old_until.is_some_and(|until| until > now.micros()));
    let secrets = [(secret, "secret"), (old_secret, "old_secret")];
    let secrets = secrets.into_iter().filter_map(|(sealed, column)| Some(open(secret_box, sealed?, column, id)));
    let secrets = secrets.collect::<Result<_, _>>()?;
    Ok(Some(Doorway { id, account_id, secrets, is_disconnected: disconnected_at.is_some() }))
}

/// Those of the connections that were not ended.
pub fn active(conn: &mut DbConnection, ids: &HashSet<ConnectionId>) -> Result<HashSet<ConnectionId>, Error> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let active = c::table.filter(c::id.eq_any(ids)).filter(c::disconnected_at.is_null()).select(c::id);
    Ok(active.load(conn)?.into_iter().collect())
}

/// How to call the API of a connection's Chatwoot. `None` if it is manual, was ended, or does not exist.
pub fn api_access(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    id: ConnectionId,
) -> Result<Option<ApiAccess>, Error> {
    type Columns = (Option<String>, Option<i64>, Option<String>);
    let columns = c::table.find(id).select((c::base_url, c::account_id, c::api_token));
    let found: Option<Columns> = columns.get_result(conn).optional()?;
    let Some((Some(url), Some(account_id), Some(token))) = found else { return Ok(None) };
    let token = open(secret_box, token, "api_token", id)?;
    Ok(Some(ApiAccess { base_url: base_url(&url)?, account_id, token }))
}

fn seal(secret_box: &SecretBox, secret: &SecretString, column: &str, id: ConnectionId) -> Result<String, Error> {
    Ok(secret_box.seal(expose(secret), &place(column, id), clock::random())?.0)
}

fn open(secret_box: &SecretBox, sealed: String, column: &str, id: ConnectionId) -> Result<SecretString, Error> {
    Ok(secret_box.open(&Sealed(sealed), &place(column, id))?)
}

fn place(column: &str, id: ConnectionId) -> String {
    format!("chatwoot_connections.{column}:{id}")
}
