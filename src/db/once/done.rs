//! The effect of a form or a request, as it is stored.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock;
use crate::db::Error;
use crate::domain::secret_box::{Sealed, SecretBox, expose};

/// The effect of a form or a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done<T> {
    /// What the answer is rendered from, such as the id of a new webhook. Stored as JSON, in clear.
    pub made: T,
    /// A secret that is shown once, stored sealed until then; or the hash of a password that the form has set.
    pub secret: Option<String>,
}

impl<T> Done<T> {
    /// The effect of a form that shows no secret.
    pub const fn plain(made: T) -> Self {
        Self { made, secret: None }
    }
}

/// The columns of a stored effect.
pub(super) struct Stored {
    /// JSON.
    pub made: String,
    /// Sealed.
    pub secret: Option<String>,
}

/// Seals the secret for `place`.
pub(super) fn seal<T: Serialize>(secret_box: &SecretBox, done: &Done<T>, place: &str) -> Result<Stored, Error> {
    let made = serde_json::to_string(&done.made).map_err(|_| Error::CorruptValue("answer of a form"))?;
    let seal = |secret: &String| secret_box.seal(secret, place, clock::random()).map(|sealed| sealed.0);
    Ok(Stored { made, secret: done.secret.as_ref().map(seal).transpose()? })
}

/// Opens the secret, which was sealed for `place`.
pub(super) fn open<T: DeserializeOwned>(secret_box: &SecretBox, stored: Stored, place: &str) -> Result<Done<T>, Error> {
    let made = serde_json::from_str(&stored.made).map_err(|_| Error::CorruptValue("answer of a form"))?;
    let secret = stored.secret.map(|sealed| secret_box.open(&Sealed(sealed), place)).transpose()?;
    Ok(Done { made, secret: secret.as_ref().map(|secret| expose(secret).to_owned()) })
}
