//! Forms that make or send something, each done once: the answer is stored in the transaction that does it.
//!
//! A second post of the same form within ten minutes gets the first one's answer, from any process and after a restart.
//! A post that was refused stores nothing. On Postgres a concurrent duplicate waits in `claim` until the first one's
//! transaction has ended; SQLite has one writer.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::schema::form_answers as f;
use super::{Db, DbConnection, Error};
use crate::domain::accounts::api_token::hex;
use crate::domain::secret_box::{Sealed, Vault, expose};
use crate::domain::timestamp::Timestamp;
use crate::{clock, fault_injection};

/// How long an answer is kept.
pub const ANSWER_KEPT: Duration = Duration::from_secs(600);
/// Answers of one session; the oldest go first.
const ANSWERS_PER_SESSION_MAX: i64 = 50;
/// Answers of all sessions; the oldest go first.
const ANSWERS_MAX: i64 = 10_000;
/// Rows deleted in one transaction.
const BATCH_ROWS: i64 = 500;

/// Which form it is: a keyed hash of session, path, once-token and fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormKey {
    /// Of the whole form.
    pub hash: Vec<u8>,
    /// Of its session.
    pub session: Vec<u8>,
}

/// What a form has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done<T> {
    /// What its answer is made of. Stored in clear.
    pub made: T,
    /// A secret that is shown once. Stored sealed, until it has been shown.
    pub secret: Option<String>,
}

impl<T> Done<T> {
    /// Without a secret.
    pub const fn plain(made: T) -> Self {
        Self { made, secret: None }
    }
}

impl Db {
    /// [`once`] in a transaction of its own.
    pub async fn write_once<T, R, F>(&self, key: Option<FormKey>, job: F) -> Result<Result<Done<T>, R>, Error>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        R: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<Result<Done<T>, R>, Error> + Send + 'static,
    {
        let vault = self.vault();
        let run = move |conn: &mut DbConnection| once(conn, &vault, key.as_ref(), job);
        let done = |outcome| {
            fault_injection::point("form-after-commit");
            outcome
        };
        self.write_then(run, done).await
    }
}

/// Runs `job`, unless the same form has been done before: then what came of it. `Err` of the inner result is a refusal.
/// Without a key the job simply runs.
pub fn once<T, R>(
    conn: &mut DbConnection,
    vault: &Vault,
    key: Option<&FormKey>,
    job: impl FnOnce(&mut DbConnection) -> Result<Result<Done<T>, R>, Error>,
) -> Result<Result<Done<T>, R>, Error>
where
    T: Serialize + DeserializeOwned,
{
    let Some(key) = key else { return job(conn) };
    let now = clock::now();
    if !claim(conn, key, now)? {
        return find(conn, vault, key, now)?.map(Ok).ok_or(Error::Busy);
    }
    let outcome = job(conn)?;
    match &outcome {
        Ok(done) => settle(conn, vault, key, done)?,
        Err(_) => drop(diesel::delete(f::table.find(&key.hash)).execute(conn)?),
    }
    fault_injection::point("form-before-commit");
    Ok(outcome)
}

/// What came of that form before.
pub fn find<T: DeserializeOwned>(
    conn: &mut DbConnection,
    vault: &Vault,
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
    let made = serde_json::from_str(&answer).map_err(|_| Error::Meaning("answer of a form"))?;
    let secret = secret.map(|sealed| vault.open(&Sealed(sealed), &place(key))).transpose()?;
    Ok(Some(Done { made, secret: secret.as_ref().map(|secret| expose(secret).to_owned()) }))
}

/// Takes the key, or finds it taken by a form that was done.
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

fn settle<T: Serialize>(conn: &mut DbConnection, vault: &Vault, key: &FormKey, done: &Done<T>) -> Result<(), Error> {
    let answer = serde_json::to_string(&done.made).map_err(|_| Error::Meaning("answer of a form"))?;
    let seal = |secret: &String| vault.seal(secret, &place(key), clock::random()).map(|sealed| sealed.0);
    let secret = done.secret.as_ref().map(seal).transpose()?;
    diesel::update(f::table.find(&key.hash)).set((f::answer.eq(answer), f::secret.eq(secret))).execute(conn)?;
    make_room(conn, &key.session)
}

/// Deletes what is beyond the limits.
fn make_room(conn: &mut DbConnection, session: &[u8]) -> Result<(), Error> {
    let newest = || f::table.order(f::created_at.desc()).select(f::key_hash).limit(BATCH_ROWS);
    let of_session = newest().filter(f::session_hash.eq(session)).offset(ANSWERS_PER_SESSION_MAX);
    let mut beyond: Vec<Vec<u8>> = of_session.load(conn)?;
    beyond.extend(newest().offset(ANSWERS_MAX).load::<Vec<u8>>(conn)?);
    if !beyond.is_empty() {
        diesel::delete(f::table.filter(f::key_hash.eq_any(beyond))).execute(conn)?;
    }
    Ok(())
}

/// The secret of that form has been shown.
pub fn forget_secret(conn: &mut DbConnection, hash: &[u8]) -> Result<(), Error> {
    diesel::update(f::table.find(hash)).set(f::secret.eq(None::<String>)).execute(conn)?;
    Ok(())
}

/// Deletes answers that are kept no longer, up to a batch of them. Returns how many.
pub fn forget(conn: &mut DbConnection, now: Timestamp) -> Result<usize, Error> {
    let limit = now.before(ANSWER_KEPT).micros();
    let old: Vec<Vec<u8>> =
        f::table.filter(f::created_at.le(limit)).select(f::key_hash).limit(BATCH_ROWS).load(conn)?;
    Ok(diesel::delete(f::table.filter(f::key_hash.eq_any(old))).execute(conn)?)
}

fn place(key: &FormKey) -> String {
    format!("form_answers.secret:{}", hex(&key.hash))
}
