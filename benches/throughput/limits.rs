//! Upper limits of the parts: the HTTP client against the receiver, and inserts with shared commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::receiver::Receiver;

/// Requests per second of a bare loop with 64 at the same time, on two threads.
pub fn client(requests: usize) -> f64 {
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let threads = threads.expect("a runtime");
    // In its own runtime; that of the bench is idle meanwhile.
    let measured = std::thread::spawn(move || threads.block_on(post_all(requests)));
    measured.join().expect("an end")
}

async fn post_all(requests: usize) -> f64 {
    // `Err` means that a provider is installed already; any will do.
    rustls::crypto::ring::default_provider().install_default().ok();
    let (client, receiver) = (reqwest::Client::new(), Receiver::start());
    let left = Arc::new(AtomicUsize::new(requests));
    let began = Instant::now();
    let mut senders = JoinSet::new();
    for _ in 0..64 {
        let (client, left, url) = (client.clone(), Arc::clone(&left), receiver.url(0));
        senders.spawn(async move {
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                let request = client.post(&url).body(format!("{{\"seq\":0,\"content\":\"{}\"}}", "x".repeat(450)));
                request.send().await.expect("an answer").bytes().await.expect("a body");
            }
        });
    }
    senders.join_all().await;
    requests as f64 / began.elapsed().as_secs_f64()
}

diesel::table! { rows (id) { id -> BigInt, body -> Binary, } }

/// Rows of the size of an event per second, 64 in a durable commit (SQLite, WAL, `synchronous=FULL`).
pub fn inserts(count: i64) -> f64 {
    let folder = TempDir::new().expect("a folder");
    let mut conn = SqliteConnection::establish(&folder.path().join("db").to_string_lossy()).expect("a database");
    let begin = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT";
    conn.batch_execute(begin).expect("a table");
    let (began, body) = (Instant::now(), [b'x'; 500].as_slice());
    for batch in 0..count / 64 {
        let done = conn.transaction(|conn| {
            for number in 0..64 {
                use diesel::ExpressionMethods;
                let row = (rows::id.eq(batch * 64 + number), rows::body.eq(body));
                diesel::insert_into(rows::table).values(row).execute(conn)?;
            }
            diesel::QueryResult::Ok(())
        });
        done.expect("a commit");
    }
    count as f64 / began.elapsed().as_secs_f64()
}
