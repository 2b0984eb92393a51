//! `hachok serve`: start, tell the address, wait for the end.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use url::Url;

use super::{Fault, database};
use crate::app::App;
use crate::clock;
use crate::config::{DataSettings, ServeSettings};
use crate::db::Db;
use crate::db::accounts::{setup_links, users};
use crate::domain::accounts::api_token;

/// How long a set-up link is good.
const SETUP_LINK: Duration = Duration::from_secs(3600);

/// Serves until SIGTERM or SIGINT.
pub async fn run(settings: ServeSettings) -> Result<(), Fault> {
    // Checked before anything is touched; the address itself comes later, with the port.
    settings.delivery.policy(&Url::parse("http://localhost")?).map_err(Fault::Setting)?;
    // Before anyone is told that we run: a signal that comes early is heard all the same.
    let mut ending = Ending::listen()?;
    let listener = listen(&settings)?;
    let address = Url::parse(&format!("http://{}", listener.local_addr()?))?;
    let public = settings.web.public_url.clone().unwrap_or_else(|| address.clone());
    let db = database::for_server(&settings.data).await?;
    report_rights(&settings.data);
    let link = setup_link(&db, &public).await?;
    let database = settings.data.database_url.kind();
    let app = App::start(settings, db, (listener, public)).await?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), database, %address, "started");
    let set_up = link.map(|link| format!("Set up: {link}\n")).unwrap_or_default();
    // Whoever started us may have closed the pipe; that is no reason to stop.
    drop(write!(std::io::stdout(), "{}\n{set_up}", address.as_str().trim_end_matches('/')));
    ending.told().await;
    tracing::info!("stopping");
    tokio::select! {
        stopped = app.stop() => {
            tracing::info!("stopped");
            stopped
        }
        () = ending.told() => Err(Fault::RunTime("stopped at once".into())),
    }
}

/// The port, before anything is made on disk. Whoever has it may be another Hachok with the same settings: then that
/// is what to tell.
fn listen(settings: &ServeSettings) -> Result<TcpListener, Fault> {
    TcpListener::bind(settings.web.bind).map_err(|error| {
        let running = database::existing_lock(&settings.data.database_url).err();
        running.unwrap_or_else(|| Fault::RunTime(format!("cannot listen on {}: {error}", settings.web.bind)))
    })
}

/// One line about files that others can read; they may have been opened on purpose.
fn report_rights(data: &DataSettings) {
    let files: Vec<String> = data.files_readable_by_others().iter().map(|file| file.display().to_string()).collect();
    if !files.is_empty() {
        tracing::warn!(
            "files with data or the key can be read by others (chmod 600 leaves them to their owner): {}",
            files.join(", ")
        );
    }
}

/// A one-time link to the first account, while there is no account.
async fn setup_link(db: &Db, public: &Url) -> Result<Option<Url>, Fault> {
    if !db.read(users::is_empty).await? {
        return Ok(None);
    }
    let text = api_token::hex(&clock::random::<32>());
    let hash = api_token::hash(&text);
    let expires = clock::now().after(SETUP_LINK);
    db.write(move |conn| setup_links::replace(conn, &hash, expires)).await?;
    let mut link = public.join("/setup")?;
    link.query_pairs_mut().append_pair("token", &text);
    Ok(Some(link))
}

/// SIGTERM and SIGINT.
struct Ending {
    term: Signal,
    interrupt: Signal,
}

impl Ending {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
