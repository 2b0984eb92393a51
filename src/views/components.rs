//! Small elements that many pages use.

use askama::Template;
use askama::filters::HtmlSafe;

use super::filters;
use crate::domain::accounts::api_token::Token;
use crate::domain::accounts::user::User;
use crate::domain::chatwoot::connection::State as ConnectionState;
use crate::domain::deliveries::recovery::RecoveryState;
use crate::domain::deliveries::state::DeliveryState;
use crate::domain::deliveries::{Delivery, Reason};
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::State;
use crate::i18n::{Count, Moment, Translator};

/// An icon of the sprite `icons.svg`, hidden from screen readers.
#[derive(Template)]
#[template(
    source = r##"<svg width="18" height="18" aria-hidden="true"><use href="{{ href }}#{{ name }}"/></svg>"##,
    ext = "html"
)]
pub struct Icon<'a> {
    name: &'a str,
    href: String,
}

impl HtmlSafe for Icon<'_> {}

impl<'a> Icon<'a> {
    pub fn new(name: &'a str) -> Self {
        Self { name, href: crate::assets::asset_url("icons.svg") }
    }
}

/// A `<time>` element with the exact time as its title.
#[derive(Template)]
#[template(
    source = r#"<time datetime="{{ moment.iso }}" title="{{ moment.exact }}">{{ moment.text }}</time>"#,
    ext = "html"
)]
pub struct Time {
    pub moment: Moment,
}

impl HtmlSafe for Time {}

/// A word with an icon and a colour.
#[derive(Template)]
#[template(source = r#"<span class="badge {{ class }}">{{ icon|icon }}{{ text }}</span>"#, ext = "html")]
pub struct Badge {
    pub class: &'static str,
    pub icon: &'static str,
    pub text: String,
}

impl HtmlSafe for Badge {}

impl Badge {
    /// The state of a webhook.
    pub fn of_state(t: Translator, state: State) -> Self {
        let (class, icon) = match state {
            State::Active => ("ok", "ok"),
            State::Failing => ("bad", "bad"),
            State::Paused => ("wait", "wait"),
            State::Disabled => ("off", "pause"),
            State::AutoDisabled => ("bad", "warn"),
        };
        Self { class, icon, text: t.state_word(state) }
    }

    /// The state of a connection to Chatwoot.
    pub fn of_connection(t: Translator, state: ConnectionState) -> Self {
        let (class, icon) = match state {
            ConnectionState::Receiving => ("ok", "ok"),
            ConnectionState::Waiting => ("wait", "wait"),
            ConnectionState::Faulty => ("bad", "warn"),
            ConnectionState::Disconnected => ("off", "x"),
        };
        Self { class, icon, text: t.chatwoot_state(state) }
    }

    /// The state of a recovery.
    pub fn of_recovery(t: Translator, state: RecoveryState) -> Self {
        let (class, icon) = match state {
            RecoveryState::Running => ("wait", "send"),
            RecoveryState::Done => ("ok", "ok"),
            RecoveryState::Cancelled => ("off", "x"),
        };
        Self { class, icon, text: t.recovery_state(state) }
    }

    /// Whether an API token is valid.
    pub fn of_token(t: Translator, token: &Token) -> Self {
        let (class, icon, text) = match (token.revoked_at, token.is_active(t.now())) {
            (Some(_), _) => ("off", "x", t.token_revoked()),
            (None, true) => ("ok", "ok", t.token_good()),
            (None, false) => ("wait", "wait", t.token_expired()),
        };
        Self { class, icon, text }
    }

    /// Whether a user may sign in.
    pub fn of_user(t: Translator, user: &User) -> Self {
        match user.disabled_at {
            None => Self { class: "ok", icon: "ok", text: t.user_active() },
            Some(_) => Self { class: "off", icon: "pause", text: t.user_disabled() },
        }
    }

    /// The state of a delivery.
    pub fn of_delivery(t: Translator, delivery: &Delivery, state: DeliveryState) -> Self {
        let cancelled = matches!(delivery.reason, Some(Reason::Cancelled | Reason::WebhookDeleted));
        if cancelled {
            return Self { class: "off", icon: "x", text: t.delivery_cancelled() };
        }
        Self::of_delivery_state(t, state)
    }

    /// A state of deliveries.
    pub fn of_delivery_state(t: Translator, state: DeliveryState) -> Self {
        let (class, icon) = match state {
            DeliveryState::Success => ("ok", "ok"),
            DeliveryState::Failed => ("bad", "bad"),
            DeliveryState::Queued => ("wait", "send"),
            DeliveryState::Retrying => ("wait", "again"),
            DeliveryState::Waiting => ("wait", "wait"),
            DeliveryState::Held => ("off", "pause"),
        };
        Self { class, icon, text: t.delivery_state(state) }
    }
}

/// A name in `<bdi>`, so that its direction does not affect the text around it. A name that a list may cut has the whole
/// as its title.
#[derive(Template)]
#[template(source = r#"<bdi{% if self.is_long() %} title="{{ name }}"{% endif %}>{{ name }}</bdi>"#, ext = "html")]
pub struct Bdi {
    pub name: String,
}

impl HtmlSafe for Bdi {}

impl Bdi {
    /// Two lines of the narrowest column of names hold this many wide letters.
    const CHARS_MAX: usize = 24;

