//! The only code that reads the system's clocks and its random number generator.
//!
//! The wall clock may be set while the process runs, in either direction and by any amount. What waits in the database would
//! then be due early, or wait for as long as the clock was set back. So the time of this process does not jump by itself: it is
//! the time since the boot of the machine, which also counts while the machine is suspended, plus an offset. The task that
//! shifts the stored times changes the offset in the same transaction ([`follow`]).

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::domain::timestamp::Timestamp;
use crate::fault_injection;

/// Runs on while the machine is suspended, and is never set.
#[cfg(target_os = "linux")]
const BOOT_CLOCK: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const BOOT_CLOCK: ClockId = ClockId::Monotonic;

/// A difference of the wall clock that is no jump, in microseconds: the two clocks are not read at one moment.
const NOISE_US: i64 = 1_000;
/// Between its two clocks a reading must not be interrupted for longer, in microseconds.
const READING_US_MAX: i64 = 20_000;

static CLOCK: LazyLock<SteadyClock> = LazyLock::new(|| SteadyClock::at(&Reading::take()));

/// The current time. Follows the wall clock only by [`follow`].
pub fn now() -> Timestamp {
    now_at(offset())
}

/// The current time with an offset that [`offset`] returned.
pub fn now_at(offset: i64) -> Timestamp {
    since_boot().plus_micros(offset)
}

/// The time since the boot of the machine, as if it had booted at the epoch: for differences that no set clock changes.
pub fn since_boot() -> Timestamp {
    let time = clock_gettime(BOOT_CLOCK);
    Timestamp::from_seconds(time.tv_sec).plus_micros(time.tv_nsec / 1000)
}

/// What [`now`] adds to the time since boot, in microseconds. Two times of this process are of one clock if the offset was the
/// same; else their difference holds the jumps in between.
pub fn offset() -> i64 {
    CLOCK.offset()
}

/// By how many microseconds the wall clock is ahead of [`now`]; 0 if they agree.
pub fn jump() -> i64 {
    CLOCK.jump(&Reading::take())
}

/// Changes the offset: from now on [`now`] is later by so many microseconds.
pub fn follow(micros: i64) {
    CLOCK.follow(micros);
}

#[derive(Debug)]
struct SteadyClock {
    /// Microseconds.
    offset: AtomicI64,
}

impl SteadyClock {
    /// A clock that agrees with the wall clock.
    fn at(reading: &Reading) -> Self {
        Self { offset: AtomicI64::new(reading.wall.micros().saturating_sub(reading.boot.micros())) }
    }

    fn offset(&self) -> i64 {
        self.offset.load(Ordering::Acquire)
    }

    fn jump(&self, reading: &Reading) -> i64 {
        let now = reading.boot.plus_micros(self.offset());
        let jump = reading.wall.micros().saturating_sub(now.micros());
        let is_noise = jump.abs() < NOISE_US.max(reading.took_us) || reading.took_us > READING_US_MAX;
        if is_noise { 0 } else { jump }
    }

    fn follow(&self, micros: i64) {
        let follow = |offset: i64| Some(offset.saturating_add(micros));
        // The closure never refuses.
        let _ = self.offset.fetch_update(Ordering::AcqRel, Ordering::Acquire, follow);
    }
}

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug)]
struct Reading {
    wall: Timestamp,
    boot: Timestamp,
    /// How long the reading took, in microseconds: by so much the two may differ.
    took_us: i64,
}

impl Reading {
    /// The best of three readings: the thread may be interrupted in one of them.
    fn take() -> Self {
        let mut best = Self::once();
        for _ in 0..2 {
            let other = Self::once();
            if other.took_us < best.took_us {
                best = other;
            }
        }
        best
    }

    fn once() -> Self {
        let boot = since_boot();
        let wall = wall();
        Self { wall, boot, took_us: since_boot().micros().saturating_sub(boot.micros()) }
    }
}

/// The wall clock of this machine; the Unix epoch if it is set before it.
fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(micros).plus_micros(fault_injection::wall_clock_offset())
}

/// `N` random bytes from the operating system.
///
/// # Panics
///
/// If the operating system returns none: with predictable secrets the program must not continue.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "without random bytes no secret can be made")]
    getrandom::fill(&mut bytes).expect("random bytes from the operating system");
    bytes
}

/// A uniformly distributed number in `0.0..1.0`.
pub fn random_fraction() -> f64 {
    f64::from(u32::from_le_bytes(random())) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_US: i64 = 3_600_000_000;

    fn reading(wall: i64, boot: i64, took_us: i64) -> Reading {
        Reading { wall: Timestamp::from_micros(wall), boot: Timestamp::from_micros(boot), took_us }
    }

    #[test]
    fn the_clock_follows_a_jump_only_when_it_is_asked_to() {
        let started = reading(1_800_000_000_000_000, 5_000_000, 1);
        for jump in [HOUR_US, -HOUR_US, 87_660 * HOUR_US, -87_660 * HOUR_US, 2_000, -2_000] {
            let clock = SteadyClock::at(&started);
            let later = reading(started.wall.micros() + 7_000_000 + jump, 12_000_000, 1);
            assert_eq!(later.boot.plus_micros(clock.offset()), started.wall.plus_micros(7_000_000), "{jump}");
            assert_eq!(clock.jump(&later), jump);
            clock.follow(jump);
            assert_eq!((clock.jump(&later), later.boot.plus_micros(clock.offset())), (0, later.wall));
        }
    }

    #[test]
    fn a_suspended_machine_a_slow_reading_and_small_differences_are_no_jump() {
        let started = reading(1_800_000_000_000_000, 5_000_000, 1);
        let clock = SteadyClock::at(&started);
        let after = |wall: i64, boot: i64, took_us| reading(started.wall.micros() + wall, 5_000_000 + boot, took_us);
        // Both clocks run while the machine sleeps for eight hours.
        assert_eq!(clock.jump(&after(8 * HOUR_US, 8 * HOUR_US, 1)), 0);
        assert_eq!(clock.jump(&after(10_000_900, 10_000_000, 1)), 0);
        assert_eq!(clock.jump(&after(10_015_000, 10_000_000, 15_500)), 0);
        assert_eq!(clock.jump(&after(HOUR_US, 0, 30_000)), 0, "the next reading decides");
    }

    #[test]
    fn the_process_agrees_with_the_wall_clock() {
        let before = wall();
        let (now, later) = (now(), now_at(offset()));
        assert!(now.since(before).as_millis() < 1000 && before.since(now).as_millis() < 1000);
        assert!(later >= now);
    }
}
