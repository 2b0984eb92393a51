//! Makes a form that is posted twice act once: its answer is stored in the same transaction as its effect.
//!
//! A second post of the same form within ten minutes gets the answer of the first, from any process and after a restart.
//! A refused post stores nothing. On Postgres a concurrent duplicate waits in `claim` for the end of the first one's
//! transaction; SQLite has one writer.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::schema::form_answers as f;
use super::{Db, DbConnection, Error, JobError};
use crate::domain::hex::hex;
use crate::domain::secret_box::{Sealed, SecretBox, expose};
use crate::domain::timestamp::Timestamp;
use crate::{clock, fault_injection};

/// How long a repeated post of a form gets the stored answer.
pub const ANSWER_KEPT: Duration = Duration::from_secs(600);
/// Answers stored for one session; the oldest are deleted first.
const ANSWERS_PER_SESSION_MAX: i64 = 50;
/// Answers stored for all sessions together; the oldest are deleted first.
const ANSWERS_MAX: i64 = 10_000;
/// Rows that one transaction deletes at most.
const BATCH_ROWS_MAX: i64 = 500;

/// Identifies a posted form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormKey {
    /// A keyed hash of session, path, once-token and fields.
    pub hash: Vec<u8>,
    /// A hash that all forms of a session share.
    pub session: Vec<u8>,
}

/// The effect of a form.
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

impl Db {
    /// Runs [`once`] in a transaction of its own.
    pub async fn write_once<T, E, F>(&self, key: Option<FormKey>, job: F) -> Result<Done<T>, E>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: JobError,
        F: FnOnce(&mut DbConnection) -> Result<Done<T>, E> + Send + 'static,
    {
        let secret_box = self.secret_box();
        let run = move |conn: &mut DbConnection| once(conn, &secret_box, key.as_ref(), job);
        let done = |done| {
            fault_injection::point("form-after-commit");
            done
        };
        self.write_then(run, done).await
    }
}

/// Runs `job` and stores its answer, or returns the stored answer if the same form was posted before. Without a key `job`
/// always runs. An error must roll the transaction back, and with it the row that marks the form as posted.
pub fn once<T, E: JobError>(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    key: Option<&FormKey>,
    job: impl FnOnce(&mut DbConnection) -> Result<Done<T>, E>,
) -> Result<Done<T>, E>
where
    T: Serialize + DeserializeOwned,
{
    let Some(key) = key else { return job(conn) };
    let now = clock::now();
    if !claim(conn, key, now)? {
        return Ok(find(conn, secret_box, key, now)?.ok_or(Error::Busy)?);
    }
    let done = job(conn)?;
    settle(conn, secret_box, key, &done)?;
    fault_injection::point("form-before-commit");
    Ok(done)
}

/// The stored answer of a form that was posted within the last ten minutes.
pub fn find<T: DeserializeOwned>(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    key: &FormKey,
    now: Timestamp,
) -> Result<Option<Done<T>>, Error> {
    let row: Option<(String, Option<String>)> = f::table
        .find(&key.hash)
        .filter(f::created_at.gt(now.before(ANSWER_KEPT).micros()))
        .select((f::answer, f::secret))
        .get_result(conn)
        .optional()?;
    let Some((answer, secret)) = row else { return Ok(None) };
    let made = serde_json::from_str(&answer).map_err(|_| Error::CorruptValue("answer of a form"))?;
    let secret = secret.map(|sealed| secret_box.open(&Sealed(sealed), &place(key))).transpose()?;
    Ok(Some(Done { made, secret: secret.as_ref().map(|secret| expose(secret).to_owned()) }))
}

/// Inserts a row for the key. False if the form was posted before.
fn claim(conn: &mut DbConnection, key: &FormKey, now: Timestamp) -> Result<bool, Error> {
    const CLAIM: &str = "INSERT INTO form_answers (key_hash, session_hash, answer, created_at) \
         VALUES ($1, $2, 'null', $3) ON CONFLICT (key_hash) DO NOTHING";
    let old = f::created_at.le(now.before(ANSWER_KEPT).micros());
    diesel::delete(f::table.find(&key.hash).filter(old)).execute(conn)?;
    let claimed = sql_query(CLAIM)
        .bind::<Binary, _>(&key.hash)
        .bind::<Binary, _>(&key.session)
        .bind::<BigInt, _>(now.micros())
        .execute(conn)?;
    Ok(claimed > 0)
}

fn settle<T: Serialize>(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    key: &FormKey,
    done: &Done<T>,
) -> Result<(), Error> {
    let answer = serde_json::to_string(&done.made).map_err(|_| Error::CorruptValue("answer of a form"))?;
    let seal = |secret: &String| secret_box.seal(secret, &place(key), clock::random()).map(|sealed| sealed.0);
    let secret = done.secret.as_ref().map(seal).transpose()?;
    diesel::update(f::table.find(&key.hash)).set((f::answer.eq(answer), f::secret.eq(secret))).execute(conn)?;
    make_room(conn, &key.session)
}

/// Deletes the answers beyond the limits.
fn make_room(conn: &mut DbConnection, session: &[u8]) -> Result<(), Error> {
    let newest = || f::table.order(f::created_at.desc()).select(f::key_hash).limit(BATCH_ROWS_MAX);
    let of_session = newest().filter(f::session_hash.eq(session)).offset(ANSWERS_PER_SESSION_MAX);
    let mut beyond: Vec<Vec<u8>> = of_session.load(conn)?;
    beyond.extend(newest().offset(ANSWERS_MAX).load::<Vec<u8>>(conn)?);
    if !beyond.is_empty() {
        diesel::delete(f::table.filter(f::key_hash.eq_any(beyond))).execute(conn)?;
    }
    Ok(())
}

/// Deletes the secret of a stored answer, after it was shown.
pub fn forget_secret(conn: &mut DbConnection, hash: &[u8]) -> Result<(), Error> {
    diesel::update(f::table.find(hash)).set(f::secret.eq(None::<String>)).execute(conn)?;
    Ok(())
}

/// Deletes up to 500 answers older than ten minutes. Returns how many.
pub fn forget(conn: &mut DbConnection, now: Timestamp) -> Result<usize, Error> {
    let limit = now.before(ANSWER_KEPT).micros();
    let old: Vec<Vec<u8>> =
        f::table.filter(f::created_at.le(limit)).select(f::key_hash).limit(BATCH_ROWS_MAX).load(conn)?;
    Ok(diesel::delete(f::table.filter(f::key_hash.eq_any(old))).execute(conn)?)
}

fn place(key: &FormKey) -> String {
    format!("form_answers.secret:{}", hex(&key.hash))
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
        let key = FormKey { hash: vec![1; 32], session: vec![2; 32] };
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
