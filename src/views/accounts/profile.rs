//! `/profile`: the user's own account.

use askama::Template;

use crate::domain::accounts::user::{Language, Theme, User};
use crate::domain::problem::{Field, Problems};
use crate::domain::timestamp::Timestamp;
use crate::i18n::{Translator, time_zones};
use crate::views::components::FormErrors;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The fields as typed or stored.
#[derive(Clone, Copy, Debug)]
pub struct ProfileInput<'a> {
    pub name: &'a str,
    /// `None` follows the browser.
    pub language: Option<Language>,
    pub time_zone: &'a str,
    /// `None` follows the setting of the user's system.
    pub theme: Option<Theme>,
}

impl<'a> ProfileInput<'a> {
    pub fn of(user: &'a User) -> Self {
        Self { name: &user.name, language: user.language, time_zone: &user.time_zone, theme: user.theme }
    }
}

/// A session of the user.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub created_at: Timestamp,
    /// The last use, accurate to ten minutes.
    pub seen_at: Timestamp,
    /// The session that shows this page.
    pub is_this: bool,
    /// Browser (empty if unknown) and IP address of the sign-in; `None` for a session of an earlier version.
    pub device: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "accounts/profile.html")]
pub struct ProfilePage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    user: &'a User,
    typed: ProfileInput<'a>,
    errors: FormErrors<'a>,
    sessions: Vec<SessionRow>,
    zones: Vec<String>,
}

impl<'a> ProfilePage<'a> {
    pub fn new(
        layout: Layout<'a>,
        user: &'a User,
        typed: ProfileInput<'a>,
        problems: &'a Problems,
        sessions: Vec<SessionRow>,
    ) -> Self {
        let (t, layout) = (layout.t, layout.at(Place::Profile));
        let password = [Field::CurrentPassword, Field::Password].iter().any(|field| problems.of(field).is_some());
        let title = if password { t.password_not_changed() } else { t.profile_not_saved() };
        let errors = FormErrors::new(t, title, problems);
        Self { t, layout, user, typed, errors, sessions, zones: time_zones() }
    }

    fn wants(&self, language: &Language) -> bool {
        self.typed.language.as_ref() == Some(language)
    }

    fn looks(&self, theme: &Theme) -> bool {
        self.typed.theme.as_ref() == Some(theme)
    }
}
