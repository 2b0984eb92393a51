//! `/status`: what is wrong with the system, and its measurements.

use std::time::Duration;

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::deliveries::state::OpenCounts;
use crate::domain::system::status::{Measurements, SystemProblem};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::State;
use crate::i18n::{Count, Moment, Translator};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The values of the page.
#[derive(Clone, Debug)]
pub struct StatusView<'a> {
    pub measurements: Measurements,
    /// The version of Hachok.
    pub version: &'a str,
    /// `SQLite` or `PostgreSQL`.
    pub database: &'a str,
    /// In bytes.
    pub database_size: u64,
    /// The file of an SQLite database; `None` for viewers, who do not see paths.
    pub database_file: Option<String>,
    /// The newest migration that has run.
    pub migration: Option<String>,
    /// Old rows are deleted one by one, because the role on Postgres may not drop partitions.
    pub deletes_by_row: bool,
    /// Pending deliveries by state.
    pub open: OpenCounts,
    /// Requests in flight.
    pub in_flight: Count,
    /// The most that may be in flight.
    pub in_flight_max: Count,
    /// The state of each webhook.
    pub webhooks: Vec<State>,
    /// Resident memory of the process in bytes, where the system reports it.
    pub memory: Option<u64>,
    /// The time zone of the machine.
    pub machine_zone: Option<String>,
    /// The last jump of the clock since the start: when, and by how many microseconds.
    pub clock_set: Option<(Timestamp, i64)>,
    /// The names of background tasks that ended unexpectedly and do not yet work again.
    pub ended_tasks: Vec<&'static str>,
    /// Other users of the machine can read files with data or the key.
    pub others_can_read: bool,
    /// These files; empty for viewers, who do not see paths.
    pub readable_files: Vec<String>,
}

/// The page. `as_status` is the part that the poll swaps.
#[derive(Template)]
#[template(path = "system/status.html", blocks = ["status"])]
pub struct StatusPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    measured: StatusView<'a>,
    problems: Vec<SystemProblem>,
}

impl<'a> StatusPage<'a> {
    pub fn new(layout: Layout<'a>, measured: StatusView<'a>) -> Self {
        let t = layout.t;
        let problems = measured.measurements.problems(t.now());
        Self { t, layout: layout.at(Place::Status), measured, problems }
    }

    fn webhooks(&self, state: State) -> Count {
        self.measured.webhooks.iter().filter(|known| **known == state).count() as Count
    }

    /// A count from the database; a negative one becomes 0.
    fn count(&self, number: &i64) -> String {
        self.t.number(Count::try_from(*number).unwrap_or(0))
    }

    /// The time since `at`, in whole seconds.
    fn since(&self, at: &Timestamp) -> String {
        self.t.span(whole(self.t.now().since(*at)))
    }

    fn size(&self, bytes: &u64) -> String {
        self.t.size(usize::try_from(*bytes).unwrap_or(usize::MAX))
    }

    fn machine_time(&self) -> Moment {
        self.t.date_with_seconds(self.t.now())
    }

    /// Says when the clock was set, and by how much.
    fn clock_was_set(&self, (at, micros): &(Timestamp, i64)) -> String {
        let by = self.t.span(whole(Duration::from_micros(micros.unsigned_abs())));
        let at = self.t.date(at).text;
        if *micros < 0 { self.t.clock_set_back(by, at) } else { self.t.clock_set_forward(by, at) }
    }
}

const fn whole(span: Duration) -> Duration {
    Duration::from_secs(span.as_secs())
}
