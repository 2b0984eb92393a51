//! The id of the installation: eight random hexadecimal digits, made on the first start.

use super::settings;
use crate::clock;
use crate::db::{Db, Error};
use crate::domain::hex::hex;

const INSTALLATION_ID: &str = "installation_id";

impl Db {
    /// The stored id; the first call makes and stores it. If two processes start at the same time, both return the id that
    /// was stored first.
    pub async fn installation_id(&self) -> Result<String, Error> {
        if let Some(id) = self.stored_installation_id().await? {
            return Ok(id);
        }
        let id = hex(&clock::random::<4>());
        let new = id.clone();
        match self.write(move |conn| settings::insert(conn, INSTALLATION_ID, &new)).await {
            Ok(()) => Ok(id),
            Err(error) if error.is_unique_violation() => {
                self.stored_installation_id().await?.ok_or(Error::CorruptValue("id of the installation"))
            }
            Err(error) => Err(error),
        }
    }

    /// An error unless the stored id has 1 to 32 ASCII letters and digits, because it is part of the names of cookies.
    async fn stored_installation_id(&self) -> Result<Option<String>, Error> {
        let stored = self.read(|conn| settings::get(conn, INSTALLATION_ID)).await?;
        let is_word =
            |id: &String| !id.is_empty() && id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match stored {
            Some(id) if !is_word(&id) => Err(Error::CorruptValue("id of the installation")),
            stored => Ok(stored),
        }
    }
}
