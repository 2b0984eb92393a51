//! What came of requests with an `Idempotency-Key`, for seven days. Their secrets are kept for ten minutes.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Text};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::done::{self, Done, Stored};
use crate::db::schema::request_answers as r;
use crate::db::{DbConnection, Error, now_on};
use crate::domain::hex::hex;
use crate::domain::id::TokenId;
use crate::domain::secret_box::SecretBox;
use crate::domain::timestamp::Timestamp;

/// How long a repeated request gets the answer of the first.
const ANSWER_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long that answer has its secret.
const SECRET_KEPT: Duration = super::form_answers::ANSWER_KEPT;
/// A larger answer is not stored: a repeated request renders it again from the effect.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Answers that are kept; a cleanup deletes the oldest beyond it.
const ANSWERS_MAX: i64 = 100_000;
/// Rows that one transaction changes at most.
const BATCH_ROWS_MAX: i64 = 500;

/// Identifies a request with an `Idempotency-Key`.
#[derive(Clone, Debug)]
pub struct RequestKey {
    /// A keyed hash of the key.
    pub hash: Vec<u8>,
    /// A keyed hash of method, path, query and body: the same key with another request is a mistake.
    pub request: Vec<u8>,
    /// Set by the transaction that finds the effect of an earlier request; clones share it.
    pub repeated: Arc<AtomicBool>,
}

/// An answer to a request. It is stored with `null` in place of its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names and values of the headers that belong to the answer, such as `location`.
    pub headers: Vec<(String, String)>,
    /// JSON, or empty.
    pub body: String,
    /// Where the body had its secret: the first byte of the `null`.
    #[serde(default)]
    secret_at: Option<usize>,
}

impl Answer {
    /// An answer as the client gets it.
    pub const fn new(status: u16, headers: Vec<(String, String)>, body: String) -> Self {
        Self { status, headers, body, secret_at: None }
    }

    /// Replaces the secret, a JSON string, by `null`.
    fn without_secret(mut self, secret: &str) -> Self {
        let quoted = serde_json::Value::from(secret).to_string();
        // By its member: another one, such as a name, may have the same value.
        let at = |member: &str| Some(self.body.find(&format!("\"{member}\":{quoted}"))? + member.len() + 3);
        self.secret_at = SECRET_MEMBERS.iter().find_map(|member| at(member));
        if let Some(at) = self.secret_at {
            self.body.replace_range(at..at + quoted.len(), NULL);
        }
        self
    }

    /// The body with its secret, or with `null` if that is no longer known.
    pub fn with_secret(self, secret: Option<&str>) -> String {
        let mut body = self.body;
        if let (Some(at), Some(secret)) = (self.secret_at, secret)
            && body.get(at..at + NULL.len()) == Some(NULL)
        {
            body.replace_range(at..at + NULL.len(), &serde_json::Value::from(secret).to_string());
        }
        body
    }
}

const NULL: &str = "null";
/// The members in which answers have their secret.
const SECRET_MEMBERS: [&str; 3] = ["secret", "token", "url"];

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It was not used within seven days.
    Nothing,
    /// It was used for another request.
    OtherRequest,
    /// The same request had this effect. Its answer was not stored, or another token asked for it.
    Effect,
    /// The answer to the same request, and its secret within ten minutes.
    Answer(Answer, Option<String>),
}

/// What is known of a key that is used with this token.
pub fn known(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    key: &RequestKey,
    token: TokenId,
) -> Result<Known, Error> {
    let now = now_on(conn)?;
    type Row = (Vec<u8>, Option<String>, Option<i64>, Option<String>, i64);
    let columns = (r::request_hash, r::secret, r::token_id, r::answer, r::created_at);
    let row: Option<Row> = r::table.find(&key.hash).filter(is_kept(now)).select(columns).get_result(conn).optional()?;
    let Some((request, secret, asked, answer, created_at)) = row else { return Ok(Known::Nothing) };
    if request != key.request {
        return Ok(Known::OtherRequest);
    }
    let Some(answer) = answer.filter(|_| asked == Some(token.0)) else { return Ok(Known::Effect) };
    let answer = serde_json::from_str(&answer).map_err(|_| Error::CorruptValue("answer to a request"))?;
    let stored = Stored { made: NULL.into(), secret: fresh(secret, created_at, now) };
    let Done::<()> { secret, .. } = done::open(secret_box, stored, &place(key))?;
    Ok(Known::Answer(answer, secret))
}

