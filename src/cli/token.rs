//! `hachok token`.

use std::time::Duration;

use clap::Subcommand;

use super::database;
use crate::clock;
use crate::command_error::CommandError;
use crate::config::DataSettings;
use crate::db::Db;
use crate::db::accounts::tokens::{self, NewToken};
use crate::domain::accounts::api_token::{self, Scopes};
use crate::domain::id::TokenId;
use crate::domain::name::NAME_CHARS_MAX;

/// Actions on API tokens.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Create a token and print it (shown once)
    Add {
        /// Name
        #[arg(long)]
        name: String,
        /// One or several, with commas: ingest (send events), read, operate (test, resend, turn on and off), admin, accounts
        /// (change users and tokens)
        #[arg(long, value_parser = scopes, value_name = "SCOPES")]
        scope: Scopes,
        /// Lifetime, for example 90d [default: no limit]
        #[arg(long, value_parser = days)]
        expires: Option<Duration>,
        #[command(flatten)]
        data: DataSettings,
    },
    /// List tokens: ID, scopes, prefix, name, state (active or inactive)
    List {
        #[command(flatten)]
        data: DataSettings,
    },
    /// Revoke a token
    Revoke {
        /// Token ID
        id: i64,
        #[command(flatten)]
        data: DataSettings,
    },
}

fn scopes(text: &str) -> Result<Scopes, String> {
    Scopes::parse(text)
        .ok_or_else(|| "must be ingest, read, operate, admin, accounts, or several of them with commas".into())
}

fn days(text: &str) -> Result<Duration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok()).filter(|days| *days > 0);
    days.map(|days| Duration::from_secs(u64::from(days) * 24 * 3600)).ok_or_else(|| "must be days, such as 90d".into())
}

pub async fn run(action: Action) -> Result<(), CommandError> {
    match action {
        Action::Add { name, scope, expires, data } => {
            let wrong = |_| CommandError::Setting(format!("--name must be 1 to {NAME_CHARS_MAX} characters"));
            let name = api_token::parse_name(&name).map_err(wrong)?;
            let now = clock::now();
            let text = api_token::from_random(clock::random());
            let expires_at = expires.map(|span| now.after(span));
            let new = NewToken { name, scopes: scope, text: text.clone(), expires_at };
            database::run(&data, async |db| Ok(db.write(move |conn| tokens::insert(conn, &new, now)).await?)).await?;
            println!("{text}");
        }
        Action::List { data } => {
            let now = clock::now();
            for token in database::run(&data, async |db| Ok(db.read(tokens::list).await?)).await? {
                let state = if token.is_active(now) { "active" } else { "inactive" };
                println!("{}\t{}\t{}…\t{}\t{state}", token.id, token.scopes.joined(","), token.prefix, token.name);
            }
        }
        Action::Revoke { id, data } => {
            let now = clock::now();
            let revoke = async |db: &Db| Ok(db.write(move |conn| tokens::revoke(conn, TokenId(id), now)).await?);
            if !database::run(&data, revoke).await? {
                return Err(CommandError::RunTime(format!("no active token with ID {id}")));
            }
        }
    }
    Ok(())
}
