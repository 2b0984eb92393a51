use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use futures_util::future::join_all;

use crate::support::{App, Place, Receiver, event, webhook};

/// The limit of results that wait to be stored, and the permits for requests in flight.
const REQUESTS_WHILE_HELD_MAX: usize = 256 + 64;

/// A transaction of another client that locks rows; it ends when dropped.
struct Held(Child);

impl Held {
    fn by(url: &str, statement: &str) -> Self {
        let mut psql = Command::new("psql");
        let mut child = psql.args(["-XqAt", url]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("psql");
        let input = child.stdin.as_mut().expect("a pipe");
        writeln!(input, "BEGIN;\n{statement};\n\\echo held").expect("a statement");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        assert!(lines.any(|line| line.expect("a line") == "held"), "{statement}");
        Self(child)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Receivers may answer faster than the database stores: results that are not on disk would fill the memory, and all
/// of them would be sent again after a crash.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_requests_stop_while_256_results_wait_for_the_database() {
    let place = Place::on_postgres().set("HACHOK_IN_FLIGHT", "64");
    let (app, receiver) = (App::at(place), Receiver::start());
    let api = app.api("admin");
    for path in ["/a", "/b"] {
        api.webhook(&webhook(&receiver.at(path))).await;
    }
    let held = Held::by(&app.database_url(), "LOCK TABLE attempts IN SHARE MODE");
    for _ in 0..25 {
        join_all((0..32).map(|_| api.accepted(event("message_created")))).await;
    }
    let sent = || receiver.seen("/a").len() + receiver.seen("/b").len();
    let while_held = sent();
    drop(held);
    for path in ["/a", "/b"] {
        receiver.await_requests(path, 800).await;
    }
    println!("of 1,600 requests {while_held} were sent while nothing could be written down");
    assert!((100..=REQUESTS_WHILE_HELD_MAX).contains(&while_held), "{while_held}");
    assert_eq!(sent(), 1_600);
}
