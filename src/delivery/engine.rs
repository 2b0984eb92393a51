//! The handle to the delivery engine, its start and its end. A process has one engine.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::chatwoot::{reconciler, visits};
use super::network::sender::Sender;
use super::shared::{Inner, Limits, Pulse};
use super::tasks::{arrivals, cleanup, days, mass_changes, overload, recoveries};
use super::{result_writer, worker};
use crate::clock;
use crate::db::deliveries::queue::record::{self, LeaseScope};
use crate::db::{self, Db, DbConnection, JobError};
use crate::domain::id::WebhookId;
use crate::domain::timestamp::Timestamp;
use crate::liveness::{Liveness, Part};
use crate::supervisor::Supervisor;

/// A handle to the engine; a clone is one more reference.
#[derive(Clone)]
pub struct Engine(pub(super) Arc<Inner>);

/// How long [`Engine::stop`] waits for attempts in flight.
const STOP_ATTEMPTS_TIMEOUT: Duration = Duration::from_secs(20);
/// How long it then waits for the database to release the leases. Leases that are not released expire.
const STOP_RELEASE_TIMEOUT: Duration = Duration::from_secs(3);
/// Interrupted deliveries are due again at a random time within this time, so that not all are sent at once.
const INTERRUPTED_SPREAD: Duration = Duration::from_secs(5);

impl Engine {
    /// Starts the engine on the current runtime. First reclaims the leases that an earlier process left: all of them on
    /// SQLite, expired ones on Postgres.
    /// `public_url` is the URL under which a Chatwoot reaches this server.
    pub async fn start(db: Db, sender: Sender, limits: Limits, public_url: &Url) -> Result<Self, db::Error> {
        let (inner, queue) = Inner::new(db, sender, limits, public_url);
        let engine = Self(Arc::new(inner));
        engine.0.clock.begin(&engine.0.db).await?;
        let is_shared = engine.0.db.is_shared();
        // By a clock that was just set the leases of other processes would have expired; the worker reclaims them later.
        if !engine.0.clock.is_doubtful() {
            engine.reclaim(move |now| if is_shared { LeaseScope::Expired(now) } else { LeaseScope::All }).await?;
        }
        visits::end_claims(&engine.0).await?;
        days::prepare(&engine.0).await;
        let queue = Arc::new(tokio::sync::Mutex::new(result_writer::Queue::new(queue)));
        engine.supervise("result-writer", move |inner| result_writer::run(inner, Arc::clone(&queue)));
        engine.supervise("cleanup", cleanup::run);
        engine.supervise("overload", overload::run);
        engine.supervise("recoveries", recoveries::run);
        engine.supervise("mass-changes", mass_changes::run);
        engine.supervise("chatwoot-arrivals", arrivals::run);
        engine.supervise("chatwoot-visits", visits::run);
        engine.supervise("chatwoot-comparisons", reconciler::run);
        let beat = engine.0.liveness.part(Part::Worker);
        engine.supervise("worker", move |inner| worker::run(inner, beat.clone()));
        Ok(engine)
    }

    /// Starts a task of the engine; see [`Supervisor::supervise`].
    fn supervise<T>(&self, name: &'static str, mut run: impl FnMut(Arc<Inner>) -> T + Send + 'static)
    where
        T: Future<Output = ()> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        self.0.supervisor.supervise(name, move || run(Arc::clone(&inner)));
    }

    /// Supervises the tasks of this process until [`Self::stop`].
    pub fn supervisor(&self) -> &Supervisor {
        &self.0.supervisor
    }

    /// Whether this system has CA certificates; without them no receiver is reached by https.
    pub fn has_ca_certificates(&self) -> bool {
        self.0.sender.has_ca_certificates()
    }

    /// The parts of this process that a watchdog watches: the worker, and what others add.
    pub fn liveness(&self) -> &Liveness {
        &self.0.liveness
    }

    /// Has the worker look for due deliveries now.
    pub fn wake(&self) {
        self.0.backlog.wake_for_look();
    }

    /// Continues a change of many deliveries whose first step was just committed: a deletion, or held deliveries that are
    /// sent or discarded.
    pub fn continue_mass_changes(&self) {
        self.0.mass_changes.notify_one();
    }

    /// Sends the deliveries of a webhook that was turned on, slowly at first: many may have been held.
    pub fn resume(&self, webhook: WebhookId) {
        self.0.concurrency.start_slow_ramp(webhook, self.0.now());
        self.wake();
    }

    /// Whether the engine has not been stopped.
    pub fn is_running(&self) -> bool {
        !self.0.is_stopping()
    }

    /// The time of the database's clock, by which deliveries are due.
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Runs a transaction that stores times, by the time of the database's clock that it gets. If stored times were shifted
    /// meanwhile, it is rolled back and repeated by the new clock; [`db::Error::ClockSet`] if they were shifted again.
    pub async fn write_timed<T, E, F>(&self, db: &Db, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
        F: FnOnce(&mut DbConnection, Timestamp) -> Result<T, E> + Clone + Send + 'static,
    {
        self.0.write_timed_on(db, work).await
    }

    /// The current state.
    pub fn pulse(&self) -> Pulse {
        Pulse { in_flight: self.0.in_flight.count(), overloaded: self.0.intake.is_overloaded(), ..*self.0.pulse() }
    }

    /// The next id for an event or a delivery.
    pub fn next_id(&self, now: Timestamp) -> i64 {
        self.0.next_id(now)
    }

    /// Stops claiming, waits up to 20 s for attempts in flight, and stores the others as interrupted. [`db::Error::Busy`]
    /// if the database does not answer within another 3 s.
    pub async fn stop(&self) -> Result<(), db::Error> {
        self.0.supervisor.stop();
        self.0.backlog.wake();
        if tokio::time::timeout(STOP_ATTEMPTS_TIMEOUT, self.0.in_flight.settle(&self.0.concurrency)).await.is_err() {
            tracing::warn!("attempts in flight were interrupted; they are repeated after the next start");
        }
        let counted = tokio::time::timeout(STOP_RELEASE_TIMEOUT, self.0.arrivals.store(&self.0.db)).await;
        if counted.is_ok_and(|stored| stored.is_err()) {
            tracing::warn!("counts of refused requests were not stored");
        }
        let own = LeaseScope::Own(self.0.process, self.0.process | i64::from(u32::MAX));
        let reclaimed = tokio::time::timeout(STOP_RELEASE_TIMEOUT, self.reclaim(move |_| own)).await;
        reclaimed.map_err(|_| db::Error::Busy)?
    }

    /// Reclaims the leases of the scope that `scope` returns for the time of a transaction.
    async fn reclaim(&self, scope: impl Fn(Timestamp) -> LeaseScope + Copy + Send + 'static) -> Result<(), db::Error> {
        let wait = INTERRUPTED_SPREAD.mul_f64(clock::random_fraction());
        let interrupt =
            move |conn: &mut DbConnection, now: Timestamp| record::interrupt(conn, scope(now), now.after(wait));
        while self.0.write_timed(interrupt).await? > 0 {}
        Ok(())
    }
}
