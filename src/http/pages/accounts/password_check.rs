//! The only place that checks a user's password: every attempt is counted against guessing.

use std::net::IpAddr;

use super::passwords::{self, Compared, Match};
use crate::clock;
use crate::db::accounts::sign_ins::{self, Admission, Pair};
use crate::domain::accounts::user::User;
use crate::domain::client_address;
use crate::fault_injection;
use crate::http::State;
use crate::http::error::PageError;

/// The result of an attempt.
pub enum Checked {
    /// The password is right.
    Right(Box<User>, Match),
    /// The password is wrong, or the account does not exist or is disabled.
    Wrong,
    /// Not compared: the queue for hashing is full.
    Busy,
    /// Not compared: the address has to wait this many seconds, rounded up.
    Wait(u64),
}

/// Compares a password, if `address` may try one for `account` now.
///
/// The attempt is counted before the comparison. It is uncounted if the password was right, or was not compared after
/// all. If the caller is cancelled in between, the attempt stays counted.
pub async fn check(state: &State, address: IpAddr, account: &str, typed: &str) -> Result<Checked, PageError> {
    let pair = Pair::new(&state.sign_in_key, address, account);
    // An attempt that cannot be compared is not counted at all: otherwise clients could cause writes at will.
    if !state.hasher.has_room(client_address::group(address)) {
        return Ok(Checked::Busy);
    }
    let number = match admit(state, &pair).await? {
        Admission::Try(number) => number,
        Admission::Wait(wait) => return Ok(Checked::Wait(u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(1))),
    };
    let compared = passwords::compare(state, address, account, typed).await;
    match compared {
        Ok(Compared::Right(user, matched)) => {
            state.db.write(move |conn| sign_ins::succeeded(conn, &pair)).await?;
            Ok(Checked::Right(Box::new(user), matched))
        }
        Ok(Compared::Wrong) => Ok(Checked::Wrong),
        Ok(Compared::Busy) | Err(_) => {
            state.db.write(move |conn| sign_ins::take_back(conn, number)).await?;
            compared.map(|_| Checked::Busy)
        }
    }
}

/// Like [`check`], and stores a sign-in if the password is right; the match then has the stored hash.
///
/// If the stored hash is no longer the compared one, the password is compared once more: a concurrent sign-in with the
/// same password may have renewed the hash. A renewed hash is not renewed again, so after that the password is another.
pub async fn sign_in(state: &State, address: IpAddr, account: &str, typed: &str) -> Result<Checked, PageError> {
    for _ in 0..2 {
        let (user, matched) = match check(state, address, account, typed).await? {
            Checked::Right(user, matched) => (user, matched),
            refused => return Ok(refused),
        };
        fault_injection::hang_point("sign-in-before-commit").await;
        let id = user.id;
        if let Some(stored) = state.db.write(move |conn| matched.sign_in(conn, id, clock::now())).await? {
            return Ok(Checked::Right(user, stored));
        }
    }
    Ok(Checked::Wrong)
}

async fn admit(state: &State, pair: &Pair) -> Result<Admission, PageError> {
    // Read first: a flood of attempts that have to wait must not reach the writer.
    let asked = pair.clone();
    let wait = state.db.read(move |conn| sign_ins::wait(conn, &asked)).await?;
    if !wait.is_zero() {
        return Ok(Admission::Wait(wait));
    }
    let pair = pair.clone();
    Ok(state.db.write(move |conn| sign_ins::admit(conn, &pair)).await?)
}
