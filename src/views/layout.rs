//! What surrounds every page.

use std::borrow::Cow;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::accounts::user::{Role, Theme, User};
use crate::domain::webhooks::target_url::TargetUrl;
use crate::i18n::{Count, Locale, NoticeKind, Translator};

/// A place of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The webhooks and all that belongs to one.
    Webhooks,
    /// The delivery log.
    Deliveries,
    /// The catalogue of events.
    Events,
    /// The inboxes.
    Inboxes,
    /// The API tokens.
    Tokens,
    /// The people.
    Users,
    /// The settings of the installation.
    Settings,
    /// How the system is doing.
    Status,
    /// The reader's own account.
    Profile,
    /// None of the menu.
    Elsewhere,
}

/// A line above the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Something was done.
    Done(NoticeKind),
    /// Something is odd, in words: for example the warnings of a saved form.
    Odd(String),
}

/// What surrounds every page: language, person, menu, notice.
#[derive(Clone, Debug)]
pub struct Shell<'a> {
    /// Language, time zone and present.
    pub t: Translator<'a>,
    /// Path and query of this page, for the language links.
    pub path: &'a str,
    /// Who is signed in.
    pub user: Option<&'a User>,
    /// How the page looks; `None` follows the reader's system.
    pub theme: Option<Theme>,
    /// The token of every form.
    pub csrf: &'a str,
    /// The once-token of the forms that make or send something.
    pub once: &'a str,
    /// The place of the menu; pages set it themselves.
    pub place: Place,
    /// Deliveries that failed in the last 24 hours, for the menu.
    pub failed_24h: Count,
    /// A line above the page.
    pub notice: Option<Notice>,
}

impl<'a> Shell<'a> {
    /// A shell with nobody signed in and nothing to tell; set the public fields for more.
    pub const fn new(t: Translator<'a>, path: &'a str, csrf: &'a str) -> Self {
        Self { t, path, user: None, theme: None, csrf, once: "", place: Place::Elsewhere, failed_24h: 0, notice: None }
    }

    /// The same at a place of the menu.
    #[must_use]
    pub(super) fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// The person may change things.
    pub(super) fn may_write(&self) -> bool {
        self.user.is_some_and(|user| user.role == Role::Admin)
    }

    /// A webhook's address, as far as this person may see it.
    pub(super) fn shown_url<'u>(&self, url: &'u TargetUrl) -> Cow<'u, str> {
        if self.may_write() { url.as_str().into() } else { url.masked().into() }
    }

    pub(super) fn csrf_field(&self) -> CsrfField<'a> {
        CsrfField { token: self.csrf }
    }

    /// For forms that make or send something: a second post of the same page's form gets the first one's answer.
    pub(super) fn once_field(&self) -> OnceField<'a> {
        OnceField { once: self.once, id: None, again: false }
    }

    /// The same on a form that htmx leaves on the page after it was sent.
    pub(super) fn once_field_of(&self, id: &'static str) -> OnceField<'a> {
        OnceField { once: self.once, id: Some(id), again: false }
    }

    /// A new once-token for such a form, beside what htmx swaps: sending once more is then meant.
    pub fn once_again(&self, id: &'static str) -> OnceField<'a> {
        OnceField { once: self.once, id: Some(id), again: true }
    }

    /// This page in another language.
    pub(super) fn in_language(&self, locale: &Locale) -> String {
        let (path, query) = self.path.split_once('?').unwrap_or((self.path, ""));
        let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
        let pairs: Vec<&str> = kept.collect();
        match pairs.is_empty() {
            true => format!("{path}?lang={}", locale.as_str()),
            false => format!("{path}?{}&lang={}", pairs.join("&"), locale.as_str()),
        }
    }
}

/// The hidden field that every form bears.
#[derive(Template)]
#[template(source = r#"<input type="hidden" name="_csrf" value="{{ token }}">"#, ext = "html")]
pub struct CsrfField<'a> {
    token: &'a str,
}

impl HtmlSafe for CsrfField<'_> {}

/// The hidden once-token of a form.
#[derive(Template)]
#[template(
    source = r#"<input type="hidden" name="once" value="{{ once }}"
{%- if let Some(id) = id %} id="{{ id }}"{% endif %}{% if again %} hx-swap-oob="true"{% endif %}>"#,
    ext = "html"
)]
pub struct OnceField<'a> {
    once: &'a str,
    id: Option<&'static str>,
    again: bool,
}

impl HtmlSafe for OnceField<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::Timestamp;

    #[test]
    fn a_language_link_keeps_the_rest_of_the_query() {
        let t = Translator::new(Locale::En, Timestamp::from_seconds(0));
        let link = |path| Shell::new(t, path, "").in_language(&Locale::Uk);
        assert_eq!(link("/webhooks"), "/webhooks?lang=uk");
        assert_eq!(link("/webhooks?q=a&lang=en&state=active"), "/webhooks?q=a&state=active&lang=uk");
    }
}
