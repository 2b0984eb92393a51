//! `/chatwoot/{id}/missing`: events that Chatwoot has and that did not arrive.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::chatwoot::attribute::Attribute;
use crate::domain::chatwoot::comparison::MissingKind;
use crate::domain::chatwoot::connection::Connection;
use crate::domain::chatwoot::progress::{Comparison, LISTED_MAX, Listed};
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::timestamp::Timestamp;
use crate::i18n::{Count, Translator};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// What the page of missing events shows.
#[derive(Clone, Copy, Debug)]
pub struct MissingInput<'a> {
    pub connection: &'a Connection,
    /// How far the comparison is; `None` if Hachok cannot call the API of this Chatwoot.
    pub comparison: Option<&'a Comparison>,
    /// The oldest missing events.
    pub listed: &'a [Listed],
    /// How many are missing.
    pub count: Count,
}

/// `/chatwoot/{id}/missing`.
#[derive(Template)]
#[template(path = "chatwoot/missing.html")]
pub struct MissingPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    connection: &'a Connection,
    comparison: Option<&'a Comparison>,
    listed: &'a [Listed],
    count: Count,
}

impl<'a> MissingPage<'a> {
    pub fn new(layout: Layout<'a>, input: MissingInput<'a>) -> Self {
        let MissingInput { connection, comparison, listed, count } = input;
        Self { t: layout.t, layout: layout.at(Place::Chatwoot), connection, comparison, listed, count }
    }

    /// What is missing, in words.
    fn what(&self, one: &Listed) -> String {
        match one.kind {
            MissingKind::Conversation => self.t.chatwoot_missing_conversation(),
            MissingKind::Message => self.t.chatwoot_missing_message(one.subject.to_string()),
            MissingKind::State => {
                let name = |attribute: &Attribute| match attribute {
                    Attribute::Status => self.t.chatwoot_state_of_conversation(),
                    Attribute::Assignee => self.t.chatwoot_assignee(),
                    Attribute::Team => self.t.chatwoot_team(),
                    Attribute::Labels | Attribute::Substatus => self.t.chatwoot_labels(),
                };
                let names: Vec<String> = one.changed.iter().map(name).collect();
                self.t.chatwoot_missing_state(names.join(", "))
            }
        }
    }

    /// The value with which a form names a missing event.
    fn item(one: &Listed) -> String {
        format!("{}:{}", one.kind.as_str(), one.subject)
    }

    /// Missing events that are not listed.
    fn unlisted(&self) -> Count {
        self.count.saturating_sub(self.listed.len() as Count)
    }

    /// Requests of the last comparison, or of the running one.
    fn requests(&self) -> Count {
        self.comparison.map_or(0, |comparison| comparison.requests.unsigned_abs())
    }

    fn is_full(&self) -> bool {
        self.count >= LISTED_MAX.unsigned_abs()
    }

    /// The time up to which everything was compared.
    fn compared_to(&self) -> Option<Timestamp> {
        self.comparison.map(|comparison| Timestamp::from_seconds(comparison.compared_to_s))
    }

    /// Why the last step of the comparison failed.
    fn problem(&self) -> Option<String> {
        let comparison = self.comparison?;
        let problem = comparison.problem.as_deref()?;
        let why = match FailureCause::parse(problem) {
            Some(cause) => self.t.chatwoot_cause(cause),
            None if problem.bytes().all(|byte| byte.is_ascii_digit()) => format!("HTTP {problem}"),
            None => self.t.chatwoot_foreign_answer(),
        };
        Some(self.t.chatwoot_comparison_failed(why, self.t.date_in_sentence(comparison.next_at)))
    }
}
