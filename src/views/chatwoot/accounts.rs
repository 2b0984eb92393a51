//! The choice of an account, where a token belongs to an administrator of several.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::chatwoot::connection::Account;
use crate::domain::webhooks::target_url::TargetUrl;
use crate::i18n::Translator;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The answer to `POST /chatwoot` with a token of several accounts.
#[derive(Template)]
#[template(path = "chatwoot/accounts.html")]
pub struct AccountsPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    accounts: &'a [Account],
    base_url: &'a TargetUrl,
    /// URL and token, sealed: they need not be typed again.
    choice: &'a str,
}

impl<'a> AccountsPage<'a> {
    pub fn new(layout: Layout<'a>, accounts: &'a [Account], base_url: &'a TargetUrl, choice: &'a str) -> Self {
        Self { t: layout.t, layout: layout.at(Place::Chatwoot), accounts, base_url, choice }
    }
}
