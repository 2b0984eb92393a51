//! Migrated databases on Postgres that tests use one after another. Creating, migrating and dropping one takes about a second,
//! emptying one a tenth.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, PgConnection, QueryResult, RunQueryDsl};
use hachok::db;
use hachok::domain::system::database_url::DatabaseUrl;

use super::database::{DATABASE_PREFIX, new_name, postgres};

/// The databases that no test uses now.
static FREE: Mutex<Vec<Pooled>> = Mutex::new(Vec::new());

/// A database whose tables are empty but for the rows that migrations insert.
struct Pooled {
    name: String,
    /// What [`SCHEMA`] returned after the migrations.
    schema: String,
}

/// The databases in use, to know their schema when they come back.
static USED: Mutex<Vec<Pooled>> = Mutex::new(Vec::new());

/// How long the connections of a server that was killed may take to end.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Copies of the rows that migrations insert.
const KEEP_ROWS: &str = "CREATE SCHEMA seed;
    DO $$ DECLARE t text; filled bool; BEGIN
        FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND NOT relispartition AND relname <> '__diesel_schema_migrations'
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', t) INTO filled;
            IF filled THEN EXECUTE format('CREATE TABLE seed.%I AS TABLE public.%I', t, t); END IF;
        END LOOP;
    END $$";

/// Empties all tables, restarts their ids, and inserts the rows of the migrations again.
const EMPTY: &str = "BEGIN;
    SET LOCAL session_replication_role = replica;
    DO $$ DECLARE t text; BEGIN
        FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND NOT relispartition AND relname <> '__diesel_schema_migrations'
        LOOP EXECUTE format('DELETE FROM public.%I', t); END LOOP;
        FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'seed'::regnamespace AND relkind = 'r'
        LOOP EXECUTE format('INSERT INTO public.%I SELECT * FROM seed.%I', t, t); END LOOP;
        PERFORM setval(oid, 1, false) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S';
    END $$;
    COMMIT";

/// A hash of what a test may have changed besides rows; partitions of single days are left out.
const SCHEMA: &str = "(SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
    SELECT concat('table ', relname, relkind, relacl, relhastriggers) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relname !~ '_20[0-9]{6}'
    UNION ALL SELECT concat('column ', relname, attname, atttypid, attnotnull) FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND relname !~ '_20[0-9]{6}' AND attnum > 0
    UNION ALL SELECT concat('bounds ', relname, pg_get_expr(relpartbound, oid)) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relispartition AND relname !~ '_20[0-9]{6}'
    UNION ALL SELECT concat('migration ', version) FROM __diesel_schema_migrations
    UNION ALL SELECT concat('setting ', setconfig) FROM pg_db_role_setting
        JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database()
) AS lines (line))";

/// The name of a migrated database without rows of other tests.
pub(super) fn take(server: &str) -> String {
    static ARE_OLD_DROPPED: Once = Once::new();
    let pooled = lock(&FREE).pop().unwrap_or_else(|| {
        ARE_OLD_DROPPED.call_once(|| drop_old(server));
        let name = new_name();
        postgres(&format!("{server}/postgres"), &format!("CREATE DATABASE {name}"));
        let url = format!("{server}/{name}");
        db::migrate(&DatabaseUrl::parse(&url).expect("a URL")).expect("tables");
        postgres(&url, KEEP_ROWS);
        let mut conn = PgConnection::establish(&url).expect("the database");
        Pooled { name, schema: schema(&mut conn).expect("a schema") }
    });
    let name = pooled.name.clone();
    lock(&USED).push(pooled);
    name
}

/// Drops the databases of test processes that have ended: those in the pool are not dropped at the end.
fn drop_old(server: &str) {
    let url = format!("{server}/postgres");
    let mut conn = PgConnection::establish(&url).expect("the server");
    let names = sql::<Text>("SELECT datname::text FROM pg_database").load::<String>(&mut conn).expect("names");
    for name in names {
        let process = name.strip_prefix(DATABASE_PREFIX).and_then(|rest| rest.split('_').next());
        if process.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            postgres(&url, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// Empties a database for the next test. False if it has to be dropped: a test changed its schema, or something still uses it.
pub(super) fn put_back(server: &str, name: &str) -> bool {
    let mut used = lock(&USED);
    let Some(place) = used.iter().position(|pooled| pooled.name == name) else { return false };
    let pooled = used.swap_remove(place);
    drop(used);
    let is_clean = empty(&format!("{server}/{name}"), &pooled.schema).unwrap_or(false);
    if is_clean {
        lock(&FREE).push(pooled);
    }
    is_clean
}

fn empty(url: &str, unchanged: &str) -> QueryResult<bool> {
    let Ok(mut conn) = PgConnection::establish(url) else { return Ok(false) };
    let others =
        "(SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid())";
    let begun = Instant::now();
    while diesel::select(sql::<BigInt>(others)).get_result::<i64>(&mut conn)? > 0 {
        if begun.elapsed() > DISCONNECT_TIMEOUT {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    if schema(&mut conn)? != unchanged {
        return Ok(false);
    }
    conn.batch_execute(EMPTY).map(|()| true)
}

fn schema(conn: &mut PgConnection) -> QueryResult<String> {
    diesel::select(sql::<Text>(SCHEMA)).get_result(conn)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
