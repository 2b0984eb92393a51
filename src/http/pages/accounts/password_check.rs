//! The one place that compares a password with an account's: every try is counted.

use std::net::IpAddr;

use super::passwords::{self, Compared, Renewal};
use crate::db::accounts::sign_ins::{self, Admission, Pair};
use crate::domain::accounts::user::User;
use crate::domain::client_address;
use crate::http::State;
use crate::http::error::PageError;

/// What came of a try.
pub enum Checked {
    /// The password is the account's.
    Right(Box<User>, Option<Renewal>),
    /// It is not, or there is no such account, or the account is disabled.
    Wrong,
    /// It was not looked at: too many others wait.
    Busy,
    /// It was not looked at: the address has to wait so many seconds, rounded up.
    Wait(u64),
}

/// Compares a password, if `address` may try one for `account` now.
///
/// The try counts from before the comparison on. It is taken back when the password was right, and when it was not
/// compared after all. A caller that leaves meanwhile has had its try.
pub async fn check(state: &State, address: IpAddr, account: &str, typed: &str) -> Result<Checked, PageError> {
    let pair = Pair::new(&state.sign_in_key, address, account);
    // A try that would be taken back at once is not stored first: strangers could make the database write at will.
    if !state.hasher.has_room(client_address::group(address)) {
        return Ok(Checked::Busy);
    }
    let number = match admit(state, &pair).await? {
        Admission::Try(number) => number,
        Admission::Wait(wait) => return Ok(Checked::Wait(u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(1))),
    };
    let compared = passwords::compare(state, address, account, typed).await;
    match compared {
        Ok(Compared::Right(user, renewal)) => {
            state.db.write(move |conn| sign_ins::succeeded(conn, &pair)).await?;
            Ok(Checked::Right(Box::new(user), renewal))
        }
        Ok(Compared::Wrong) => Ok(Checked::Wrong),
        Ok(Compared::Busy) | Err(_) => {
            state.db.write(move |conn| sign_ins::take_back(conn, number)).await?;
            compared.map(|_| Checked::Busy)
        }
    }
}

async fn admit(state: &State, pair: &Pair) -> Result<Admission, PageError> {
    // Read first: a flood of tries that have to wait must not reach the writer.
    let asked = pair.clone();
    let wait = state.db.read(move |conn| sign_ins::wait(conn, &asked)).await?;
    if !wait.is_zero() {
        return Ok(Admission::Wait(wait));
    }
    let pair = pair.clone();
    Ok(state.db.write(move |conn| sign_ins::admit(conn, &pair)).await?)
}
