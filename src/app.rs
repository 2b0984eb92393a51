//! The composition root: what is made first, what is handed to whom, and the order of the end.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use url::Url;

use crate::config::ServeSettings;
use crate::db::Db;
use crate::delivery::Engine;
use crate::delivery::sender::Sender;
use crate::fault::Fault;
use crate::http::{self, State};

/// The running server.
pub struct App {
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
        let state = State::new(db.hurry(), engine.clone(), policy, (&settings, public))?;
        let server = http::server(state, listener, LAST_REQUESTS)?;
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { engine, server: handle })
    }

    /// Takes no new work, lets what is on its way end, and writes down what did not.
    pub async fn stop(self) -> Result<(), Fault> {
        let (stopped, ()) = tokio::join!(self.engine.stop(), self.server.stop(true));
        Ok(stopped?)
    }
}
