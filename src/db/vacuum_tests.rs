//! `Db::vacuum` returns freed pages to the file system.

use super::connection::file_lock::FileLock;
use super::*;

const ROWS: &str = "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 20000) \
     INSERT INTO idempotency_keys (key, body_hash, event_id, deliveries, created_at) \
     SELECT 'key ' || id, randomblob(1000), id, 0, 0 FROM n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_shrinks_after_most_of_its_rows_were_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.db");
    let lock = FileLock::take(&path).expect("a lock");
    let url = DatabaseUrl::Sqlite(path.clone());
    let db = Db::open(&url, SecretBox::new([7; 32]), Some(lock)).expect("a database");
    for statement in [ROWS, "DELETE FROM idempotency_keys"] {
        db.write(move |conn| Ok(sql_query(statement).execute(conn)?)).await.expect(statement);
    }
    db.vacuum().await.expect("a vacuum");
    db.close().await;
    let size = path.metadata().expect("a file").len();
    assert!(size < 2_000_000, "{size} bytes are left of 20 MB");
}
