//! `/setup` and `/sign-in`.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::problem::{Field, Problem, Problems};
use crate::i18n::{Count, Translator, time_zones};
use crate::views::components::FormErrors;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// `/setup`: makes the first administrator.
#[derive(Template)]
#[template(path = "accounts/set_up.html")]
pub struct SetUpPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    typed: SetUpInput<'a>,
    errors: FormErrors<'a>,
    zones: Vec<String>,
}

/// The fields as typed; a password is never shown again.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetUpInput<'a> {
    /// The one-time token in the link.
    pub token: &'a str,
    pub name: &'a str,
    pub email: &'a str,
    pub time_zone: &'a str,
}

impl<'a> SetUpPage<'a> {
    /// The form: empty, or with what was typed and its problems.
    pub fn new(layout: Layout<'a>, typed: SetUpInput<'a>, problems: &'a Problems) -> Self {
        let errors = FormErrors::new(layout.t, layout.t.set_up_failed(), problems);
        Self { t: layout.t, layout: layout.at(Place::Elsewhere), typed, errors, zones: time_zones() }
    }
}

/// `/sign-in`.
#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
pub struct SignInPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    email: &'a str,
    next: &'a str,
    refusal: Option<Refusal>,
    ended: Option<SessionEnded>,
    /// No user exists yet.
    is_new: bool,
}

/// Why a sign-in was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Address or password is wrong; the page does not say which.
    Wrong,
    /// Too many sign-ins at once; the password was not compared.
    Busy,
    /// Too many attempts: wait this many seconds.
    Wait(Count),
}

/// What happens to a form that was sent after its session had ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnded {
    /// No form was sent.
    NoForm,
    /// It is kept, and filled in again after the same user has signed in.
    FormIsKept,
    /// It was not kept: the user has to send it again.
    NothingWasDone,
}

impl<'a> SignInPage<'a> {
    /// `next` is the path to redirect to after sign-in.
    pub fn new(layout: Layout<'a>, email: &'a str, next: &'a str, refusal: Option<Refusal>) -> Self {
        Self { t: layout.t, layout: layout.at(Place::Elsewhere), email, next, refusal, ended: None, is_new: false }
    }

    /// Says that the session has ended, and what happens to the form.
    #[must_use]
    pub fn after(self, ended: Option<SessionEnded>) -> Self {
        Self { ended, ..self }
    }

    /// Says where to find the link that creates the first user, as long as no user exists.
    #[must_use]
    pub fn before_set_up(self, is_new: bool) -> Self {
        Self { is_new, ..self }
    }

    fn refused(&self) -> Option<String> {
        self.refusal.map(|refusal| match refusal {
            Refusal::Wrong => self.t.sign_in_wrong(),
            Refusal::Busy => self.t.problem_words(&Problem::HashingBusy),
            Refusal::Wait(seconds) => self.t.sign_in_wait(seconds),
        })
    }
}
