//! Sessions of signed-in users: stored in the database, identified by an encrypted cookie.

use std::collections::HashMap;

use actix_session::config::{BrowserSession, CookieContentSecurity, TtlExtensionPolicy};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::time::Duration as Ttl;
use actix_web::cookie::{Key, SameSite};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::db::accounts::sessions::{self, StoredSession};
use crate::db::{self, Db};
use crate::domain::accounts::api_token;
use crate::domain::hex::hex;
use crate::domain::id::UserId;
use crate::domain::timestamp::Timestamp;
use crate::http::State;

/// A session expires after 12 hours without use.
pub const IDLE_MAX: std::time::Duration = std::time::Duration::from_secs(12 * 3600);
/// A session expires after 7 days even if it is used.
const LIFETIME_MAX: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);
/// The expiry is extended at most once in ten minutes, so that not every page causes a write.
const EXTEND_EVERY: std::time::Duration = std::time::Duration::from_secs(600);

// The keys of a session's values.
/// The id of the user.
const USER: &str = "user";
/// The form token.
const CSRF: &str = "csrf";
/// A notice for the next page, shown once.
const NOTICE: &str = "notice";
/// A sealed secret for the next page, shown once.
const FLASH: &str = "flash";
/// Under which session a form was kept.
const KEPT: &str = "kept";
/// Loaded instead of the values of a session that has ended; never stored.
const ENDED: &str = "ended";

/// The middleware that loads and stores sessions.
pub fn middleware(state: &State) -> SessionMiddleware<Store> {
    let secure = state.is_secure();
    let key = Key::derive_from(&state.cookie_key);
    let idle = Ttl::seconds(i64::try_from(IDLE_MAX.as_secs()).unwrap_or(i64::MAX));
    let lifecycle =
        BrowserSession::default().state_ttl(idle).state_ttl_extension_policy(TtlExtensionPolicy::OnEveryRequest);
    SessionMiddleware::builder(Store(state.db.clone()), key)
        .cookie_name(state.cookies.session.clone())
        .cookie_secure(secure)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".into())
        .cookie_content_security(CookieContentSecurity::Private)
        .session_lifecycle(lifecycle)
        .build()
}

/// Stores sessions in the database, under the hash of their key.
pub struct Store(Db);

type Values = HashMap<String, String>;

/// A session of this installation that has ended; the request still has its cookie.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended {
    pub key_hash: Vec<u8>,
    /// Its user, if it expired within the last day; `None` if it was ended by sign-out or an administrator.
    pub user: Option<UserId>,
    /// Its form token, if `user` is known.
    pub csrf: Option<String>,
}

impl Ended {
    fn of(key_hash: Vec<u8>, session: Option<StoredSession>, now: Timestamp) -> Self {
        let session = session.filter(|session| now < end_of(session).after(sessions::ENDED_KEPT));
        let values = session.as_ref().and_then(|session| serde_json::from_str::<Values>(&session.state).ok());
        let csrf = values.as_ref().and_then(form_token);
        Self { key_hash, user: session.and_then(|session| session.user), csrf }
    }
}

/// When a session expires or has expired.
fn end_of(session: &StoredSession) -> Timestamp {
    session.expires_at.min(session.created_at.after(LIFETIME_MAX))
}

/// `state` is that of the session with the form token `csrf`.
pub fn is_of(state: &str, csrf: &str) -> bool {
    let values: Values = serde_json::from_str(state).unwrap_or_default();
    form_token(&values).is_some_and(|known| known == csrf)
}

fn form_token(values: &Values) -> Option<String> {
    serde_json::from_str(values.get(CSRF)?).ok()
}

fn json(values: &Values) -> Result<String, serde_json::Error> {
    serde_json::to_string(values)
}

impl SessionStore for Store {
    async fn load(&self, key: &SessionKey) -> Result<Option<Values>, LoadError> {
        let now = clock::now();
        let hash = api_token::hash(key.as_ref());
        let key_hash = hash.clone();
        let found = self.0.read(move |conn| sessions::load(conn, &hash)).await;
        let found = found.map_err(|error| LoadError::Other(error.into()))?;
        match found {
            Some(alive) if now < end_of(&alive) => {
                serde_json::from_str(&alive.state).map(Some).map_err(|error| LoadError::Deserialization(error.into()))
            }
            // The middleware has decrypted the cookie, so this installation once issued it for a session.
            ended => {
                let ended = serde_json::to_string(&Ended::of(key_hash, ended, now));
                let ended = ended.map_err(|error| LoadError::Deserialization(error.into()))?;
                Ok(Some(Values::from([(ENDED.to_owned(), ended)])))
            }
        }
    }

    async fn save(&self, values: Values, _: &Ttl) -> Result<SessionKey, SaveError> {
        let key = hex(&clock::random::<32>());
        let hash = api_token::hash(&key);
        let now = clock::now();
        let user = values.get(USER).and_then(|text| text.parse::<UserId>().ok());
        let state = json(&values).map_err(|error| SaveError::Serialization(error.into()))?;
        let stored = StoredSession { user, state, created_at: now, expires_at: now.after(IDLE_MAX) };
        self.0
            .write(move |conn| {
                sessions::delete_old(conn, now)?;
                sessions::insert(conn, &hash, &stored)
            })
            .await
            .map_err(|error| SaveError::Other(error.into()))?;
        SessionKey::try_from(key).map_err(|error| SaveError::Other(error.into()))
    }

    async fn update(&self, key: SessionKey, values: Values, _: &Ttl) -> Result<SessionKey, UpdateError> {
        let hash = api_token::hash(key.as_ref());
        let state = json(&values).map_err(|error| UpdateError::Serialization(error.into()))?;
        let now = clock::now();
        // A session that ended while the request ran stays ended: the statement updates nothing.
        self.0
            .write(move |conn| sessions::update(conn, &hash, &state, now.after(IDLE_MAX), now))
            .await
            .map_err(|error| UpdateError::Other(error.into()))?;
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, _: &Ttl) -> Result<(), anyhow::Error> {
        Ok(self.touch(api_token::hash(key.as_ref()), clock::now()).await?)
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let hash = api_token::hash(key.as_ref());
        Ok(self.0.write(move |conn| sessions::end(conn, &hash, clock::now())).await?)
    }
}

impl Store {
    /// Extends the expiry, if it was last extended more than `EXTEND_EVERY` ago.
    async fn touch(&self, hash: Vec<u8>, now: Timestamp) -> Result<(), db::Error> {
        let key = hash.clone();
        let found = self.0.read(move |conn| sessions::load(conn, &key)).await?;
        let is_due = |session: StoredSession| {
            now < end_of(&session) && session.expires_at < now.after(IDLE_MAX).before(EXTEND_EVERY)
        };
        if found.is_some_and(is_due) {
            self.0.write(move |conn| sessions::touch(conn, &hash, now.after(IDLE_MAX))).await?;
        }
        Ok(())
    }
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

    /// Begins a session of `user` under a new key. If it follows a session of the same user that has ended, `csrf` is
    /// the form token of that one: forms that are open in other windows stay valid.
    pub fn sign_in(&self, user: UserId, csrf: Option<String>) {
        self.0.clear();
        self.0.renew();
        self.put(USER, &user);
        self.put(CSRF, &csrf.unwrap_or_else(|| hex(&clock::random::<32>())));
    }

    /// Continues the session under a new key.
    pub fn renew(&self) {
        self.0.renew();
    }

    /// Ends the session.
    pub fn sign_out(&self) {
        self.0.purge();
    }

    /// The session of the request's cookie, if it has ended.
    pub fn ended(&self) -> Option<Ended> {
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
