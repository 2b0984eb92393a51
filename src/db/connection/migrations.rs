//! Checks which migrations a database has, and applies the pending ones.

use std::collections::BTreeSet;

use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::db::{DbConnection, Error};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The key of a Postgres advisory lock under which one process at a time migrates: any number that all processes share.
const ADVISORY_LOCK: i64 = 0x6861_6368_6f6b;
/// `Hach` in SQLite's header (sqlite.org/fileformat2.html, 1.3.14): distinguishes Hachok's files from other programs'.
pub(in crate::db) const APPLICATION_ID: i64 = 0x4861_6368;

/// The state of Hachok's tables in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// No migration was applied.
    Missing,
    /// Migrations are pending.
    Older,
    /// Every migration was applied.
    Current,
}

/// The state of the tables. [`Error::Newer`] if a newer version made them; [`Error::Foreign`] if another program did.
/// Writes nothing, so that a Postgres role that may not create tables can serve a database that is up to date.
pub fn tables(conn: &mut DbConnection) -> Result<Tables, Error> {
    let known = match conn {
        DbConnection::Sqlite(_) => versions::<Sqlite>(&SQLITE)?,
        DbConnection::Postgres(_) => versions::<Pg>(&POSTGRES)?,
    };
    let is_foreign = matches!(conn, DbConnection::Sqlite(_)) && is_of_another_program(conn)?;
    let applied = applied(conn)?;
    let has_own_history = applied.is_empty() || known.first().is_some_and(|first| applied.contains(first));
    if is_foreign || !has_own_history {
        return Err(Error::Foreign);
    }
    if let Some(newer) = applied.difference(&known).last() {
        return Err(Error::Newer(newer.clone()));
    }
    Ok(match (applied.is_empty(), applied == known) {
        (true, _) => Tables::Missing,
        (false, true) => Tables::Current,
        (false, false) => Tables::Older,
    })
}

/// Called before each part of a migration, with words for the log and the service manager.
pub type Progress<'a> = dyn Fn(&str) + 'a;

/// Applies pending migrations. Safe when several processes start at the same time.
pub fn run(conn: &mut DbConnection) -> Result<(), Error> {
    run_with_progress(conn, &|_| ())
}

/// The same; calls `progress` before each part.
pub fn run_with_progress(conn: &mut DbConnection, progress: &Progress<'_>) -> Result<(), Error> {
    match tables(conn)? {
        Tables::Current => {}
        Tables::Missing => apply(conn, progress)?,
        // A large database takes minutes.
        Tables::Older => apply(conn, &|step| {
            tracing::info!("{step}");
            progress(step);
        })?,
    }
    if let DbConnection::Sqlite(conn) = conn
        && application_id(conn)? == 0
    {
        sql_query(format!("PRAGMA application_id = {APPLICATION_ID}")).execute(conn)?;
    }
    Ok(())
}

fn apply(conn: &mut DbConnection, progress: &Progress<'_>) -> Result<(), Error> {
    let failed = |error: Failure| Error::Migration(error.to_string());
    match conn {
        DbConnection::Sqlite(conn) => {
            // A migration that makes a table anew drops the old one, to which others refer (sqlite.org/lang_altertable.html,
            // section 7). The pragma has no effect within a transaction, so not within a migration.
            sql_query("PRAGMA foreign_keys = OFF").execute(conn)?;
            let done = apply_pending(conn, SQLITE, progress);
            sql_query("PRAGMA foreign_keys = ON").execute(conn)?;
            // Of two processes that see a pending migration the slower one fails, and then finds it applied.
            if let Err(first) = done
                && conn.has_pending_migration(SQLITE).unwrap_or(true)
            {
                return Err(failed(first));
            }
        }
        DbConnection::Postgres(conn) => {
            // Another process may migrate for long.
            sql_query("SET lock_timeout = 0").execute(conn)?;
            let try_lock = format!("SELECT pg_try_advisory_lock({ADVISORY_LOCK}) AS is_locked");
            if !sql_query(try_lock).get_result::<Attempted>(conn)?.is_locked {
                progress("Waiting for other processes that migrate the database");
                sql_query(format!("SELECT pg_advisory_lock({ADVISORY_LOCK})")).execute(conn)?;
            }
            let done = apply_pending(conn, POSTGRES, progress).map_err(failed);
            sql_query(format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})")).execute(conn)?;
            done?;
        }
    }
    Ok(())
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Applies pending migrations in their order, each in a transaction of its own.
fn apply_pending<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
    source: EmbeddedMigrations,
    progress: &Progress<'_>,
) -> Result<(), Failure> {
    let pending = conn.pending_migrations(source)?;
    for (number, migration) in (1..).zip(&pending) {
        progress(&format!("Migrating the database: {number} of {} ({})", pending.len(), migration.name()));
        conn.run_migration(migration)?;
    }
    Ok(())
}

fn versions<DB: Backend>(source: &impl MigrationSource<DB>) -> Result<BTreeSet<String>, Error> {
    let migrations = source.migrations().map_err(|error| Error::Migration(error.to_string()))?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

#[derive(QueryableByName)]
struct Attempted {
    #[diesel(sql_type = Bool)]
    is_locked: bool,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// The versions in the table of applied migrations; empty if there is no such table.
fn applied(conn: &mut DbConnection) -> Result<BTreeSet<String>, Error> {
    let exists = match conn {
        DbConnection::Sqlite(_) => {
            "SELECT COUNT(*) AS number FROM sqlite_schema WHERE type = 'table' AND name = '__diesel_schema_migrations'"
        }
        DbConnection::Postgres(_) => "SELECT COUNT(to_regclass('__diesel_schema_migrations')) AS number",
    };
    if sql_query(exists).get_result::<Count>(conn)?.number == 0 {
        return Ok(BTreeSet::new());
    }
    let rows: Vec<Applied> = sql_query("SELECT version FROM __diesel_schema_migrations").load(conn)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

fn application_id(conn: &mut SqliteConnection) -> Result<i64, Error> {
    let id = "SELECT application_id AS number FROM pragma_application_id";
    Ok(sql_query(id).get_result::<Count>(conn)?.number)
}

/// Whether a SQLite file has another program's application id, or has tables but none of Hachok's. False on Postgres,
/// where programs may share a schema.
fn is_of_another_program(conn: &mut DbConnection) -> Result<bool, Error> {
    let DbConnection::Sqlite(conn) = conn else { return Ok(false) };
    if !matches!(application_id(conn)?, 0 | APPLICATION_ID) {
        return Ok(true);
    }
    let tables = "SELECT COUNT(*) AS number FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let own = format!("{tables} AND name IN ('__diesel_schema_migrations', 'settings')");
    let (all, own) = (sql_query(tables).get_result::<Count>(conn)?, sql_query(own).get_result::<Count>(conn)?);
    Ok(all.number > 0 && own.number == 0)
}
