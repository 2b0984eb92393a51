//! `/tokens` and `/tokens/{id}/revocation`.

use askama::Template;

use crate::domain::accounts::api_token::{Lifetime, Scope, Scopes, Token};
use crate::domain::accounts::user::Language;
use crate::domain::name::NAME_CHARS_MAX;
use crate::domain::problem::{Field, Problems};
use crate::i18n::Translator;
use crate::views::components::{Badge, FormErrors};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The fields as typed.
#[derive(Clone, Copy, Debug)]
pub struct TokenInput<'a> {
    pub name: &'a str,
    /// `None` if none was chosen.
    pub scopes: Option<Scopes>,
    pub lifetime: Lifetime,
}

impl Default for TokenInput<'_> {
    /// An ingest token without expiry, as the help desk needs it: the most common case.
    fn default() -> Self {
        Self { name: "", scopes: Some(Scopes::one(Scope::Ingest)), lifetime: Lifetime::Unlimited }
    }
}

/// `/tokens`.
#[derive(Template)]
#[template(path = "accounts/tokens.html")]
pub struct TokensPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    tokens: &'a [Token],
    typed: TokenInput<'a>,
    errors: FormErrors<'a>,
    server: &'a str,
    new: Option<&'a str>,
}

impl<'a> TokensPage<'a> {
    /// The list with the form to create one. `server` is the public URL without a trailing slash, for the example.
    pub fn new(
        layout: Layout<'a>,
        tokens: &'a [Token],
        server: &'a str,
        typed: TokenInput<'a>,
        problems: &'a Problems,
    ) -> Self {
        let errors = FormErrors::new(layout.t, layout.t.token_not_made(), problems);
        Self { t: layout.t, layout: layout.at(Place::Tokens), tokens, typed, errors, server, new: None }
    }

    /// Shows a token that was just created; it is not shown again.
    #[must_use]
    pub fn with_new(self, token: Option<&'a str>) -> Self {
        Self { new: token, ..self }
    }

    fn badge(&self, token: &Token) -> Badge {
        Badge::of_token(self.t, token)
    }

    fn is_chosen(&self, scope: &Scope) -> bool {
        self.typed.scopes.is_some_and(|scopes| scopes.has(*scope))
    }

    fn is_active(&self, token: &Token) -> bool {
        token.is_active(self.t.now())
    }
}

/// `/tokens/{id}/revocation`.
#[derive(Template)]
#[template(path = "accounts/revoke_token.html")]
pub struct RevokePage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    token: &'a Token,
}

impl<'a> RevokePage<'a> {
    /// The question before a token is revoked.
    pub fn new(layout: Layout<'a>, token: &'a Token) -> Self {
        Self { t: layout.t, layout: layout.at(Place::Tokens), token }
    }
}
