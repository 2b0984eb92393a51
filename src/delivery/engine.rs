//! The delivery task: one for the process, shared by everyone who has something to deliver.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};

use super::network::sender::Sender;
use super::policy::concurrency::Slots;
use super::shared::{Inner, Pulse};
use super::tasks::{cleanup, overload, recoveries};
use super::{result_writer, worker};
use crate::clock;
use crate::db::deliveries::queue::record::{self, Lost};
use crate::db::{self, Db};
use crate::domain::id::{IdSource, WebhookId};
use crate::domain::timestamp::Timestamp;

/// How many requests may be on their way, and how long their log is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// In all.
    pub in_flight: usize,
    /// To one webhook.
    pub per_webhook: usize,
    /// Finished deliveries are kept that long.
    pub retention: Duration,
}

/// A handle to the delivery task. Cheap to clone.
#[derive(Clone)]
pub struct Engine(pub(super) Arc<Inner>);

/// Results that may wait to be written down; behind it attempts wait to report.
const RESULTS: usize = 1024;
/// What a stop grants attempts that are on their way.
const GRACE: Duration = Duration::from_secs(20);
/// What it then grants a database that may not answer; leases that are not given back run out.
const LAST_WORD: Duration = Duration::from_secs(3);

impl Engine {
    /// Starts delivering on the current runtime. Leases that a former process left are taken back first.
    pub async fn start(db: Db, sender: Sender, limits: Limits) -> Result<Self, db::Error> {
        let (results, queue) = mpsc::channel(RESULTS);
        let engine = Self(Arc::new(Inner {
            db,
            sender,
            slots: Slots::new(limits.in_flight, limits.per_webhook),
            ids: IdSource::default(),
            wake: Notify::new(),
            backlog: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            overloaded: AtomicBool::new(false),
            running: AtomicUsize::new(0),
            settled: Notify::new(),
            suspects: AtomicBool::new(false),
            results,
            runtime: Handle::current(),
            targets: Mutex::default(),
            process: i64::from(u32::from_le_bytes(clock::random()) >> 1) << 32,
            retention: limits.retention,
            skew: AtomicI64::new(0),
            set_forward: AtomicI64::new(0),
            pulse: Mutex::default(),
        }));
        let now = engine.0.ask_clock().await?;
        let lost = if engine.0.db.is_shared() { Lost::Expired(now) } else { Lost::All };
        engine.take_back(lost).await?;
        let inner = Arc::clone(&engine.0);
        tokio::spawn(result_writer::run(Arc::clone(&inner), queue));
        tokio::spawn(cleanup::run(Arc::clone(&inner)));
        tokio::spawn(overload::run(Arc::clone(&inner)));
        tokio::spawn(recoveries::run(Arc::clone(&inner)));
        tokio::spawn(worker::run(inner));
        Ok(engine)
    }

    /// Looks for work now.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// A webhook was turned on: it is called slowly at first, for much may have been held.
    pub fn resume(&self, webhook: WebhookId) {
        self.0.slots.returned(webhook, self.0.now());
        self.wake();
    }

    /// The delivery task is at work.
    pub fn is_running(&self) -> bool {
        !self.0.stopping.load(Ordering::Relaxed)
    }

    /// What it did last, and does now.
    pub fn pulse(&self) -> Pulse {
        Pulse {
            in_flight: self.0.running.load(Ordering::Relaxed),
            overloaded: self.0.overloaded.load(Ordering::Relaxed),
            ..*self.0.pulse()
        }
    }

    /// The next id for an event or a delivery.
    pub fn next_id(&self, now: Timestamp) -> i64 {
        self.0.next_id(now)
    }

    /// Takes no new work, lets attempts on their way end for up to 20 s, and writes the rest down as interrupted.
    pub async fn stop(&self) -> Result<(), db::Error> {
        self.0.stopping.store(true, Ordering::Relaxed);
        self.0.wake.notify_one();
        if tokio::time::timeout(GRACE, self.0.settle()).await.is_err() {
            tracing::warn!("attempts were still on their way; they are sent again after the next start");
        }
        let own = self.take_back(Lost::Own(self.0.process, self.0.process | i64::from(u32::MAX)));
        tokio::time::timeout(LAST_WORD, own).await.map_err(|_| db::Error::Busy)?
    }

    async fn take_back(&self, lost: Lost) -> Result<(), db::Error> {
        // Not all at the same moment: up to 5 s.
        let due = self.0.now().after(Duration::from_secs(5).mul_f64(clock::random_fraction()));
        while self.0.db.write(move |conn| record::interrupt(conn, lost, due)).await? > 0 {}
        Ok(())
    }
}
