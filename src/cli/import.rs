//! `hachok import`.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use secrecy::SecretString;
use url::Url;

use super::database;
use crate::clock;
use crate::command_error::CommandError;
use crate::config::{AddressSettings, DataSettings, public_url};
use crate::delivery::chatwoot::client::{CallError, Client};
use crate::delivery::network::sender::Sender;
use crate::domain::chatwoot::inputs;
use crate::domain::problem::Problem;
use crate::domain::text;
use crate::domain::webhooks::address::AddressPolicy;
use crate::domain::webhooks::import::{Exporter, Foreign};
use crate::domain::webhooks::target_url::TargetUrl;
use crate::i18n::{Locale, Translator};
use crate::operations::import::{self, Imported, Outcome, Run};

/// The program whose webhooks are taken over.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Take over the webhooks of a Chatwoot account
    Chatwoot {
        /// URL of the Chatwoot, or a file with the answer of GET /api/v1/accounts/N/webhooks
        source: String,
        /// Account, if the token belongs to an administrator of several
        #[arg(long, value_name = "N")]
        account: Option<i64>,
        /// File with the access token of an administrator; without it the token is asked for
        #[arg(long, value_name = "FILE")]
        source_token_file: Option<PathBuf>,
        /// Delete the webhooks in Chatwoot that were taken over or exist here already
        #[arg(long)]
        turn_off_there: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Take over the endpoints of a Svix application
    Svix {
        /// File with the answer of GET /api/v1/app/ID/endpoint
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Take over the endpoints of a Convoy project
    Convoy {
        /// File with {"endpoints": …, "subscriptions": …}: the answers of GET /api/v1/projects/ID/endpoints and …/subscriptions
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
}

/// What every import takes.
#[derive(Args, Debug)]
pub struct Common {
    /// Show what would be added, and add nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    addresses: AddressSettings,
    /// URL of this server, to which no webhook may send
    #[arg(long, env = "HACHOK_PUBLIC_URL", value_name = "URL", value_parser = public_url, default_value = "http://127.0.0.1:8080")]
    public_url: Url,
}

impl Common {
    fn policy(&self) -> Result<Arc<AddressPolicy>, CommandError> {
        self.addresses.policy(&self.public_url).map(Arc::new).map_err(CommandError::Setting)
    }
}

pub async fn run(action: Action) -> Result<(), CommandError> {
    match action {
        Action::Svix { file, common } => from_file(Exporter::Svix, &file, &common).await,
        Action::Convoy { file, common } => from_file(Exporter::Convoy, &file, &common).await,
        Action::Chatwoot { source, account, source_token_file, turn_off_there, common } => {
            if !source.starts_with("http://") && !source.starts_with("https://") {
                if turn_off_there {
                    return Err(CommandError::Setting("--turn-off-there needs the URL of the Chatwoot".into()));
                }
                return from_file(Exporter::Chatwoot, Path::new(&source), &common).await;
            }
            let policy = common.policy()?;
            let base_url = inputs::parse_base_url(&source, &policy).map_err(|problem| refused(&problem))?;
            let token = token(source_token_file.as_deref())?;
            let there = Chatwoot { sender: Sender::new(Arc::clone(&policy))?, base_url, token };
            let account = there.account(account).await?;
            let json = there.client().webhooks_as_sent(account).await.map_err(|error| call_error(&error))?;
            let all = Exporter::Chatwoot.read(&json).map_err(CommandError::RunTime)?;
            let done = taken_over(all, &policy, &common).await?;
            if turn_off_there && !common.dry_run {
                return there.turn_off(account, &done).await;
            }
            if done.iter().any(is_here) {
                println!("Chatwoot still sends to these webhooks itself: --turn-off-there deletes them there.");
            }
            Ok(())
        }
    }
}

async fn from_file(exporter: Exporter, file: &Path, common: &Common) -> Result<(), CommandError> {
    let failed = |error: &dyn std::fmt::Display| CommandError::RunTime(format!("{}: {error}", file.display()));
    let json = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    let all = exporter.read(&json).map_err(|error| failed(&error))?;
    taken_over(all, &common.policy()?, common).await.map(drop)
}

async fn taken_over(
    all: Vec<Foreign>,
    policy: &Arc<AddressPolicy>,
    common: &Common,
) -> Result<Vec<Imported>, CommandError> {
    let run = if common.dry_run { Run::Dry } else { Run::Real };
    let done = database::run(&common.data, async |db| Ok(import::import(db, policy, all, run).await?)).await?;
    for one in &done {
        report(one, run);
    }
    let count = |wanted: fn(&Outcome) -> bool| done.iter().filter(|one| wanted(&one.outcome)).count();
    let added = count(|outcome| *outcome == Outcome::Added);
    let exist = count(|outcome| *outcome == Outcome::Exists);
    let verb = if run == Run::Dry { "would be added" } else { "added" };
    println!("{added} {verb}, {exist} exist already, {} not taken over", done.len() - added - exist);
    Ok(done)
}

/// One line for each webhook, and one for each of its parts that has no counterpart. No secret is printed.
fn report(one: &Imported, run: Run) {
    let foreign = &one.foreign;
    let words = Translator::new(Locale::En, clock::now());
    let state = match &one.outcome {
        Outcome::Added if run == Run::Dry => "would be added".to_owned(),
        Outcome::Added => "added".to_owned(),
        Outcome::Exists => "exists".to_owned(),
        Outcome::NoEvents => "not taken over: none of its events is in the catalogue".to_owned(),
        Outcome::Refused(problems) => {
            let problems: Vec<String> = problems.iter().map(|(_, problem)| words.problem_words(problem)).collect();
            format!("not taken over: {}", problems.join(" "))
        }
    };
    let url = TargetUrl::from_stored(&foreign.url).map_or_else(|| "no URL".to_owned(), |url| url.masked());
    println!("{state}\t{}\t{url}", text::cleaned(&foreign.name));
    for what in &foreign.without_counterpart {
        println!("\tno counterpart: {what}");
    }
}

/// Whether the webhook is here now.
fn is_here(one: &Imported) -> bool {
    matches!(one.outcome, Outcome::Added | Outcome::Exists)
}

/// The access token: from a file, or typed without being shown.
fn token(file: Option<&Path>) -> Result<SecretString, CommandError> {
    let text = match file {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| CommandError::RunTime(format!("{}: {error}", file.display())))?,
        None => typed_token()?,
    };
    let token = text::trimmed(&text);
    if token.is_empty() {
        return Err(CommandError::Setting("the access token is empty".into()));
    }
    Ok(token.into())
}

fn typed_token() -> Result<String, CommandError> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let input = std::io::stdin();
    let mut line = String::new();
    if !input.is_terminal() {
        input.lock().read_line(&mut line)?;
        return Ok(line);
    }
    eprint!("Access token of a Chatwoot administrator: ");
    std::io::stderr().flush()?;
    let shown = tcgetattr(&input).map_err(std::io::Error::from)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&input, OptionalActions::Flush, &hidden).map_err(std::io::Error::from)?;
    let read = input.lock().read_line(&mut line);
    tcsetattr(&input, OptionalActions::Flush, &shown).map_err(std::io::Error::from)?;
    eprintln!();
    read?;
    Ok(line)
}

