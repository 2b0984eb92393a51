//! Forms that create or send something act once, even if they are posted twice (see [`crate::db::once`]).
//!
//! The key of a form is a MAC of the session's secret token, the path, the once-token and all other fields: another
//! session cannot produce it, and a form that was changed between two posts is another form.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::form::Form;
use super::page_context::PageContext;
use crate::db::once::{self, Done, FormKey, OnceKey};
use crate::db::{DbConnection, JobError};
use crate::domain::accounts::api_token;
use crate::domain::secret_box::mac;
use crate::http::State;
use crate::http::error::PageError;

/// The name of the field with the once-token.
const ONCE_FIELD: &str = "once";

/// The key of a form; `None` without a once-token, as scripts and pages of version 0.1.0 post it.
///
/// A keyed hash, because the fields may hold passwords: without the key of the installation, guesses cannot be tested
/// against the stored hash.
pub fn key(state: &State, context: &PageContext, fields: &[(String, String)]) -> Option<OnceKey> {
    fields.iter().find(|(name, value)| name == ONCE_FIELD && !value.is_empty())?;
    let path = context.path.split('?').next().unwrap_or_default();
    let mut text = url::form_urlencoded::Serializer::new(format!("{} {path} ", context.csrf));
    // The form token is masked differently on each page.
    text.extend_pairs(fields.iter().filter(|(name, _)| name != "_csrf"));
    Some(OnceKey::Form(FormKey {
        hash: mac(&state.form_key, text.finish().as_bytes()).into(),
        session: api_token::hash(&context.csrf),
    }))
}

/// The key of the second thing that a form does: the form's own key holds the answer to the first.
pub fn second(state: &State, key: &OnceKey) -> OnceKey {
    key.with_hash(mac(&state.form_key, &[key.hash(), b" second"].concat()).into())
}

/// Runs the transaction of a form, or returns the stored result if the same form has run before.
pub async fn write<T, E, F>(state: &State, form: Option<&OnceKey>, job: F) -> Result<Done<T>, E>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    E: JobError,
    F: FnOnce(&mut DbConnection) -> Result<Done<T>, E> + Send + 'static,
{
    state.db.write_once(form.cloned(), job).await
}

/// The stored result of a form, for handlers that have to check something beforehand that the form itself changes.
pub async fn done<T>(state: &State, form: &Form) -> Result<Option<Done<T>>, PageError>
where
    T: DeserializeOwned + Send + 'static,
{
    let (Some(key), secret_box) = (form.once().cloned(), state.db.secret_box()) else { return Ok(None) };
    Ok(state.db.read(move |conn| once::find(conn, &secret_box, &key)).await?)
}
