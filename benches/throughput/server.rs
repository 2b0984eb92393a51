//! The server under the bench, and what the kernel knows of it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::http::Connection;

const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "correct horse battery";

/// A running server on a fresh database.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to its address.
    pub started_in: Duration,
    process: Child,
    folder: TempDir,
}

impl Server {
    /// Starts it.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        // The schema is made beforehand, as it is at every start but the first.
        run(&folder, &["migrate"], "");
        run(&folder, &["user", "add", "--email", EMAIL, "--role", "admin", "--password-stdin"], PASSWORD);
        let began = Instant::now();
        let mut command = command(&folder, &["serve", "--bind", "127.0.0.1:0"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let address = line.trim().trim_start_matches("http://").parse().expect("an address");
        Self { address, started_in: began.elapsed(), process, folder }
    }

    /// What a command in the same place prints.
    pub fn command(&self, arguments: &[&str], input: &str) -> String {
        run(&self.folder, arguments, input)
    }

    /// CPU seconds used so far: clock ticks of 10 ms in `/proc/PID/stat` (proc(5)).
    pub fn cpu_s(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).expect("stat");
        let after = stat.rsplit(')').next().unwrap_or_default();
        let ticks = after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
        ticks.sum::<f64>() / 100.0
    }

    /// Resident memory in MiB.
    pub fn rss_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).expect("KiB") / 1024.0
    }

    /// The cookies of a signed-in browser.
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
        answer.cookies().into_iter().find(|cookie| cookie.starts_with("hachok_session=")).expect("a session")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hachok"));
    command.args(arguments).current_dir(folder.path()).env_clear().env("HACHOK_ALLOW_NETWORKS", "127.0.0.0/8");
    command
}

fn run(folder: &TempDir, arguments: &[&str], input: &str) -> String {
    let mut command = command(folder, arguments);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary");
    process.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("input");
    let output = process.wait_with_output().expect("an end");
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
