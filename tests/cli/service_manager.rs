//! What the server reports to systemd, and the unit that starts it.

use std::os::unix::net::UnixDatagram;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::{App, Place, WAIT_TIMEOUT};

/// Longer than a server that is well leaves between two pings.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// A service manager: the messages to its socket. A thread reads them, because the kernel queues only ten.
struct Manager {
    messages: Receiver<String>,
    _folder: tempfile::TempDir,
    path: String,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = socket.recv(&mut bytes) {
                if sender.send(String::from_utf8_lossy(&bytes[..count]).into_owned()).is_err() {
                    return;
                }
            }
        });
        Self { messages, path: path.to_string_lossy().into_owned(), _folder: folder }
    }

    /// The next message; `None` after `timeout` without one.
    fn next(&self, timeout: Duration) -> Option<String> {
        self.messages.recv_timeout(timeout).ok()
    }

    /// Waits for a message that begins like this.
    fn until(&self, beginning: &str) -> String {
        loop {
            let message = self.next(WAIT_TIMEOUT).unwrap_or_else(|| panic!("no message {beginning}"));
            if message.starts_with(beginning) {
                return message;
            }
        }
    }
}

#[tokio::test]
async fn the_service_manager_hears_of_the_start_the_life_and_the_stop() {
    let manager = Manager::new();
    let place = Place::new().set("NOTIFY_SOCKET", &manager.path).set("WATCHDOG_USEC", "1500000");
    let mut app = App::at(place);
    let ready = manager.until("READY=1");
    assert!(ready.contains(&format!("STATUS=Serving at {}", app.url)), "{ready}");
    for _ in 0..3 {
        assert_eq!(manager.next(PING_TIMEOUT).expect("a ping"), "WATCHDOG=1");
    }
    assert_eq!(app.stop(), Some(0));
    manager.until("STOPPING=1");
}

#[tokio::test]
async fn without_a_watchdog_nothing_is_pinged_and_a_missing_socket_is_no_error() {
    let manager = Manager::new();
    // The watchdog is another process's.
    let place = Place::new().set("NOTIFY_SOCKET", &manager.path).set("WATCHDOG_USEC", "60000").set("WATCHDOG_PID", "1");
    let mut app = App::at(place);
    manager.until("READY=1");
    assert_eq!(app.stop(), Some(0));
    assert!(manager.next(PING_TIMEOUT).expect("the stop").starts_with("STOPPING=1"));
    let mut app = App::at(Place::new().set("NOTIFY_SOCKET", "/nowhere/notify"));
    assert_eq!(app.stop(), Some(0));
}

/// Needs the feature `fault-injection`; without it, the worker does not hang.
#[cfg(feature = "fault-injection")]
#[tokio::test]
async fn a_worker_that_hangs_is_not_reported_as_alive() {
    let manager = Manager::new();
    let place = Place::new().set("NOTIFY_SOCKET", &manager.path).set("WATCHDOG_USEC", "1500000");
    let file = place.folder().join("hang");
    let app = App::at(place.set("HACHOK_FAULT_HANG", &format!("worker:{}", file.display())));
    manager.until("WATCHDOG=1");
    std::fs::write(&file, "").expect("a file");
    // The pings end; the server still answers, so a ping by a timer would continue.
    while manager.next(Duration::from_secs(3)).is_some() {}
    assert_eq!(app.visitor().get("/healthz").await.status, 200);
    assert!(app.log().contains("hangs"), "{}", app.log());
    std::fs::remove_file(&file).expect("a removal");
    manager.until("WATCHDOG=1");
}

#[tokio::test]
async fn a_migration_asks_for_more_time_and_says_how_far_it_is() {
    let manager = Manager::new();
    let app = App::at(Place::bare().set("NOTIFY_SOCKET", &manager.path));
    let step = manager.until("EXTEND_TIMEOUT_USEC=60000000");
    let status = step.strip_prefix("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=Migrating the database: ").expect(&step);
    // Short steps are skipped, so the first that is said may be a later one: `1 of 40 (the name of the migration)`.
    let (count, name) = status.split_once(" (").expect("a name");
    let (number, all) = count.split_once(" of ").expect("two numbers");
    let (number, all): (usize, usize) = (number.parse().expect("a number"), all.parse().expect("a number"));
    let migrations = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).expect("a folder");
    assert!(number >= 1 && number <= all && all == migrations.count() && name.ends_with(')'), "{step}");
    manager.until("READY=1");
    drop(app);
}
