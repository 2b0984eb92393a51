//! Bringing the tables up to date.

use diesel::{RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{DbConnection, Error};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number, the same in every process: only one migrates at a time.
const ADVISORY_LOCK: i64 = 0x6861_6368_6f6b;

/// Applies what is missing. Safe when several processes start together.
pub fn run(conn: &mut DbConnection) -> Result<(), Error> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| Error::Migration(error.to_string());
    match conn {
        DbConnection::Sqlite(conn) => {
            // Two processes that both saw a migration missing: the slower one fails, and then finds it there.
            if let Err(first) = conn.run_pending_migrations(SQLITE)
                && conn.has_pending_migration(SQLITE).unwrap_or(true)
            {
                return Err(failed(first));
            }
        }
        DbConnection::Postgres(conn) => {
            sql_query(format!("SELECT pg_advisory_lock({ADVISORY_LOCK})")).execute(conn)?;
            let done = conn.run_pending_migrations(POSTGRES).map(drop).map_err(failed);
            sql_query(format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})")).execute(conn)?;
            done?;
        }
    }
    Ok(())
}
