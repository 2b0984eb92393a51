//! A secret that was just made, on its way to the one page that shows it: once.

use std::time::Duration;

use super::State;
use super::error::PageError;
use super::reader::Reader;
use super::session::Visit;
use crate::clock;
use crate::domain::sealed::{Sealed, expose};
use crate::domain::timestamp::Timestamp;

/// How long it waits to be looked at.
const PATIENCE: Duration = Duration::from_secs(600);

fn seal_of(reader: &Reader, place: &str) -> String {
    format!("flash:{}:{place}", reader.user_id())
}

/// Leaves a secret for the next look at `place`: sealed, for this person, for ten minutes.
pub fn leave(state: &State, (visit, reader): (&Visit, &Reader), place: &str, secret: &str) -> Result<(), PageError> {
    let until = reader.now.after(PATIENCE).micros();
    let text = format!("{until} {secret}");
    let sealed = state.db.vault().seal(&text, &seal_of(reader, place), clock::random());
    visit.leave_secret(&sealed.map_err(|error| PageError::Internal(error.to_string()))?.0);
    Ok(())
}

/// Another place's secret does not open here, and goes on waiting for its own page.
pub fn take(state: &State, (visit, reader): (&Visit, &Reader), place: &str) -> Option<String> {
    let sealed = Sealed(visit.secret()?);
    let text = state.db.vault().open(&sealed, &seal_of(reader, place)).ok()?;
    if !reader.head {
        visit.forget_secret();
    }
    let (until, secret) = expose(&text).split_once(' ')?;
    let until = Timestamp::from_micros(until.parse().ok()?);
    (reader.now < until).then(|| secret.to_owned())
}
