//! The composition root: builds the parts of a running server, connects them, and shuts them down in order.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use url::Url;

use crate::command_error::CommandError;
use crate::config::{DeliverySettings, ServeSettings};
use crate::db::Db;
use crate::delivery::network::sender::Sender;
use crate::delivery::{Engine, Limits};
use crate::http::{self, State};
use crate::liveness::Part;

/// A running server: database, delivery engine, pages and API.
pub struct App {
    db: Db,
    engine: Engine,
    server: ServerHandle,
}

/// Longer than the interval at which proxies ask for `/readyz`: `packaging/proxies` has 5 s.
const LEAVE_TIME: Duration = Duration::from_secs(6);
/// Timeout for HTTP requests that are still running at shutdown.
const SHUTDOWN_REQUESTS_TIMEOUT_S: u64 = 3;

impl App {
    /// Starts the delivery engine, then the pages and the API on `listener`. `public_url` is the URL under which
    /// clients reach this server; webhooks must not point at it.
    pub async fn start(
        settings: ServeSettings,
        db: Db,
        listener: TcpListener,
        public_url: Url,
    ) -> Result<Self, CommandError> {
        let policy = Arc::new(settings.delivery.addresses.policy(&public_url).map_err(CommandError::Setting)?);
        let sender = Sender::new(Arc::clone(&policy))?;
        let engine = Engine::start(db.clone(), sender, limits(&settings.delivery), &public_url).await?;
        let (file, writes) = (db.clone(), db.clone());
        engine.supervisor().supervise("file-watch", move || file.clone().watch_file());
        engine.supervisor().supervise("write-watch", move || writes.clone().watch_writes());
        let installation_id = db.installation_id().await?;
        let state = State::new(db.with_timeout(), engine.clone(), policy, &settings, public_url, &installation_id)?;
        let server = http::server(state, listener, SHUTDOWN_REQUESTS_TIMEOUT_S)?;
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { db, engine, server: handle })
    }

    /// See [`Engine::has_ca_certificates`].
    pub fn has_ca_certificates(&self) -> bool {
        self.engine.has_ca_certificates()
    }

    /// Waits until a newer version has migrated the database; returns the error with which a start would then be refused.
    /// From then on `/readyz` answers 503.
    pub async fn until_newer(&self) -> CommandError {
        self.db.until_newer().await.into()
    }

    /// Has a load balancer notice that this process does not take requests any more, before [`Self::stop`]. Sends nothing
    /// from now on.
    pub async fn leave(&self) {
        let noticed = tokio::time::sleep(LEAVE_TIME);
        let (stopped, ()) = tokio::join!(self.engine.stop(), noticed);
        if let Err(error) = stopped {
            error.log("leases could not be released; they expire");
        }
    }

    /// A part of the process that hangs: it has not run for `limit`. A worker that waits for a database that is known not
    /// to answer does not hang; a task that ended is started again by the supervisor.
    pub fn hangs(&self, limit: Duration) -> Option<Part> {
        let may_wait = || {
            self.db.write_outage().is_some()
                || self.db.unusable().is_some()
                || !self.engine.supervisor().ended().is_empty()
        };
        let hangs = |part: &Part| match part {
            Part::Http => true,
            Part::Worker => !may_wait(),
        };
        if !self.engine.is_running() {
            return None;
        }
        self.engine.liveness().silent(limit).into_iter().find(hangs)
    }

    /// Shuts down: accepts no new work, waits for running attempts and requests (each with a timeout), stores the
    /// results, and closes the database.
    pub async fn stop(self) -> Result<(), CommandError> {
        let (stopped, ()) = tokio::join!(self.engine.stop(), self.server.stop(true));
        self.db.close().await;
        Ok(stopped?)
    }
}

/// The limits of the delivery engine.
fn limits(settings: &DeliverySettings) -> Limits {
    Limits {
        in_flight: settings.in_flight.into(),
        per_webhook: settings.in_flight_per_webhook.into(),
        backlog_per_webhook: settings.backlog_per_webhook.into(),
        retention: Duration::from_secs(u64::from(settings.retention_days) * 24 * 3600),
    }
}
