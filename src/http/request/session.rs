//! The session of a request: its values as types. [`crate::http::middleware::session_store`] loads and stores it.

use std::collections::HashMap;

use actix_session::Session;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::domain::hex::hex;
use crate::domain::id::UserId;

// The keys of a session's values.
/// The id of the user.
pub(in crate::http) const USER: &str = "user";
/// The form token.
const CSRF: &str = "csrf";
/// A notice for the next page, shown once.
pub(in crate::http) const NOTICE: &str = "notice";
/// A sealed secret for the next page, shown once.
const FLASH: &str = "flash";
/// Under which session a form was kept.
const KEPT: &str = "kept";
/// Where the session began.
const DEVICE: &str = "device";
/// The stored hash of the user's password when it was compared or chosen; never stored with the session.
pub(in crate::http) const PASSWORD_HASH: &str = "password_hash";
/// Loaded instead of the values of a session that has ended; never stored.
pub(in crate::http) const ENDED: &str = "ended";

/// A session's values by their keys, each as JSON.
pub(in crate::http) type Values = HashMap<String, String>;

/// A session of this installation that has ended; the request still has its cookie.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndedSession {
    pub key_hash: Vec<u8>,
    /// Its user, if it expired within the last day; `None` if it was ended by sign-out or an administrator.
    pub user: Option<UserId>,
    /// Its form token, if `user` is known.
    pub csrf: Option<String>,
}

/// Where a session began.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Device {
    /// Browser and system; empty if they are unknown.
    pub browser: String,
    /// The IP address of the client.
    pub address: String,
}

/// Where the session with that `state` began; `None` for a session of an earlier version.
pub fn device(state: &str) -> Option<Device> {
    let values: Values = serde_json::from_str(state).ok()?;
    serde_json::from_str(values.get(DEVICE)?).ok()
}

/// `state` is that of the session with the form token `csrf`.
pub fn is_of(state: &str, csrf: &str) -> bool {
    let values: Values = serde_json::from_str(state).unwrap_or_default();
    form_token(&values).is_some_and(|known| known == csrf)
}

pub(in crate::http) fn form_token(values: &Values) -> Option<String> {
    serde_json::from_str(values.get(CSRF)?).ok()
}

/// The session of a request, with its values as types.
pub struct UserSession(pub Session);

impl UserSession {
    /// The signed-in user.
    pub fn user(&self) -> Option<UserId> {
        self.0.get(USER).ok().flatten()
    }

    /// The form token.
    pub fn csrf(&self) -> Option<String> {
        self.0.get(CSRF).ok().flatten()
    }

    /// Begins a session of `user` under a new key, unless the stored hash of their password is no longer `password_hash`
    /// when the session is stored. If it follows a session of the same user that has ended, `csrf` is the form token of
    /// that one: forms that are open in other windows stay valid.
    pub fn sign_in(&self, user: UserId, password_hash: &str, csrf: Option<String>, device: &Device) {
        self.0.clear();
        self.renew(password_hash);
        self.put(USER, &user);
        self.put(DEVICE, device);
        self.put(CSRF, &csrf.unwrap_or_else(|| hex(&clock::random::<32>())));
    }

    /// Continues the session under a new key, unless the stored hash of the user's password is no longer `password_hash`
    /// when the session is stored.
    pub fn renew(&self, password_hash: &str) {
        self.0.renew();
        self.put(PASSWORD_HASH, &password_hash);
    }

    /// Ends the session.
    pub fn sign_out(&self) {
        self.0.purge();
    }

    /// The session of the request's cookie, if it has ended.
    pub fn ended(&self) -> Option<EndedSession> {
        self.0.get(ENDED).ok().flatten()
    }

    /// Lets the page of the form kept under `session_hash` fill it in.
    pub fn keep_form(&self, session_hash: &[u8]) {
        self.put(KEPT, &session_hash);
    }

    /// The hash of the session under which a form was kept.
    pub fn kept_form(&self) -> Option<Vec<u8>> {
        self.0.get(KEPT).ok().flatten()
    }

    /// Stops filling in the kept form.
    pub fn forget_form(&self) {
        self.0.remove(KEPT);
    }

    /// Stores a notice for the next page.
    pub fn store_notice(&self, notice: &str) {
        self.put(NOTICE, &notice);
    }

    /// The stored notice, which stays.
    pub fn notice(&self) -> Option<String> {
        self.0.get(NOTICE).ok().flatten()
    }

    /// Returns the stored notice and removes it.
    pub fn take_notice(&self) -> Option<String> {
        self.take(NOTICE)
    }

    /// Stores a sealed secret for the next page.
    pub fn store_secret(&self, sealed: &str) {
        self.put(FLASH, &sealed);
    }

    /// The stored sealed secret.
    pub fn secret(&self) -> Option<String> {
        self.0.get(FLASH).ok().flatten()
    }

    /// Removes the sealed secret, after it was shown.
    pub fn forget_secret(&self) {
        self.0.remove(FLASH);
    }

    /// Removes only what is there: actix counts every removal as a change, which is written to the database.
    fn take(&self, key: &str) -> Option<String> {
        if self.0.contains_key(key) { self.0.remove_as(key).and_then(Result::ok) } else { None }
    }

    fn put(&self, key: &str, value: &impl serde::Serialize) {
        // Numbers and strings always serialize.
        drop(self.0.insert(key, value));
    }
}
