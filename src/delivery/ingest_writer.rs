//! Stores posted events, many in one commit, and after the commit starts the first attempts.
//!
//! While one commit is on its way to the disk the next events gather; each commit takes all that wait, up to 64, or one batch
//! with more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::attempt;
use super::ingest_transaction::{Stored, Transaction};
use super::posted::{Accepted, Outcomes, Posted, Waiting};
use super::shared::Inner;
use crate::db::{self, DbConnection, Error};
use crate::domain::id::WebhookId;
use crate::fault_injection;

/// Events in one commit, unless a single batch has more.
const COMMIT_EVENTS_MAX: usize = 64;
/// The longest wait of an event for its commit to begin.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// Queues an event and waits until it is stored.
pub(super) async fn store(inner: &Arc<Inner>, posted: Posted) -> Result<Accepted, Error> {
    store_all(inner, vec![posted]).await?.pop().unwrap_or(Err(Error::TaskFailed))
}

/// Queues events and waits until they are stored in one commit. If that fails because of one event, each is stored by itself.
pub(super) async fn store_all(inner: &Arc<Inner>, posted: Vec<Posted>) -> Result<Outcomes, Error> {
    let (answer, mut stored) = oneshot::channel();
    let (is_decided, queued_at) = (Arc::new(AtomicBool::new(false)), Instant::now());
    let places = inner.intake.places(posted.len(), START_TIMEOUT).await?;
    let waiting = Waiting {
        posted: posted.into_iter().map(Arc::new).collect(),
        is_decided: Arc::clone(&is_decided),
        has_begun: false,
        answer,
        _places: places,
    };
    if inner.intake.queue.push(waiting) {
        queue_job(inner);
    }
    let left = START_TIMEOUT.saturating_sub(queued_at.elapsed());
    if let Ok(answer) = tokio::time::timeout(left, &mut stored).await {
        return answer.map_err(|_| Error::TaskFailed)?;
    }
    if !is_decided.swap(true, Ordering::AcqRel) {
        return Err(Error::Busy);
    }
    let left = db::REQUEST_TIMEOUT.saturating_sub(queued_at.elapsed());
    match tokio::time::timeout(left, stored).await {
        Ok(answer) => answer.map_err(|_| Error::TaskFailed)?,
        Err(_) => Err(Error::Unconfirmed),
    }
}

/// Ends a job when it is dropped, also by a panic: else no further event would ever be stored.
struct RunningJob(Arc<Inner>);

impl Drop for RunningJob {
    fn drop(&mut self) {
        if self.0.intake.queue.end_job() {
            queue_job(&self.0);
        }
    }
}

fn queue_job(inner: &Arc<Inner>) {
    inner.spawn(write_waiting(Arc::clone(inner)));
}

/// Stores the events that wait when its transaction begins, and answers their requests. If it fails because of one event or
/// request, or because the clock was set, each is stored by itself.
async fn write_waiting(inner: Arc<Inner>) {
    let taken = Arc::new(Mutex::new(None));
    let (task, batch) = (Arc::clone(&inner), Arc::clone(&taken));
    // On Postgres until all is stored; on SQLite the next job is queued while this one commits.
    let _running = inner.db.is_shared().then(|| RunningJob(Arc::clone(&inner)));
    let stored = inner.db.write_then(
        move |conn| {
            let _running = (!task.db.is_shared()).then(|| RunningJob(Arc::clone(&task)));
            let mut waiting = task.intake.queue.take(COMMIT_EVENTS_MAX, |waiting| waiting.posted.len());
            waiting.retain_mut(Waiting::begin);
            let posted: Vec<_> = waiting.iter().map(|waiting| waiting.posted.clone()).collect();
            *lock(&batch) = Some(waiting);
            let stored = store_in(&task, conn, &posted);
            if let (Ok(stored), Some(waiting)) = (&stored, lock(&batch).as_mut()) {
                task.intake.queue.put_back(waiting.drain(stored.len()..));
            }
            stored.map(|stored| (task, batch, stored))
        },
        |(task, batch, stored)| {
            fault_injection::point("ingest-after-commit");
            answer(&task, lock(&batch).take().into_iter().flatten(), stored);
        },
    );
    let stored = stored.await;
    let waiting = lock(&taken).take();
    match (stored, waiting) {
        (Ok(()), _) => {}
        // The transaction did not begin.
        (Err(error), None) => {
            let _running = (!inner.db.is_shared()).then(|| RunningJob(Arc::clone(&inner)));
            refuse(inner.intake.queue.take_all().into_iter(), error);
        }
        (Err(error), Some(waiting))
            if is_of_one(&waiting, &error) || matches!(error, Error::ClockSet | Error::TooManyRows) =>
        {
            for waiting in waiting {
                write_request(&inner, waiting).await;
            }
        }
        (Err(error), Some(waiting)) => refuse(waiting.into_iter(), error),
    }
}

