//! `hachok demo`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Instant;

use crate::support::{Place, Visitor, WAIT_TIMEOUT, eventually};

/// A running demo and the lines that it prints.
struct Demo {
    place: Place,
    process: Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Demo {
    /// The environment names other data and another port: the demo must not use them.
    fn start() -> Self {
        let place = Place::bare().set("DATABASE_URL", "sqlite://real.db").set("HACHOK_BIND", "192.0.2.1:1");
        std::fs::create_dir(place.folder().join("tmp")).expect("a folder");
        let mut command = place.command(&["demo", "--bind", "127.0.0.1:0"]);
        command.env("TMPDIR", place.folder().join("tmp"));
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary");
        let output = BufReader::new(process.stdout.take().expect("output"));
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        Self { place, process, lines }
    }

    fn line(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + WAIT_TIMEOUT;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|_| panic!("{what}"));
            if is_it(&line) {
                return line;
            }
        }
    }

    fn stop(&mut self) -> Option<i32> {
        let sent = std::process::Command::new("kill").arg(self.process.id().to_string()).status().expect("kill");
        assert!(sent.success());
        self.process.wait().expect("an end").code()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[tokio::test]
async fn the_demo_shows_signed_deliveries_and_leaves_nothing() {
    let mut demo = Demo::start();
    let address = demo.line("an address", |_| true);
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    let account = demo.line("the account", |_| true);
    let (email, password) =
        account.strip_prefix("Sign in: ").and_then(|text| text.split_once(", password ")).expect("both");
    demo.line("a signed delivery", |line| line.contains("/orders") && line.ends_with("signature valid"));
    let visitor = Visitor::new(&address);
    visitor.sign_in(email, password).await;
    eventually("each fate", || async {
        let page = visitor.open("/webhooks").await;
        let shown = ["Enabled", "Paused", "Turned off"].iter().all(|state| page.body.contains(state));
        (shown && page.body.contains("Orders") && page.body.contains("Staging")).then_some(())
    })
    .await;
    for path in ["/deliveries", "/received", "/inboxes", "/status", "/tokens"] {
        assert!(visitor.open(path).await.has("main"), "{path}");
    }
    demo.line("an event each second", |line| line.contains("/crm"));
    assert_eq!(demo.stop(), Some(0));
    assert_eq!(std::fs::read_dir(demo.place.folder().join("tmp")).expect("a folder").count(), 0, "nothing is left");
    assert!(!demo.place.folder().join("real.db").exists());
}

#[test]
fn the_demo_is_for_this_machine_only() {
    let place = Place::bare();
    for address in ["0.0.0.0:8080", "192.0.2.1:8080", "[::]:8080"] {
        let line = place.run(&["demo", "--bind", address]).error_line(2);
        assert!(line.contains("loopback"), "{line}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").to_string();
    let line = place.run(&["demo", "--bind", &port]).error_line(1);
    assert!(line.contains("cannot listen on"), "{line}");
}
