//! `hachok user`.

use std::io::Read;

use clap::Subcommand;

use super::{Fault, database};
use crate::clock;
use crate::config::DataSettings;
use crate::db::accounts::users;
use crate::db::system::settings;
use crate::db::{Db, DbConnection};
use crate::domain::accounts::user::{NewUser, Role, check_password, parse_email};
use crate::domain::problem::Problems;
use crate::i18n::{Locale, Translator};
use crate::password::{self, Workspace};

/// What to do with people.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Add a person
    Add {
        /// Their e-mail address: the sign-in name
        #[arg(long)]
        email: String,
        /// admin or viewer
        #[arg(long, value_parser = role)]
        role: Role,
        /// What to call them [default: the address]
        #[arg(long)]
        name: Option<String>,
        /// Read the password from standard input; without it one is made and printed
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        data: DataSettings,
    },
    /// List people: number, role, address, name, state
    List {
        #[command(flatten)]
        data: DataSettings,
    },
    /// Set a new password, and end the person's sessions
    Password {
        /// Their e-mail address
        #[arg(long)]
        email: String,
        /// Read the password from standard input; without it one is made and printed
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        data: DataSettings,
    },
    /// Shut a person out, and end their sessions
    Disable {
        /// Their e-mail address
        #[arg(long)]
        email: String,
        #[command(flatten)]
        data: DataSettings,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "must be admin or viewer".into())
}

/// Does it.
pub async fn run(action: Action) -> Result<(), Fault> {
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
            let taken = || Fault::RunTime(format!("{} is there already", email.trim()));
            let added = async |db: &Db| match db.write(add).await {
                Err(error) if error.is_unique_violation() => Err(taken()),
                added => Ok(added?),
            };
            database::run(&data, added).await?;
            password.tell();
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
            password.tell();
        }
        Action::Disable { email, data } => {
            change(&data, &email, |conn, id| users::disable(conn, id, clock::now())).await?;
        }
    }
    Ok(())
}

async fn change<F>(data: &DataSettings, email: &str, change: F) -> Result<(), Fault>
where
    F: FnOnce(&mut DbConnection, i64) -> Result<(), crate::db::Error> + Send + 'static,
{
    let wanted = parse_email(email).unwrap_or_default();
    let change = move |conn: &mut DbConnection| match users::by_email(conn, &wanted)? {
        Some((user, _)) => change(conn, user.id).map(|()| true),
        None => Ok(false),
    };
    let found = database::run(data, async |db| Ok(db.write(change).await?)).await?;
    if found { Ok(()) } else { Err(Fault::RunTime(format!("there is no user {email}"))) }
}

fn refused(problems: &Problems) -> Fault {
    let words = Translator::new(Locale::En, clock::now());
    let told: Vec<String> = problems.iter().map(|(_, problem)| words.problem_words(problem)).collect();
    Fault::Setting(told.join(". "))
}

struct Password {
    text: String,
    made: bool,
}

impl Password {
    fn get(from_stdin: bool) -> Result<Self, Fault> {
        if !from_stdin {
            let text = crate::domain::accounts::api_token::hex(&clock::random::<12>());
            return Ok(Self { text, made: true });
        }
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Ok(Self { text: line.strip_suffix('\r').unwrap_or(line).to_owned(), made: false })
    }

    fn tell(&self) {
        if self.made {
            println!("{}", self.text);
        }
    }
}
