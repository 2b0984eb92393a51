//! What came of posted forms, for ten minutes.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::done::{self, Done, Stored};
use crate::db::schema::form_answers as f;
use crate::db::{DbConnection, Error};
use crate::domain::hex::hex;
use crate::domain::secret_box::SecretBox;
use crate::domain::timestamp::Timestamp;

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

/// The stored answer of a form that was posted within the last ten minutes.
pub(super) fn find<T: DeserializeOwned>(
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
    row.map(|(made, secret)| done::open(secret_box, Stored { made, secret }, &place(key))).transpose()
}

/// Inserts a row for the key. False if the form was posted before.
pub(super) fn claim(conn: &mut DbConnection, key: &FormKey, now: Timestamp) -> Result<bool, Error> {
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

pub(super) fn settle<T: Serialize>(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    key: &FormKey,
    done: &Done<T>,
) -> Result<(), Error> {
    let Stored { made, secret } = done::seal(secret_box, done, &place(key))?;
    diesel::update(f::table.find(&key.hash)).set((f::answer.eq(made), f::secret.eq(secret))).execute(conn)?;
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
