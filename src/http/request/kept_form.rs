//! A form that was sent after its session had ended: its fields are stored, sealed, and filled in again when the same
//! user has signed in. Nothing changes before the user sends the form again.

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use serde::{Deserialize, Serialize};

use super::form::{self, Form};
use super::form_limits::FormLimits;
use super::page_context::Reader;
use super::session::Ended;
use super::{csrf, return_page};
use crate::clock;
use crate::db::accounts::kept_forms;
use crate::db::{DbConnection, Error};
use crate::domain::accounts::api_token::hex;
use crate::domain::id::UserId;
use crate::domain::secret_box::{Sealed, expose};
use crate::http::State;
use crate::http::error::PageError;

/// Size of all names and values; a larger form is not kept.
const KEPT_FORM_BYTES_MAX: usize = 512 * 1024;

/// A kept form, as stored.
#[derive(Serialize, Deserialize)]
pub struct KeptForm {
    /// The path to which it was sent.
    action: String,
    /// Path and query of the page with the form.
    pub page: String,
    fields: Form,
}

impl KeptForm {
    /// The form belongs to the page at `path`, in any language.
    pub fn is_of(&self, path: &str) -> bool {
        page_of(path) == page_of(&self.page)
    }

    /// The fields, if the form belongs to the page at `path` and is sent to `action`.
    pub fn form(&self, action: &str, path: &str) -> Option<&Form> {
        (self.is_of(path) && self.action == action).then_some(&self.fields)
    }
}

/// Path and query without the language.
fn page_of(path: &str) -> (&str, Vec<&str>) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    (path, query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")).collect())
}

fn place(user: UserId, session_hash: &[u8]) -> String {
    format!("kept_forms.fields:{user}:{}", hex(session_hash))
}

/// Keeps the form of a POST whose session expired within the last day. Returns the page to return to after sign-in;
/// `None`, without reading the body, if the request is anything else.
pub async fn keep(state: &State, reader: &Reader, request: &mut ServiceRequest) -> Result<Option<String>, PageError> {
    let action = request.path().to_owned();
    if reader.user.is_some() || request.method() != Method::POST {
        return Ok(None);
    }
    let Some(Ended { key_hash, user: Some(user), csrf: Some(token) }) = &reader.ended else { return Ok(None) };
    if return_page::of_form(&action).is_none() {
        return Ok(None);
    }
    let mut payload = request.take_payload();
    // The request is not routed yet, so that the limits of its route are not known.
    let limits = match action.rsplit('/').next() {
        Some("test" | "verify") => FormLimits::with_event(state.web.max_payload),
        _ => FormLimits::SIGNED_IN,
    };
    let mut fields = form::fields(state, request.request(), &mut payload, limits).await?;
    let given = fields.iter().find(|(name, _)| name == "_csrf").map_or("", |(_, value)| value);
    if !csrf::is_token(token, given) {
        return Ok(None);
    }
    leave_out_secrets(&mut fields);
    let size: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > KEPT_FORM_BYTES_MAX {
        return Ok(None);
    }
    let kept = KeptForm { action, page: reader.page.clone(), fields: Form::of(fields) };
    let text = serde_json::to_string(&kept).map_err(|error| PageError::Internal(error.to_string()))?;
    let sealed = state.db.vault().seal(&text, &place(*user, key_hash), clock::random());
    let sealed = sealed.map_err(|error| PageError::Internal(error.to_string()))?;
    let (hash, user, now) = (key_hash.clone(), *user, reader.now);
    state.db.write(move |conn| kept_forms::keep(conn, &hash, user, &sealed, now)).await?;
    Ok(Some(kept.page))
}

/// Removes passwords, tokens, signing secrets, credentials and hidden header values: the user types them again.
fn leave_out_secrets(fields: &mut Vec<(String, String)>) {
    let hidden: Vec<String> =
        fields.iter().filter_map(|(name, _)| name.strip_suffix("[hide]")).map(|row| format!("{row}[value]")).collect();
    fields.retain(|(name, _)| {
        let secret = ["password", "token", "secret", "custom_value"].iter().any(|part| name.contains(part));
        !secret && !hidden.contains(name) && name != "_csrf" && name != "once"
    });
}

/// A form is kept for the user of the ended session.
pub async fn is_waiting(state: &State, ended: &Ended) -> Result<bool, PageError> {
    let (hash, now) = (ended.key_hash.clone(), clock::now());
    let found = state.db.read(move |conn| kept_forms::find(conn, &hash, now)).await?;
    Ok(found.is_some_and(|(user, _)| Some(user) == ended.user))
}

/// The form kept for the session `ended`, if it is that of `user`, who has just signed in. The form of another user is
/// deleted.
pub async fn take_over(state: &State, ended: &Ended, user: UserId) -> Result<Option<KeptForm>, PageError> {
    let (hash, now) = (ended.key_hash.clone(), clock::now());
    let found = state.db.write(move |conn| {
        let found = kept_forms::find(conn, &hash, now)?;
        if found.as_ref().is_some_and(|(owner, _)| *owner != user) {
            kept_forms::remove(conn, &hash)?;
        }
        Ok(found)
    });
    let found = found.await?.filter(|(owner, _)| *owner == user);
    Ok(found.and_then(|(_, sealed)| open(state, user, &ended.key_hash, &sealed)))
}

/// The form kept under `session_hash`, if it is that of `user`.
pub async fn load(state: &State, user: UserId, session_hash: Vec<u8>) -> Result<Option<KeptForm>, Error> {
    let (hash, now) = (session_hash.clone(), clock::now());
    let found = state.db.read(move |conn: &mut DbConnection| kept_forms::find(conn, &hash, now)).await?;
    let found = found.filter(|(owner, _)| *owner == user);
    Ok(found.and_then(|(_, sealed)| open(state, user, &session_hash, &sealed)))
}

fn open(state: &State, user: UserId, session_hash: &[u8], sealed: &Sealed) -> Option<KeptForm> {
    let text = state.db.vault().open(sealed, &place(user, session_hash)).ok()?;
    serde_json::from_str(expose(&text)).ok()
}

#[cfg(test)]
mod tests {
    use super::leave_out_secrets;

    #[test]
    fn secrets_are_left_out_and_all_other_fields_are_kept() {
        let names = [
            "name",
            "url",
            "auth",
            "bearer_token",
            "basic_login",
            "basic_password",
            "custom_name",
            "custom_value",
            "events",
            "secret",
            "timeout_s",
            "version",
            "headers[0][name]",
            "headers[0][value]",
            "headers[1][name]",
            "headers[1][value]",
            "headers[1][hide]",
            "current_password",
            "password",
            "token",
            "_csrf",
            "once",
            "body",
        ];
        let mut fields = names.map(|name| (name.to_owned(), "typed".to_owned())).to_vec();
        leave_out_secrets(&mut fields);
        let left: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let kept = [
            "name",
            "url",
            "auth",
            "basic_login",
            "custom_name",
            "events",
            "timeout_s",
            "version",
            "headers[0][name]",
            "headers[0][value]",
            "headers[1][name]",
            "headers[1][hide]",
            "body",
        ];
        assert_eq!(left, kept);
    }
}
