//! Work that one process of several does: whoever is first has it until its time is over, and may go on.

use std::time::Duration;

use diesel::sql_types::{BigInt, Text};
use diesel::{RunQueryDsl, sql_query};

use crate::db::{DbConnection, Error, now_on};

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Removing what is old: two at it would delete the same rows.
    Housekeeping,
    /// Carrying recoveries on: two would do it at twice the pace.
    Recovery,
}

impl Duty {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Housekeeping => "housekeeping",
            Self::Recovery => "recovery",
        }
    }

    /// Longer than the pause between two steps of it, so that it stays with who began; short enough that another takes
    /// over soon when that process ends.
    const fn held_for(self) -> Duration {
        match self {
            Self::Housekeeping => Duration::from_secs(5),
            Self::Recovery => Duration::from_secs(3),
        }
    }
}

const TAKE: &str = "INSERT INTO duties (name, holder, held_until) VALUES ($1, $2, $3) ON CONFLICT (name) \
     DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
     WHERE duties.holder = excluded.holder OR duties.held_until <= $4";

/// Takes up a duty, or goes on with it; to be asked in the transaction of each step. False while another process has
/// it. A SQLite database belongs to one process.
pub fn take(conn: &mut DbConnection, duty: Duty, holder: i64) -> Result<bool, Error> {
    let now = now_on(conn)?;
    let DbConnection::Postgres(conn) = conn else { return Ok(true) };
    let taken = sql_query(TAKE)
        .bind::<Text, _>(duty.as_str())
        .bind::<BigInt, _>(holder)
        .bind::<BigInt, _>(now.after(duty.held_for()).micros())
        .bind::<BigInt, _>(now.micros())
        .execute(conn)?;
    Ok(taken > 0)
}
