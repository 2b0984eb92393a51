//! The composition root: builds the parts of a running server, connects them, and shuts them down in order.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use url::Url;

use crate::command_error::CommandError;
use crate::config::{DeliverySettings, ServeSettings};
use crate::db::Db;
use crate::delivery::network::sender::Sender;
use crate::delivery::{Engine, Limits};
use crate::http::{self, State};

/// A running server: database, delivery engine, pages and API.
pub struct App {
    db: Db,
    engine: Engine,
    server: ServerHandle,
}

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
        retention: std::time::Duration::from_secs(u64::from(settings.retention_days) * 24 * 3600),
    }
}
