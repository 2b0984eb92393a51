//! Hooks for fault tests: end the process at a named point, shorten time spans, lower limits. Without the feature
//! `fault-injection`, which a release build refuses, each hook does nothing.

use std::time::Duration;

#[cfg(all(feature = "fault-injection", not(debug_assertions)))]
compile_error!("the feature fault-injection is for tests only, not for release builds");

/// A place where a fault test may kill the process. With the feature, the process aborts here, as if it lost power, if
/// `HACHOK_FAULT` is `NAME`, or `NAME:N` on the Nth call; the thread sleeps for a second if `HACHOK_FAULT_SLEEP` is `NAME`.
#[cfg(feature = "fault-injection")]
pub fn point(name: &str) {
    use std::sync::atomic::{AtomicU64, Ordering};
    if std::env::var("HACHOK_FAULT_SLEEP").is_ok_and(|point| point == name) {
        std::thread::sleep(Duration::from_secs(1));
    }
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let wanted = std::env::var("HACHOK_FAULT").unwrap_or_default();
    let (point, times) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if point == name && PASSED.fetch_add(1, Ordering::SeqCst) + 1 >= times.parse().unwrap_or(1) {
        std::process::abort();
    }
}

/// A place where a fault test may kill the process; without the feature it does nothing.
#[cfg(not(feature = "fault-injection"))]
pub const fn point(_name: &str) {}

/// A place where a task may panic. With the feature, it panics here on the call that `HACHOK_FAULT_PANIC` names for it, from 1:
/// `worker:3,cleanup:1`.
#[cfg(feature = "fault-injection")]
#[expect(clippy::panic, reason = "that is what it is for")]
pub fn panic_point(name: &str) {
    use std::collections::HashMap;
    use std::sync::{Mutex, PoisonError};
    static PASSED: Mutex<Option<HashMap<String, u64>>> = Mutex::new(None);
    let wanted = std::env::var("HACHOK_FAULT_PANIC").unwrap_or_default();
    let call = wanted.split(',').filter_map(|point| point.split_once(':')).find(|(point, _)| *point == name);
    let Some((_, call)) = call else { return };
    let passed = {
        let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = passed.get_or_insert_default().entry(name.to_owned()).or_default();
        *passed += 1;
        passed.to_string()
    };
    if passed == call {
        panic!("fault injection: {name}");
    }
}

/// A place where a task may panic; without the feature it does nothing.
#[cfg(not(feature = "fault-injection"))]
pub const fn panic_point(_name: &str) {}

