//! The days of `events` and `attempts` on Postgres: partitions by ranges of ids, which hold their time
//! (docs/decisions/011-days-as-partitions.md).
//!
//! A day is dropped as a whole; what is still needed of it moves to the default partition, which takes every id that no
//! other partition does. On SQLite, which has no partitions, the functions find nothing to do.
//!
//! `ATTACH` and `DETACH` need a lock that waits for running transactions while later ones wait for it, so a server waits for
//! at most [`LOCK_TIMEOUT_MS`] and tries again in the next cleanup.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as Query};
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::db::connection::{self, Access, transaction};
use crate::db::schema::deliveries as d;
use crate::db::sql::literal::PENDING;
use crate::db::{DbConnection, Error, now_on};
use crate::domain::id::IdSource;
use crate::domain::system::database_url::DatabaseUrl;
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

/// The ids of a day, UTC.
const DAY_IDS: i64 = 86_400_000_000 << 12;
/// Days for which there are partitions: today and those after it.
pub const DAYS_AHEAD: i64 = 60;
/// The longest wait of a server for a lock of a whole table, in milliseconds.
const LOCK_TIMEOUT_MS: u32 = 200;
/// The most deliveries or events that are moved out of a day before it is dropped. A day with more loses its rows in steps.
const MOVED_ROWS_MAX: i64 = 2_000;
/// The key of the advisory lock under which partitions are made and dropped: any number that all processes share.
const ADVISORY_LOCK: i64 = 0x6461_7973;

/// A table with a partition for each day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// By their own ids.
    Events,
    /// By the ids of their deliveries.
    Attempts,
}

impl Table {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Events, Self::Attempts];

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Attempts => "attempts",
        }
    }

    /// The column with the ids.
    const fn key(self) -> &'static str {
        match self {
            Self::Events => "id",
            Self::Attempts => "delivery_id",
        }
    }

    /// A query for the ids of a range that deliveries still need. The bounds are numbers, so the text needs no escaping.
    fn needed(self, Range { low, high }: Range) -> String {
        let column = match self {
            Self::Events => "event_id",
            Self::Attempts => "id",
        };
        format!("SELECT DISTINCT {column} AS id FROM deliveries WHERE {column} >= {low} AND {column} < {high}")
    }
}

/// The ids of a partition: from the first to before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    low: i64,
    high: i64,
}

impl Range {
    /// The ids of the day that contains this id.
    const fn day_of(id: i64) -> Self {
        let low = id.div_euclid(DAY_IDS) * DAY_IDS;
        Self { low, high: low.saturating_add(DAY_IDS) }
    }

    const fn overlaps(self, other: Self) -> bool {
        self.low < other.high && other.low < self.high
    }
}

/// A partition that is not the default one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    table: Table,
    name: String,
    range: Range,
}

impl Partition {
    /// The table that it is a part of.
    pub(in crate::db) const fn table(&self) -> Table {
        self.table
    }

    /// The first of its ids, and the first id beyond them.
    pub(in crate::db) const fn bounds(&self) -> (i64, i64) {
        (self.range.low, self.range.high)
    }
}

/// What happens to rows of the default partition that belong to a day that gets a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultRows {
    /// They move, however many there are and however long it takes.
    Move,
    /// The day gets no partition.
    Keep,
}

/// What [`make`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Days that got a partition.
    pub days: usize,
    /// Days that got none, because the default partition has rows of them.
    pub skipped: usize,
}

