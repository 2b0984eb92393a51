//! First run and sign-in.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::problem::{Field, Problem, Problems};
use crate::i18n::{Count, Translator, time_zones};
use crate::views::components::{ErrorSlot, ErrorSummary};
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// `/setup`: the first administrator.
#[derive(Template)]
#[template(path = "accounts/set_up.html")]
pub struct SetUpPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    typed: SetUp<'a>,
    problems: &'a Problems,
    zones: Vec<String>,
}

/// What was typed, but for the password.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetUp<'a> {
    /// The one-time token of the link.
    pub token: &'a str,
    /// Name.
    pub name: &'a str,
    /// E-mail address.
    pub email: &'a str,
    /// Time zone.
    pub time_zone: &'a str,
}

impl<'a> SetUpPage<'a> {
    /// The page, empty or with what was wrong.
    pub fn new(shell: Shell<'a>, typed: SetUp<'a>, problems: &'a Problems) -> Self {
        Self { t: shell.t, shell: shell.at(Place::Elsewhere), typed, problems, zones: time_zones() }
    }

    fn err(&self, field: Field) -> ErrorSlot {
        ErrorSlot::new(self.t, self.problems, &field)
    }

    fn bad(&self, field: Field) -> bool {
        self.problems.of(&field).is_some()
    }

    fn summary(&self) -> ErrorSummary<'a> {
        ErrorSummary::new(self.t, self.t.set_up_failed(), self.problems)
    }
}

/// `/sign-in`.
#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
pub struct SignInPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    email: &'a str,
    next: &'a str,
    refusal: Option<Refusal>,
    ended: Option<Ended>,
}

/// Why a sign-in was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The pair is wrong; nothing says which half.
    Wrong,
    /// Too many people sign in at once: nothing was compared.
    Busy,
    /// Too many attempts: wait that many seconds.
    Wait(Count),
}

/// What becomes of the form that was sent when a session had ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// None was sent.
    NoForm,
    /// It is kept for the same person.
    FormIsKept,
    /// It has to be sent again.
    NothingWasDone,
}

impl<'a> SignInPage<'a> {
    /// The page; `next` is the path to go to afterwards.
    pub fn new(shell: Shell<'a>, email: &'a str, next: &'a str, refusal: Option<Refusal>) -> Self {
        Self { t: shell.t, shell: shell.at(Place::Elsewhere), email, next, refusal, ended: None }
    }

    /// The same for somebody whose session has ended.
    #[must_use]
    pub fn after(self, ended: Option<Ended>) -> Self {
        Self { ended, ..self }
    }

    fn refused(&self) -> Option<String> {
        self.refusal.map(|refusal| match refusal {
            Refusal::Wrong => self.t.sign_in_wrong(),
            Refusal::Busy => self.t.problem_words(&Problem::HashingBusy),
            Refusal::Wait(seconds) => self.t.sign_in_wait(seconds),
        })
    }
}
