//! What every handler may use.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::api::auth::Senders;
use super::log_limit::LogLimit;
use super::request::cookie_names::CookieNames;
use crate::clock;
use crate::config::{DataSettings, DeliverySettings, ServeSettings, WebSettings};
use crate::db::deliveries::log::Filter;
use crate::db::{self, Db};
use crate::delivery::Engine;
use crate::domain::client_address::TrustedProxies;
use crate::domain::host::AllowedHosts;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::address::AddressPolicy;
use crate::password::Hasher;

/// What every handler may use.
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
    /// The key of form tokens.
    pub(super) form_key: [u8; 32],
    /// The key of the session cookie.
    pub(super) cookie_key: [u8; 32],
    /// The key of the accounts in the counts of failed sign-ins.
    pub(super) sign_in_key: [u8; 32],
    pub(super) trusted_proxies: TrustedProxies,
    pub(super) allowed_hosts: AllowedHosts,
    pub(super) cookies: CookieNames,
    /// What was written of host names that are not allowed.
    pub(super) unknown_hosts_logged: LogLimit,
    /// What was written of origins that are not the public URL's.
    pub(super) wrong_origins_logged: LogLimit,
    pub(super) senders: Senders,
    pub(super) hasher: Hasher,
    searching: Arc<Semaphore>,
}

/// Searches at once: each reads up to 64 MiB on a connection that other pages wait for.
const SEARCHING: usize = 2;

impl State {
    /// The parts that handlers share.
    pub fn new(
        db: Db,
        engine: Engine,
        policy: Arc<AddressPolicy>,
        (settings, public): (&ServeSettings, Url),
        installation_id: &str,
    ) -> std::io::Result<Self> {
        let vault = db.vault();
        let named = settings.web.allowed_hosts.iter().map(String::as_str);
        Ok(Self {
            allowed_hosts: AllowedHosts::new(public.domain(), named),
            cookies: CookieNames::new(installation_id, is_secure(&public)),
            unknown_hosts_logged: LogLimit::default(),
            wrong_origins_logged: LogLimit::default(),
            form_key: vault.derive("form"),
            cookie_key: vault.derive("cookie"),
            sign_in_key: vault.derive("sign-in"),
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
            senders: Senders::default(),
            hasher: Hasher::start()?,
            searching: Arc::new(Semaphore::new(SEARCHING)),
        })
    }

    /// A turn to look through the log, to be held by the query itself: it goes on when its reader has gone.
    pub(super) async fn turn(&self, filter: &Filter) -> Result<Option<OwnedSemaphorePermit>, db::Error> {
        if filter.search.is_none() {
            return Ok(None);
        }
        let turn = tokio::time::timeout(db::ANSWER, Arc::clone(&self.searching).acquire_owned()).await;
        turn.ok().and_then(Result::ok).map(Some).ok_or(db::Error::Busy)
    }

    /// The origin that people are to open pages at.
    pub(super) fn public_origin(&self) -> String {
        self.public.origin().ascii_serialization()
    }

    /// The pages are reached over TLS, so cookies are bound to it.
    pub(super) fn is_secure(&self) -> bool {
        is_secure(&self.public)
    }
}

fn is_secure(public: &Url) -> bool {
    public.scheme() == "https"
}
