//! Makes a form that is posted twice, or a request that a client repeats, act once: its effect is stored in the same
//! transaction as the change.
//!
//! A second post of the same form within ten minutes, or a second request with the same `Idempotency-Key` within seven days,
//! gets the answer of the first, from any process and after a restart. A refused one stores nothing. On Postgres a
//! concurrent duplicate waits in `claim` for the end of the first one's transaction, up to the lock timeout; SQLite has one
//! writer.

mod done;
pub mod form_answers;
pub mod request_answers;

use std::sync::atomic::Ordering;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Db, DbConnection, Error, JobError, now_on};
use crate::domain::secret_box::SecretBox;
use crate::fault_injection;

pub use done::Done;
pub use form_answers::FormKey;
pub use request_answers::RequestKey;

/// Identifies what is done once.
#[derive(Clone, Debug)]
pub enum OnceKey {
    /// A posted form.
    Form(FormKey),
    /// A request with an `Idempotency-Key`.
    Request(RequestKey),
}

impl OnceKey {
    /// The hash under which the effect is stored.
    pub fn hash(&self) -> &[u8] {
        match self {
            Self::Form(key) => &key.hash,
            Self::Request(key) => &key.hash,
        }
    }

    /// The key of another effect of the same form or request.
    pub fn with_hash(&self, hash: Vec<u8>) -> Self {
        match self {
            Self::Form(key) => Self::Form(FormKey { hash, ..key.clone() }),
            Self::Request(key) => Self::Request(RequestKey { hash, ..key.clone() }),
        }
    }
}

impl Db {
    /// Runs [`run`] in a transaction of its own.
    pub async fn write_once<T, E, F>(&self, key: Option<OnceKey>, job: F) -> Result<Done<T>, E>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: JobError,
        F: FnOnce(&mut DbConnection) -> Result<Done<T>, E> + Send + 'static,
    {
        let secret_box = self.secret_box();
        let run = move |conn: &mut DbConnection| run(conn, &secret_box, key.as_ref(), job);
        let done = |done| {
            fault_injection::point("form-after-commit");
            done
        };
        self.write_then(run, done).await
    }
}

/// Runs `job` and stores its effect, or returns the stored effect if the same key was used before. Without a key `job`
/// always runs. An error must roll the transaction back, and with it the row that marks the key as used.
pub fn run<T, E: JobError>(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    key: Option<&OnceKey>,
    job: impl FnOnce(&mut DbConnection) -> Result<Done<T>, E>,
) -> Result<Done<T>, E>
where
    T: Serialize + DeserializeOwned,
{
    let Some(key) = key else { return job(conn) };
    let now = now_on(conn)?;
    let is_first = match key {
        OnceKey::Form(key) => form_answers::claim(conn, key, now)?,
        OnceKey::Request(key) => request_answers::claim(conn, key, now)?,
    };
    if !is_first {
        let found = find(conn, secret_box, key)?;
        return match key {
            OnceKey::Form(_) => Ok(found.ok_or(Error::Busy)?),
            OnceKey::Request(key) => {
                key.repeated.store(true, Ordering::Relaxed);
                Ok(found.ok_or(Error::KeyReused)?)
            }
        };
    }
    let done = job(conn)?;
    match key {
        OnceKey::Form(key) => form_answers::settle(conn, secret_box, key, &done)?,
        OnceKey::Request(key) => request_answers::settle(conn, secret_box, key, &done)?,
    }
    fault_injection::point("form-before-commit");
    Ok(done)
}

/// The stored effect of a form or a request. `None` if the key was used for another request.
pub fn find<T: DeserializeOwned>(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    key: &OnceKey,
) -> Result<Option<Done<T>>, Error> {
    let now = now_on(conn)?;
    match key {
        OnceKey::Form(key) => form_answers::find(conn, secret_box, key, now),
        OnceKey::Request(key) => request_answers::find(conn, secret_box, key, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::WriteError;
    use crate::db::system::settings;
    use crate::domain::system::database_url::DatabaseUrl;

    #[tokio::test]
    async fn a_refusal_rolls_back_and_the_same_form_runs_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("t.db"));
        let db = Db::open(&url, SecretBox::new([7; 32]), None).expect("a database");
        let key = OnceKey::Form(FormKey { hash: vec![1; 32], session: vec![2; 32] });
        let post = async |accepted: bool| {
            let job = move |conn: &mut DbConnection| {
                settings::insert(conn, "posted", "yes")?;
                if accepted { Ok(Done::plain(7)) } else { Err(WriteError::Refused(())) }
            };
            db.write_once(Some(key.clone()), job).await
        };
        assert!(matches!(post(false).await, Err(WriteError::Refused(()))));
        assert_eq!(db.read(|conn| settings::get(conn, "posted")).await.expect("a setting"), None);
        assert_eq!(post(true).await.expect("an answer"), Done::plain(7));
        // The answer is stored: the job does not run.
        assert_eq!(post(false).await.expect("the stored answer"), Done::plain(7));
    }
}
