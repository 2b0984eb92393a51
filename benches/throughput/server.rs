//! The server that is measured.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::http::Connection;
use crate::process;
use crate::receiver::Receiver;

const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "correct horse battery";

/// A server on a new database.
pub struct Server {
    /// The address on which it listens.
    pub address: SocketAddr,
    /// The time from the start of the process to the printed address.
    pub started_in: Duration,
    token: String,
    process: Child,
    /// Further processes on the same database.
    peers: Vec<(Child, SocketAddr)>,
    place: Place,
}

/// Its folder, database and settings.
struct Place {
    folder: TempDir,
    settings: Vec<(String, String)>,
}

impl Server {
    /// Starts a server with these settings.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let place = Place::new(settings);
        // The schema is created beforehand, because only the first start creates it.
        place.run(&["migrate"], "");
        place.run(&["user", "add", "--email", EMAIL, "--role", "admin", "--password-stdin"], PASSWORD);
        let token = place.run(&["token", "add", "--name", "bench", "--scope", "admin"], "");
        let (process, address, started_in) = place.serve();
        Self { address, started_in, token, process, peers: Vec::new(), place }
    }

    /// `kill -9`, and a new start.
    pub fn crash(&mut self) {
        self.process.kill().expect("a kill");
        self.process.wait().expect("an end");
        (self.process, self.address, self.started_in) = self.place.serve();
    }

    /// Stops the server with SIGTERM and starts that many processes with other settings on its database.
    pub fn restart(&mut self, settings: &[(&str, &str)], processes: usize) {
        let ended = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().expect("kill");
        assert!(ended.success() && self.process.wait().expect("an end").success());
        self.place.settings.retain(|(name, _)| name == "DATABASE_URL");
        self.place.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        (self.process, self.address, self.started_in) = self.place.serve();
        (1..processes).for_each(|_| self.join());
    }

    /// Starts one more process on the same database.
    pub fn join(&mut self) {
        let (process, address, _) = self.place.serve();
        self.peers.push((process, address));
    }

    /// The address for a connection of that number; the processes take turns.
    pub fn address_for(&self, connection: usize) -> SocketAddr {
        match connection % (self.peers.len() + 1) {
            0 => self.address,
            peer => self.peers[peer - 1].1,
        }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// CPU seconds used so far by all processes, with those of Postgres.
    pub fn cpu_s(&self) -> f64 {
        let peers = self.peers.iter().map(|(process, _)| process.id());
        let own = peers.chain([self.pid()]).map(process::cpu_s).sum::<f64>();
        if database().is_some() { own + process::postgres().map(process::cpu_s).sum::<f64>() } else { own }
    }

    /// The path of the SQLite file, or the URL of the Postgres database.
    pub fn database(&self) -> String {
        match database() {
            Some(server) => format!("{server}/hachok_bench"),
            None => self.place.folder.path().join("data/hachok.db").to_string_lossy().into_owned(),
        }
    }

    /// The header lines of a request to the API.
    pub fn headers(&self) -> String {
        format!("authorization: Bearer {}\r\ncontent-type: application/json\r\n", self.token)
    }

    /// Creates the webhooks 0 to `count` − 1 at that receiver.
    pub async fn webhooks(&self, receiver: &Receiver, count: usize) {
        for number in 0..count {
            self.webhook(&receiver.url(number), "message_created").await;
        }
    }

    /// Creates a webhook for one event.
    pub async fn webhook(&self, url: &str, event: &str) {
        self.create("webhooks", &format!(r#"{{"url":"{url}","subscriptions":["{event}"]}}"#)).await;
    }

    /// Creates an object by the API; returns the answer.
    pub async fn create(&self, kind: &str, body: &str) -> String {
        let mut connection = Connection::open(self.address).await;
        let answer = connection.send("POST", &format!("/api/v1/accounts/1/{kind}"), &self.headers(), body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// Bytes of write-ahead log and commits of Postgres so far; zeros on SQLite.
    pub fn wal_and_commits(&self) -> (f64, f64) {
        if database().is_none() {
            return (0.0, 0.0);
        }
        let asked = "SELECT pg_stat_force_next_flush(); SELECT pg_current_wal_insert_lsn() - '0/0', (SELECT xact_commit FROM \
             pg_stat_database WHERE datname = 'hachok_bench')";
        let ran = Command::new("psql").args(["-XqAtF,", "-c", asked, &self.database()]).output().expect("psql");
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        let (wal, commits) =
            text.trim().rsplit_once('\n').map_or(text.trim(), |(_, last)| last).split_once(',').expect("two numbers");
        (wal.parse().expect("a number"), commits.parse().expect("a number"))
    }

    /// Waits until every result is stored.
    pub async fn settled(&self) {
        let mut connection = Connection::open(self.address).await;
        let path = "/api/v1/accounts/1/deliveries?status=pending&limit=1";
        while connection.send("GET", path, &self.headers(), "").await.body.contains("\"dlv_") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Signs in; returns the cookies.
    pub async fn sign_in(&self) -> String {
        let mut connection = Connection::open(self.address).await;
        let page = connection.send("GET", "/sign-in", "", "").await;
        let (_, after) = page.body.split_once("name=\"_csrf\" value=\"").expect("a token");
        let token = after.split('"').next().unwrap_or_default();
        let body: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("email", EMAIL), ("password", PASSWORD), ("_csrf", token)])
            .finish();
        let cookies = page.cookies().join("; ");
        let headers = format!("cookie: {cookies}\r\ncontent-type: application/x-www-form-urlencoded\r\n");
        let answer = connection.send("POST", "/sign-in", &headers, &body).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.cookies().into_iter().find(|cookie| cookie.starts_with("hachok_session_")).expect("a session")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for process in self.peers.iter_mut().map(|(process, _)| process).chain([&mut self.process]) {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The Postgres server of `HACHOK_BENCH_DATABASE`, such as `postgres://USER@HOST:PORT`, if it is set.
pub fn database() -> Option<String> {
    std::env::var("HACHOK_BENCH_DATABASE").ok().map(|url| url.trim_end_matches('/').to_owned())
}

impl Place {
    fn new(settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let given = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings: Vec<_> = given.collect();
        if let Some(server) = database() {
            psql("DROP DATABASE IF EXISTS hachok_bench WITH (FORCE)");
            psql("CREATE DATABASE hachok_bench");
            settings.push(("DATABASE_URL".into(), format!("{server}/hachok_bench")));
        }
        Self { folder, settings }
    }

    fn serve(&self) -> (Child, SocketAddr, Duration) {
        let began = Instant::now();
        let mut command = self.command(&["serve", "--bind", "127.0.0.1:0"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let address = line.trim().trim_start_matches("http://").parse().expect("an address");
        (process, address, began.elapsed())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let binary = std::env::var("HACHOK_BENCH_SERVER").unwrap_or_else(|_| env!("CARGO_BIN_EXE_hachok").to_owned());
        let mut command = Command::new(binary);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HACHOK_ALLOW_NETWORKS", "127.0.0.0/8")
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    fn run(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self.command(arguments);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary");
        process.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("input");
        let output = process.wait_with_output().expect("an end");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if database().is_some() {
            psql("DROP DATABASE IF EXISTS hachok_bench WITH (FORCE)");
        }
    }
}

fn psql(sentence: &str) {
    let server = format!("{}/postgres", database().unwrap_or_default());
    let ran = Command::new("psql").args(["-Xqc", sentence, &server]).stderr(Stdio::null()).status().expect("psql");
    assert!(ran.success(), "{sentence}");
}
