//! The clock of a Postgres server, by which its processes agree on due times. A person or a failover may set it while they run.

use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::{PgConnection, QueryResult, RunQueryDsl, sql_query};

use crate::clock;
use crate::db::sql::prepared;
use crate::db::{DbConnection, Error};
use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

/// The jumps of the server's clock that stored times follow. Each process shows them in its times from the moment it knows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jumps {
    /// Their number.
    pub count: i64,
    /// Their sum in microseconds.
    pub micros: i64,
}

/// What the server's clock showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The time since the boot of this machine, before the question and after the answer.
    pub asked_at: Timestamp,
    /// See [`Self::asked_at`].
    pub answered_at: Timestamp,
    /// The time of the server.
    pub now: Timestamp,
    /// How often the clock was set so far, and by how much, as far as stored times follow.
    pub jumps: Jumps,
    /// The latest time that a process noted with [`note_seen`].
    pub seen_at: Timestamp,
}

/// Time, count and sum of the jumps, and the time that was noted last.
struct Read;

impl Query for Read {
    type SqlType = (BigInt, BigInt, BigInt, BigInt);
}

impl QueryId for Read {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for Read {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, jumps, jumped_us, seen_at FROM server_clock",
        );
        Ok(())
    }
}

/// Reads the server's clock. `None` on SQLite, whose clock is that of this machine.
pub fn read(conn: &mut DbConnection) -> Result<Option<Reading>, Error> {
    let DbConnection::Postgres(conn) = conn else { return Ok(None) };
    Ok(Some(read_on(conn)?))
}

fn read_on(conn: &mut PgConnection) -> Result<Reading, Error> {
    let asked_at = clock::since_boot();
    let row: Option<(i64, i64, i64, i64)> = prepared::load_on(conn, Read)?.pop();
    let (now, count, micros, seen_at) = row.ok_or(Error::CorruptValue("clock of the server"))?;
    let now = Timestamp::from_micros(now).plus_micros(fault_injection::server_clock_offset());
    let (answered_at, seen_at) = (clock::since_boot(), Timestamp::from_micros(seen_at));
    Ok(Reading { asked_at, answered_at, now, jumps: Jumps { count, micros }, seen_at })
}

/// The time of the server's clock, within a transaction; on SQLite that of this machine.
pub fn now(conn: &mut DbConnection) -> Result<Timestamp, Error> {
    Ok(read(conn)?.map_or_else(clock::now, |reading| reading.now))
}

/// Locks the clock until the end of the transaction, so that one process at a time shifts stored times.
pub fn lock(conn: &mut DbConnection) -> Result<(), Error> {
    sql_query("SELECT FROM server_clock FOR UPDATE").execute(conn)?;
    Ok(())
}

/// Reads the clock, as [`read`], when no other process shifts stored times, however long that takes, and notes the time.
pub fn read_at_rest(conn: &mut DbConnection) -> Result<Option<Reading>, Error> {
    let DbConnection::Postgres(postgres) = conn else { return Ok(None) };
    postgres.batch_execute("SET LOCAL lock_timeout = 0")?;
    lock(conn)?;
    let reading = read(conn)?;
    if let Some(reading) = reading {
        note_seen(conn, reading.now)?;
    }
    Ok(reading)
}

/// Counts a jump, in the transaction that shifts the stored times.
pub fn note_jump(conn: &mut DbConnection, micros: i64) -> Result<(), Error> {
    sql_query("UPDATE server_clock SET jumps = jumps + 1, jumped_us = jumped_us + $1")
        .bind::<BigInt, _>(micros)
        .execute(conn)?;
    Ok(())
}

/// Notes that a process read this time from the clock. From it another process learns that the clock ran through a time that
/// itself has missed.
pub fn note_seen(conn: &mut DbConnection, now: Timestamp) -> Result<(), Error> {
    sql_query("UPDATE server_clock SET seen_at = $1").bind::<BigInt, _>(now.micros()).execute(conn)?;
    Ok(())
}
