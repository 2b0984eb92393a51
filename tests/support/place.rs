//! A folder and a database of one test, and commands that run there.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::database::Database;

/// A folder, a database and the environment of commands.
pub struct Place {
    folder: TempDir,
    database: Database,
    settings: Vec<(String, String)>,
    wrapper: Vec<String>,
    bind: String,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    /// A new one whose webhooks may reach loopback; on Postgres it has the tables.
    pub fn new() -> Self {
        Self::of(Database::migrated()).set("HACHOK_ALLOW_NETWORKS", "127.0.0.0/8")
    }

    /// A new one without tables; its only setting is the database.
    pub fn bare() -> Self {
        Self::of(Database::empty())
    }

    /// A new one on SQLite, independent of `HACHOK_TEST_DATABASE`: for tests of the file itself.
    pub fn on_sqlite() -> Self {
        Self::bare_on_sqlite().set("HACHOK_ALLOW_NETWORKS", "127.0.0.0/8")
    }

    /// The same; its only setting is the database.
    pub fn bare_on_sqlite() -> Self {
        Self::of(Database::Sqlite)
    }

    /// A new one on Postgres, without tables. Its tests are ignored by default, because they need a server.
    pub fn on_postgres() -> Self {
        let place = Self::bare().set("HACHOK_ALLOW_NETWORKS", "127.0.0.0/8");
        assert!(!place.is_sqlite(), "HACHOK_TEST_DATABASE names no Postgres server: see tests/README.md");
        place
    }

    /// A new one whose database is migrated.
    pub fn with_tables() -> Self {
        let place = Self::of(Database::migrated());
        place.run_ok(&["migrate"]);
        place
    }

    /// One on an existing database, whose webhooks may reach loopback.
    pub fn on(url: &str) -> Self {
        Self::of(Database::Given(url.to_owned())).set("HACHOK_ALLOW_NETWORKS", "127.0.0.0/8")
    }

    /// One for another process on the same database, with the same key.
    pub fn for_another_process(&self) -> Self {
        let key = self.folder().join("data/secret.key");
        Self::on(&self.database_url()).set("HACHOK_SECRET_KEY_FILE", &key.to_string_lossy())
    }

    fn of(database: Database) -> Self {
        let settings = database.url().map(|url| ("DATABASE_URL".to_owned(), url)).into_iter().collect();
        Self {
            folder: TempDir::new().expect("a folder"),
            database,
            settings,
            wrapper: Vec::new(),
            bind: "127.0.0.1:0".into(),
        }
    }

    /// Runs every command through this program, for example `env`.
    pub fn through(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(ToString::to_string).collect();
        self
    }

    /// Sets the address on which the server listens, for example `[::]:0`.
    pub fn bound_to(mut self, address: &str) -> Self {
        self.bind = address.into();
        self
    }

    /// The address on which the server listens.
    pub fn bind(&self) -> &str {
        &self.bind
    }

    /// The URL of the database, also where it is the default.
    pub fn database_url(&self) -> String {
        let file = || format!("sqlite://{}", self.folder().join("data/hachok.db").display());
        self.database.url().unwrap_or_else(file)
    }

    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.change(name, value);
        self
    }

    /// Changes a setting from the next command on.
    pub fn change(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.into(), value.into()));
    }

    /// Whether the database is SQLite.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.database, Database::Sqlite)
    }

    /// The working folder of all commands.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The binary with these arguments, in this folder and environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let words = self.wrapper.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_hachok")]);
        let mut words = words.chain(arguments.iter().copied());
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .current_dir(self.folder())
            .env_clear()
            // Else root's commands would find a Hachok that is installed on this machine.
            .env("HACHOK_ENV_FILE", "")
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command until it ends.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs a command until it ends, with `input` on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary");
        // A command that does not read its input closes the pipe, which is no error.
        let _ = process.stdin.take().map(|mut pipe| pipe.write_all(input.as_bytes()));
        let output = process.wait_with_output().expect("an end");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs a command that must succeed; returns its trimmed output.
    pub fn run_ok(&self, arguments: &[&str]) -> String {
        self.run(arguments).stdout_of_success()
    }

    /// The sorted names of the files in a folder of this place; empty if there is no such folder.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder().join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Adds an API token and returns it.
    pub fn token(&self, scope: &str) -> String {
        self.run_ok(&["token", "add", "--name", "test", "--scope", scope])
    }

    pub fn user(&self, email: &str, role: &str, password: &str) {
        self.run_with(&["user", "add", "--email", email, "--role", role, "--password-stdin"], password)
            .stdout_of_success();
    }

    /// Runs SQL on the database while a server runs, for example to make rows older.
    pub fn run_sql(&self, update: &str) {
        self.database.execute(&self.folder().join("data/hachok.db"), update);
    }

    /// The single value that a query returns on Postgres; `None` on SQLite.
    pub fn query_postgres(&self, question: &str) -> Option<String> {
        self.database.query_postgres(question)
    }

    /// The bytes of all files of the database (SQLite only).
    pub fn stored_bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder().join("data")).expect("data").flatten();
        let database = files.filter(|file| file.file_name().to_string_lossy().starts_with("hachok.db"));
        database.flat_map(|file| std::fs::read(file.path()).unwrap_or_default()).collect()
    }
}

impl Ran {
    /// Asserts success; returns the trimmed standard output.
    pub fn stdout_of_success(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout.trim().to_owned()
    }

    /// Asserts the exit code; returns the single line of standard error.
    pub fn error_line(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        let lines: Vec<_> = self.stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        assert_eq!(lines.len(), 1, "one line: {self:?}");
        lines[0].to_owned()
    }
}
