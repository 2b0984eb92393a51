//! A step of the cleanup: a transaction that one process runs at a time.

use std::sync::Arc;

use crate::db::system::task_locks::{self, Task};
use crate::db::{DbConnection, Error};
use crate::delivery::shared::Inner;
use crate::domain::timestamp::Timestamp;

/// Runs `work` in a transaction; `None` if another process has the task. `work` gets the time of the
/// transaction, and the time from which ages count: a clock that was set forward makes no row older.
pub(super) async fn step<T, F>(inner: &Arc<Inner>, work: F) -> Result<Option<T>, Error>
where
    T: Send + 'static,
    F: FnOnce(&mut DbConnection, Timestamp, Timestamp) -> Result<T, Error> + Clone + Send + 'static,
{
    let task = Arc::clone(inner);
    let job = move |conn: &mut DbConnection, now: Timestamp| {
        if !task_locks::acquire(conn, Task::Cleanup, task.process)? {
            return Ok(None);
        }
        work(conn, now, task.clock.age_base(now)).map(Some)
    };
    inner.write_timed(job).await
}
