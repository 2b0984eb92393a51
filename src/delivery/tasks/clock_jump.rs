//! Notices when the machine's clock is set while we run. Postgres has its own clock, which is not ours to mind.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::clock;
use crate::db::Error;
use crate::db::deliveries::queue::clock_shift;
use crate::delivery::shared::Inner;
use crate::domain::timestamp::Timestamp;

/// Less than that is the clock being slewed, or a busy machine.
const JUMP: i64 = 5_000_000;

/// The two clocks at one moment: one that is set, and one that only runs.
#[derive(Clone, Copy, Debug)]
pub(in crate::delivery) struct Clocks {
    wall: Timestamp,
    steady: Instant,
}

impl Clocks {
    pub(in crate::delivery) fn now() -> Self {
        Self { wall: clock::now(), steady: Instant::now() }
    }

    /// By how many microseconds the clock was set since `before`; 0 if it was not.
    fn set_since(self, before: Self) -> i64 {
        let wall = self.wall.micros().saturating_sub(before.wall.micros());
        let ran = i64::try_from(self.steady.saturating_duration_since(before.steady).as_micros()).unwrap_or(i64::MAX);
        let jump = wall.saturating_sub(ran);
        if jump.abs() >= JUMP { jump } else { 0 }
    }
}

/// Moves what waits if the clock was set since `before`. What is old by the new clock alone is not thrown away.
pub(in crate::delivery) async fn mind(inner: &Inner, before: &mut Clocks) -> Result<(), Error> {
    let now = Clocks::now();
    let jump = now.set_since(*before);
    if jump != 0 && !inner.db.is_shared() {
        tracing::info!(seconds = jump / 1_000_000, "the system clock jumped: due times are shifted");
        inner.db.write(move |conn| clock_shift::shift(conn, jump)).await?;
        inner.set_forward.fetch_add(jump.max(0), Ordering::Relaxed);
        inner.pulse().clock_set = Some((now.wall, jump));
    }
    *before = now;
    Ok(())
}

/// How far the clock was set forward since the start: so much older things look than they are.
pub(in crate::delivery) fn set_forward(inner: &Inner) -> Duration {
    Duration::from_micros(u64::try_from(inner.set_forward.load(Ordering::Relaxed)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clock_that_was_set_counts() {
        let before = Clocks::now();
        let after = |wall: i64, ran: u64| Clocks {
            wall: Timestamp::from_micros(before.wall.micros() + wall * 1_000_000),
            steady: before.steady + Duration::from_secs(ran),
        };
        assert_eq!(after(10, 10).set_since(before), 0);
        assert_eq!(after(13, 10).set_since(before), 0);
        assert_eq!(after(3610, 10).set_since(before), 3_600_000_000);
        assert_eq!(after(-3590, 10).set_since(before), -3_600_000_000);
    }
}
