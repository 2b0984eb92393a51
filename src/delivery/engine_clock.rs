//! The time of the database's clock, for due times and leases.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock;
use crate::db::system::server_clock::{self, Jumps, Reading};
use crate::db::{Db, DbConnection, Error};
use crate::domain::id::IdSource;
use crate::domain::timestamp::Timestamp;

/// The smallest jump of this machine's clock for which stored times are shifted, in microseconds. A receiver cannot notice less,
/// and clocks that are kept by NTP are set by a few milliseconds now and then.
pub(super) const SHIFTED_JUMP_MIN_US: i64 = 100_000;
/// The smallest jump of a Postgres server's clock for which stored times are shifted, in microseconds: more than the clocks of
/// two machines drift apart in an hour without a connection.
const SERVER_JUMP_MIN_US: i64 = 2_000_000;
/// While a process runs, the time that was noted last is younger, in microseconds: the worker notes it each 10 s.
const NOTED_AGE_MAX_US: i64 = 15_000_000;
/// A reading that took no longer shows the server's clock well enough to notice jumps from then on, in microseconds.
const PRECISE_READING_US: i64 = 200_000;

/// On SQLite the clock of this machine. On Postgres the server's, which does not jump by itself either: it is the time since
/// the boot of this machine, plus the difference that was last measured, plus the jumps that stored times follow.
pub(super) struct EngineClock {
    is_shared: bool,
    /// The clock of a Postgres minus its jumps and the time since the boot of this machine, in microseconds.
    skew: AtomicI64,
    /// The sum of the jumps that stored times follow, in microseconds.
    jumped: AtomicI64,
    /// At the start the server's clock did not continue from the time that a process noted last: it was set, and another process
    /// is about to shift stored times, or none has run.
    is_doubtful: AtomicBool,
    server: Mutex<Server>,
}

/// What is known of the server's clock.
#[derive(Clone, Copy, Debug, Default)]
struct Server {
    /// The jumps that stored times follow.
    count: i64,
    /// The time since the boot of this machine at which their number was known, in microseconds.
    counted_at_boot: i64,
    /// Whether a precise reading has measured the difference.
    is_measured: bool,
    /// The time at the last reading without a jump, and that since the boot of this machine, in microseconds.
    read_at: i64,
    read_at_boot: i64,
    /// The clock was set, and stored times do not follow yet.
    has_jumped: bool,
    /// The clock shows a time that fits in no id.
    is_wrong: bool,
    /// By how much rows from since the start may look older than they are, because the clock was set forward, in microseconds. A
    /// jump back takes it away again.
    set_forward: i64,
}

impl EngineClock {
    /// The clock of this database; on Postgres [`Self::begin`] has to be called before it is right.
    pub(super) fn of(db: &Db) -> Self {
        Self::new(db.is_shared())
    }

