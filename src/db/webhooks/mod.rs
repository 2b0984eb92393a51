//! Webhooks: reads, stores, deletes them, turns them on and off, and opens their secrets for the sender.

pub mod backlog;
pub mod health;
pub mod mass_changes;
pub mod rows;
mod seal;
pub mod search;
mod switch;
pub mod target;

use diesel::prelude::*;

use super::events::routes;
use super::schema::{webhook_events, webhook_headers, webhook_inboxes, webhooks};
use super::{DbConnection, Error, now_on};
use crate::clock;
use crate::domain::id::WebhookId;
use crate::domain::secret_box::{Sealed, SecretBox};
use crate::domain::text;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::authorization::{Credential, Method, NewAuthorization};
use crate::domain::webhooks::header::{NewHeader, NewValue};
use crate::domain::webhooks::signing::SigningSecret;
use crate::domain::webhooks::target_url::TargetUrl;
use crate::domain::webhooks::{InboxScope, NewWebhook, Webhook};
use rows::{FormColumns, HeaderRow};
use seal::{header_place, place, seal};
pub use switch::set_enabled;

/// All webhooks that are not deleted, oldest first.
pub fn list(conn: &mut DbConnection) -> Result<Vec<Webhook>, Error> {
    let rows = rows::load_all(conn)?;
    rows::complete(conn, rows)
}

/// One webhook, unless it is deleted.
pub fn find(conn: &mut DbConnection, id: WebhookId) -> Result<Option<Webhook>, Error> {
    let row = rows::load_one(conn, id)?;
    Ok(rows::complete(conn, row.into_iter().collect())?.pop())
}

/// The same; its row stays locked until the transaction ends, so that what is checked does not change before it is stored.
/// On Postgres two transactions would else both find the same version and both write.
pub fn find_for_update(conn: &mut DbConnection, id: WebhookId) -> Result<Option<Webhook>, Error> {
    if let DbConnection::Postgres(conn) = conn {
        let row = webhooks::table.find(id).select(webhooks::id).for_no_key_update();
        row.get_result::<WebhookId>(conn).optional()?;
    }
    find(conn, id)
}

/// Whether there was such a webhook, and it was deleted.
pub fn was_deleted(conn: &mut DbConnection, id: WebhookId) -> Result<bool, Error> {
    let deleted = webhooks::table.find(id).filter(webhooks::deleted_at.is_not_null());
    Ok(deleted.select(webhooks::id).get_result::<WebhookId>(conn).optional()?.is_some())
}

/// The name of every webhook, also of deleted ones; the host of its URL if it has no name.
pub fn titles(conn: &mut DbConnection) -> Result<Vec<(WebhookId, String)>, Error> {
    let rows: Vec<(WebhookId, Option<String>, String)> =
        webhooks::table.select((webhooks::id, webhooks::name, webhooks::url)).order(webhooks::id).load(conn)?;
    let title = |name: Option<String>, url: &str| {
        let host = || TargetUrl::from_stored(url).map_or_else(|| url.to_owned(), |url| url.host());
        name.as_deref().and_then(text::shown).unwrap_or_else(host)
    };
    Ok(rows.into_iter().map(|(id, name, url)| (id, title(name, &url))).collect())
}

/// The name of another webhook with this URL, or its host. `except` is the webhook that may have the URL.
pub fn with_url(conn: &mut DbConnection, url: &TargetUrl, except: Option<WebhookId>) -> Result<Option<String>, Error> {
    let rows: Vec<(WebhookId, Option<String>)> = webhooks::table
        .filter(webhooks::deleted_at.is_null())
        .filter(webhooks::url.eq(url.as_str()))
        .select((webhooks::id, webhooks::name))
        .limit(2)
        .load(conn)?;
    let other = rows.into_iter().find(|(id, _)| Some(*id) != except);
    Ok(other.map(|(_, name)| name.as_deref().and_then(text::shown).unwrap_or_else(|| url.host())))
}

