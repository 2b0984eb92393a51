//! Makes and drops the partitions of days on Postgres. Does nothing on SQLite.

use std::sync::Arc;
use std::time::Duration;

use super::cleanup_step::step;
use crate::db::system::partitions::{self, DAYS_AHEAD, DefaultRows, Partition, Table};
use crate::db::{DbConnection, Error};
use crate::delivery::shared::Inner;
use crate::domain::timestamp::Timestamp;

/// Days for which the start of a server makes partitions, after today.
const DAYS_AHEAD_AT_START: i64 = 2;
/// Days for which a cleanup makes partitions.
const DAYS_PER_CLEANUP_MAX: usize = 2;

/// Makes the partitions of the next days, so that no row of them goes to the default partition. An error is logged only:
/// the default partition takes every row.
pub(in crate::delivery) async fn prepare(inner: &Inner) {
    if let Err(error) = make(inner, DAYS_AHEAD_AT_START, usize::MAX).await {
        note(&error);
    }
}

/// Makes partitions of some of the next 60 days.
pub(super) async fn make_more(inner: &Inner) -> Result<(), Error> {
    match make(inner, DAYS_AHEAD, DAYS_PER_CLEANUP_MAX).await {
        Err(error @ Error::RowLocked) => note(&error),
        other => return other,
    }
    Ok(())
}

async fn make(inner: &Inner, ahead: i64, days_max: usize) -> Result<(), Error> {
    if !inner.db.is_shared() {
        return Ok(());
    }
    let may_change = inner.db.read(partitions::may_change).await?;
    inner.pulse().deletes_by_row = !may_change;
    if !may_change {
        return Ok(());
    }
    let mut skipped = 0;
    for table in Table::ALL {
        let job = move |conn: &mut DbConnection| partitions::make(conn, table, ahead, days_max, DefaultRows::Keep);
        skipped += inner.db.write(job).await?.skipped;
    }
    if skipped > 0 {
        tracing::warn!(days = skipped, "the default partition has rows of these days: `hachok migrate` moves them");
    }
    Ok(())
}

/// The partitions of which every id is older than `retention`; empty if the role may not drop them.
pub(super) async fn droppable(inner: &Arc<Inner>, retention: Duration) -> Result<Vec<Partition>, Error> {
    if !inner.db.is_shared() {
        return Ok(Vec::new());
    }
    let find = move |conn: &mut DbConnection, _: Timestamp, age: Timestamp| {
        let mut found = Vec::new();
        for table in Table::ALL {
            found.extend(partitions::droppable(conn, table, age.before(retention))?);
        }
        Ok(found)
    };
    Ok(step(inner, find).await?.unwrap_or_default())
}

/// Drops partitions, and leaves those in `days` that are in use now. True if one has so many rows that are still needed that
/// the others are to be deleted row by row.
pub(super) async fn drop_all(inner: &Arc<Inner>, days: &mut Vec<Partition>) -> Result<bool, Error> {
    let (mut left, mut is_refused) = (Vec::new(), false);
    for day in std::mem::take(days) {
        let job_day = day.clone();
        let job = move |conn: &mut DbConnection, _, _| partitions::drop_day(conn, &job_day);
        match step(inner, job).await {
            Ok(Some(true)) => {}
            Ok(Some(false)) => is_refused = true,
            // Another process has the task.
            Ok(None) => return Ok(false),
            Err(error @ Error::RowLocked) => {
                note(&error);
                left.push(day);
            }
            Err(error) => return Err(error),
        }
    }
    *days = left;
    Ok(is_refused)
}

fn note(error: &Error) {
    match error {
        Error::RowLocked => tracing::info!("a table is in use: partitions are changed in the next cleanup"),
        other => other.log("partitions could not be made"),
    }
}
