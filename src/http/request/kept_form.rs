//! A form that was sent after its session had ended: its fields are stored, sealed, and filled in again when the same
//! user has signed in. Nothing changes before the user sends the form again.

use serde::{Deserialize, Serialize};

use super::form::Form;
use super::session::EndedSession;
use crate::clock;
use crate::db::accounts::kept_forms;
use crate::db::{DbConnection, Error};
use crate::domain::hex::hex;
use crate::domain::id::UserId;
use crate::domain::secret_box::{Sealed, expose};
use crate::http::State;
use crate::http::error::PageError;

/// A kept form, as stored.
#[derive(Serialize, Deserialize)]
pub struct KeptForm {
    /// The path to which it was sent.
    pub(in crate::http) action: String,
    /// Path and query of the page with the form.
    pub page: String,
    pub(in crate::http) fields: Form,
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

/// How the page of an error gives back what was typed.
pub enum GivenBack {
    /// The form was kept: the page at this address shows it again.
    At(String),
    /// The fields, for a button that sends them again. They hold no secret.
    Fields(Vec<(String, String)>),
}

/// Path and query without the language.
fn page_of(path: &str) -> (&str, Vec<&str>) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    (path, query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")).collect())
}

pub(in crate::http) fn place(user: UserId, session_hash: &[u8]) -> String {
    format!("kept_forms.fields:{user}:{}", hex(session_hash))
}

/// A form is kept for the user of the ended session.
pub async fn is_waiting(state: &State, ended: &EndedSession) -> Result<bool, PageError> {
    let (hash, now) = (ended.key_hash.clone(), clock::now());
    let found = state.db.read(move |conn| kept_forms::find(conn, &hash, now)).await?;
    Ok(found.is_some_and(|(user, _)| Some(user) == ended.user))
}

/// The form kept for the session `ended`, if it is that of `user`, who has just signed in. The form of another user is
/// deleted.
pub async fn take_over(state: &State, ended: &EndedSession, user: UserId) -> Result<Option<KeptForm>, PageError> {
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
    let text = state.db.secret_box().open(sealed, &place(user, session_hash)).ok()?;
    serde_json::from_str(expose(&text)).ok()
}
