//! Limits how many warnings and errors are logged from one place in the code.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tracing::Level;

use super::one_line::Described;

/// The period for which repeated lines are counted together.
const WINDOW: Duration = Duration::from_secs(60);
/// Lines from one place of Hachok's own code that are logged in a window.
const OWN_LINES_MAX: u64 = 20;
/// Places that are counted separately. The code has fewer.
const PLACES_MAX: usize = 1000;
/// How much of the message belongs to the place of a line of Hachok's own: one source line may log several messages.
const MESSAGE_MAX_CHARS: usize = 100;

/// Crates whose warnings and errors any client can cause by sending a malformed request.
const CLIENT_TRIGGERED: [&str; 5] = ["actix_http", "actix_web", "actix_session", "h2", "rustls"];

/// Target, line and message (the message only of Hachok's own lines).
type Place = (String, u64, String);

/// What was written and counted, by place.
#[derive(Debug, Default)]
pub struct Limits {
    places: HashMap<Place, Count>,
}

#[derive(Debug)]
struct Count {
    /// Level and text of the first line that was counted but not reported yet.
    first: Option<(Level, String)>,
    /// Lines that were counted but not reported yet.
    counted: u64,
    /// Lines of Hachok's own that were logged in this window.
    written: u64,
    window: Option<Instant>,
    is_own: bool,
}

/// A summary of the lines that were counted at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The level of the first line, or `INFO` if any client can cause it.
    pub level: Level,
    /// The module that logged them.
    pub target: String,
    /// The text of the first line.
    pub text: String,
    /// How many more lines there were.
    pub more: u64,
}

impl Limits {
    /// Whether a warning or an error is logged now; if not, it is counted.
    pub fn admit(&mut self, event: &Described, level: Level, now: Instant) -> bool {
        let is_own = event.target == "hachok" || event.target.starts_with("hachok::");
        let message = if is_own { event.message.chars().take(MESSAGE_MAX_CHARS).collect() } else { String::new() };
        let mut place = (event.target.clone(), event.line, message);
        if self.places.len() >= PLACES_MAX && !self.places.contains_key(&place) {
            place = (event.target.clone(), 0, String::new());
        }
        let new = Count { first: None, counted: 0, written: 0, window: None, is_own };
        let count = self.places.entry(place).or_insert(new);
        if is_own {
            if count.window.is_none_or(|since| now.duration_since(since) >= WINDOW) {
                (count.window, count.written) = (Some(now), 0);
            }
            if count.written < OWN_LINES_MAX {
                count.written += 1;
                return true;
            }
        }
        count.counted += 1;
        if count.first.is_none() {
            let is_client_triggered = CLIENT_TRIGGERED.iter().any(|name| event.target.split("::").next() == Some(name));
            count.first = Some((if is_client_triggered { Level::INFO } else { level }, event.text.clone()));
        }
        false
    }

    /// The summaries that are due: the first of a place at once, then one per window. With `all` (before the process
    /// ends), every pending one.
    pub fn due(&mut self, now: Instant, all: bool) -> Vec<Report> {
        let mut reports = Vec::new();
        for ((target, ..), count) in &mut self.places {
            let is_over = count.window.is_none_or(|since| now.duration_since(since) >= WINDOW);
            if !is_over && !all {
                continue;
            }
            let Some((level, text)) = count.first.take() else { continue };
            // The first line of Hachok's own was logged in full, so every counted one is an additional one.
            let more = if count.is_own { count.counted } else { count.counted - 1 };
            (count.counted, count.written, count.window) = (0, 0, Some(now));
            reports.push(Report { level, target: target.clone(), text, more });
        }
        reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(target: &str, text: &str) -> Described {
        Described { target: target.into(), line: 7, message: text.into(), text: text.into() }
    }

    #[test]
    fn lines_of_another_crate_are_reported_once_a_minute_with_their_count() {
        let (mut limits, begin) = (Limits::default(), Instant::now());
        let after = |seconds| begin + Duration::from_secs(seconds);
        for n in 0..1000 {
            assert!(!limits.admit(&event("actix_http::h1", &format!("bad {n}")), Level::ERROR, begin));
        }
        let report = |more, text: &str| {
            vec![Report { level: Level::INFO, target: "actix_http::h1".into(), text: text.into(), more }]
        };
        assert_eq!(limits.due(after(1), false), report(999, "bad 0"));
        assert_eq!(limits.due(after(2), false), []);
        limits.admit(&event("actix_http::h1", "later"), Level::ERROR, after(3));
        limits.admit(&event("actix_http::h1", "latest"), Level::ERROR, after(4));
        assert_eq!(limits.due(after(60), false), []);
        assert_eq!(limits.due(after(61), false), report(1, "later"));
        limits.admit(&event("actix_http::h1", "last"), Level::ERROR, after(62));
        assert_eq!(limits.due(after(63), true), report(0, "last"), "the last count is reported at the end");
    }

    #[test]
    fn lines_of_other_crates_keep_their_level_and_are_counted_by_place() {
        let (mut limits, now) = (Limits::default(), Instant::now());
        limits.admit(&event("r2d2", "no connection"), Level::ERROR, now);
        limits.admit(&Described { line: 8, ..event("r2d2", "another") }, Level::WARN, now);
        let mut levels: Vec<Level> = limits.due(now, false).into_iter().map(|report| report.level).collect();
        levels.sort();
        assert_eq!(levels, [Level::ERROR, Level::WARN]);
    }

    #[test]
    fn own_lines_are_limited_per_minute() {
        let (mut limits, begin) = (Limits::default(), Instant::now());
        let own = event("hachok::logging", "the queue could not be read");
        let written = |limits: &mut Limits, now| (0..100).filter(|_| limits.admit(&own, Level::ERROR, now)).count();
        assert_eq!(written(&mut limits, begin), 20);
        assert_eq!(limits.due(begin, false), []);
        let later = begin + WINDOW;
        let [report] = &limits.due(later, false)[..] else { panic!("one report") };
        assert_eq!((report.more, report.level), (80, Level::ERROR));
        assert_eq!(written(&mut limits, later), 20);
        assert!(limits.admit(&event("hachok::logging", "another message"), Level::ERROR, begin));
    }

    #[test]
    fn the_number_of_remembered_places_is_bounded() {
        let (mut limits, now) = (Limits::default(), Instant::now());
        for n in 0..10_000 {
            limits.admit(&event("hachok::logging", &format!("message {n}")), Level::ERROR, now);
        }
        assert!(limits.places.len() <= PLACES_MAX + 1);
    }
}
