//! `/invite/{token}`: an invited person makes an account, or a user sets a new password.

use askama::Template;

use crate::domain::accounts::invitation::Invitation;
use crate::domain::accounts::user::Language;
use crate::domain::problem::{Field, Problems};
use crate::i18n::{Translator, time_zones};
use crate::views::components::FormErrors;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The fields as typed; a password is never shown again.
#[derive(Clone, Copy, Debug, Default)]
pub struct InvitationInput<'a> {
    pub name: &'a str,
    /// `None` follows the browser.
    pub language: Option<Language>,
    pub time_zone: &'a str,
}

/// The page behind a one-time link.
#[derive(Template)]
#[template(path = "accounts/invitation.html")]
pub struct InvitePage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    invitation: &'a Invitation,
    token: &'a str,
    typed: InvitationInput<'a>,
    errors: FormErrors<'a>,
    zones: Vec<String>,
}

impl<'a> InvitePage<'a> {
    /// `token` is the one in the link.
    pub fn new(
        layout: Layout<'a>,
        invitation: &'a Invitation,
        token: &'a str,
        typed: InvitationInput<'a>,
        problems: &'a Problems,
    ) -> Self {
        let layout = Layout { user: None, ..layout.at(Place::Elsewhere) };
        let t = layout.t;
        let title = if invitation.user_id.is_none() { t.set_up_failed() } else { t.password_not_changed() };
        let errors = FormErrors::new(t, title, problems);
        Self { t, layout, invitation, token, typed, errors, zones: time_zones() }
    }

    fn is_new(&self) -> bool {
        self.invitation.user_id.is_none()
    }

    fn title(&self) -> String {
        if self.is_new() { self.t.invite_title() } else { self.t.new_account_password() }
    }

    fn wants(&self, language: &Language) -> bool {
        self.typed.language.as_ref() == Some(language)
    }
}
