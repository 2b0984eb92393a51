//! The time of the database's clock, for due times and leases.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use crate::clock;
use crate::db::system::server_clock::{self, Reading};
use crate::db::{Db, Error};
use crate::domain::id::IdSource;
use crate::domain::timestamp::Timestamp;

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
    /// See [`Reading::jumps`].
    jumps: AtomicI64,
    /// The server's time at the last reading without a jump, and that since the boot of this machine, in microseconds.
    read_at: AtomicI64,
    read_at_boot: AtomicI64,
    /// Whether `skew` was measured by a precise reading.
    is_measured: AtomicBool,
    /// The server's clock was set, and stored times do not follow yet.
    has_jumped: AtomicBool,
    /// At the start the server's clock did not continue from the time that a process noted last: it was set, and another process
    /// is about to shift stored times, or none has run.
    is_doubtful: AtomicBool,
    /// The server's clock shows a time that fits in no id.
    is_wrong: AtomicBool,
    /// By how much rows from since the start may look older than they are, because the clock was set forward, in microseconds.
    set_forward: AtomicI64,
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
            jumps: AtomicI64::default(),
            read_at: AtomicI64::default(),
            read_at_boot: AtomicI64::default(),
            is_measured: AtomicBool::default(),
            has_jumped: AtomicBool::default(),
            is_doubtful: AtomicBool::default(),
            is_wrong: AtomicBool::default(),
            set_forward: AtomicI64::default(),
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
        if self.is_shared { self.jumps.load(Ordering::Acquire) } else { clock::offset() }
    }

    /// Reads the database's clock for the first time, and waits for a process that shifts stored times: what this process then
    /// stores follows the clock already.
    pub(super) async fn begin(&self, db: &Db) -> Result<Timestamp, Error> {
        if self.is_shared
            && let Some(reading) = db.write(server_clock::read_at_rest).await?
        {
            self.is_doubtful.store(!goes_on(&reading), Ordering::Release);
            self.observe(&reading);
        }
        Ok(self.now())
    }

    /// Reads the database's clock and measures the difference.
    pub(super) async fn ask(&self, db: &Db) -> Result<Timestamp, Error> {
        if self.is_shared
            && let Some(reading) = db.read(server_clock::read).await?
        {
            self.observe(&reading);
        }
        Ok(self.now())
    }

    /// Compares the clock of the server with this one, and follows the jumps that another process has handled. Returns the
    /// jump if the clock was set and stored times do not follow yet, in microseconds.
    pub(super) fn observe(&self, reading: &Reading) -> Option<i64> {
        if self.is_covered(reading.now) {
            return self.compare(reading);
        }
        None
    }

    fn is_covered(&self, now: Timestamp) -> bool {
        let is_covered = IdSource::covers(now);
        if !self.is_wrong.swap(!is_covered, Ordering::Relaxed) && !is_covered {
            tracing::error!(server = %now.seconds(), "the clock of Postgres is wrong: Hachok continues by its own time");
        }
        is_covered
    }

    fn compare(&self, reading: &Reading) -> Option<i64> {
        let handled = reading.jumps - self.jumps.swap(reading.jumps, Ordering::AcqRel);
        let skew_at = |boot: Timestamp| reading.now.micros() - boot.micros() - reading.jumps;
        // The server read its clock in between.
        let (least, most) = (skew_at(reading.answered_at), skew_at(reading.asked_at));
        let known = self.skew.load(Ordering::Relaxed);
        let skew = known.clamp(least, most);
        let jump = skew - known;
        // Another process handled a jump from before this one read the clock for the first time.
        let is_older = handled != 0 && (jump + handled).abs() < SERVER_JUMP_MIN_US;
        if self.is_measured.load(Ordering::Acquire) && jump.abs() >= SERVER_JUMP_MIN_US && !is_older {
            self.has_jumped.store(true, Ordering::Release);
            return Some(jump);
        }
        self.accept(reading, skew);
        if most - least <= PRECISE_READING_US {
            self.is_measured.store(true, Ordering::Release);
        }
        None
    }

    fn accept(&self, reading: &Reading, skew: i64) {
        self.skew.store(skew, Ordering::Relaxed);
        self.read_at.store(reading.now.micros(), Ordering::Relaxed);
        self.read_at_boot.store(reading.answered_at.micros(), Ordering::Relaxed);
        self.has_jumped.store(false, Ordering::Release);
    }

    /// Whether the server's clock may have been set just before this process started.
    pub(super) fn is_doubtful(&self) -> bool {
        self.is_doubtful.load(Ordering::Acquire)
    }

    /// Whether stored times do not follow the server's clock yet.
    pub(super) fn has_jumped(&self) -> bool {
        self.has_jumped.load(Ordering::Acquire)
    }

    /// Whether another process has seen a time that this one has missed: then the server's clock was not set, but this machine
    /// was paused, without the time since its boot. What a process sees after a jump is no older than the last reading here.
    pub(super) fn was_seen_between(&self, reading: &Reading) -> bool {
        let since_read = reading.answered_at.micros() - self.read_at_boot.load(Ordering::Relaxed);
        let (from, to) = (self.read_at.load(Ordering::Relaxed), reading.now.micros() - since_read);
        let between = from.saturating_add(SERVER_JUMP_MIN_US)..to.saturating_sub(SERVER_JUMP_MIN_US);
        between.contains(&reading.seen_at.micros())
    }

    /// Takes over the server's clock as it is, without a jump.
    pub(super) fn catch_up(&self, reading: &Reading) {
        self.accept(reading, reading.now.micros() - reading.answered_at.micros() - reading.jumps);
    }

    /// Follows a jump that stored times follow now.
    pub(super) fn follow(&self, micros: i64) {
        self.jumps.fetch_add(micros, Ordering::AcqRel);
        self.has_jumped.store(false, Ordering::Release);
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

/// Whether the server's clock shows what it would if it was not set since a process noted it, or if none has.
fn goes_on(reading: &Reading) -> bool {
    let (now, seen_at) = (reading.now.micros(), reading.seen_at.micros());
    seen_at == 0 || (seen_at - SERVER_JUMP_MIN_US..seen_at + NOTED_AGE_MAX_US).contains(&now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_US: i64 = 1_000_000;
    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    /// A reading of a server whose clock is `ahead` seconds after [`NOW`] when this machine has run for `boot_s` seconds; the
    /// answer took `took_ms`.
    fn reading(boot_s: i64, ahead: i64, took_ms: i64) -> Reading {
        let asked_at = Timestamp::from_seconds(boot_s);
        Reading {
            asked_at,
            answered_at: asked_at.plus_micros(took_ms * 1000),
            now: NOW.plus_micros(ahead * SECOND_US + took_ms * 500),
            jumps: 0,
            seen_at: NOW,
        }
    }

    fn measured() -> EngineClock {
        let clock = EngineClock::new(true);
        assert_eq!(clock.observe(&reading(100, 0, 1)), None);
        clock
    }

    #[test]
    fn a_server_whose_clock_goes_on_has_not_jumped_however_slowly_it_answers() {
        let clock = EngineClock::new(true);
        // The first answer is slow: what it shows may be wrong by 30 s.
        assert_eq!(clock.observe(&reading(100, 0, 30_000)), None);
        assert_eq!(clock.observe(&reading(131, 31, 1)), None);
        for (boot, took_ms) in [(140, 1), (150, 60_000), (211, 5), (4000, 1)] {
            assert_eq!(clock.observe(&reading(boot, boot - 100, took_ms)), None, "{boot}");
        }
    }

    #[test]
    fn a_clock_that_was_set_is_followed_once() {
        for jump in [3, -3, 7200, -7200, 30 * 86_400] {
            let clock = measured();
            let after = reading(101, 1 + jump, 1);
            let seen = clock.observe(&after).expect("a jump");
            assert!((seen - jump * SECOND_US).abs() <= 1000, "{jump}: {seen}");
            assert!(clock.has_jumped());
            let before = clock.now();
            clock.follow(seen);
            assert!((clock.now().micros() - before.micros() - seen).abs() < SECOND_US, "{jump}");
            let followed = Reading { jumps: seen, ..reading(102, 2 + jump, 1) };
            assert_eq!((clock.observe(&followed), clock.has_jumped()), (None, false), "{jump}");
        }
    }

    #[test]
    fn a_jump_that_another_process_has_handled_is_no_jump() {
        for jump in [7200, -7200] {
            let clock = measured();
            let handled = Reading { jumps: jump * SECOND_US + 700, ..reading(101, 1 + jump, 1) };
            assert_eq!((clock.observe(&handled), clock.offset()), (None, jump * SECOND_US + 700));
            // And one that it handled before this process started, or that it is handling then.
            for jumps in [handled.jumps, 0] {
                let later = EngineClock::new(true);
                assert_eq!(later.observe(&Reading { jumps, ..handled }), None);
                let next = Reading { jumps: handled.jumps, ..reading(102, 2 + jump, 1) };
                assert_eq!((later.observe(&next), later.has_jumped()), (None, false), "{jumps}");
                assert!(
                    (later.now_at(later.offset()).micros() - clock::since_boot().micros() + 102 * SECOND_US
                        - next.now.micros())
                    .abs()
                        < SECOND_US
                );
            }
        }
    }

    #[test]
    fn a_time_that_fits_in_no_id_is_not_followed() {
        let clock = measured();
        let wrong = Reading { now: Timestamp::from_seconds(0), ..reading(101, 0, 1) };
        assert_eq!((clock.observe(&wrong), clock.has_jumped()), (None, false));
    }

    #[test]
    fn a_clock_does_not_go_on_from_a_time_that_it_left_long_ago_or_has_not_reached() {
        let from = |seconds: i64| Reading { seen_at: NOW.plus_micros(seconds * SECOND_US), ..reading(1, 0, 0) };
        for (seconds, expected) in [(0, true), (-14, true), (1, true), (-3600, false), (-16, false), (3, false)] {
            assert_eq!(goes_on(&from(seconds)), expected, "{seconds}");
        }
        let first = Reading { seen_at: Timestamp::from_micros(0), ..reading(1, 0, 0) };
        assert!(goes_on(&first), "no process has noted a time");
    }

    #[test]
    fn this_machine_was_paused_if_another_process_saw_the_time_in_between() {
        let clock = measured();
        let stopped_until = |boot_s: i64, ahead: i64| Reading {
            seen_at: NOW.plus_micros(ahead * SECOND_US),
            ..reading(boot_s, 3600, 1)
        };
        let seen = |ahead: i64| stopped_until(101, ahead);
        assert!(clock.was_seen_between(&seen(1800)));
        // Before, and by a process that has just seen the clock as it is now.
        for ahead in [0, 1, 3599] {
            assert!(!clock.was_seen_between(&seen(ahead)), "{ahead}");
        }
        // A stopped process: another one has seen the clock at any time since it was set.
        let long_after = |ahead: i64| stopped_until(700, ahead);
        for ahead in [3001, 3300, 3599] {
            assert!(!clock.was_seen_between(&long_after(ahead)), "{ahead}");
        }
        assert!(clock.was_seen_between(&long_after(1800)));
        let after = reading(101, 3600, 1);
        assert!(clock.observe(&after).is_some());
        clock.catch_up(&after);
        assert_eq!((clock.observe(&reading(102, 3601, 1)), clock.has_jumped()), (None, false));
    }
}
