//! `/status`: whether the system works, and what it measures of itself.

use std::time::Duration;

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::system::status::{Signs, Trouble};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::State;
use crate::i18n::{Count, Moment, Translator};
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// What is measured.
#[derive(Clone, Debug)]
pub struct Measured<'a> {
    /// What may be trouble.
    pub signs: Signs,
    /// Hachok's own version.
    pub version: &'a str,
    /// SQLite or PostgreSQL.
    pub database: &'a str,
    /// Bytes that the database takes.
    pub database_size: u64,
    /// The database's file, for those who may know where it lies.
    pub database_file: Option<String>,
    /// The newest migration.
    pub migration: Option<String>,
    /// Deliveries that wait.
    pub pending: Count,
    /// When the oldest of them was made.
    pub oldest_pending: Option<Timestamp>,
    /// Requests on their way, and how many there may be.
    pub in_flight: (Count, Count),
    /// How each webhook is doing.
    pub webhooks: Vec<State>,
    /// Bytes of memory that the process takes, where that is known.
    pub memory: Option<u64>,
    /// The machine's own time zone.
    pub machine_zone: Option<String>,
    /// When the clock was last set since the start, and by how many microseconds.
    pub clock_set: Option<(Timestamp, i64)>,
    /// Other users of the machine can read files that hold data or the key.
    pub others_can_read: bool,
    /// Those files, for those who may know where they lie.
    pub readable_files: Vec<String>,
}

/// The page. `as_status` is the part that polling swaps.
#[derive(Template)]
#[template(path = "system/status.html", blocks = ["status"])]
pub struct StatusPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    measured: Measured<'a>,
    troubles: Vec<Trouble>,
}

impl<'a> StatusPage<'a> {
    /// The page.
    pub fn new(shell: Shell<'a>, measured: Measured<'a>) -> Self {
        let t = shell.t;
        let troubles = measured.signs.troubles(t.now());
        Self { t, shell: shell.at(Place::Status), measured, troubles }
    }

    fn webhooks(&self, state: State) -> Count {
        self.measured.webhooks.iter().filter(|known| **known == state).count() as Count
    }

    /// How long ago, as a span.
    fn since(&self, at: &Timestamp) -> String {
        self.t.span(whole(self.t.now().since(*at)))
    }

    fn size(&self, bytes: &u64) -> String {
        self.t.size(usize::try_from(*bytes).unwrap_or(usize::MAX))
    }

    fn machine_time(&self) -> Moment {
        self.t.date_with_seconds(self.t.now())
    }

    /// A sentence: when the clock was set, and by how much.
    fn clock_was_set(&self, (at, micros): &(Timestamp, i64)) -> String {
        let by = self.t.span(whole(Duration::from_micros(micros.unsigned_abs())));
        let at = self.t.date(at).text;
        if *micros < 0 { self.t.clock_set_back(by, at) } else { self.t.clock_set_forward(by, at) }
    }
}

const fn whole(span: Duration) -> Duration {
    Duration::from_secs(span.as_secs())
}
