//! The API tokens: list, making one, revoking one.

use askama::Template;

use crate::domain::accounts::api_token::{Lifetime, Scope, Token};
use crate::domain::accounts::user::Language;
use crate::domain::problem::{Field, Problems};
use crate::i18n::Translator;
use crate::views::components::{Badge, ErrorSlot, ErrorSummary};
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// What was typed.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a> {
    /// Name.
    pub name: &'a str,
    /// What it may do.
    pub scope: Scope,
    /// How long it is good.
    pub lifetime: Lifetime,
}

impl Default for Typed<'_> {
    /// The help desk's own token, which is what most people come for.
    fn default() -> Self {
        Self { name: "", scope: Scope::Ingest, lifetime: Lifetime::Unlimited }
    }
}

/// `/tokens`.
#[derive(Template)]
#[template(path = "accounts/tokens.html")]
pub struct ListPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    tokens: &'a [Token],
    typed: Typed<'a>,
    problems: &'a Problems,
    server: &'a str,
    new: Option<&'a str>,
}

impl<'a> ListPage<'a> {
    /// The list with the form to make one. `server` is our address without a slash at its end.
    pub fn new(
        shell: Shell<'a>,
        tokens: &'a [Token],
        server: &'a str,
        typed: Typed<'a>,
        problems: &'a Problems,
    ) -> Self {
        Self { t: shell.t, shell: shell.at(Place::Tokens), tokens, typed, problems, server, new: None }
    }

    /// With a token that was just made, to be copied now or never.
    #[must_use]
    pub fn with_new(self, token: Option<&'a str>) -> Self {
        Self { new: token, ..self }
    }

    fn badge(&self, token: &Token) -> Badge {
        Badge::of_token(self.t, token)
    }

    fn is_good(&self, token: &Token) -> bool {
        token.is_good(self.t.now())
    }

    fn err(&self, field: Field) -> ErrorSlot {
        ErrorSlot::new(self.t, self.problems, &field)
    }

    fn bad(&self, field: Field) -> bool {
        self.problems.of(&field).is_some()
    }

    fn summary(&self) -> ErrorSummary<'a> {
        ErrorSummary::new(self.t, self.t.token_not_made(), self.problems)
    }
}

/// `/tokens/{id}/revocation`.
#[derive(Template)]
#[template(path = "accounts/revoke_token.html")]
pub struct RevokePage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    token: &'a Token,
}

impl<'a> RevokePage<'a> {
    /// What revoking means.
    pub fn new(shell: Shell<'a>, token: &'a Token) -> Self {
        Self { t: shell.t, shell: shell.at(Place::Tokens), token }
    }
}
