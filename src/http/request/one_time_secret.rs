//! Carries a secret that was just created to the page that shows it once. It is sealed, in the session.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::page_context::PageContext;
use super::session::UserSession;
use crate::clock;
use crate::db::once::{OnceKey, form_answers};
use crate::domain::secret_box::{Sealed, expose};
use crate::http::State;
use crate::http::error::PageError;

/// A secret that is not shown within this time is lost.
const SECRET_LIFETIME: Duration = Duration::from_secs(600);

fn seal_of(context: &PageContext, place: &str) -> String {
    let user = context.user_id().map(|id| id.to_string()).unwrap_or_default();
    format!("flash:{user}:{place}")
}

/// Stores a secret for the next view of `place` by this user, for ten minutes. `form` is the form that created it: its
/// stored answer loses the secret once it has been shown.
pub fn store(
    state: &State,
    session: &UserSession,
    context: &PageContext,
    place: &str,
    secret: &str,
    form: Option<&OnceKey>,
) -> Result<(), PageError> {
    let until = context.now.after(SECRET_LIFETIME).micros();
    let stored = Stored { until, form: form.map(|key| key.hash().to_vec()), secret: secret.to_owned() };
    let text = serde_json::to_string(&stored).map_err(|error| PageError::Internal(error.to_string()))?;
    let sealed = state.db.secret_box().seal(&text, &seal_of(context, place), clock::random());
    session.store_secret(&sealed.map_err(|error| PageError::Internal(error.to_string()))?.0);
    Ok(())
}

/// Returns the secret stored for `place` and forgets it, unless the request is HEAD. The secret of another place stays
/// for its own page.
pub async fn consume(
    state: &State,
    session: &UserSession,
    context: &PageContext,
    place: &str,
) -> Result<Option<String>, PageError> {
    let Some(stored) = session.secret().and_then(|sealed| read(state, context, place, sealed)) else { return Ok(None) };
    if !context.head {
        if let Some(form) = stored.form {
            state.db.write(move |conn| form_answers::forget_secret(conn, &form)).await?;
        }
        session.forget_secret();
    }
    Ok((context.now.micros() < stored.until).then_some(stored.secret))
}

/// The sealed value in the session.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// Microseconds since the Unix epoch.
    until: i64,
    /// The hash of the form that created the secret.
    form: Option<Vec<u8>>,
    secret: String,
}

fn read(state: &State, context: &PageContext, place: &str, sealed: String) -> Option<Stored> {
    let text = state.db.secret_box().open(&Sealed(sealed), &seal_of(context, place)).ok()?;
    serde_json::from_str(expose(&text)).ok()
}