    fn is_long(&self) -> bool {
        self.name.chars().nth(Self::CHARS_MAX).is_some()
    }
}

/// The word *hidden* instead of a secret.
#[derive(Template)]
#[template(source = r#"<span class="badge redacted">{{ "lock"|icon }}{{ t.hidden() }}</span>"#, ext = "html")]
pub struct Redacted<'a> {
    pub t: Translator<'a>,
}

impl HtmlSafe for Redacted<'_> {}

/// A header as a page shows it: [`Redacted`] replaces each `[hidden]` in its value.
pub struct ShownHeader<'a> {
    pub name: &'a str,
    /// The pieces of the value between the secrets.
    pub pieces: Vec<&'a str>,
}

impl<'a> ShownHeader<'a> {
    pub fn all(headers: &'a [(String, String)]) -> Vec<Self> {
        headers.iter().map(|(name, value)| Self { name, pieces: value.split("[hidden]").collect() }).collect()
    }
}

/// The place under a field for its problem. It is rendered even without a problem, so that htmx can fill it.
#[derive(Template)]
#[template(
    source = r#"<p class="err" id="err-{{ slug }}"{% if oob %} hx-swap-oob="true"{% endif %}>
{%- if let Some(text) = text %}{{ "bad"|icon }}<span>{{ text }}</span>{% endif -%}
</p>"#,
    ext = "html"
)]
pub struct ErrorSlot {
    slug: String,
    text: Option<String>,
    oob: bool,
}

impl HtmlSafe for ErrorSlot {}

impl ErrorSlot {
    pub fn new(t: Translator, problems: &Problems, field: &Field) -> Self {
        let text = problems.of(field).map(|problem| words(t, field, problem));
        Self { slug: field.slug(), text, oob: false }
    }

    /// As an out-of-band swap for htmx.
    pub fn out_of_band(t: Translator, problems: &Problems, field: &Field) -> Self {
        Self { oob: true, ..Self::new(t, problems, field) }
    }
}

/// All problems at the top of a form, each with a link to its field.
#[derive(Template)]
#[template(path = "_errors.html")]
pub struct ErrorSummary<'a> {
    t: Translator<'a>,
    title: String,
    lines: Vec<(Option<String>, String)>,
    /// How many of the problems are mistakes in what was typed.
    mistakes: Count,
}

impl HtmlSafe for ErrorSummary<'_> {}

impl<'a> ErrorSummary<'a> {
    pub fn new(t: Translator<'a>, title: String, problems: &Problems) -> Self {
        let target = |field: &Field| (*field != Field::Form).then(|| field.slug());
        let lines = problems.iter().map(|(field, problem)| (target(field), words(t, field, problem))).collect();
        let mistakes = problems.iter().filter(|(_, problem)| problem.is_mistake()).count() as Count;
        Self { t, title, lines, mistakes }
    }
}

/// The problems of a form, as its page shows them.
pub struct FormErrors<'a> {
    t: Translator<'a>,
    title: String,
    problems: &'a Problems,
}

impl<'a> FormErrors<'a> {
    /// `title` is the heading of the summary.
    pub fn new(t: Translator<'a>, title: String, problems: &'a Problems) -> Self {
        Self { t, title, problems }
    }

    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// The slot under a field, with its problem if it has one.
    pub fn at(&self, field: Field) -> ErrorSlot {
        ErrorSlot::new(self.t, self.problems, &field)
    }

    /// The field has a problem.
    pub fn is_bad(&self, field: Field) -> bool {
        self.problems.of(&field).is_some()
    }

    pub fn summary(&self) -> ErrorSummary<'a> {
        ErrorSummary::new(self.t, self.title.clone(), self.problems)
    }
}

/// The text of a problem. A missing name in a row of custom headers has a text of its own.
fn words(t: Translator, field: &Field, problem: &Problem) -> String {
    match (field, problem) {
        (Field::HeaderName(_), Problem::HeaderNameMissing) => t.HeaderNameMissingHere(),
        _ => t.problem_words(problem),
    }
}

/// A text of which one part is strong.
#[derive(Template)]
#[template(
    source = "{{ before }}{% if !part.is_empty() %}<strong>{{ part }}</strong>{% endif %}{{ after }}",
    ext = "html"
)]
pub struct Strong {
    before: String,
    part: String,
    after: String,
}

impl HtmlSafe for Strong {}

impl Strong {
    /// The text, with the first occurrence of `part` strong; without it, all of the text is plain.
    pub fn part_of(text: &str, part: &str) -> Self {
        let (before, after) = text.split_once(part).unwrap_or((text, ""));
        let part = if before.len() == text.len() { "" } else { part };
        Self { before: before.into(), part: part.into(), after: after.into() }
    }
}

/// The end of an id, for a column: ids of the same time differ there. The whole id is the title of its cell.
pub fn short_id(id: &str) -> String {
    const SHOWN_CHARS: usize = 8;
    format!("…{}", id.get(id.len().saturating_sub(SHOWN_CHARS)..).unwrap_or(id))
}

/// For each time, newest first, its day if it is the first of that day.
pub fn first_of_each_day(t: Translator, times: impl Iterator<Item = Timestamp>) -> Vec<Option<String>> {
    let mut last = None;
    let first = |at| {
        let day = t.log_day(at);
        let is_new = last.as_ref() != Some(&day);
        last = Some(day.clone());
        is_new.then_some(day)
    };
    times.map(first).collect()
}
