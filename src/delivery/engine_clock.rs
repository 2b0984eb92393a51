//! The time of the database's clock, for due times and leases.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::clock;
use crate::db::{Db, Error};
use crate::domain::timestamp::Timestamp;

/// On SQLite the clock of this machine; on Postgres the server's, by the difference that was last measured.
pub(super) struct EngineClock {
    is_shared: bool,
    /// The clock of a Postgres minus the time since the boot of this machine, in microseconds.
    skew: AtomicI64,
    /// By how much rows from since the start may look older than they are, because the clock was set forward, in microseconds.
    set_forward: AtomicI64,
}

impl EngineClock {
    /// The clock of this database; on Postgres [`Self::ask`] has to be called before it is right.
    pub(super) fn of(db: &Db) -> Self {
        Self { is_shared: db.is_shared(), skew: AtomicI64::new(0), set_forward: AtomicI64::new(0) }
    }

    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        self.now_at(self.offset())
    }

    /// [`Self::now`] with an offset that [`Self::offset`] returned.
    pub(super) fn now_at(&self, offset: i64) -> Timestamp {
        if self.is_shared {
            clock::since_boot().plus_micros(self.skew.load(Ordering::Relaxed))
        } else {
            clock::now_at(offset)
        }
    }

    /// The offset of the clock; see [`clock::offset`] and [`crate::db::clock_offset`].
    pub(super) fn offset(&self) -> i64 {
        if self.is_shared { 0 } else { clock::offset() }
    }

    /// Reads the database's clock and measures the difference.
    pub(super) async fn ask(&self, db: &Db) -> Result<Timestamp, Error> {
        let now = db.now().await?;
        self.set(now);
        Ok(now)
    }

    /// Stores the difference to the database's clock, which shows `now`.
    pub(super) fn set(&self, now: Timestamp) {
        self.skew.store(now.micros().saturating_sub(clock::since_boot().micros()), Ordering::Relaxed);
    }

    /// Notes that the clock was set by so many microseconds.
    pub(super) fn note_jump(&self, jump: i64) {
        let add = |before: i64| Some(before.saturating_add(jump).max(0));
        // The closure never refuses.
        let _ = self.set_forward.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
    }

    /// By how much rows may look older than they are, because the clock was set forward since the start. A jump back takes it
    /// away again.
    pub(super) fn set_forward(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.set_forward.load(Ordering::Acquire)).unwrap_or(0))
    }
}
