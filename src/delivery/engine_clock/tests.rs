//! What readings of a Postgres server's clock lead to.

use super::*;
use crate::db::connection::{self, Access};
use crate::domain::system::database_url::DatabaseUrl;

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
        jumps: Jumps::default(),
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
        let jumps = Jumps { count: 1, micros: seen };
        clock.follow(jumps);
        assert!((clock.now().micros() - before.micros() - seen).abs() < SECOND_US, "{jump}");
        let followed = Reading { jumps, ..reading(102, 2 + jump, 1) };
        assert_eq!((clock.observe(&followed), clock.has_jumped()), (None, false), "{jump}");
    }
}

#[test]
fn a_jump_that_another_process_has_handled_is_no_jump() {
    for jump in [7200, -7200] {
        let clock = measured();
        let jumps = Jumps { count: 1, micros: jump * SECOND_US + 700 };
        let handled = Reading { jumps, ..reading(101, 1 + jump, 1) };
        assert_eq!((clock.observe(&handled), clock.offset()), (None, jumps.micros));
        // Old rows must not look older to the cleanup.
        assert_eq!(clock.age_base(NOW), NOW.plus_micros(-jumps.micros.max(0)));
        // And one that it handled before this process started, or that it is handling then.
        for known in [jumps, Jumps::default()] {
            let later = EngineClock::new(true);
            assert_eq!(later.observe(&Reading { jumps: known, ..handled }), None);
            let next = Reading { jumps, ..reading(102, 2 + jump, 1) };
            assert_eq!((later.observe(&next), later.has_jumped()), (None, false), "{known:?}");
            let steady = later.now().micros() - clock::since_boot().micros() + 102 * SECOND_US;
            assert!((steady - next.now.micros()).abs() < SECOND_US, "{known:?}");
        }
    }
}

#[test]
fn a_reading_from_before_a_jump_was_handled_changes_nothing_when_it_comes_late() {
    let clock = measured();
    let late = reading(101, 7201, 1);
    let jumps = Jumps { count: 1, micros: 7200 * SECOND_US };
    assert_eq!(clock.observe(&Reading { jumps, ..reading(102, 7202, 1) }), None);
    assert_eq!((clock.observe(&late), clock.has_jumped(), clock.offset()), (None, false, jumps.micros));
}

#[test]
fn a_shift_that_the_server_has_lost_is_made_again_only_if_its_clock_shows_the_jump() {
    for (jump, is_shown) in [(7200, true), (-7200, true), (7200, false), (-7200, false)] {
        let clock = measured();
        let jumps = Jumps { count: 1, micros: jump * SECOND_US };
        assert_eq!(clock.observe(&Reading { jumps, ..reading(101, 1 + jump, 1) }), None);
        // A standby without the last commits has taken over.
        let ahead = if is_shown { jump } else { 0 };
        let again = clock.observe(&reading(110, 10 + ahead, 1));
        assert_eq!((again.is_some(), clock.has_jumped(), clock.offset()), (is_shown, is_shown, 0), "{jump}");
        let mut left = Jumps::default();
        if let Some(again) = again {
            assert!((again - jump * SECOND_US).abs() <= 1000, "{jump}: {again}");
            left = Jumps { count: 1, micros: again };
            // Another process shifts.
            let shifted = Reading { jumps: left, ..reading(111, 11 + ahead, 1) };
            assert_eq!((clock.observe(&shifted), clock.has_jumped()), (None, false), "{jump}");
        }
        // What only looks old is not deleted.
        assert!(clock.age_base(NOW) <= NOW.plus_micros(-left.micros.max(0)), "{jump}");
        // Later readings count.
        assert_eq!(clock.observe(&Reading { jumps: left, ..reading(120, 20 + ahead, 1) }), None, "{jump}");
        let later = Reading { jumps: left, ..reading(121, 21 + ahead + 3600, 1) };
        assert!(clock.observe(&later).is_some(), "{jump}");
    }
}

#[test]
fn a_reading_from_before_the_own_shift_changes_nothing_when_it_comes_late() {
    let clock = measured();
    let boot_s = clock::since_boot().micros() / SECOND_US;
    let after = reading(boot_s - 1, boot_s - 101 + 7200, 1);
    let jump = clock.observe(&after).expect("a jump");
    clock.follow(Jumps { count: 1, micros: jump });
    assert_eq!((clock.observe(&after), clock.has_jumped(), clock.offset()), (None, false, jump));
}

#[test]
fn a_clock_that_was_set_when_the_server_lost_a_shift_is_no_pause_of_this_machine() {
    let clock = measured();
    let jumps = Jumps { count: 1, micros: -30 * 86_400 * SECOND_US };
    assert_eq!(clock.observe(&Reading { jumps, ..reading(101, 1 - 30 * 86_400, 1) }), None);
    let lost = reading(110, 10 + 7200, 1);
    assert!(clock.observe(&lost).is_some());
    assert!(!clock.was_seen_between(&lost));
}

#[test]
fn on_sqlite_a_time_of_another_offset_is_not_confirmed() {
    let mut sqlite = connection::open(&DatabaseUrl::Sqlite(":memory:".into()), Access::ReadWrite).expect("a database");
    let clock = EngineClock::new(false);
    for (ahead, is_same) in [(0, true), (20_000, true), (100_000, false), (-3600 * SECOND_US, false)] {
        let confirmed = clock.confirm(&mut sqlite, clock.offset() + ahead);
        assert_eq!(confirmed.is_ok(), is_same, "{ahead}");
        assert!(is_same || matches!(confirmed, Err(Error::ClockSet)), "{ahead}");
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
    let stopped_until =
        |boot_s: i64, ahead: i64| Reading { seen_at: NOW.plus_micros(ahead * SECOND_US), ..reading(boot_s, 3600, 1) };
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
