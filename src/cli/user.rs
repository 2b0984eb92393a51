//! `hachok user`.

use std::io::Read;

use clap::Subcommand;

use super::database;
use crate::clock;
use crate::command_error::CommandError;
use crate::config::DataSettings;
use crate::db::accounts::users;
use crate::db::system::settings;
use crate::db::{Db, DbConnection};
use crate::domain::accounts::user::{NewUser, Role, check_password, parse_email};
use crate::domain::hex::hex;
use crate::domain::id::UserId;
use crate::domain::problem::Problems;
use crate::i18n::{Locale, Translator};
use crate::password::{self, Workspace};

/// Actions on users.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Add a user
    Add {
        /// Email address, used to sign in
        #[arg(long)]
        email: String,
        /// admin or viewer
        #[arg(long, value_parser = role)]
        role: Role,
        /// Display name [default: the email address]
        #[arg(long)]
        name: Option<String>,
        /// Read the password from standard input; without this flag a password is generated and printed
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        data: DataSettings,
    },
    /// List users: ID, role, email address, name, state (active or disabled)
    List {
        #[command(flatten)]
        data: DataSettings,
    },
    /// Set a new password and end the user's sessions
    Password {
        /// Email address of the user
        #[arg(long)]
        email: String,
        /// Read the password from standard input; without this flag a password is generated and printed
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        data: DataSettings,
    },
    /// Disable a user and end their sessions
    Disable {
        /// Email address of the user
        #[arg(long)]
        email: String,
        #[command(flatten)]
        data: DataSettings,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "must be admin or viewer".into())
}

pub async fn run(action: Action) -> Result<(), CommandError> {
    match action {
        Action::Add { email, role, name, password_stdin, data } => {
            let password = Password::get(password_stdin)?;
            let name = name.unwrap_or_else(|| email.trim().to_owned());
            let mut user =
                NewUser::parse(&name, &email, &password.text, role, "").map_err(|problems| refused(&problems))?;
            let hash = password::hash(&password.text, &mut Workspace::default())?;
            let add = move |conn: &mut DbConnection| {
                user.time_zone = settings::load(conn)?.time_zone;
                users::insert(conn, &user, &hash, clock::now())
            };
            let taken = || CommandError::RunTime(format!("a user with the email {} already exists", email.trim()));
            let added = async |db: &Db| match db.write(add).await {
                Err(error) if error.is_unique_violation() => Err(taken()),
                added => Ok(added?),
            };
            database::run(&data, added).await?;
            password.print_if_generated();
        }
        Action::List { data } => {
            for user in database::run(&data, async |db| Ok(db.read(users::list).await?)).await? {
                let state = if user.disabled_at.is_none() { "active" } else { "disabled" };
                println!("{}\t{}\t{}\t{}\t{state}", user.id, user.role.as_str(), user.email, user.name);
            }
        }
        Action::Password { email, password_stdin, data } => {
            let password = Password::get(password_stdin)?;
            if let Err(problem) = check_password(&password.text, &[&email]) {
                return Err(refused(&Problems::one(crate::domain::problem::Field::Password, problem)));
            }
            let hash = password::hash(&password.text, &mut Workspace::default())?;
            change(&data, &email, move |conn, id| users::set_password(conn, id, &hash, clock::now())).await?;
            password.print_if_generated();
        }
        Action::Disable { email, data } => {
            change(&data, &email, |conn, id| users::disable(conn, id, clock::now())).await?;
        }
    }
    Ok(())
}

async fn change<F>(data: &DataSettings, email: &str, change: F) -> Result<(), CommandError>
where
    F: FnOnce(&mut DbConnection, UserId) -> Result<(), crate::db::Error> + Send + 'static,
{
    let wanted = parse_email(email).unwrap_or_default();
    let change = move |conn: &mut DbConnection| match users::by_email(conn, &wanted)? {
        Some((user, _)) => change(conn, user.id).map(|()| true),
        None => Ok(false),
    };
    let found = database::run(data, async |db| Ok(db.write(change).await?)).await?;
    if found { Ok(()) } else { Err(CommandError::RunTime(format!("no user with the email {email}"))) }
}

fn refused(problems: &Problems) -> CommandError {
    let words = Translator::new(Locale::En, clock::now());
    let messages: Vec<String> = problems.iter().map(|(_, problem)| words.problem_words(problem)).collect();
    CommandError::Setting(messages.join(". "))
}

struct Password {
    text: String,
    generated: bool,
}

impl Password {
    fn get(from_stdin: bool) -> Result<Self, CommandError> {
        if !from_stdin {
            let text = hex(&clock::random::<12>());
            return Ok(Self { text, generated: true });
        }
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Ok(Self { text: line.strip_suffix('\r').unwrap_or(line).to_owned(), generated: false })
    }

    fn print_if_generated(&self) {
        if self.generated {
            println!("{}", self.text);
        }
    }
}
