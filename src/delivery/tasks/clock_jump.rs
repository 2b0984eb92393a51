//! Detects that the clock of this machine was set while the process runs. On Postgres due times follow the server's clock,
//! so nothing is shifted there.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::clock;
use crate::db::Error;
use crate::db::deliveries::queue::clock_shift;
use crate::delivery::shared::Inner;
use crate::domain::timestamp::Timestamp;

/// The smallest jump in microseconds: a smaller difference comes from a slewed clock or a busy machine.
const CLOCK_JUMP_MIN_US: i64 = 5_000_000;

/// The wall clock and the monotonic clock at one moment.
#[derive(Clone, Copy, Debug)]
pub(in crate::delivery) struct Clocks {
    wall: Timestamp,
    monotonic: Instant,
}

impl Clocks {
    pub(in crate::delivery) fn now() -> Self {
        Self { wall: clock::now(), monotonic: Instant::now() }
    }

    /// The jump of the wall clock since `before`, in microseconds; `None` if there was none.
    fn jump_since(self, before: Self) -> Option<i64> {
        let wall = self.wall.micros().saturating_sub(before.wall.micros());
        let ran =
            i64::try_from(self.monotonic.saturating_duration_since(before.monotonic).as_micros()).unwrap_or(i64::MAX);
        let jump = wall.saturating_sub(ran);
        (jump.abs() >= CLOCK_JUMP_MIN_US).then_some(jump)
    }
}

/// If the wall clock jumped since `before`, shifts due times, leases and pauses by the jump. Forward jumps are added up in
/// `Inner::set_forward`, so that the cleanup does not delete rows early.
pub(in crate::delivery) async fn check(inner: &Inner, before: &mut Clocks) -> Result<(), Error> {
    let now = Clocks::now();
    if let Some(jump) = now.jump_since(*before)
        && !inner.db.is_shared()
    {
        tracing::info!(seconds = jump / 1_000_000, "the system clock jumped: due times are shifted");
        inner.db.write(move |conn| clock_shift::shift(conn, jump)).await?;
        inner.set_forward.fetch_add(jump.max(0), Ordering::Relaxed);
        inner.pulse().clock_set = Some((now.wall, jump));
    }
    *before = now;
    Ok(())
}

/// By how much the clock was set forward since the start: rows from before look older than they are by this time.
pub(in crate::delivery) fn set_forward(inner: &Inner) -> Duration {
    Duration::from_micros(u64::try_from(inner.set_forward.load(Ordering::Relaxed)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_at_least_five_seconds_is_a_jump() {
        let before = Clocks::now();
        let after = |wall: i64, ran: u64| Clocks {
            wall: Timestamp::from_micros(before.wall.micros() + wall * 1_000_000),
            monotonic: before.monotonic + Duration::from_secs(ran),
        };
        assert_eq!(after(10, 10).jump_since(before), None);
        assert_eq!(after(13, 10).jump_since(before), None);
        assert_eq!(after(3610, 10).jump_since(before), Some(3_600_000_000));
        assert_eq!(after(-3590, 10).jump_since(before), Some(-3_600_000_000));
    }
}
