//! What the sender needs of a webhook.

use super::rows::{self, HeaderRow};
use super::seal::{header_place, place};
use crate::db::{DbConnection, Error};
use crate::domain::id::WebhookId;
use crate::domain::secret_box::{Sealed, SecretBox};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::Target;
use crate::domain::webhooks::authorization::{Authorization, Method};
use crate::domain::webhooks::header::SentHeader;
use crate::domain::webhooks::header::name::HeaderName;
use crate::domain::webhooks::signing::SigningSecret;
use crate::domain::webhooks::target_url::TargetUrl;

/// The target of a webhook, with opened secrets. `None` once it is deleted.
pub fn target(conn: &mut DbConnection, secret_box: &SecretBox, id: WebhookId) -> Result<Option<Target>, Error> {
    let Some(row) = rows::load_one(conn, id)? else { return Ok(None) };
    let open = |sealed: &str, column: &str| secret_box.open(&Sealed(sealed.to_owned()), &place(column, id));
    let secret = row.auth_secret.as_deref().map(|sealed| open(sealed, "auth")).transpose()?;
    let authorization = match (Method::parse(&row.auth_method), secret) {
        (Some(Method::None), _) => Authorization::None,
        (Some(Method::Bearer), Some(token)) => Authorization::Bearer(token),
        (Some(Method::Basic), Some(password)) => Authorization::Basic(row.auth_name.clone(), password),
        (Some(Method::Custom), Some(value)) => {
            Authorization::Custom(HeaderName::from_stored(row.auth_name.clone()), value)
        }
        _ => return Err(Error::CorruptValue("authorization")),
    };
    let old_secret = match (&row.old_secret, row.old_secret_until) {
        (Some(sealed), Some(until)) => {
            Some((SigningSecret::from_stored(open(sealed, "old_secret")?), Timestamp::from_micros(until)))
        }
        _ => None,
    };
    let headers = rows::headers_of(conn, &[id])?;
    Ok(Some(Target {
        webhook_id: id,
        version: row.version,
        url: TargetUrl::from_stored(&row.url).ok_or(Error::CorruptValue("URL"))?,
        authorization,
        headers: headers.into_iter().map(|row| sent_header(secret_box, row)).collect::<Result<_, _>>()?,
        secret: SigningSecret::from_stored(open(&row.secret, "secret")?),
        old_secret,
        options: rows::options(conn, &row)?,
    }))
}

fn sent_header(secret_box: &SecretBox, row: HeaderRow) -> Result<SentHeader, Error> {
    let (value, hidden) = match (row.value, row.sealed) {
        (Some(value), _) => (value.into(), false),
        (None, Some(sealed)) => (secret_box.open(&Sealed(sealed), &header_place(row.webhook_id, &row.name))?, true),
        (None, None) => return Err(Error::CorruptValue("header")),
    };
    Ok(SentHeader { name: row.name, value, hidden })
}
