//! The command line. Exit codes: 0 success, 1 runtime error, 2 invalid settings or usage.

mod backup;
mod completions;
mod database;
mod demo;
mod doctor;
mod event_argument;
mod event_inbox;
mod health;
mod import;
mod input_file;
mod key;
mod migrate;
mod send;
mod serve;
mod server;
mod service_settings;
mod token;
mod usage_error;
mod user;

use std::path::Path;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::{Arg, Command as Usage, CommandFactory, FromArgMatches, Id, Parser, Subcommand};
use futures_util::future::LocalBoxFuture;

use crate::command_error::CommandError;
use crate::config::{DataSettings, LogFormat, ServeSettings};
use crate::logging;
use crate::version::VERSION;
use usage_error::UsageError;

/// The webhook desk for help desks
#[derive(Debug, Parser)]
#[command(name = "hachok", version = VERSION, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeSettings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server: pages, API and deliveries (the default command)
    Serve(ServeSettings),
    /// Show the product in one command: a server on this machine with sample data and an event each second, in a temporary folder
    Demo(demo::Stage),
    /// Create or upgrade the database and exit
    Migrate(DataSettings),
    /// Ask the running server whether it works (exit code 0) or not (1); for containers and scripts
    Health(health::Question),
    /// Post an event, or its sample, to the running server
    Send(send::Message),
    /// Look for what keeps the installation from working; exit code 1 if something does
    Doctor(doctor::Patient),
    /// Copy the database into a new file, also while the server is running (SQLite)
    Backup(backup::Copy),
    /// Create the database from a copy; never overwrites one (SQLite)
    Restore(backup::Copy),
    /// Add, list and disable users, and set their passwords
    User {
        #[command(subcommand)]
        action: user::Action,
    },
    /// Take over webhooks of Chatwoot, Svix or Convoy
    Import {
        #[command(subcommand)]
        source: import::Action,
    },
    /// Add, list and revoke API tokens
    Token {
        #[command(subcommand)]
        action: token::Action,
    },
    /// Print the script that completes commands and flags in a shell
    Completions(completions::Completions),
    /// Print a manual page, or write all of them; for packages
    #[command(hide = true)]
    Man(completions::Page),
}

/// Runs the command that the command line names.
pub fn run() -> ExitCode {
    let (usage, service) = match service_settings::apply(empty_is_unset(Cli::command())) {
        Ok(applied) => applied,
        Err(error) => return report(&error),
    };
    let parsed = usage.try_get_matches();
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            return match usage_error::describe(error, &Cli::command()) {
                UsageError::Printed(code) => code,
                UsageError::Message(line) => report(&CommandError::Setting(line + &cause(service.as_deref()))),
            };
        }
    };
    if let Some(file) = service {
        eprintln!("hachok: with the settings of the service in {}", file.display());
    }
    let format = cli.log_format();
    logging::start(format);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return report(&CommandError::from(error)),
    };
    // Boxed: `block_on` would contain the code of all commands several times.
    let execution: LocalBoxFuture<'_, _> = Box::pin(cli.execute());
    let done = runtime.block_on(execution);
    // Do not wait at exit for blocking tasks that are still waiting for a database.
    runtime.shutdown_background();
    logging::finish();
    done.map_or_else(|error| report(&error), |()| ExitCode::SUCCESS)
}

impl Cli {
    fn log_format(&self) -> LogFormat {
        match &self.command {
            Some(Command::Serve(settings)) => settings.log_format,
            _ => self.serve.log_format,
        }
    }

    async fn execute(self) -> Result<(), CommandError> {
        match self.command {
            None => serve::run(self.serve).await,
            Some(Command::Serve(settings)) => serve::run(settings).await,
            Some(Command::Demo(stage)) => demo::run(stage).await,
            Some(Command::Migrate(data)) => migrate::run(&data),
            Some(Command::Health(question)) => health::run(&question),
            Some(Command::Send(message)) => send::run(message).await,
            Some(Command::Doctor(patient)) => doctor::run(patient).await,
            Some(Command::Backup(copy)) => backup::backup(&copy),
            Some(Command::Restore(copy)) => backup::restore(&copy),
            Some(Command::User { action }) => user::run(action).await,
            Some(Command::Import { source }) => import::run(source).await,
            Some(Command::Token { action }) => token::run(action).await,
            // As declared: neither the environment nor the service's settings must get into what a package installs.
            Some(Command::Completions(wanted)) => completions::completions(&wanted, Cli::command()),
            Some(Command::Man(wanted)) => completions::man(&wanted, Cli::command()),
        }
    }
}

/// Names the file of settings, if the command line is right without it.
fn cause(service: Option<&Path>) -> String {
    match service {
        Some(file) if empty_is_unset(Cli::command()).try_get_matches().is_ok() => {
            format!(" (settings of the service: {})", file.display())
        }
        _ => String::new(),
    }
}

/// Treats an empty environment variable as unset, because environment files often leave variables empty. `DATABASE_URL`
/// is an exception: if its value got lost, Hachok must not start with a new, empty database.
///
/// A variable is ignored, too, if the command line has a flag that excludes it: flags come before variables.
fn empty_is_unset(usage: Usage) -> Usage {
    let excluded: Vec<Id> = usage
        .get_arguments()
        .flat_map(|arg| {
            usage.get_arg_conflicts_with(arg).into_iter().flat_map(move |other| [(arg, other), (other, arg)])
        })
        .filter(|(flag, _)| is_typed(flag))
        .map(|(_, other)| other.get_id().clone())
        .collect();
    let is_empty = |arg: &Arg| {
        let name = arg.get_env().filter(|name| *name != "DATABASE_URL");
        name.and_then(std::env::var_os).is_some_and(|value| value.is_empty())
    };
    let is_unset = |arg: &Arg| is_empty(arg) || excluded.contains(arg.get_id());
    let usage = usage.mut_args(|arg| if is_unset(&arg) { arg.env(Resettable::Reset) } else { arg });
    usage.mut_subcommands(empty_is_unset)
}

/// Whether the command line has the flag, as `--flag VALUE` or `--flag=VALUE`.
fn is_typed(flag: &Arg) -> bool {
    let is_flag = |typed: &str| {
        let typed = typed.strip_prefix("--").map(|typed| typed.split('=').next());
        typed.is_some() && typed.flatten() == flag.get_long()
    };
    std::env::args_os().skip(1).any(|typed| typed.to_str().is_some_and(is_flag))
}

fn report(error: &CommandError) -> ExitCode {
    let (line, code) = match error {
        CommandError::Setting(line) => (line, 2),
        CommandError::RunTime(line) => (line, 1),
    };
    eprintln!("hachok: {}", line.lines().collect::<Vec<_>>().join(" "));
    ExitCode::from(code)
}