/// Adds a webhook, turned on, with its signing secret.
pub fn insert(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    new: &NewWebhook,
    secret: &SigningSecret,
) -> Result<WebhookId, Error> {
    let now = now_on(conn)?.micros();
    let id: WebhookId = diesel::insert_into(webhooks::table)
        .values((
            webhooks::url.eq(new.url.as_str()),
            webhooks::enabled.eq(true),
            webhooks::auth_method.eq(Method::None.as_str()),
            webhooks::auth_name.eq(""),
            webhooks::all_inboxes.eq(true),
            webhooks::timeout_s.eq(i32::from(new.options.timeout_s)),
            webhooks::secret.eq(""),
            webhooks::secret_created_at.eq(now),
            webhooks::version.eq(0),
            webhooks::created_at.eq(now),
            webhooks::updated_at.eq(now),
        ))
        .returning(webhooks::id)
        .get_result(conn)?;
    // A secret is sealed for the id of its row, so the row is inserted first.
    let sealed = seal(secret_box, secret.reveal(), &place("secret", id))?;
    diesel::update(webhooks::table.find(id)).set(webhooks::secret.eq(sealed)).execute(conn)?;
    update(conn, secret_box, id, new)?;
    Ok(id)
}

/// Stores the fields of a webhook's form and increments its version. `Credential::Keep` leaves a secret as it is.
pub fn update(conn: &mut DbConnection, secret_box: &SecretBox, id: WebhookId, new: &NewWebhook) -> Result<(), Error> {
    let now = now_on(conn)?.micros();
    diesel::update(webhooks::table.find(id))
        .set((FormColumns::of(new), webhooks::version.eq(webhooks::version + 1), webhooks::updated_at.eq(now)))
        .execute(conn)?;
    rows::store_options(conn, id, new.options)?;
    store_authorization(conn, secret_box, id, &new.authorization)?;
    store_lists(conn, id, new)?;
    store_headers(conn, secret_box, id, &new.headers)
}

fn store_authorization(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    id: WebhookId,
    chosen: &NewAuthorization,
) -> Result<(), Error> {
    let (secret, saved_at) = match chosen.credential() {
        Some(Credential::Keep) => return Ok(()),
        Some(Credential::Set(secret)) => {
            let sealed = seal(secret_box, crate::domain::secret_box::expose(secret), &place("auth", id))?;
            (Some(sealed), Some(clock::now().micros()))
        }
        None => (None, None),
    };
    diesel::update(webhooks::table.find(id))
        .set((webhooks::auth_secret.eq(secret), webhooks::auth_saved_at.eq(saved_at)))
        .execute(conn)?;
    Ok(())
}

fn store_lists(conn: &mut DbConnection, id: WebhookId, new: &NewWebhook) -> Result<(), Error> {
    routes::note_change(conn)?;
    diesel::delete(webhook_events::table.filter(webhook_events::webhook_id.eq(id))).execute(conn)?;
    for event in &new.events {
        diesel::insert_into(webhook_events::table)
            .values((webhook_events::webhook_id.eq(id), webhook_events::event.eq(event.as_str())))
            .execute(conn)?;
    }
    diesel::delete(webhook_inboxes::table.filter(webhook_inboxes::webhook_id.eq(id))).execute(conn)?;
    if let InboxScope::Selected(inboxes) = &new.inboxes {
        for inbox in inboxes {
            diesel::insert_into(webhook_inboxes::table)
                .values((webhook_inboxes::webhook_id.eq(id), webhook_inboxes::inbox_id.eq(inbox)))
                .execute(conn)?;
        }
    }
    Ok(())
}

