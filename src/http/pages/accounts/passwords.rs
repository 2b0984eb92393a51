//! Compares and hashes passwords for pages, in the queue of the hashing thread.

use std::net::IpAddr;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;

use crate::db::accounts::users;
use crate::db::{DbConnection, Error};
use crate::domain::accounts::user::User;
use crate::domain::client_address;
use crate::domain::id::UserId;
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::error::PageError;
use crate::password::{self, Busy, Verdict};

/// `Retry-After` of an answer to [`Busy`].
const BUSY_RETRY_AFTER_S: u64 = 5;

/// The result of comparing a password.
pub enum Compared {
    /// The password is right.
    Right(User, Match),
    /// The password is wrong, or the account does not exist or is disabled.
    Wrong,
    /// Not compared: the queue for hashing is full.
    Busy,
}

/// The stored hash that a password matched.
pub struct Match {
    pub hash: String,
    /// Replaces the hash, if its parameters are weaker or it was made before NFC.
    renewed: Option<String>,
}

impl Match {
    /// Stores a sign-in, and returns the match with the hash that is stored after it. `None` if the user has been disabled
    /// or deleted since the comparison, or the hash has changed.
    pub fn sign_in(self, conn: &mut DbConnection, id: UserId, now: Timestamp) -> Result<Option<Self>, Error> {
        let Self { hash: compared, renewed } = self;
        let hash = renewed.unwrap_or_else(|| compared.clone());
        Ok(users::sign_in(conn, id, &compared, &hash, now)?.then_some(Self { hash, renewed: None }))
    }
}

/// Compares a password with that of an account. An unknown account takes as long as a wrong password. Only
/// `password_check` calls this, because it counts the attempt.
pub async fn compare(state: &State, address: IpAddr, account: &str, typed: &str) -> Result<Compared, PageError> {
    let wanted = account.to_owned();
    let found = state.db.read(move |conn| users::by_email(conn, &wanted)).await?;
    let (user, old) = match found {
        Some((user, hash)) => (Some(user), hash),
        None => (None, password::DUMMY.to_owned()),
    };
    let typed = typed.to_owned();
    let compared = state
        .hasher
        .run(client_address::group(address), move |workspace| (password::verify(&typed, &old, workspace), old));
    let active = user.filter(|user| user.disabled_at.is_none());
    Ok(match (compared.await, active) {
        (Err(Busy), _) => Compared::Busy,
        (Ok((Verdict::Right(renewed), hash)), Some(user)) => Compared::Right(user, Match { hash, renewed }),
        (Ok(_), _) => Compared::Wrong,
    })
}

/// Why a password was not hashed.
pub enum NotHashed {
    /// The queue for hashing is full.
    Busy,
    /// A fault of the hash function.
    Failed(PageError),
}

/// Hashes a new password.
pub async fn hash(state: &State, address: IpAddr, password: &str) -> Result<String, NotHashed> {
    let password = password.to_owned();
    let hashed =
        state.hasher.run(client_address::group(address), move |workspace| password::hash(&password, workspace));
    let hashed = hashed.await.map_err(|Busy| NotHashed::Busy)?;
    hashed.map_err(|error| NotHashed::Failed(PageError::Internal(error.to_string())))
}

/// Turns a page into the answer to a form whose password was not hashed: 503 with `Retry-After`.
pub fn try_later(mut response: HttpResponse) -> HttpResponse {
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(RETRY_AFTER, BUSY_RETRY_AFTER_S.into());
    response
}
