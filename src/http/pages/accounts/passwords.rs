//! Passwords for the pages that ask for one: checked and hashed in the queue of the hashing thread.

use std::net::IpAddr;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;

use crate::db::accounts::users;
use crate::domain::accounts::user::User;
use crate::domain::client_address;
use crate::domain::id::UserId;
use crate::http::State;
use crate::http::error::PageError;
use crate::password::{self, Busy, Verdict};

/// When to try again after [`Busy`].
const RETRY_AFTER_S: u64 = 5;

/// What came of an account and a password.
pub enum Compared {
    /// The password is the person's.
    Right(User, Option<Renewal>),
    /// There is no such account, it is disabled, or the password is another.
    Wrong,
    /// Nothing was compared.
    Busy,
}

/// A stored hash that is to be replaced, and the new one.
pub struct Renewal {
    old: String,
    new: String,
}

impl Renewal {
    /// Stores the new hash, unless the person has another password by now.
    pub fn store(&self, conn: &mut crate::db::DbConnection, id: UserId) -> Result<(), crate::db::Error> {
        users::renew_hash(conn, id, &self.old, &self.new)
    }
}

/// Compares a password with the one of an account. An unknown account costs as much time as a wrong password. Only
/// `password_check` calls this: it counts the try.
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
        (Ok((Verdict::Right(new), old)), Some(user)) => Compared::Right(user, new.map(|new| Renewal { old, new })),
        (Ok(_), _) => Compared::Wrong,
    })
}

/// The hash of a new password.
pub async fn hash(state: &State, address: IpAddr, password: &str) -> Result<Result<String, Busy>, PageError> {
    let password = password.to_owned();
    match state.hasher.run(client_address::group(address), move |workspace| password::hash(&password, workspace)).await
    {
        Ok(Ok(hash)) => Ok(Ok(hash)),
        Ok(Err(error)) => Err(PageError::Internal(error.to_string())),
        Err(busy) => Ok(Err(busy)),
    }
}

/// Makes a page the answer to a form whose password was not looked at.
pub fn try_later(mut response: HttpResponse) -> HttpResponse {
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_S.into());
    response
}