fn store_headers(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    id: WebhookId,
    headers: &[NewHeader],
) -> Result<(), Error> {
    let old: Vec<HeaderRow> = rows::headers_of(conn, &[id])?;
    diesel::delete(webhook_headers::table.filter(webhook_headers::webhook_id.eq(id))).execute(conn)?;
    for (position, header) in headers.iter().enumerate() {
        let kept = old.iter().find(|row| row.name.eq_ignore_ascii_case(header.name.as_str()));
        let (value, sealed, saved_at) = match &header.value {
            NewValue::Shown(value) => (Some(value.clone()), None, None),
            NewValue::Hidden(Credential::Set(secret)) => {
                let place = header_place(id, header.name.as_str());
                let sealed = seal(secret_box, crate::domain::secret_box::expose(secret), &place)?;
                (None, Some(sealed), Some(clock::now().micros()))
            }
            NewValue::Hidden(Credential::Keep) => {
                (None, kept.and_then(|row| row.sealed.clone()), kept.and_then(|row| row.saved_at))
            }
        };
        diesel::insert_into(webhook_headers::table)
            .values((
                webhook_headers::webhook_id.eq(id),
                webhook_headers::position.eq(i32::try_from(position).unwrap_or(i32::MAX)),
                webhook_headers::name.eq(header.name.as_str()),
                webhook_headers::value.eq(value),
                webhook_headers::sealed.eq(sealed),
                webhook_headers::saved_at.eq(saved_at),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Replaces the signing secret. The old one still signs until `overlap_until`; with `None` it is deleted. False if the
/// webhook does not exist.
pub fn rotate(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    id: WebhookId,
    secret: &SigningSecret,
    overlap_until: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(row) = rows::load_one(conn, id)? else { return Ok(false) };
    let old = secret_box.open(&Sealed(row.secret), &place("secret", id))?;
    let old = overlap_until
        .map(|_| seal(secret_box, crate::domain::secret_box::expose(&old), &place("old_secret", id)))
        .transpose()?;
    diesel::update(webhooks::table.find(id))
        .set((
            webhooks::secret.eq(seal(secret_box, secret.reveal(), &place("secret", id))?),
            webhooks::secret_created_at.eq(now.micros()),
            webhooks::old_secret.eq(old),
            webhooks::old_secret_until.eq(overlap_until.map(Timestamp::micros)),
            webhooks::version.eq(webhooks::version + 1),
            webhooks::updated_at.eq(now.micros()),
        ))
        .execute(conn)?;
    Ok(true)
}

/// Deletes the old signing secret. False if the webhook does not exist.
pub fn end_old_secret(conn: &mut DbConnection, id: WebhookId) -> Result<bool, Error> {
    let now = now_on(conn)?.micros();
    let row = webhooks::table.find(id).filter(webhooks::deleted_at.is_null());
    let ended = diesel::update(row)
        .set((
            webhooks::old_secret.eq(None::<String>),
            webhooks::old_secret_until.eq(None::<i64>),
            webhooks::version.eq(webhooks::version + 1),
            webhooks::updated_at.eq(now),
        ))
        .execute(conn)?;
    Ok(ended > 0)
}

/// Deletes a webhook and its secrets; its row stays for the log. Up to 500 of its pending deliveries fail permanently with
/// it; [`mass_changes::step`] ends the others. False if it does not exist.
pub fn delete(conn: &mut DbConnection, id: WebhookId, now: Timestamp) -> Result<bool, Error> {
    let row = webhooks::table.find(id).filter(webhooks::deleted_at.is_null());
    let deleted = diesel::update(row)
        .set((
            webhooks::deleted_at.eq(Some(now.micros())),
            webhooks::enabled.eq(false),
            webhooks::settle.eq(None::<String>),
            webhooks::settle_before.eq(None::<i64>),
            webhooks::auth_secret.eq(None::<String>),
            webhooks::old_secret.eq(None::<String>),
            webhooks::secret.eq(""),
        ))
        .execute(conn)?;
    if deleted == 0 {
        return Ok(false);
    }
    routes::note_change(conn)?;
    diesel::delete(webhook_events::table.filter(webhook_events::webhook_id.eq(id))).execute(conn)?;
    diesel::delete(webhook_inboxes::table.filter(webhook_inboxes::webhook_id.eq(id))).execute(conn)?;
    diesel::delete(webhook_headers::table.filter(webhook_headers::webhook_id.eq(id))).execute(conn)?;
    mass_changes::step(conn, id, mass_changes::FIRST, now)?;
    Ok(true)
}
