//! The log on stderr: one line an event, with a limit on repeated lines.
//!
//! Any client can make other crates log an error per request. Warnings and errors of other crates are therefore counted
//! by their place in the code and reported at most once a minute each, with their number; what any client can cause is
//! reported at level `INFO`. Hachok's own warnings and errors are limited to 20 a minute from one place.

mod limits;
mod one_line;

use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::LogFormat;
use limits::{Limits, Report};
use one_line::{Described, fields};

/// How often counts are reported; a line of another crate is delayed by at most this.
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// The target of the reports, which are not counted themselves.
const REPORTS: &str = module_path!();

static LIMITS: LazyLock<Mutex<Limits>> = LazyLock::new(Mutex::default);

/// Starts logging for this process. `RUST_LOG` overrides the default filter `hachok=info,warn`.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("hachok=info,warn"));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = match format {
        LogFormat::Json => log.json().boxed(),
        LogFormat::Text => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
            log.with_ansi(colours).fmt_fields(fields()).boxed()
        }
    };
    tracing_subscriber::registry().with(log).with(Limited).with(filter).init();
    let reporter = thread::Builder::new().name("log-reports".into()).spawn(|| {
        loop {
            thread::sleep(REPORT_EVERY);
            report(false);
        }
    });
    // If the thread could not be started, the counts are reported when the process ends.
    drop(reporter);
}

/// Reports all pending counts. Call it before the process ends.
pub fn finish() {
    report(true);
}

fn report(all: bool) {
    let reports = limits().due(Instant::now(), all);
    for Report { level, target, text, more } in reports {
        match level {
            Level::ERROR => tracing::error!(target: REPORTS, more, "{target}: {text}"),
            Level::WARN => tracing::warn!(target: REPORTS, more, "{target}: {text}"),
            _ => tracing::info!(target: REPORTS, more, "{target}: {text}"),
        }
    }
}

fn limits() -> std::sync::MutexGuard<'static, Limits> {
    LIMITS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Admits or counts each event. It is a separate layer because, as the filter of the other layer, it would leave the
/// registry in a state that loses the next event (tracing-subscriber 0.3.23, `FilterState::event_enabled`).
struct Limited;

impl<S: Subscriber> Layer<S> for Limited {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let level = *event.metadata().level();
        if level > Level::WARN || event.metadata().target() == REPORTS {
            return true;
        }
        limits().admit(&Described::of(event), level, Instant::now())
    }
}
