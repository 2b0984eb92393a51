//! A secret that was just made, on its way to the one page that shows it: once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::page_context::Reader;
use super::session::Visit;
use crate::clock;
use crate::db::form_answers::{self, FormKey};
use crate::domain::secret_box::{Sealed, expose};
use crate::http::State;
use crate::http::error::PageError;

/// How long it waits to be looked at.
const PATIENCE: Duration = Duration::from_secs(600);

fn seal_of(reader: &Reader, place: &str) -> String {
    format!("flash:{}:{place}", reader.user_id())
}

/// Leaves a secret for the next look at `place`: sealed, for this person, for ten minutes. Once it has been shown, the
/// stored answer of its form loses it, too.
pub fn leave(
    state: &State,
    (visit, reader): (&Visit, &Reader),
    place: &str,
    secret: &str,
    form: Option<&FormKey>,
) -> Result<(), PageError> {
    let until = reader.now.after(PATIENCE).micros();
    let left = Left { until, form: form.map(|key| key.hash.clone()), secret: secret.to_owned() };
    let text = serde_json::to_string(&left).map_err(|error| PageError::Internal(error.to_string()))?;
    let sealed = state.db.vault().seal(&text, &seal_of(reader, place), clock::random());
    visit.leave_secret(&sealed.map_err(|error| PageError::Internal(error.to_string()))?.0);
    Ok(())
}

/// Another place's secret does not open here, and goes on waiting for its own page.
pub async fn take(state: &State, (visit, reader): (&Visit, &Reader), place: &str) -> Result<Option<String>, PageError> {
    let Some(left) = visit.secret().and_then(|sealed| read(state, reader, place, sealed)) else { return Ok(None) };
    if !reader.head {
        if let Some(form) = left.form {
            state.db.write(move |conn| form_answers::forget_secret(conn, &form)).await?;
        }
        visit.forget_secret();
    }
    Ok((reader.now.micros() < left.until).then_some(left.secret))
}

/// What lies sealed in the session.
#[derive(Serialize, Deserialize)]
struct Left {
    /// In microseconds.
    until: i64,
    /// The form that made it.
    form: Option<Vec<u8>>,
    secret: String,
}

fn read(state: &State, reader: &Reader, place: &str, sealed: String) -> Option<Left> {
    let text = state.db.vault().open(&Sealed(sealed), &seal_of(reader, place)).ok()?;
    serde_json::from_str(expose(&text)).ok()
}
