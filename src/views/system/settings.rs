//! `/settings`: the stored settings, which administrators change here, and those of the command line, which are only
//! shown.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::problem::{Field, Problems};
use crate::i18n::{Translator, time_zones};
use crate::views::components::FormErrors;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The fields as typed or stored.
#[derive(Clone, Copy, Debug)]
pub struct SettingsInput<'a> {
    /// The language of the installation.
    pub language: Language,
    /// The time zone of new users.
    pub time_zone: &'a str,
    /// The custom attribute of conversations that holds the substatus.
    pub substatus_attribute: &'a str,
    /// Viewers see what receivers answered, for all webhooks.
    pub viewers_see_answers: bool,
}

/// A setting that is read at the start of the process, or built in.
#[derive(Clone, Debug)]
pub struct StartSetting {
    /// Its name in the reader's language.
    pub name: String,
    /// Its value in words; empty if it is not set.
    pub value: String,
    /// Its environment variable; `None` for a built-in value.
    pub variable: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "system/settings.html")]
pub struct SettingsPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    typed: SettingsInput<'a>,
    errors: FormErrors<'a>,
    fixed: Vec<StartSetting>,
    zones: Vec<String>,
}

impl<'a> SettingsPage<'a> {
    /// Viewers see the values of the form as facts.
    pub fn new(layout: Layout<'a>, typed: SettingsInput<'a>, problems: &'a Problems, fixed: Vec<StartSetting>) -> Self {
        let layout = layout.at(Place::Settings);
        let errors = FormErrors::new(layout.t, layout.t.settings_not_saved(), problems);
        Self { t: layout.t, layout, typed, errors, fixed, zones: time_zones() }
    }

    fn language(&self) -> &'static str {
        match self.typed.language {
            Language::En => "English",
            Language::Uk => "Українська",
        }
    }
}
