//! Where tests may end the process or squeeze time. Nothing of it is in a release build.

use std::time::Duration;

#[cfg(all(feature = "fault-injection", not(debug_assertions)))]
compile_error!("fault-injection is for tests: it has no place in a release build");

/// A named point of no return. With the feature `fault-injection`, a process whose `HACHOK_FAULT` is `NAME` or
/// `NAME:N` ends here, at the Nth time, as if its plug were pulled.
#[cfg(feature = "fault-injection")]
pub fn point(name: &str) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let wanted = std::env::var("HACHOK_FAULT").unwrap_or_default();
    let (point, times) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if point == name && PASSED.fetch_add(1, Ordering::SeqCst) + 1 >= times.parse().unwrap_or(1) {
        std::process::abort();
    }
}

/// A named point of no return; nothing happens without the feature.
#[cfg(not(feature = "fault-injection"))]
pub const fn point(_name: &str) {}

/// A span of the schedule. With the feature it is `HACHOK_TIME_SCALE` times shorter.
#[cfg(feature = "fault-injection")]
pub fn span(span: Duration) -> Duration {
    span.div_f64(scale("HACHOK_TIME_SCALE"))
}

#[cfg(feature = "fault-injection")]
fn scale(name: &str) -> f64 {
    let scale = std::env::var(name).ok().and_then(|text| text.parse::<f64>().ok());
    scale.filter(|scale| *scale >= 1.0).unwrap_or(1.0)
}

/// A span of the schedule, as it is.
#[cfg(not(feature = "fault-injection"))]
pub const fn span(span: Duration) -> Duration {
    span
}

/// How long a claim holds, and how often lost ones are looked for. With the feature it is `HACHOK_LEASE_SCALE` times
/// shorter; not the schedule's scale, for a lease must stay longer than an attempt may take.
#[cfg(feature = "fault-injection")]
pub fn lease(span: Duration) -> Duration {
    span.div_f64(scale("HACHOK_LEASE_SCALE"))
}

/// How long a claim holds, as it is.
#[cfg(not(feature = "fault-injection"))]
pub const fn lease(span: Duration) -> Duration {
    span
}

/// A limit of a connection. With the feature it is `HACHOK_CONNECTION_SCALE` times shorter; not the schedule's scale,
/// for then idle connections of the test's own clients would end under their next request.
#[cfg(feature = "fault-injection")]
pub fn connection(span: Duration) -> Duration {
    span.div_f64(scale("HACHOK_CONNECTION_SCALE"))
}

/// A limit of a connection, as it is.
#[cfg(not(feature = "fault-injection"))]
pub const fn connection(span: Duration) -> Duration {
    span
}

/// A limit. With the feature it is `HACHOK_DUE_LIMIT`, where that is set.
#[cfg(feature = "fault-injection")]
pub fn due_limit(limit: i64) -> i64 {
    std::env::var("HACHOK_DUE_LIMIT").ok().and_then(|text| text.parse().ok()).unwrap_or(limit)
}

/// A limit, as it is.
#[cfg(not(feature = "fault-injection"))]
pub const fn due_limit(limit: i64) -> i64 {
    limit
}
