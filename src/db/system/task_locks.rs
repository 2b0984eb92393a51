//! Leases for background tasks that only one process may run at a time. The holder renews its lease in the transaction
//! of each step; without that it ends, and another process may take the task over.

use std::time::Duration;

use diesel::sql_types::{BigInt, Text};
use diesel::{RunQueryDsl, sql_query};

use crate::db::{DbConnection, Error, now_on};

/// A task that one process runs at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Deleting old rows: two processes would delete the same ones.
    Cleanup,
    /// Making the deliveries of recoveries: two processes would make them at twice the rate.
    Recovery,
    /// Comparing connected Chatwoots: two processes would send twice as many requests.
    Comparison,
}

impl Task {
    /// The name in the column, which older versions wrote.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Cleanup => "housekeeping",
            Self::Recovery => "recovery",
            Self::Comparison => "comparison",
        }
    }

    /// The time of a lease: longer than the pause between two steps, so that the task stays with its process; short, so
    /// that another process takes over soon after that one ends.
    const fn lease_time(self) -> Duration {
        match self {
            Self::Cleanup => Duration::from_secs(5),
            Self::Recovery => Duration::from_secs(3),
            // A page of 25 conversations takes up to a minute.
            Self::Comparison => Duration::from_secs(180),
        }
    }
}

const ACQUIRE: &str = "INSERT INTO duties (name, holder, held_until) VALUES ($1, $2, $3) ON CONFLICT (name) \
     DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
     WHERE duties.holder = excluded.holder OR duties.held_until <= $4";

/// Takes or renews the lease of a task. Call it in the transaction of each step. False while another process holds the
/// lease; always true on SQLite, which one process serves.
pub fn acquire(conn: &mut DbConnection, task: Task, holder: i64) -> Result<bool, Error> {
    let now = now_on(conn)?;
    let DbConnection::Postgres(conn) = conn else { return Ok(true) };
    let taken = sql_query(ACQUIRE)
        .bind::<Text, _>(task.as_str())
        .bind::<BigInt, _>(holder)
        .bind::<BigInt, _>(now.after(task.lease_time()).micros())
        .bind::<BigInt, _>(now.micros())
        .execute(conn)?;
    Ok(taken > 0)
}