struct Chatwoot {
    sender: Sender,
    base_url: TargetUrl,
    token: SecretString,
}

impl Chatwoot {
    fn client(&self) -> Client<'_> {
        Client::new(&self.sender, &self.base_url, &self.token)
    }

    /// The wanted account, or the only one that the owner of the token administers.
    async fn account(&self, wanted: Option<i64>) -> Result<i64, CommandError> {
        let accounts = self.client().administered_accounts().await.map_err(|error| call_error(&error))?;
        let ids: Vec<String> = accounts.iter().map(|account| account.id.to_string()).collect();
        match (wanted, accounts.as_slice()) {
            (Some(wanted), _) if accounts.iter().any(|account| account.id == wanted) => Ok(wanted),
            (None, [only]) => Ok(only.id),
            (_, []) => Err(CommandError::RunTime("the token is not that of an administrator of an account".into())),
            _ => Err(CommandError::Setting(format!("--account must be one of {}", ids.join(", ")))),
        }
    }

    /// Deletes the webhooks that are here now.
    async fn turn_off(&self, account: i64, done: &[Imported]) -> Result<(), CommandError> {
        for one in done.iter().filter(|one| is_here(one)) {
            let Some(id) = one.foreign.id else { continue };
            match self.client().delete_webhook(account, id).await {
                Ok(()) | Err(CallError::NotFound) => {
                    println!("deleted in Chatwoot\t{}", text::cleaned(&one.foreign.name));
                }
                Err(error) => return Err(call_error(&error)),
            }
        }
        Ok(())
    }
}

fn refused(problem: &Problem) -> CommandError {
    CommandError::Setting(Translator::new(Locale::En, clock::now()).problem_words(problem))
}

fn call_error(error: &CallError) -> CommandError {
    CommandError::RunTime(match error {
        CallError::Unauthorized => "Chatwoot does not accept the access token".into(),
        CallError::NotFound => "Chatwoot has no such account".into(),
        CallError::Limited(_) => "Chatwoot limits the number of requests; try again later".into(),
        CallError::Redirected => "the URL redirects to another one".into(),
        CallError::Status(status) => format!("Chatwoot answered HTTP {status}"),
        CallError::Refused(_) | CallError::BadAnswer => "the answer is not one of Chatwoot".into(),
        CallError::Unreachable(failure) => format!("Chatwoot did not answer: {}", failure.cause.as_str()),
    })
}
