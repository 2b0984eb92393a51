//! `hachok demo`: a server in a temporary folder on loopback, with a user, inboxes, webhooks of several fates, a receiver
//! and an event each second. No setting and no variable of the environment reaches it, so it cannot meet real data.

mod help_desk;
mod receiver;

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use clap::builder::Resettable;
use clap::{Args, Command as Usage, FromArgMatches};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use url::Url;

use super::{database, serve};
use crate::clock;
use crate::command_error::CommandError;
use crate::config::ServeSettings;
use crate::db::accounts::tokens::{self, NewToken};
use crate::db::accounts::users;
use crate::db::{Db, DbConnection};
use crate::domain::accounts::api_token::{self, Scope, Scopes};
use crate::domain::accounts::user::{NewUser, Role};
use crate::domain::hex::hex;
use crate::domain::system::database_url::DatabaseUrl;
use crate::password::{self, Workspace};
use receiver::Receiver;

const EMAIL: &str = "admin@example.com";

/// Where the demo is shown.
#[derive(Args, Debug)]
pub struct Stage {
    /// Loopback address and port to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS", value_parser = loopback)]
    bind: SocketAddr,
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "must be an address and a port, such as 127.0.0.1:8080")?;
    let only_here = "must be a loopback address, such as 127.0.0.1:8080: the demo is for this machine";
    if address.ip().is_loopback() { Ok(address) } else { Err(only_here.into()) }
}

/// Runs until SIGTERM or SIGINT, then removes the folder.
pub async fn run(stage: Stage) -> Result<(), CommandError> {
    // Before the folder is made, so that a signal that arrives early leaves nothing.
    let (mut signals, mut hangup) = (serve::Signals::listen()?, signal(SignalKind::hangup())?);
    let folder = Folder::make()?;
    let settings = settings(&folder.0, stage.bind)?;
    let password = hex(&clock::random::<12>());
    let token = tokio::select! {
        token = furnish(&settings, &password) => token?,
        () = signals.received() => return Ok(()),
        _ = hangup.recv() => return Ok(()),
    };
    let receiver = Receiver::start()?;
    let (started, address) = oneshot::channel();
    let announce = |address: &Url| {
        println!("Sign in: {EMAIL}, password {password}");
        drop(started.send(address.clone()));
    };
    let show = async {
        let Ok(address) = address.await else { return Ok(()) };
        help_desk::run(&address, &token, &receiver).await
    };
    let served = serve::run_with(settings, announce);
    tokio::pin!(served);
    tokio::select! {
        served = &mut served => served,
        _ = hangup.recv() => Ok(()),
        shown = show => match shown {
            Ok(()) => served.await,
            Err(error) => Err(error),
        },
    }
}

/// The defaults of `hachok serve`, whatever the environment says, but for database, address and loopback as a destination.
fn settings(folder: &Path, bind: SocketAddr) -> Result<ServeSettings, CommandError> {
    let usage = <ServeSettings as Args>::augment_args(Usage::new("demo"));
    let arguments = ["demo".to_owned(), format!("--bind={bind}"), "--allow-networks=127.0.0.0/8".to_owned()];
    let parsed = usage.mut_args(|arg| arg.env(Resettable::Reset)).try_get_matches_from(arguments);
    let settings = parsed.and_then(|matches| ServeSettings::from_arg_matches(&matches));
    let mut settings = settings.map_err(|error| CommandError::RunTime(error.to_string()))?;
    // Not as a URL: the path of the folder may hold any character.
    settings.data.database_url = DatabaseUrl::Sqlite(folder.join("hachok.db"));
    Ok(settings)
}

/// Makes the database, a user with that password, and a token, which is returned.
async fn furnish(settings: &ServeSettings, password: &str) -> Result<String, CommandError> {
    let db = database::for_server(&settings.data, &|_| ()).await?;
    let stored = store(&db, password).await;
    db.close().await;
    stored
}

async fn store(db: &Db, password: &str) -> Result<String, CommandError> {
    let user = NewUser::parse("Demo", EMAIL, password, Role::Admin, "UTC");
    let user = user.map_err(|_| CommandError::RunTime("the user of the demo is refused".into()))?;
    let hash = password::hash(password, &mut Workspace::default())?;
    let text = api_token::from_random(clock::random());
    let new = NewToken { name: "Demo".into(), scopes: Scopes::one(Scope::Admin), text: text.clone(), expires_at: None };
    let insert = move |conn: &mut DbConnection| {
        users::insert(conn, &user, &hash, clock::now())?;
        tokens::insert(conn, &new, clock::now())
    };
    db.write(insert).await?;
    Ok(text)
}

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, CommandError> {
        let folder = std::env::temp_dir().join(format!("hachok-demo-{}", hex(&clock::random::<8>())));
        let made = fs::DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|error| CommandError::RunTime(format!("cannot make {}: {error}", folder.display())))?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("hachok: {} is left: {error}", self.0.display());
        }
    }
}