/// Whether a commit may have failed because of one event of several.
fn is_of_one(waiting: &[Waiting], error: &Error) -> bool {
    error.is_of_statement() && waiting.iter().map(|waiting| waiting.posted.len()).sum::<usize>() > 1
}

/// Stores the events of one request in a transaction of their own, or, if that fails because of one of them, each in its own.
async fn write_request(inner: &Arc<Inner>, waiting: Waiting) {
    match write_alone(inner, &waiting.posted).await {
        Ok(stored) => answer(inner, std::iter::once(waiting), vec![stored]),
        Err(error) if waiting.posted.len() > 1 && error.is_of_statement() => {
            let (mut outcomes, mut without_permit) = (Outcomes::new(), Vec::new());
            for posted in &waiting.posted {
                let stored = write_alone(inner, std::slice::from_ref(posted)).await;
                let stored = stored.and_then(|mut stored| stored.pop().ok_or(Error::TaskFailed));
                outcomes.push(stored.map(|stored| start(inner, stored, &mut without_permit)));
            }
            note_waiting(inner, without_permit);
            // An error means that the request has gone.
            drop(waiting.answer.send(Ok(outcomes)));
        }
        Err(error) => refuse(std::iter::once(waiting), error),
    }
}

async fn write_alone(inner: &Arc<Inner>, posted: &[Arc<Posted>]) -> Result<Vec<Stored>, Error> {
    let store = || {
        let (task, posted) = (Arc::clone(inner), posted.to_vec());
        inner.db.write(move |conn| store_in(&task, conn, &[posted]))
    };
    let mut stored = store().await;
    // A concurrent duplicate stored the same key, or another event drew the same id. Now the key is found, or a new id is
    // drawn. Or the clock was set; it is followed now.
    if stored.as_ref().is_err_and(|error| error.is_unique_violation() || matches!(error, Error::ClockSet)) {
        stored = store().await;
    }
    stored.map(|mut stored| stored.pop().unwrap_or_default())
}

/// Stores the events of the first of these requests, of all if they are not too large together.
fn store_in(inner: &Inner, conn: &mut DbConnection, requests: &[Vec<Arc<Posted>>]) -> Result<Vec<Vec<Stored>>, Error> {
    fault_injection::panic_point("ingest");
    let routes = inner.intake.routes(conn)?;
    let offset = inner.clock.offset();
    let stored = Transaction { inner, routes: &routes, now: inner.clock.now_at(offset) }.store(conn, requests)?;
    inner.clock.confirm(conn, offset)?;
    fault_injection::point("ingest-before-commit");
    Ok(stored)
}

/// Starts the first attempts and answers the requests.
fn answer(inner: &Arc<Inner>, batch: impl Iterator<Item = Waiting>, stored: Vec<Vec<Stored>>) {
    let mut without_permit = Vec::new();
    for (waiting, stored) in batch.zip(stored) {
        let outcomes = stored.into_iter().map(|stored| Ok(start(inner, stored, &mut without_permit))).collect();
        // An error means that the request has gone.
        drop(waiting.answer.send(Ok(outcomes)));
    }
    note_waiting(inner, without_permit);
}

/// Starts the first attempts of an event.
fn start(inner: &Arc<Inner>, stored: Stored, without_permit: &mut Vec<WebhookId>) -> Accepted {
    for (claimed, permit) in stored.leased {
        attempt::spawn(inner, claimed, permit);
    }
    without_permit.extend(stored.waiting);
    stored.accepted
}

fn note_waiting(inner: &Inner, without_permit: Vec<WebhookId>) {
    if !without_permit.is_empty() {
        inner.mark_backlog(without_permit);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers with an error; the first request gets the error itself.
fn refuse(batch: impl Iterator<Item = Waiting>, error: Error) {
    let is_unconfirmed = matches!(error, Error::Unconfirmed);
    let mut error = Some(error);
    for waiting in batch {
        let other = if is_unconfirmed { Error::Unconfirmed } else { Error::Busy };
        drop(waiting.answer.send(Err(error.take().unwrap_or(other))));
    }
}
