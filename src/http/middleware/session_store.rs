//! Sessions of signed-in users: stored in the database, identified by an encrypted cookie.

use actix_session::SessionMiddleware;
use actix_session::config::{BrowserSession, CookieContentSecurity, TtlExtensionPolicy};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration as Ttl;
use actix_web::cookie::{Key, SameSite};

use crate::clock;
use crate::db::accounts::sessions::{self, StoredSession};
use crate::db::{self, Db};
use crate::domain::accounts::api_token;
use crate::domain::hex::hex;
use crate::domain::id::UserId;
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;
use crate::http::State;
use crate::http::request::session::{ENDED, EndedSession, NOTICE, PASSWORD_HASH, USER, Values, form_token};

/// A session expires after 12 hours without use.
pub const IDLE_MAX: std::time::Duration = std::time::Duration::from_secs(12 * 3600);
/// A session expires after 7 days even if it is used.
const LIFETIME_MAX: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);
/// The expiry is extended at most once in ten minutes, so that not every page causes a write.
const EXTEND_EVERY: std::time::Duration = std::time::Duration::from_secs(600);

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

fn ended_session(key_hash: Vec<u8>, session: Option<StoredSession>, now: Timestamp) -> EndedSession {
    let session = session.filter(|session| now < end_of(session).after(sessions::ENDED_KEPT));
    let values = session.as_ref().and_then(|session| serde_json::from_str::<Values>(&session.state).ok());
    let csrf = values.as_ref().and_then(form_token);
    EndedSession { key_hash, user: session.and_then(|session| session.user), csrf }
}

/// When a session expires or has expired.
fn end_of(session: &StoredSession) -> Timestamp {
    session.expires_at.min(session.created_at.after(LIFETIME_MAX))
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
                let ended = serde_json::to_string(&ended_session(key_hash, ended, now));
                let ended = ended.map_err(|error| LoadError::Deserialization(error.into()))?;
                Ok(Some(Values::from([(ENDED.to_owned(), ended)])))
            }
        }
    }

    async fn save(&self, mut values: Values, _: &Ttl) -> Result<SessionKey, SaveError> {
        let key = hex(&clock::random::<32>());
        let hash = api_token::hash(&key);
        let now = clock::now();
        let user = values.get(USER).and_then(|text| text.parse::<UserId>().ok());
        let password_hash = values.remove(PASSWORD_HASH).and_then(|text| serde_json::from_str::<String>(&text).ok());
        // Without a hash a session with a user is not stored.
        let password_hash = password_hash.unwrap_or_default();
        let state = json(&values).map_err(|error| SaveError::Serialization(error.into()))?;
        let stored = StoredSession { user, state, created_at: now, expires_at: now.after(IDLE_MAX) };
        fault_injection::hang_point("session-before-commit").await;
        self.0
            .write(move |conn| {
                // The first statement locks the user, as in every transaction that changes rows of a user.
                sessions::insert(conn, &hash, &stored, &password_hash)?;
                sessions::delete_old(conn, now)
            })
            .await
            .map_err(|error| SaveError::Other(error.into()))?;
        SessionKey::try_from(key).map_err(|error| SaveError::Other(error.into()))
    }

    async fn update(&self, key: SessionKey, values: Values, _: &Ttl) -> Result<SessionKey, UpdateError> {
        let hash = api_token::hash(key.as_ref());
        let state = json(&values).map_err(|error| UpdateError::Serialization(error.into()))?;
        let now = clock::now();
        let written = hash.clone();
        // A session that ended while the request ran stays ended: the statement updates nothing.
        let updated =
            self.0.write(move |conn| sessions::update(conn, &written, &state, now.after(IDLE_MAX), now)).await;
        match updated {
            Ok(()) => {}
            // A page is shown also while the database takes no writes. Its notice will be shown again.
            Err(error) if self.is_only_without_notice(hash, values).await => error.log("a notice was not removed"),
            Err(error) => return Err(UpdateError::Other(error.into())),
        }
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, _: &Ttl) -> Result<(), anyhow::Error> {
        // A page is shown also while the database takes no writes.
        if !self.0.is_write_failing()
            && let Err(error) = self.touch(api_token::hash(key.as_ref()), clock::now()).await
        {
            error.log("a session was not extended");
        }
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let hash = api_token::hash(key.as_ref());
        Ok(self.0.write(move |conn| sessions::end(conn, &hash, clock::now())).await?)
    }
}

impl Store {
    /// Whether `values` are those of the stored session without its notice.
    async fn is_only_without_notice(&self, hash: Vec<u8>, values: Values) -> bool {
        let Ok(Some(stored)) = self.0.read(move |conn| sessions::load(conn, &hash)).await else { return false };
        let stored = serde_json::from_str::<Values>(&stored.state);
        stored.is_ok_and(|mut stored| stored.remove(NOTICE).is_some() && stored == values)
    }

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
