//! A running server.

use std::io::{BufRead, BufReader, Read};
use std::ops::Deref;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::{Api, PASSWORD, Place, Visitor, eventually};

/// Limit of a start or a stop on a busy machine. A graceful stop may take 25 s.
const START_STOP_TIMEOUT: Duration = Duration::from_secs(40);

/// A running server, the real binary; killed when dropped.
pub struct App {
    /// Where it listens, for example `http://127.0.0.1:41234`.
    pub url: String,
    process: Child,
    lines: Receiver<String>,
    log: Arc<Mutex<String>>,
    place: Place,
}

impl App {
    pub fn start() -> Self {
        Self::at(Place::new())
    }

    /// A new installation on SQLite, independent of `HACHOK_TEST_DATABASE`.
    pub fn on_sqlite() -> Self {
        Self::at(Place::on_sqlite())
    }

    /// A new installation on Postgres: see `Place::on_postgres`.
    pub fn on_postgres() -> Self {
        Self::at(Place::on_postgres())
    }

    /// Runs SQL on the database while the server runs, for example to make rows older.
    pub fn run_sql(&self, update: &str) {
        self.place.run_sql(update);
    }

    pub fn at(place: Place) -> Self {
        let (process, lines, log) = spawn(&place);
        let url = reached_at(&place, &line(&lines, &log, "its address"));
        Self { url, process, lines, log, place }
    }

    /// The one-time link on the second line of output; printed while there is no account.
    pub fn set_up_link(&self) -> String {
        let second = line(&self.lines, &self.log, "the set-up link");
        second.strip_prefix("Set up: ").unwrap_or_else(|| panic!("`Set up: URL`: {second}")).to_owned()
    }

    /// The log so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Waits until the log holds `text`; its last lines may come after the end of the process.
    pub async fn until_logged(&self, text: &str) {
        eventually(text, || async { self.log().contains(text).then_some(()) }).await;
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends the process a signal, for example `STOP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.pid())]).status().expect("a shell");
        assert!(sent.success());
    }

    pub fn ask_to_stop(&self) {
        self.signal("TERM");
    }

    /// Waits for the end of the process; returns its exit code.
    pub fn exit_code(&mut self) -> Option<i32> {
        loop {
            match self.lines.recv_timeout(START_STOP_TIMEOUT) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("still runs after {START_STOP_TIMEOUT:?}:\n{}", self.log()),
            }
        }
        self.process.wait().expect("an end").code()
    }

    /// Sends SIGTERM, waits, and returns the exit code.
    pub fn stop(&mut self) -> Option<i32> {
        self.ask_to_stop();
        self.exit_code()
    }

    pub fn kill(&mut self) {
        self.process.kill().expect("a kill");
        self.process.wait().expect("an end");
    }

    /// Changes a setting for the next start.
    pub fn change(&mut self, name: &str, value: &str) {
        self.place.change(name, value);
    }

    /// Starts the server again after a stop or a kill. Its port is another one.
    pub fn start_again(&mut self) {
        let (process, lines, log) = spawn(&self.place);
        self.url = reached_at(&self.place, &line(&lines, &log, "its address"));
        (self.process, self.lines, self.log) = (process, lines, log);
    }

    /// A client of the API with a new token of that scope.
    pub fn api(&self, scope: &str) -> Api {
        Api::new(&self.url, &self.token(scope))
    }

    /// A browser without a session.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.url)
    }

    /// A browser with a new account of that role signed in.
    pub async fn signed_in(&self, role: &str) -> Visitor {
        let email = format!("{role}@example.com");
        self.user(&email, role, PASSWORD);
        let visitor = self.visitor();
        visitor.sign_in(&email, PASSWORD).await;
        visitor
    }

    /// A browser with a new administrator signed in.
    pub async fn admin(&self) -> Visitor {
        self.signed_in("admin").await
    }
}

impl Deref for App {
    type Target = Place;
    fn deref(&self) -> &Place {
        &self.place
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            eprintln!("--- the server's log ---\n{}", self.log());
        }
    }
}

/// The URL at which a server of that place is reached, given the address that it printed.
fn reached_at(place: &Place, address: &str) -> String {
    let host = place.bind().rsplit_once(':').map_or("", |(host, _)| host);
    let port = address.strip_prefix(&format!("http://{host}:"));
    let port = port.unwrap_or_else(|| panic!("the first line is only the address: {address}"));
    // The wildcard address includes loopback.
    let host = if host == "[::]" { "127.0.0.1" } else { host };
    format!("http://{host}:{port}")
}

fn spawn(place: &Place) -> (Child, Receiver<String>, Arc<Mutex<String>>) {
    let mut command = place.command(&["serve", "--bind", place.bind()]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the binary");
    let log = Arc::new(Mutex::new(String::new()));
    let (out, err) = (process.stdout.take().expect("a pipe"), process.stderr.take().expect("a pipe"));
    let (sender, lines) = channel();
    thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let kept = Arc::clone(&log);
    thread::spawn(move || keep(err, &kept));
    (process, lines, log)
}

fn keep(mut pipe: impl Read, log: &Mutex<String>) {
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = pipe.read(&mut chunk) {
        log.lock().expect("the log").push_str(&String::from_utf8_lossy(&chunk[..count]));
    }
}

fn line(lines: &Receiver<String>, log: &Mutex<String>, what: &str) -> String {
    lines
        .recv_timeout(START_STOP_TIMEOUT)
        .unwrap_or_else(|_| panic!("the server did not print {what}:\n{}", log.lock().expect("the log")))
}
