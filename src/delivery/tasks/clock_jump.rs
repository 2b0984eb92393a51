//! Follows the wall clock of this machine, or that of a Postgres server, when it was set while the process runs.
//!
//! The stored times are shifted by the jump, in the transaction in which the clock of the process follows: what is due in an hour
//! stays due in an hour. On SQLite that is the clock of this machine ([`clock`]). On Postgres due times follow the server's
//! clock, and one of the processes shifts them for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::clock;
use crate::db::deliveries::queue::clock_shift;
use crate::db::system::server_clock::{self, Jumps};
use crate::db::{DbConnection, Error};
use crate::delivery::engine_clock::SHIFTED_JUMP_MIN_US;
use crate::delivery::shared::Inner;
use crate::domain::id::IdSource;

/// If a clock was set, to a time from 2020 to 2091, shifts due times, leases and pauses, and follows it. An error leaves both as
/// they were: the process continues by its own clock, and the next call tries again.
pub(in crate::delivery) async fn follow(inner: &Arc<Inner>) -> Result<(), Error> {
    follow_this_machine(inner).await?;
    if inner.db.is_shared() { follow_server(inner).await } else { Ok(()) }
}

async fn follow_this_machine(inner: &Arc<Inner>) -> Result<(), Error> {
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
    let (follows, engine_clock) = (Arc::clone(&has_followed), Arc::clone(&inner.clock));
    let shifted = inner.db.write(move |conn| {
        clock_shift::shift(conn, jump, clock::now().plus_micros(jump))?;
        // In the job, not after the commit: the next jobs of the same commit see the shifted rows.
        engine_clock.note_jump(jump);
        clock::follow(jump);
        follows.store(true, Ordering::Release);
        Ok(())
    });
    if let Err(error) = shifted.await {
        if has_followed.load(Ordering::Acquire) {
            clock::follow(-jump);
            inner.clock.note_jump(-jump);
        }
        return Err(error);
    }
    tracing::info!(seconds = jump / 1_000_000, "the system clock jumped: due times are shifted");
    note(inner, jump);
    Ok(())
}

async fn follow_server(inner: &Arc<Inner>) -> Result<(), Error> {
    if inner.clock.has_jumped() {
        let task = Arc::clone(inner);
        let shifted = inner.db.write(move |conn| shift_for_server(&task, conn)).await?;
        if let Some((jump, jumps)) = shifted {
            inner.clock.follow(jumps);
            tracing::info!(seconds = jump / 1_000_000, "the clock of Postgres jumped: due times are shifted");
        }
    }
    // Also of a jump that another process has handled.
    let offset = inner.clock.offset();
    let before = inner.pulse().clock_offset.replace(offset).unwrap_or(offset);
    if before != offset {
        note(inner, offset - before);
    }
    Ok(())
}

/// Shifts the stored times by the jump of the server's clock, unless another process has.
fn shift_for_server(inner: &Inner, conn: &mut DbConnection) -> Result<Option<(i64, Jumps)>, Error> {
    server_clock::lock(conn)?;
    let Some(reading) = server_clock::read(conn)? else { return Ok(None) };
    let Some(jump) = inner.clock.observe(&reading) else { return Ok(None) };
    if inner.clock.was_seen_between(&reading) {
        inner.clock.catch_up(&reading);
        tracing::warn!(seconds = jump / 1_000_000, "this machine was paused: its time since boot is behind Postgres");
        return Ok(None);
    }
    clock_shift::lock(conn)?;
    clock_shift::shift(conn, jump, reading.now)?;
    server_clock::note_jump(conn, jump)?;
    Ok(Some((jump, Jumps { count: reading.jumps.count + 1, micros: reading.jumps.micros + jump })))
}

/// Shifts the times of this process for the status page.
fn note(inner: &Inner, jump: i64) {
    let mut pulse = inner.pulse();
    pulse.cleaned_at = pulse.cleaned_at.map(|at| at.plus_micros(jump));
    pulse.clock_set = Some((inner.now(), jump));
}
