//! `/settings`: what administrators set for everybody, and what is set at the start.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::problem::{Field, Problems};
use crate::i18n::{Translator, time_zones};
use crate::views::components::{ErrorSlot, ErrorSummary};
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// What is stored or was typed.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a> {
    /// The language of the installation.
    pub language: Language,
    /// The time zone of new people.
    pub time_zone: &'a str,
    /// The custom attribute that is the substatus.
    pub substatus_attribute: &'a str,
    /// Readers without admin rights see the answers of all webhooks.
    pub viewers_see_answers: bool,
}

/// A value that is set at the start.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// What it is.
    pub name: String,
    /// What it is set to, in words; an empty one means nothing is set.
    pub value: String,
    /// The environment variable; `None` for what is built in.
    pub variable: Option<&'static str>,
}

/// The page.
#[derive(Template)]
#[template(path = "system/settings.html")]
pub struct SettingsPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    typed: Typed<'a>,
    problems: &'a Problems,
    fixed: Vec<Fixed>,
    zones: Vec<String>,
}

impl<'a> SettingsPage<'a> {
    /// The form, or the same as facts for whoever may not write, and the values of the start.
    pub fn new(shell: Shell<'a>, (typed, problems): (Typed<'a>, &'a Problems), fixed: Vec<Fixed>) -> Self {
        let shell = shell.at(Place::Settings);
        Self { t: shell.t, shell, typed, problems, fixed, zones: time_zones() }
    }

    fn language(&self) -> &'static str {
        match self.typed.language {
            Language::En => "English",
            Language::Uk => "Українська",
        }
    }

    fn err(&self, field: Field) -> ErrorSlot {
        ErrorSlot::new(self.t, self.problems, &field)
    }

    fn bad(&self, field: Field) -> bool {
        self.problems.of(&field).is_some()
    }

    fn summary(&self) -> ErrorSummary<'a> {
        ErrorSummary::new(self.t, self.t.settings_not_saved(), self.problems)
    }
}
