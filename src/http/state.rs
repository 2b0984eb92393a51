//! The state that every handler may use.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::api_limits::ApiLimits;
use super::log_limit::LogLimit;
use super::request::batch_memory::BatchMemory;
use super::request::cookie_names::CookieNames;
use super::sender_cache::IngestTokenCache;
use crate::clock;
use crate::config::{DataSettings, DeliverySettings, ServeSettings, WebSettings};
use crate::db::{self, Db};
use crate::delivery::Engine;
use crate::domain::client_address::TrustedProxies;
use crate::domain::deliveries::log_filter::LogFilter;
use crate::domain::host::AllowedHosts;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::address::AddressPolicy;
use crate::password::Hasher;

/// The state that every handler may use.
pub struct State {
    pub(super) db: Db,
    pub(super) engine: Engine,
    pub(super) policy: Arc<AddressPolicy>,
    pub(super) web: WebSettings,
    pub(super) data: DataSettings,
    pub(super) delivery: DeliverySettings,
    pub(super) started_at: Timestamp,
    pub(super) public: Url,
    pub(super) retention_days: u16,
    /// Key of the MACs of form tokens and once-tokens.
    pub(super) form_key: [u8; 32],
    /// Key that encrypts the session cookie.
    pub(super) cookie_key: [u8; 32],
    /// Key of the MACs that replace account names in the counts of failed sign-ins.
    pub(super) sign_in_key: [u8; 32],
    pub(super) trusted_proxies: TrustedProxies,
    pub(super) allowed_hosts: AllowedHosts,
    pub(super) cookies: CookieNames,
    /// Limits log lines about host names that are not allowed.
    pub(super) unknown_hosts_logged: LogLimit,
    /// Limits log lines about origins other than that of the public URL.
    pub(super) wrong_origins_logged: LogLimit,
    pub(super) ingest_tokens: IngestTokenCache,
    pub(super) api_limits: ApiLimits,
    pub(super) hasher: Hasher,
    /// For bodies of ingest that are larger than an event may be.
    pub(super) batch_memory: BatchMemory,
    log_searches: Arc<Semaphore>,
}

/// Concurrent searches of the log: each reads up to 64 MiB, on a connection that other pages need.
const LOG_SEARCHES_MAX: usize = 2;

impl State {
    /// Starts the hashing thread; fails if the system refuses a thread.
    pub fn new(
        db: Db,
        engine: Engine,
        policy: Arc<AddressPolicy>,
        settings: &ServeSettings,
        public: Url,
        installation_id: &str,
    ) -> std::io::Result<Self> {
        let secret_box = db.secret_box();
        let named = settings.web.allowed_hosts.iter().map(String::as_str);
        Ok(Self {
            allowed_hosts: AllowedHosts::new(public.domain(), named),
            cookies: CookieNames::new(installation_id, is_secure(&public)),
            unknown_hosts_logged: LogLimit::default(),
            wrong_origins_logged: LogLimit::default(),
            form_key: secret_box.derive("form"),
            cookie_key: secret_box.derive("cookie"),
            sign_in_key: secret_box.derive("sign-in"),
            trusted_proxies: TrustedProxies::new(settings.web.trusted_proxies.clone()),
            db,
            engine,
            policy,
            web: settings.web.clone(),
            data: settings.data.clone(),
            delivery: settings.delivery.clone(),
            started_at: clock::now(),
            retention_days: settings.delivery.retention_days,
            public,
            ingest_tokens: IngestTokenCache::default(),
            api_limits: ApiLimits::new(settings.web.api_rate),
            hasher: Hasher::start()?,
            batch_memory: BatchMemory::new(),
            log_searches: Arc::new(Semaphore::new(LOG_SEARCHES_MAX)),
        })
    }

    /// A permit to search the log; `None` if `filter` has no search text. The query itself holds the permit, because
    /// it keeps running when its client has gone. `Busy` if no permit is free within [`db::REQUEST_TIMEOUT`].
    pub(super) async fn search_permit(&self, filter: &LogFilter) -> Result<Option<OwnedSemaphorePermit>, db::Error> {
        if filter.search.is_none() {
            return Ok(None);
        }
        let permit = tokio::time::timeout(db::REQUEST_TIMEOUT, Arc::clone(&self.log_searches).acquire_owned()).await;
        permit.ok().and_then(Result::ok).map(Some).ok_or(db::Error::Busy)
    }

    /// The origin of the public URL, at which people open pages.
    pub(super) fn public_origin(&self) -> String {
        self.public.origin().ascii_serialization()
    }

    /// The public URL is https: cookies are sent only over TLS.
    pub(super) fn is_secure(&self) -> bool {
        is_secure(&self.public)
    }
}

fn is_secure(public: &Url) -> bool {
    public.scheme() == "https"
}