    fn new(is_shared: bool) -> Self {
        Self {
            is_shared,
            // Until the first answer the clock of this machine.
            skew: AtomicI64::new(clock::offset()),
            jumped: AtomicI64::default(),
            is_doubtful: AtomicBool::default(),
            server: Mutex::default(),
        }
    }

    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        self.now_at(self.offset())
    }

    /// [`Self::now`] with an offset that [`Self::offset`] returned.
    pub(super) fn now_at(&self, offset: i64) -> Timestamp {
        if self.is_shared {
            clock::since_boot().plus_micros(self.skew.load(Ordering::Relaxed).saturating_add(offset))
        } else {
            clock::now_at(offset)
        }
    }

    /// The offset of the clock. Two times are of one clock if it was the same; else their difference holds the jumps in between.
    pub(super) fn offset(&self) -> i64 {
        if self.is_shared { self.jumped.load(Ordering::Acquire) } else { clock::offset() }
    }

    /// Reads the database's clock for the first time, and waits for a process that shifts stored times: what this process then
    /// stores follows the clock already.
    pub(super) async fn begin(&self, db: &Db) -> Result<(), Error> {
        if self.is_shared
            && let Some(reading) = db.write(server_clock::read_at_rest).await?
        {
            self.is_doubtful.store(!goes_on(&reading), Ordering::Release);
            self.observe(&reading);
        }
        Ok(())
    }

    /// Reads the database's clock and measures the difference.
    pub(super) async fn ask(&self, db: &Db) -> Result<(), Error> {
        if self.is_shared
            && let Some(reading) = db.read(server_clock::read).await?
        {
            self.observe(&reading);
        }
        Ok(())
    }

    /// Belongs at the end of a transaction that has stored times with this offset. [`Error::ClockSet`] if stored times were
    /// shifted meanwhile: on Postgres the transaction has waited for that, on SQLite it has begun after it, and its own times
    /// are of the old clock.
    pub(super) fn confirm(&self, conn: &mut DbConnection, offset: i64) -> Result<(), Error> {
        if let Some(reading) = server_clock::read(conn)? {
            self.observe(&reading);
        }
        let shifted = self.offset().saturating_sub(offset);
        if shifted.abs() < SHIFTED_JUMP_MIN_US { Ok(()) } else { Err(Error::ClockSet) }
    }

    /// Compares the clock of the server with this one, and follows the jumps that another process has handled. Returns the
    /// jump if the clock was set and stored times do not follow yet, in microseconds.
    pub(super) fn observe(&self, reading: &Reading) -> Option<i64> {
        let mut server = self.server();
        let has_lost = reading.jumps.count < server.count;
        // A reading from before a jump was handled may come late.
        if !is_covered(&mut server, reading.now) || (has_lost && reading.asked_at.micros() <= server.counted_at_boot) {
            return None;
        }
        if has_lost {
            // A standby without the last commits has taken over, or a backup was restored. Its rows have their times from before
            // the shift; if its clock shows the jump, they are shifted again.
            tracing::warn!("Postgres has lost a shift of due times: this process follows what is left");
        }
        let handled = self.adopt(&mut server, reading.jumps, reading.answered_at);
        let skew_at = |boot: Timestamp| reading.now.micros() - boot.micros() - reading.jumps.micros;
        // The server read its clock in between.
        let (least, most) = (skew_at(reading.answered_at), skew_at(reading.asked_at));
        let known = self.skew.load(Ordering::Relaxed);
        let skew = known.clamp(least, most);
        let jump = skew - known;
        // Another process handled a jump from before this one read the clock for the first time.
        let is_older = handled != 0 && !has_lost && (jump + handled).abs() < SERVER_JUMP_MIN_US;
        server.has_jumped = server.is_measured && jump.abs() >= SERVER_JUMP_MIN_US && !is_older;
        if server.has_jumped {
            return Some(jump);
        }
        self.accept(&mut server, reading, skew);
        server.is_measured |= most - least <= PRECISE_READING_US;
        None
    }

    /// Follows the jumps that stored times follow, as was known at this time since boot. Returns by how many microseconds those
    /// are that were not known before.
    fn adopt(&self, server: &mut Server, jumps: Jumps, at_boot: Timestamp) -> i64 {
        let added = jumps.micros - self.jumped.swap(jumps.micros, Ordering::AcqRel);
        (server.count, server.counted_at_boot) = (jumps.count, at_boot.micros());
        // As if it had been read by the clock that stored times follow now.
        server.read_at = server.read_at.saturating_add(added);
        if server.is_measured {
            server.note_jump(added);
        }
        added
    }

    fn accept(&self, server: &mut Server, reading: &Reading, skew: i64) {
        self.skew.store(skew, Ordering::Relaxed);
        (server.read_at, server.read_at_boot) = (reading.now.micros(), reading.answered_at.micros());
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the server's clock may have been set just before this process started.
    pub(super) fn is_doubtful(&self) -> bool {
        self.is_doubtful.load(Ordering::Acquire)
    }

    /// Whether stored times do not follow the server's clock yet.
    pub(super) fn has_jumped(&self) -> bool {
        self.server().has_jumped
    }

    /// Whether another process has seen a time that this one has missed: then the server's clock was not set, but this machine
    /// was paused, without the time since its boot. What a process sees after a jump is no older than the last reading here.
    pub(super) fn was_seen_between(&self, reading: &Reading) -> bool {
        let server = self.server();
        let to = reading.now.micros() - (reading.answered_at.micros() - server.read_at_boot);
        (server.read_at.saturating_add(SERVER_JUMP_MIN_US)..to.saturating_sub(PRECISE_READING_US))
            .contains(&reading.seen_at.micros())
    }

    /// Takes over the server's clock as it is, without a jump.
    pub(super) fn catch_up(&self, reading: &Reading) {
        let mut server = self.server();
        let skew = reading.now.micros() - reading.answered_at.micros() - reading.jumps.micros;
        self.accept(&mut server, reading, skew);
        server.has_jumped = false;
    }

    /// Follows the jumps that stored times follow now, after this process has shifted them.
    pub(super) fn follow(&self, jumps: Jumps) {
        let mut server = self.server();
        if jumps.count > server.count {
            self.adopt(&mut server, jumps, clock::since_boot());
        }
        server.has_jumped = false;
    }

    /// Notes that the clock of this machine was set by so many microseconds.
    pub(super) fn note_jump(&self, micros: i64) {
        self.server().note_jump(micros);
    }

    /// The time from which ages count, at `now`: a clock that was set forward makes no row older.
    pub(super) fn age_base(&self, now: Timestamp) -> Timestamp {
        now.plus_micros(-self.server().set_forward)
    }
}

impl Server {
    fn note_jump(&mut self, micros: i64) {
        self.set_forward = self.set_forward.saturating_add(micros).max(0);
    }
}

/// Whether the time fits in ids; the log says once that it does not.
fn is_covered(server: &mut Server, now: Timestamp) -> bool {
    let is_covered = IdSource::covers(now);
    if !is_covered && !server.is_wrong {
        tracing::error!(server = %now.seconds(), "the clock of Postgres is wrong: Hachok continues by its own time");
    }
    server.is_wrong = !is_covered;
    is_covered
}

/// Whether the server's clock shows what it would if it was not set since a process noted it, or if none has.
fn goes_on(reading: &Reading) -> bool {
    let (now, seen_at) = (reading.now.micros(), reading.seen_at.micros());
    seen_at == 0 || (seen_at - SERVER_JUMP_MIN_US..seen_at + NOTED_AGE_MAX_US).contains(&now)
}

#[cfg(test)]
mod tests;