/// A place where a task may hang. With the feature, it hangs here while the file exists that `HACHOK_FAULT_HANG` names for it:
/// `worker:FILE`.
#[cfg(feature = "fault-injection")]
pub async fn hang_point(name: &str) {
    let wanted = std::env::var("HACHOK_FAULT_HANG").unwrap_or_default();
    let Some((_, file)) = wanted.split_once(':').filter(|(point, _)| *point == name) else { return };
    while std::path::Path::new(file).exists() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A place where a task may hang; without the feature it does nothing.
#[cfg(not(feature = "fault-injection"))]
pub async fn hang_point(_name: &str) {}

/// By how many microseconds a fault test has set the wall clock of the machine. With the feature, the number in the file that
/// `HACHOK_FAULT_CLOCK` names, which a test may change at any time.
#[cfg(feature = "fault-injection")]
pub fn wall_clock_offset() -> i64 {
    offset_in("HACHOK_FAULT_CLOCK")
}

/// The number in the file that a variable names.
#[cfg(feature = "fault-injection")]
fn offset_in(variable: &str) -> i64 {
    let Some(file) = std::env::var_os(variable) else { return 0 };
    std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// By how many microseconds the wall clock was set; without the feature always 0.
#[cfg(not(feature = "fault-injection"))]
pub const fn wall_clock_offset() -> i64 {
    0
}

/// By how many microseconds a fault test has set the clock of the Postgres server: the number in the file that
/// `HACHOK_FAULT_SERVER_CLOCK` names.
#[cfg(feature = "fault-injection")]
pub fn server_clock_offset() -> i64 {
    offset_in("HACHOK_FAULT_SERVER_CLOCK")
}

/// By how many microseconds the server's clock was set; without the feature always 0.
#[cfg(not(feature = "fault-injection"))]
pub const fn server_clock_offset() -> i64 {
    0
}

/// A time span of the retry schedule. With the feature it is divided by `HACHOK_TIME_SCALE`.
#[cfg(feature = "fault-injection")]
pub fn span(span: Duration) -> Duration {
    span.div_f64(scale("HACHOK_TIME_SCALE"))
}

#[cfg(feature = "fault-injection")]
fn scale(name: &str) -> f64 {
    let scale = std::env::var(name).ok().and_then(|text| text.parse::<f64>().ok());
    scale.filter(|scale| *scale >= 1.0).unwrap_or(1.0)
}

/// A time span of the retry schedule, unchanged.
#[cfg(not(feature = "fault-injection"))]
pub const fn span(span: Duration) -> Duration {
    span
}

/// The duration of a lease, or the interval at which expired ones are reclaimed. With the feature it is divided by
/// `HACHOK_LEASE_SCALE`. It has its own scale because a lease must last longer than any attempt.
#[cfg(feature = "fault-injection")]
pub fn lease(span: Duration) -> Duration {
    span.div_f64(scale("HACHOK_LEASE_SCALE"))
}

/// The duration of a lease, unchanged.
#[cfg(not(feature = "fault-injection"))]
pub const fn lease(span: Duration) -> Duration {
    span
}

/// A timeout of an HTTP connection. With the feature it is divided by `HACHOK_CONNECTION_SCALE`. It has its own scale
/// because the schedule's would close idle connections of the test's clients under their next request.
#[cfg(feature = "fault-injection")]
pub fn connection(span: Duration) -> Duration {
    span.div_f64(scale("HACHOK_CONNECTION_SCALE"))
}

/// A timeout of an HTTP connection, unchanged.
#[cfg(not(feature = "fault-injection"))]
pub const fn connection(span: Duration) -> Duration {
    span
}

/// The limit of due deliveries. With the feature it is replaced by `HACHOK_DUE_LIMIT`, if that is set.
#[cfg(feature = "fault-injection")]
pub fn due_limit(limit: i64) -> i64 {
    std::env::var("HACHOK_DUE_LIMIT").ok().and_then(|text| text.parse().ok()).unwrap_or(limit)
}

/// The limit of due deliveries, unchanged.
#[cfg(not(feature = "fault-injection"))]
pub const fn due_limit(limit: i64) -> i64 {
    limit
}

/// The answer of the name service for `host`; `None` asks the real one. With the feature, and if `HACHOK_FAULT_NAMES` is
/// set, a name below `answered.test` has the address 127.0.0.1, and one below `silent.test` gets no answer: the call blocks
/// for 20 s, as getaddrinfo does with two name servers that do not answer.
#[cfg(feature = "fault-injection")]
pub fn name_answer(host: &str) -> Option<std::io::Result<Vec<std::net::IpAddr>>> {
    std::env::var_os("HACHOK_FAULT_NAMES")?;
    if host.ends_with(".answered.test") {
        return Some(Ok(vec![std::net::Ipv4Addr::LOCALHOST.into()]));
    }
    host.ends_with(".silent.test").then(|| {
        std::thread::sleep(Duration::from_secs(20));
        Err(std::io::Error::other("the name server does not answer"))
    })
}

/// The answer of the name service for a fault test; without the feature always `None`.
#[cfg(not(feature = "fault-injection"))]
pub const fn name_answer(_host: &str) -> Option<std::io::Result<Vec<std::net::IpAddr>>> {
    None
}
