//! The composition root: what is made first, what is handed to whom, and the order of the end.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use url::Url;

use crate::command_error::Fault;
use crate::config::ServeSettings;
use crate::db::Db;
use crate::delivery::Engine;
use crate::delivery::network::sender::Sender;
use crate::http::{self, State};

/// The running server.
pub struct App {
    db: Db,
    engine: Engine,
    server: ServerHandle,
}

/// Seconds that requests on their way in have at the end.
const LAST_REQUESTS: u64 = 3;

impl App {
    /// Starts the delivery task, then the pages and the API.
    pub async fn start(settings: ServeSettings, db: Db, (listener, public): (TcpListener, Url)) -> Result<Self, Fault> {
        let policy = Arc::new(settings.delivery.policy(&public).map_err(Fault::Setting)?);
        let sender = Sender::new(Arc::clone(&policy))?;
        let engine = Engine::start(db.clone(), sender, settings.delivery.limits()).await?;
        tokio::spawn(db.clone().watch_file());
        let installation_id = db.installation_id().await?;
        let state = State::new(db.with_timeout(), engine.clone(), policy, &settings, public, &installation_id)?;
        let server = http::server(state, listener, LAST_REQUESTS)?;
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { db, engine, server: handle })
    }

    /// Takes no new work, lets what is on its way end, writes down what did not, and closes the database.
    pub async fn stop(self) -> Result<(), Fault> {
        let (stopped, ()) = tokio::join!(self.engine.stop(), self.server.stop(true));
        self.db.close().await;
        Ok(stopped?)
    }
}
