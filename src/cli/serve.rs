//! `hachok serve`: start, tell the address, wait for the end.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use url::Url;

use super::{Fault, open};
use crate::app::App;
use crate::clock;
use crate::config::ServeSettings;
use crate::db::{DatabaseUrl, Db, setup_links, users};
use crate::domain::token;

/// How long a set-up link is good.
const SETUP_LINK: Duration = Duration::from_secs(3600);

/// Serves until SIGTERM or SIGINT.
pub async fn run(settings: ServeSettings) -> Result<(), Fault> {
    // Checked before anything is touched; the address itself comes later, with the port.
    settings.delivery.policy(&Url::parse("http://localhost")?).map_err(Fault::Setting)?;
    // Before anyone is told that we run: a signal that comes early is heard all the same.
    let mut ending = Ending::listen()?;
    let listener = listen(&settings)?;
    let _lock = lock(&settings.data.database_url)?;
    let address = Url::parse(&format!("http://{}", listener.local_addr()?))?;
    let public = settings.web.public_url.clone().unwrap_or_else(|| address.clone());
    let db = open::open(&settings.data).await?;
    let link = setup_link(&db, &public).await?;
    let app = App::start(settings, db, (listener, public)).await?;
    let set_up = link.map(|link| format!("Set up: {link}\n")).unwrap_or_default();
    // Whoever started us may have closed the pipe; that is no reason to stop.
    drop(write!(std::io::stdout(), "{}\n{set_up}", address.as_str().trim_end_matches('/')));
    ending.told().await;
    tracing::info!("stopping");
    tokio::select! {
        stopped = app.stop() => stopped,
        () = ending.told() => Err(Fault::RunTime("stopped at once".into())),
    }
}

/// The port, before anything is made on disk. Whoever has it may be another Hachok with the same settings: then that
/// is what to tell.
fn listen(settings: &ServeSettings) -> Result<TcpListener, Fault> {
    TcpListener::bind(settings.web.bind).map_err(|error| {
        let file = settings.data.database_url.file();
        let running = file.and_then(|path| try_lock(path, File::options().write(true)).err());
        running.unwrap_or_else(|| Fault::RunTime(format!("cannot listen on {}: {error}", settings.web.bind)))
    })
}

/// The lock that keeps a second server away from a SQLite file; held until dropped.
pub fn lock(url: &DatabaseUrl) -> Result<Option<File>, Fault> {
    let Some(path) = url.file() else { return Ok(None) };
    if let Some(folder) = path.parent() {
        open::make_folder(folder)?;
    }
    try_lock(path, File::options().write(true).create(true))
}

/// Nothing if there is no lock file and none is made.
fn try_lock(path: &Path, options: &OpenOptions) -> Result<Option<File>, Fault> {
    let name = format!("{}.lock", path.display());
    let file = match options.open(&name) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Fault::RunTime(format!("cannot write {name}: {error}"))),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {
            Err(Fault::RunTime(format!("another Hachok is running on {}; stop it first", path.display())))
        }
        Err(TryLockError::Error(error)) => Err(Fault::RunTime(format!("cannot lock {name}: {error}"))),
    }
}

/// A one-time link to the first account, while there is no account.
async fn setup_link(db: &Db, public: &Url) -> Result<Option<Url>, Fault> {
    if !db.read(users::none_yet).await? {
        return Ok(None);
    }
    let text = token::hex(&clock::random::<32>());
    let hash = token::hash(&text);
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
