//! How many lines there may be from one place in the code.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tracing::Level;

use super::one_line::Described;

/// For that long lines are counted together.
const WINDOW: Duration = Duration::from_secs(60);
/// Lines of our own from one place that are written in a window.
const OWN_LINES_MAX: u64 = 20;
/// Places that are told apart. There are fewer in the code.
const PLACES_MAX: usize = 1000;
/// What our own places are told apart by, beside the line: one line may log several messages.
const MESSAGE_MAX_CHARS: usize = 100;

/// Crates whose warnings and errors are caused by whoever sends a request.
const STRANGERS: [&str; 5] = ["actix_http", "actix_web", "actix_session", "h2", "rustls"];

type Place = (String, u64, String);

/// What was written and counted, by place.
#[derive(Debug, Default)]
pub struct Limits {
    places: HashMap<Place, Count>,
}

#[derive(Debug)]
struct Count {
    /// The level and the text of the first that was counted.
    first: Option<(Level, String)>,
    /// How many were counted and not told.
    counted: u64,
    /// How many of our own were written in this window.
    written: u64,
    window: Option<Instant>,
    is_own: bool,
}

/// One line about those that were counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How bad.
    pub level: Level,
    /// The module that it comes from.
    pub target: String,
    /// What the first said.
    pub text: String,
    /// How many more there were like it.
    pub more: u64,
}

impl Limits {
    /// Whether a warning or an error is written now; otherwise it is counted.
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
            let is_strangers = STRANGERS.iter().any(|name| event.target.split("::").next() == Some(name));
            count.first = Some((if is_strangers { Level::INFO } else { level }, event.text.clone()));
        }
        false
    }

    /// What is to be told now: the first of a place at once, then once a window; `all` before the end.
    pub fn due(&mut self, now: Instant, all: bool) -> Vec<Report> {
        let mut reports = Vec::new();
        for ((target, ..), count) in &mut self.places {
            let is_over = count.window.is_none_or(|since| now.duration_since(since) >= WINDOW);
            if !is_over && !all {
                continue;
            }
            let Some((level, text)) = count.first.take() else { continue };
            // Of our own the first was written in full: all that were counted are more like it.
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
    fn a_line_of_another_crate_is_told_once_a_minute_with_its_number() {
        let (mut limits, begin) = (Limits::default(), Instant::now());
        let after = |seconds| begin + Duration::from_secs(seconds);
        for n in 0..1000 {
            assert!(!limits.admit(&event("actix_http::h1", &format!("bad {n}")), Level::ERROR, begin));
        }
        let told = |more, text: &str| {
            vec![Report { level: Level::INFO, target: "actix_http::h1".into(), text: text.into(), more }]
        };
        assert_eq!(limits.due(after(1), false), told(999, "bad 0"));
        assert_eq!(limits.due(after(2), false), []);
        limits.admit(&event("actix_http::h1", "later"), Level::ERROR, after(3));
        limits.admit(&event("actix_http::h1", "latest"), Level::ERROR, after(4));
        assert_eq!(limits.due(after(60), false), []);
        assert_eq!(limits.due(after(61), false), told(1, "later"));
        limits.admit(&event("actix_http::h1", "last"), Level::ERROR, after(62));
        assert_eq!(limits.due(after(63), true), told(0, "last"), "nothing is lost at the end");
    }

    #[test]
    fn other_crates_keep_their_level_and_are_told_apart_by_their_place() {
        let (mut limits, now) = (Limits::default(), Instant::now());
        limits.admit(&event("r2d2", "no connection"), Level::ERROR, now);
        limits.admit(&Described { line: 8, ..event("r2d2", "another") }, Level::WARN, now);
        let mut levels: Vec<Level> = limits.due(now, false).into_iter().map(|report| report.level).collect();
        levels.sort();
        assert_eq!(levels, [Level::ERROR, Level::WARN]);
    }

    #[test]
    fn our_own_lines_have_an_allowance_a_minute() {
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
    fn what_is_remembered_is_bounded() {
        let (mut limits, now) = (Limits::default(), Instant::now());
        for n in 0..10_000 {
            limits.admit(&event("hachok::logging", &format!("message {n}")), Level::ERROR, now);
        }
        assert!(limits.places.len() <= PLACES_MAX + 1);
    }
}