#[derive(QueryableByName)]
struct Listed {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    low: i64,
    #[diesel(sql_type = BigInt)]
    high: i64,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    answer: bool,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Whether the role of this connection may make and drop partitions. False on SQLite.
pub fn may_change(conn: &mut DbConnection) -> Result<bool, Error> {
    let DbConnection::Postgres(conn) = conn else { return Ok(false) };
    let text = "SELECT COALESCE(bool_and(pg_has_role(relowner, 'USAGE')) \
         AND has_schema_privilege(current_schema(), 'CREATE'), FALSE) AS answer \
         FROM pg_class WHERE oid IN ('events'::regclass, 'attempts'::regclass)";
    Ok(sql_query(text).get_result::<Answer>(conn)?.answer)
}

/// Makes the partitions of today and the next 60 days, however long that takes, and moves their rows out of the default
/// partition. Does nothing if the role may not.
pub fn make_all(url: &DatabaseUrl) -> Result<(), Error> {
    let mut conn = connection::open(url, Access::ReadWrite)?;
    if may_change(&mut conn)? {
        for table in Table::ALL {
            let all = |conn: &mut DbConnection| make(conn, table, DAYS_AHEAD, usize::MAX, DefaultRows::Move);
            transaction::run(&mut conn, all)?;
        }
    }
    Ok(())
}

/// Makes missing partitions of a table for today and the next `ahead` days, at most `days_max`. Run it in a transaction.
/// [`Error::RowLocked`] if the table is in use for too long.
pub fn make(
    conn: &mut DbConnection,
    table: Table,
    ahead: i64,
    days_max: usize,
    rows: DefaultRows,
) -> Result<Made, Error> {
    let mut made = Made::default();
    if !matches!(conn, DbConnection::Postgres(_)) {
        return Ok(made);
    }
    begin(conn, rows == DefaultRows::Move)?;
    let today = IdSource::first_at(now_on(conn)?).div_euclid(DAY_IDS);
    let existing = partitions(conn, table)?;
    for day in today..=today.saturating_add(ahead) {
        let range = Range::day_of(day.saturating_mul(DAY_IDS));
        if existing.iter().any(|partition| partition.range.overlaps(range)) {
            continue;
        }
        if rows == DefaultRows::Keep && default_has_rows(conn, table, range)? {
            made.skipped += 1;
            continue;
        }
        make_day(conn, table, range)?;
        made.days += 1;
        if made.days >= days_max {
            break;
        }
    }
    Ok(made)
}

/// The partitions whose ids are all below `bound`, oldest first; of attempts only those with few open deliveries. Their
/// ended deliveries may be deleted without their attempts. Empty if the role may not drop them.
pub fn droppable(conn: &mut DbConnection, table: Table, bound: Timestamp) -> Result<Vec<Partition>, Error> {
    if !may_change(conn)? {
        return Ok(Vec::new());
    }
    let bound = IdSource::first_at(bound);
    let mut found = partitions(conn, table)?;
    found.retain(|partition| partition.range.high <= bound);
    if table == Table::Attempts {
        let mut few = Vec::with_capacity(found.len());
        for partition in found {
            let Range { low, high } = partition.range;
            let open = d::table.filter(PENDING).filter(d::id.ge(low)).filter(d::id.lt(high)).order(d::id);
            let beyond: Option<i64> = open.offset(MOVED_ROWS_MAX).select(d::id).first(conn).optional()?;
            if beyond.is_none() {
                few.push(partition);
            }
        }
        return Ok(few);
    }
    Ok(found)
}

/// Drops a partition; rows that deliveries still need move to the default partition. False, and nothing is changed, if there
/// are too many. Run it in a transaction. [`Error::RowLocked`] if the table is in use for too long.
pub fn drop_day(conn: &mut DbConnection, day: &Partition) -> Result<bool, Error> {
    let Partition { table, range, name } = day;
    begin(conn, false)?;
    // First without the lock, which holds up all other statements: this pass marks the index entries of deleted
    // deliveries, so that the next one does not read the rows of each.
    if needed(conn, *table, *range)?.is_none() {
        return Ok(false);
    }
    // `ONLY`: else every partition would be locked.
    let (parent, key, name) = (table.name(), table.key(), quoted(name));
    lock(conn, &format!("LOCK TABLE ONLY {parent} IN ACCESS EXCLUSIVE MODE"))?;
    if !partitions(conn, *table)?.contains(day) {
        // Another process was faster.
        return Ok(true);
    }
    let Some(needed) = needed(conn, *table, *range)? else { return Ok(false) };
    lock(conn, &format!("LOCK TABLE {parent}_default, {name} IN ACCESS EXCLUSIVE MODE"))?;
    // While the partition is attached its rows do not fit in the default one.
    conn.batch_execute(&format!("ALTER TABLE {parent} DETACH PARTITION {name}"))?;
    if !needed.is_empty() {
        let ids: Vec<String> = needed.iter().map(i64::to_string).collect();
        let ids = ids.join(", ");
        conn.batch_execute(&format!("INSERT INTO {parent} SELECT * FROM {name} WHERE {key} IN ({ids})"))?;
    }
    conn.batch_execute(&format!("DROP TABLE {name}"))?;
    fault_injection::point("partition-in-drop");
    Ok(true)
}

/// Prepares a transaction that changes partitions: one at a time, of all processes. A server that waits for a lock holds up
/// the statements behind it, so it does not wait for long.
fn begin(conn: &mut DbConnection, is_patient: bool) -> Result<(), Error> {
    let timeout_ms = if is_patient { 0 } else { LOCK_TIMEOUT_MS };
    conn.batch_execute(&format!("SET LOCAL lock_timeout = {timeout_ms}"))?;
    lock(conn, &format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
}

/// Runs a statement that only takes a lock. diesel does not pass on SQLSTATE 55P03, which says that the wait was too long.
fn lock(conn: &mut DbConnection, statement: &str) -> Result<(), Error> {
    conn.batch_execute(statement).map_err(|error| match error {
        Query::DatabaseError(DatabaseErrorKind::Unknown, _) => Error::RowLocked,
        other => other.into(),
    })
}

/// The ids of a range that deliveries still need; `None` if there are too many.
fn needed(conn: &mut DbConnection, table: Table, range: Range) -> Result<Option<Vec<i64>>, Error> {
    let text = format!("{} LIMIT {}", table.needed(range), MOVED_ROWS_MAX + 1);
    let found: Vec<Id> = sql_query(text).load(conn)?;
    let is_few = i64::try_from(found.len()).is_ok_and(|found| found <= MOVED_ROWS_MAX);
    Ok(is_few.then(|| found.into_iter().map(|found| found.id).collect()))
}

/// All partitions of a table but the default one, in the order of their ids.
fn partitions(conn: &mut DbConnection, table: Table) -> Result<Vec<Partition>, Error> {
    let parent = table.name();
    let bound = "pg_get_expr(c.relpartbound, c.oid)";
    let text = format!(
        "SELECT name, COALESCE(low, '{min}')::bigint AS low, high::bigint AS high FROM (SELECT c.relname::text AS name, \
         substring({bound} FROM 'FROM \\(''(-?[0-9]+)''\\)') AS low, substring({bound} FROM 'TO \\(''(-?[0-9]+)''\\)') AS high \
         FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = '{parent}'::regclass) AS parts \
         WHERE high IS NOT NULL ORDER BY high::bigint",
        min = i64::MIN,
    );
    let rows: Vec<Listed> = sql_query(text).load(conn)?;
    let partition = |Listed { name, low, high }: Listed| Partition { table, name, range: Range { low, high } };
    Ok(rows.into_iter().map(partition).collect())
}

fn default_has_rows(conn: &mut DbConnection, table: Table, Range { low, high }: Range) -> Result<bool, Error> {
    let (parent, key) = (table.name(), table.key());
    let text =
        format!("SELECT EXISTS (SELECT 1 FROM {parent}_default WHERE {key} >= {low} AND {key} < {high}) AS answer");
    Ok(sql_query(text).get_result::<Answer>(conn)?.answer)
}

/// Makes the partition of a day and moves its rows out of the default partition. A table is made first and then attached:
/// `CREATE TABLE … PARTITION OF` would lock all partitions against reads.
fn make_day(conn: &mut DbConnection, table: Table, Range { low, high }: Range) -> Result<(), Error> {
    let (parent, key) = (table.name(), table.key());
    let date: String = IdSource::time_of(low).to_string().chars().take(10).filter(char::is_ascii_digit).collect();
    let name = format!("{parent}_{date}");
    conn.batch_execute(&format!("CREATE TABLE {name} (LIKE {parent} INCLUDING ALL)"))?;
    lock(conn, &format!("LOCK TABLE ONLY {parent} IN SHARE UPDATE EXCLUSIVE MODE"))?;
    lock(conn, &format!("LOCK TABLE {parent}_default IN ACCESS EXCLUSIVE MODE"))?;
    conn.batch_execute(&format!(
        "WITH moved AS (DELETE FROM {parent}_default WHERE {key} >= {low} AND {key} < {high} RETURNING *) \
         INSERT INTO {name} SELECT * FROM moved; \
         ALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES FROM ({low}) TO ({high})"
    ))?;
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
