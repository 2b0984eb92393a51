//! `Db::close`: running queries delay it for a bounded time, and later calls are refused.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::connection::file_lock::FileLock;
use super::system::settings;
use super::*;

fn open(folder: &std::path::Path) -> Db {
    let path = folder.join("t.db");
    let lock = FileLock::take(&path).expect("a lock");
    Db::open(&DatabaseUrl::Sqlite(path), SecretBox::new([7; 32]), Some(lock)).expect("a database")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_at_most_two_seconds_for_a_running_query() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path());
    let (begun, has_begun) = mpsc::channel();
    let (end, may_end) = mpsc::channel::<()>();
    let reader = db.clone();
    let query = tokio::spawn(async move {
        let read = move |conn: &mut DbConnection| {
            sql_query("BEGIN").execute(conn)?;
            settings::get(conn, "x")?;
            begun.send(()).expect("a test");
            // Blocks until the test drops `end`.
            let _ = may_end.recv();
            Ok(())
        };
        reader.read(read).await
    });
    tokio::task::spawn_blocking(move || has_begun.recv()).await.expect("a thread").expect("a query");
    let closing = Instant::now();
    db.close().await;
    let took = closing.elapsed();
    assert!(took >= CLOSE_READS_TIMEOUT && took < CLOSE_READS_TIMEOUT + CLOSE_WRITER_TIMEOUT, "{took:?}");
    drop(end);
    query.await.expect("a task").expect("the running query succeeds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_closing_every_call_is_refused_and_only_the_database_file_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(folder.path());
    let reads = (0..8).map(|_| db.read(|conn| settings::get(conn, "x")));
    let writes = (0..8).map(|n| db.write(move |conn| settings::insert(conn, &format!("n{n}"), "x")));
    for read in reads {
        read.await.expect("a read");
    }
    for write in writes {
        write.await.expect("a write");
    }
    let begun = Instant::now();
    db.close().await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(matches!(db.read(|conn| settings::get(conn, "x")).await, Err(Error::Closed)));
    assert!(matches!(db.write(|conn| settings::insert(conn, "y", "x")).await, Err(Error::Closed)));
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).expect("a folder").flatten().map(|file| file.file_name()).collect();
    assert_eq!(left, ["t.db"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_being_opened_while_the_database_is_closed_leaves_no_wal() {
    let folder = tempfile::tempdir().expect("a folder");
    // Without the wait for such connections this failed within 10 rounds.
    for round in 0..20 {
        let db = open(folder.path());
        let read = |db: Db| async move { drop(db.read(|conn| settings::get(conn, "x")).await) };
        let reads: Vec<_> = (0..4).map(|_| tokio::spawn(read(db.clone()))).collect();
        tokio::task::yield_now().await;
        db.close().await;
        assert_eq!(db.link.connections(), 0, "round {round}");
        for read in reads {
            read.await.expect("a task");
        }
        assert!(!folder.path().join("t.db-wal").exists(), "round {round}");
    }
}
