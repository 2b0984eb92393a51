//! Fills the log of a month by SQL, which is faster than delivering it.

use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::{Connection, RunQueryDsl, SqliteConnection};

/// An event that the webhooks of the bench want.
pub const EVENT: &str =
    r#"{"event":"message_created","seq":0,"id":4711,"content":"Where is my order 20417?","message_type":"outgoing"}"#;
/// An event that no webhook wants.
pub const FOR_NOBODY: &str = r#"{"event":"contact_created","id":4711,"name":"Olena"}"#;

/// The filter for one whole day three weeks ago.
pub fn a_day() -> String {
    let day = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(21 * 24);
    let date = day.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    format!("from={date}&to={date}")
}

/// Stores that many deliveries of the last 27 days, each with its event and one attempt. Of ten webhooks the tenth had
/// its last delivery three weeks ago; 1 in 50 failed, 1 event in 1,000 has a second inbox, 1 in 10 another name.
pub fn deliveries(database: &str, count: usize) {
    let statement = SEED.replace("{COUNT}", &count.to_string());
    if database.starts_with("postgres") {
        let statement =
            statement.replace("AS BLOB", "AS BYTEA").replace("{NOW}", "CAST(EXTRACT(EPOCH FROM now()) AS BIGINT)");
        // Autovacuum would do this within a minute.
        let ran = Command::new("psql").args(["-Xqc", &statement, "-c", "ANALYZE", database]).output().expect("psql");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    } else {
        let mut connection = SqliteConnection::establish(database).expect("the database");
        connection
            .batch_execute(&statement.replace("{NOW}", "CAST(strftime('%s', 'now') AS INTEGER)"))
            .expect("a seed");
        // Otherwise the end of the file is still in the write-ahead log.
        connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").expect("a checkpoint");
    }
}

/// The bytes on disk, indexes included.
pub fn bytes(database: &str) -> u64 {
    if !database.starts_with("postgres") {
        return std::fs::metadata(database).map_or(0, |file| file.len());
    }
    let size = "SELECT pg_database_size(current_database())";
    let ran = Command::new("psql").args(["-XqAtc", size, database]).output().expect("psql");
    String::from_utf8_lossy(&ran.stdout).trim().parse().expect("a size")
}

/// The age of the oldest delivery in days.
pub fn oldest_days(database: &str) -> f64 {
    let question = "SELECT MIN(id) AS id FROM deliveries";
    let id: i64 = if database.starts_with("postgres") {
        let ran = Command::new("psql").args(["-XqAtc", question, database]).output().expect("psql");
        String::from_utf8_lossy(&ran.stdout).trim().parse().expect("an id")
    } else {
        #[derive(diesel::QueryableByName)]
        struct Oldest {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            id: i64,
        }
        let mut connection = SqliteConnection::establish(database).expect("the database");
        let found: Oldest = diesel::sql_query(question).get_result(&mut connection).expect("a row");
        found.id
    };
    let made = id / 4096 + 1_577_836_800_000_000;
    (jiff::Timestamp::now().as_microsecond() - made) as f64 / 86_400e6
}

/// Ids as `domain::id` makes them: microseconds since 2020, then 12 bits.
const SEED: &str = "
BEGIN;
INSERT INTO inboxes (external_id, name, created_at) VALUES ('1', 'Website', 0), ('2', 'Telegram', 0);
CREATE TABLE seeded (i BIGINT, at BIGINT, id BIGINT, name TEXT, inbox BIGINT);
INSERT INTO seeded WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {COUNT})
    SELECT i, at, (at - 1577836800000000) * 4096 + i % 4096,
        CASE WHEN i % 10 = 0 THEN 'conversation_created' ELSE 'message_created' END,
        CASE WHEN i % 1000 = 0 THEN 2 ELSE 1 END
    FROM (SELECT i, ({NOW} - 2332800) * 1000000 + i * (2332800000000 / {COUNT}) AS at FROM n) AS t;
INSERT INTO events (id, name, inbox_id, body, created_at)
    SELECT id, name, inbox, CAST('{\"event\":\"message_created\",\"id\":4711,\"content\":\"Where is my order 20417?\",\"message_type\":\"outgoing\",\"conversation\":{\"id\":318,\"status\":\"open\",\"unread_count\":1},\"inbox\":{\"id\":1,\"name\":\"Website\"},\"account\":{\"id\":1,\"name\":\"Shop\"}}' AS BLOB), at FROM seeded;
INSERT INTO deliveries (id, event_id, event, webhook_id, inbox_id, status, reason, origin, attempts, steps, created_at, finished_at)
    SELECT id, id, name, CASE WHEN i % 10 = 9 AND i > {COUNT} / 5 THEN 1 ELSE 1 + i % 10 END, inbox, CASE WHEN i % 50 = 0 THEN 'failed' ELSE 'success' END,
        CASE WHEN i % 50 = 0 THEN 'exhausted' END, 'event', 1, 0, at, at + 5000 FROM seeded;
INSERT INTO attempts (delivery_id, number, started_at, duration_ms, outcome, cause, remote_ip, request_headers, status, response_headers, truncated)
    SELECT id, 1, at, 5, CASE WHEN i % 50 = 0 THEN 'failed' ELSE 'succeeded' END, CASE WHEN i % 50 = 0 THEN 'http_status' END,
        '127.0.0.1', '[[\"content-type\",\"application/json\"],[\"user-agent\",\"Hachok/0.1.0\"]]',
        CASE WHEN i % 50 = 0 THEN 500 ELSE 200 END, '[[\"content-length\",\"0\"]]', FALSE FROM seeded;
DROP TABLE seeded;
COMMIT;";
