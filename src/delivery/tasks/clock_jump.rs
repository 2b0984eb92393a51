//! Follows the wall clock of this machine when it was set while the process runs.
//!
//! On SQLite the stored times are shifted by the jump, in the transaction in which the clock of the process ([`clock`])
//! follows: what is due in an hour stays due in an hour. On Postgres due times follow the server's clock, so nothing is shifted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::clock;
use crate::db::Error;
use crate::db::deliveries::queue::clock_shift;
use crate::delivery::shared::Inner;
use crate::domain::id::IdSource;

/// The smallest jump for which stored times are shifted, in microseconds. A receiver cannot notice less, and clocks that are
/// kept by NTP are set by a few milliseconds now and then.
const SHIFTED_JUMP_MIN_US: i64 = 100_000;

/// If the wall clock was set, to a time from 2020 to 2091, shifts due times, leases and pauses, and follows it. An error leaves both as they were: the
/// process continues by its own clock, and the next call tries again.
pub(in crate::delivery) async fn follow(inner: &Arc<Inner>) -> Result<(), Error> {
    let jump = clock::jump();
    if jump == 0 {
        return Ok(());
    }
    // Such a clock is wrong: its time fits in no id.
    static IS_LOGGED: AtomicBool = AtomicBool::new(false);
    if !IdSource::covers(clock::now().plus_micros(jump)) {
        if !IS_LOGGED.swap(true, Ordering::Relaxed) {
            tracing::error!(seconds = jump / 1_000_000, "the system clock is wrong: Hachok continues by its own time");
        }
        return Ok(());
    }
    IS_LOGGED.store(false, Ordering::Relaxed);
    if jump.abs() < SHIFTED_JUMP_MIN_US || inner.db.is_shared() {
        clock::follow(jump);
        return Ok(());
    }
    let has_followed = Arc::new(AtomicBool::new(false));
    let follows = Arc::clone(&has_followed);
    let shifted = inner.db.write(move |conn| {
        clock_shift::shift(conn, jump, clock::now().plus_micros(jump))?;
        // In the job, not after the commit: the next jobs of the same commit see the shifted rows.
        clock::follow(jump);
        follows.store(true, Ordering::Release);
        Ok(())
    });
    if let Err(error) = shifted.await {
        if has_followed.load(Ordering::Acquire) {
            clock::follow(-jump);
        }
        return Err(error);
    }
    tracing::info!(seconds = jump / 1_000_000, "the system clock jumped: due times are shifted");
    inner.clock.note_jump(jump);
    let mut pulse = inner.pulse();
    pulse.cleaned_at = pulse.cleaned_at.map(|at| at.plus_micros(jump));
    pulse.clock_set = Some((clock::now(), jump));
    Ok(())
}
