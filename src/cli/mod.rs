//! The command line. Exit codes: 0 fine, 1 a fault at run time, 2 a wrong setting or usage.

mod backup;
mod complaint;
mod database;
mod key;
mod migrate;
mod serve;
mod token;
mod user;

use std::process::ExitCode;

use clap::builder::Resettable;
use clap::{Arg, Command as Usage, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::command_error::Fault;
use crate::config::{DataSettings, LogFormat, ServeSettings};
use crate::logging;

/// The webhook desk for help desks.
#[derive(Debug, Parser)]
#[command(name = "hachok", version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeSettings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the pages, the API and the delivery task (also without a command)
    Serve(ServeSettings),
    /// Bring the database up to date and exit
    Migrate(DataSettings),
    /// Copy the database into one new file, beside a running server too (SQLite)
    Backup(backup::Copy),
    /// Put a copy where no database is (SQLite)
    Restore(backup::Copy),
    /// Add and list people who sign in
    User {
        #[command(subcommand)]
        action: user::Action,
    },
    /// Add, list and revoke API tokens
    Token {
        #[command(subcommand)]
        action: token::Action,
    },
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    let parsed = empty_is_unset(Cli::command()).try_get_matches();
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            return match complaint::of(error, &Cli::command()) {
                complaint::Said::Help(code) => code,
                complaint::Said::Wrong(line) => report(&Fault::Setting(line)),
            };
        }
    };
    let format = cli.log_format();
    logging::start(format);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return report(&Fault::from(error)),
    };
    let done = runtime.block_on(cli.execute());
    // Blocking work that still waits for a database must not hold the exit up.
    runtime.shutdown_background();
    logging::finish();
    done.map_or_else(|fault| report(&fault), |()| ExitCode::SUCCESS)
}

impl Cli {
    fn log_format(&self) -> LogFormat {
        match &self.command {
            Some(Command::Serve(settings)) => settings.log_format,
            _ => self.serve.log_format,
        }
    }

    async fn execute(self) -> Result<(), Fault> {
        match self.command {
            None => serve::run(self.serve).await,
            Some(Command::Serve(settings)) => serve::run(settings).await,
            Some(Command::Migrate(data)) => migrate::run(&data),
            Some(Command::Backup(copy)) => backup::backup(&copy),
            Some(Command::Restore(copy)) => backup::restore(&copy),
            Some(Command::User { action }) => user::run(action).await,
            Some(Command::Token { action }) => token::run(action).await,
        }
    }
}

/// A variable that is set to nothing counts as not set, as lists of variables often leave it. But not the database:
/// with its address lost Hachok must not begin anew on an empty one.
fn empty_is_unset(usage: Usage) -> Usage {
    let is_empty = |arg: &Arg| {
        let name = arg.get_env().filter(|name| *name != "DATABASE_URL");
        name.and_then(std::env::var_os).is_some_and(|value| value.is_empty())
    };
    let usage = usage.mut_args(|arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg });
    usage.mut_subcommands(empty_is_unset)
}

fn report(fault: &Fault) -> ExitCode {
    let (line, code) = match fault {
        Fault::Setting(line) => (line, 2),
        Fault::RunTime(line) => (line, 1),
    };
    eprintln!("hachok: {}", line.lines().collect::<Vec<_>>().join(" "));
    ExitCode::from(code)
}
