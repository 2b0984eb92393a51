//! `hachok serve`: starts the server, prints its address, and waits for a signal.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use url::Url;

use super::database;
use crate::app::App;
use crate::clock;
use crate::command_error::CommandError;
use crate::config::{DataSettings, ServeSettings};
use crate::db::Db;
use crate::db::accounts::{setup_links, users};
use crate::domain::accounts::api_token;
use crate::domain::hex::hex;
use crate::service_manager::ServiceManager;
use crate::version::VERSION;

const SETUP_LINK_LIFETIME: Duration = Duration::from_secs(3600);

/// Pings within the time of the watchdog: one may be late.
const WATCHDOG_PINGS: u32 = 3;

/// Serves until SIGTERM or SIGINT; a second signal ends the process without waiting for running work.
pub async fn run(settings: ServeSettings) -> Result<(), CommandError> {
    run_with(settings, |_| ()).await
}

/// The same; calls `started` with the address after it was printed.
pub async fn run_with(settings: ServeSettings, started: impl FnOnce(&Url)) -> Result<(), CommandError> {
    // Check the address rules before anything is created. The real public URL is known later, with the port.
    settings.delivery.addresses.policy(&Url::parse("http://localhost")?).map_err(CommandError::Setting)?;
    // Before the address is printed, so that a signal that arrives early is handled.
    let mut signals = Signals::listen()?;
    let manager = ServiceManager::from_environment();
    let listener = listen(&settings)?;
    let address = Url::parse(&format!("http://{}", listener.local_addr()?))?;
    let public_url = settings.web.public_url.clone().unwrap_or_else(|| address.clone());
    let migration = manager.long_work();
    let db = database::for_server(&settings.data, &|step| migration.say(step)).await?;
    drop(migration);
    report_rights(&settings.data);
    let link = setup_link(&db, &public_url).await?;
    let database = settings.data.database_url.kind();
    let app = App::start(settings, db, listener, public_url).await?;
    tracing::info!(version = VERSION, database, %address, "started");
    if !app.has_ca_certificates() {
        tracing::warn!(
            "this machine has no CA certificates, so no receiver can be reached by https: install the package \
             ca-certificates (Debian: apt-get install ca-certificates) and restart Hachok"
        );
    }
    let set_up = link.map(|link| format!("Set up: {link}\n")).unwrap_or_default();
    // The reader of the pipe may have closed it; that is no reason to stop.
    drop(write!(std::io::stdout(), "{}\n{set_up}", address.as_str().trim_end_matches('/')));
    started(&address);
    manager.ready(&format!("Serving at {}", address.as_str().trim_end_matches('/')));
    let newer = tokio::select! {
        () = signals.received() => None,
        error = app.until_newer() => Some(error),
        () = report_liveness(&app, &manager) => None,
    };
    manager.stopping("Finishing requests in flight");
    if let Some(error) = newer {
        tracing::error!("a newer version has migrated the database: this process stops");
        // A signal ends the wait for load balancers, a second one the stop itself.
        tokio::select! {
            () = app.leave() => {}
            () = signals.received() => {}
        }
        tokio::select! {
            stopped = app.stop() => drop(stopped.inspect_err(|problem| tracing::error!(error = problem.line(), "the stop failed"))),
            () = signals.received() => tracing::warn!("stopped at once"),
        }
        return Err(error);
    }
    tracing::info!("stopping");
    tokio::select! {
        stopped = app.stop() => {
            tracing::info!("stopped");
            stopped
        }
        () = signals.received() => Err(CommandError::RunTime("stopped at once".into())),
    }
}

/// Pings the watchdog of the service manager as long as no part of the process hangs; waits for ever without a watchdog.
async fn report_liveness(app: &App, manager: &ServiceManager) {
    let Some(limit) = manager.watchdog() else { return std::future::pending().await };
    let mut was_alive = true;
    loop {
        let hanging = app.hangs(limit);
        match hanging {
            None => manager.alive(),
            Some(part) if was_alive => {
                tracing::error!(?part, "a part of the process hangs: the watchdog is not pinged")
            }
            Some(_) => {}
        }
        was_alive = hanging.is_none();
        tokio::time::sleep(limit / WATCHDOG_PINGS).await;
    }
}

/// Binds the port before anything is created on disk. If that fails because another Hachok with the same settings is
/// running, the error says so.
fn listen(settings: &ServeSettings) -> Result<TcpListener, CommandError> {
    TcpListener::bind(settings.web.bind).map_err(|error| {
        let running = database::existing_lock(&settings.data.database_url).err();
        running.unwrap_or_else(|| CommandError::RunTime(format!("cannot listen on {}: {error}", settings.web.bind)))
    })
}

/// Warns about data and key files that other users can read. Hachok leaves their rights, which may be intended.
fn report_rights(data: &DataSettings) {
    let files: Vec<String> = data.files_readable_by_others().iter().map(|file| file.display().to_string()).collect();
    if !files.is_empty() {
        tracing::warn!(
            "files with data or the key can be read by others (chmod 600 leaves them to their owner): {}",
            files.join(", ")
        );
    }
}

/// A one-time link to create the first account; `None` if there is an account.
async fn setup_link(db: &Db, public_url: &Url) -> Result<Option<Url>, CommandError> {
    if !db.read(users::is_empty).await? {
        return Ok(None);
    }
    let text = hex(&clock::random::<32>());
    let hash = api_token::hash(&text);
    let expires = clock::now().after(SETUP_LINK_LIFETIME);
    db.write(move |conn| setup_links::replace(conn, &hash, expires)).await?;
    let mut link = public_url.join("/setup")?;
    link.query_pairs_mut().append_pair("token", &text);
    Ok(Some(link))
}

/// SIGTERM and SIGINT.
pub(super) struct Signals {
    term: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    pub(super) async fn received(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
