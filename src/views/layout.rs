//! What surrounds every page: menu, notice, language links, and the hidden fields of forms.

use std::borrow::Cow;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::accounts::user::{Role, Theme, User};
use crate::domain::webhooks::target_url::TargetUrl;
use crate::i18n::{Count, Locale, NoticeKind, Translator};

/// An entry of the menu, to mark the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The list and all pages of one webhook.
    Webhooks,
    /// The delivery log, one delivery, sending again, and received events.
    Deliveries,
    /// The catalogue of events.
    Events,
    Inboxes,
    /// Connections to Chatwoot.
    Chatwoot,
    Tokens,
    Users,
    Settings,
    Status,
    Profile,
    /// No entry of the menu.
    Elsewhere,
}

/// A line above the page, shown once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The change that was made.
    Done(NoticeKind),
    /// A warning, already in the reader's language.
    Warning(String),
}

/// What every page gets besides its own values: language, user, menu, notice.
#[derive(Clone, Debug)]
pub struct Layout<'a> {
    /// Language, time zone and current time.
    pub t: Translator<'a>,
    /// Path and query of this page; the language links keep them.
    pub path: &'a str,
    /// The signed-in user.
    pub user: Option<&'a User>,
    /// `None` follows the setting of the user's system.
    pub theme: Option<Theme>,
    /// The form token.
    pub csrf: &'a str,
    /// The once-token, for forms that create or send something.
    pub once: &'a str,
    /// Each page sets it in its `new`.
    pub place: Place,
    /// Deliveries that failed in the last 24 hours; the menu shows the count.
    pub failed_attempts_24h: Count,
    /// Events of connected Chatwoots that did not arrive; the menu shows the count.
    pub missing_events: Count,
    pub notice: Option<Notice>,
}

impl<'a> Layout<'a> {
    /// For an anonymous visitor, without a notice; set the public fields for more.
    pub const fn new(t: Translator<'a>, path: &'a str, csrf: &'a str) -> Self {
        Self {
            t,
            path,
            user: None,
            theme: None,
            csrf,
            once: "",
            place: Place::Elsewhere,
            failed_attempts_24h: 0,
            missing_events: 0,
            notice: None,
        }
    }

    /// Marks `place` in the menu.
    #[must_use]
    pub(super) fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// Whether the user may change anything: administrators may, viewers and anonymous visitors may not.
    pub(super) fn may_write(&self) -> bool {
        self.user.is_some_and(|user| user.role == Role::Admin)
    }

    /// A webhook's URL as this user may see it: whole for administrators, masked for viewers.
    pub(super) fn shown_url<'u>(&self, url: &'u TargetUrl) -> Cow<'u, str> {
        if self.may_write() { url.as_str().into() } else { url.masked().into() }
    }

    pub(super) fn csrf_field(&self) -> CsrfField<'a> {
        CsrfField { token: self.csrf }
    }

    /// For forms that create or send something: a second post of the same form gets the answer of the first.
    pub(super) fn once_field(&self) -> OnceField<'a> {
        OnceField { once: self.once, id: None, again: false }
    }

    /// The once-token of a form that stays on the page after htmx has sent it; `id` is the id of the hidden field.
    pub(super) fn once_field_of(&self, id: &'static str) -> OnceField<'a> {
        OnceField { once: self.once, id: Some(id), again: false }
    }

    /// A fresh once-token for the field `id`, as an out-of-band swap. The next post of that form is intended, not a
    /// duplicate.
    pub fn once_again(&self, id: &'static str) -> OnceField<'a> {
        OnceField { once: self.once, id: Some(id), again: true }
    }

    /// The address of this page in another language.
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

/// The hidden field with the form token, for every form.
#[derive(Template)]
#[template(source = r#"<input type="hidden" name="_csrf" value="{{ token }}">"#, ext = "html")]
pub struct CsrfField<'a> {
    token: &'a str,
}

impl HtmlSafe for CsrfField<'_> {}

/// The hidden field with the once-token.
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
        let link = |path| Layout::new(t, path, "").in_language(&Locale::Uk);
        assert_eq!(link("/webhooks"), "/webhooks?lang=uk");
        assert_eq!(link("/webhooks?q=a&lang=en&state=active"), "/webhooks?q=a&state=active&lang=uk");
    }
}