/// Stores the answer to a request whose operation has stored its effect. The first answer stays.
pub fn store(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    key: &RequestKey,
    token: TokenId,
    answer: &Answer,
) -> Result<(), Error> {
    if answer.body.len() > ANSWER_BYTES_MAX {
        return Ok(());
    }
    let row = r::table.find(&key.hash).filter(r::request_hash.eq(&key.request)).filter(r::answer.is_null());
    let found: Option<Option<String>> = row.select(r::secret).get_result(conn).optional()?;
    let Some(secret) = found else { return Ok(()) };
    let Done::<()> { secret, .. } = done::open(secret_box, Stored { made: NULL.into(), secret }, &place(key))?;
    let answer = match secret {
        Some(secret) => answer.clone().without_secret(&secret),
        None => answer.clone(),
    };
    let answer = serde_json::to_string(&answer).map_err(|_| Error::CorruptValue("answer to a request"))?;
    diesel::update(r::table.find(&key.hash))
        .set((r::token_id.eq(Some(token.0)), r::answer.eq(Some(answer))))
        .execute(conn)?;
    Ok(())
}

/// The stored effect of the same request. `None` if the key was used for another one.
pub(super) fn find<T: DeserializeOwned>(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    key: &RequestKey,
    now: Timestamp,
) -> Result<Option<Done<T>>, Error> {
    let row: Option<(String, Option<String>, i64)> = r::table
        .find(&key.hash)
        .filter(is_kept(now))
        .filter(r::request_hash.eq(&key.request))
        .select((r::made, r::secret, r::created_at))
        .get_result(conn)
        .optional()?;
    let stored = row.map(|(made, secret, created_at)| Stored { made, secret: fresh(secret, created_at, now) });
    stored.map(|stored| done::open(secret_box, stored, &place(key))).transpose()
}

/// Inserts a row for the key. False if it was used before.
pub(super) fn claim(conn: &mut DbConnection, key: &RequestKey, now: Timestamp) -> Result<bool, Error> {
    const CLAIM: &str = "INSERT INTO request_answers (key_hash, request_hash, made, created_at) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (key_hash) DO NOTHING";
    let old = r::created_at.le(now.before(ANSWER_KEPT).micros());
    diesel::delete(r::table.find(&key.hash).filter(old)).execute(conn)?;
    let claimed = sql_query(CLAIM)
        .bind::<Binary, _>(&key.hash)
        .bind::<Binary, _>(&key.request)
        .bind::<Text, _>(NULL)
        .bind::<BigInt, _>(now.micros())
        .execute(conn)?;
    Ok(claimed > 0)
}

pub(super) fn settle<T: Serialize>(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    key: &RequestKey,
    done: &Done<T>,
) -> Result<(), Error> {
    let Stored { made, secret } = done::seal(secret_box, done, &place(key))?;
    diesel::update(r::table.find(&key.hash)).set((r::made.eq(made), r::secret.eq(secret))).execute(conn)?;
    Ok(())
}

/// Deletes up to 500 answers older than seven days or beyond the newest 100,000. Returns how many.
pub fn forget(conn: &mut DbConnection, now: Timestamp) -> Result<usize, Error> {
    let newest = r::table.order(r::created_at.desc()).select(r::created_at).offset(ANSWERS_MAX);
    let beyond: Option<i64> = newest.first(conn).optional()?;
    let limit = now.before(ANSWER_KEPT).micros().max(beyond.unwrap_or(i64::MIN));
    let old: Vec<Vec<u8>> =
        r::table.filter(r::created_at.le(limit)).select(r::key_hash).limit(BATCH_ROWS_MAX).load(conn)?;
    Ok(diesel::delete(r::table.filter(r::key_hash.eq_any(old))).execute(conn)?)
}

/// Deletes up to 500 secrets older than ten minutes. Returns how many.
pub fn forget_secrets(conn: &mut DbConnection, now: Timestamp) -> Result<usize, Error> {
    let old: Vec<Vec<u8>> = r::table
        .filter(r::created_at.le(now.before(SECRET_KEPT).micros()))
        .filter(r::secret.is_not_null())
        .select(r::key_hash)
        .limit(BATCH_ROWS_MAX)
        .load(conn)?;
    Ok(diesel::update(r::table.filter(r::key_hash.eq_any(old))).set(r::secret.eq(None::<String>)).execute(conn)?)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn is_kept(now: Timestamp) -> _ {
    let since: i64 = now.before(ANSWER_KEPT).micros();
    r::created_at.gt(since)
}

fn fresh(secret: Option<String>, created_at: i64, now: Timestamp) -> Option<String> {
    secret.filter(|_| created_at > now.before(SECRET_KEPT).micros())
}

fn place(key: &RequestKey) -> String {
    format!("request_answers.secret:{}", hex(&key.hash))
}
