//! The outcome of one attempt, in the reader's language.

use askama::Template;
use askama::filters::HtmlSafe;

use super::json::Json;
use crate::domain::deliveries::delivery_control::DeliveryControl;
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::deliveries::{Attempt, AttemptOutcome, Response, Trigger};
use crate::i18n::Translator;
use crate::views::components::ShownHeader;

/// An HTTP status, red if the attempt failed; where there was no answer the cause in a word, or a dash.
#[derive(Template)]
#[template(
    source = r#"{% if let Some(text) = text %}<span class="code{% if is_bad %} bad{% endif %}">{{ text }}</span>{% else %}<span class="muted">—</span>{% endif %}"#,
    ext = "html"
)]
pub struct Code {
    text: Option<String>,
    is_bad: bool,
}

impl HtmlSafe for Code {}

impl Code {
    pub fn of(t: Translator, status: Option<u16>, cause: Option<FailureCause>) -> Self {
        let word = || cause.map(|cause| t.cause_group(cause.group(None)));
        Self { text: status.map(|status| status.to_string()).or_else(word), is_bad: cause.is_some() }
    }
}

/// How an attempt ended, and the answer of the receiver.
pub struct Outcome<'a> {
    pub(in crate::views) ok: bool,
    pub(in crate::views) cause: String,
    pub(in crate::views) advice: String,
    /// What the receiver asked for in `webhook-delivery`, and what followed; empty if nothing did.
    pub(in crate::views) control: String,
    pub(in crate::views) code: Code,
    pub(in crate::views) duration: String,
    pub(in crate::views) answer: Option<Answer<'a>>,
}

pub(in crate::views) struct Answer<'a> {
    pub headers: Vec<ShownHeader<'a>>,
    /// Indented if it is JSON.
    pub body: Json,
    pub is_empty: bool,
    pub size: String,
    pub truncated: bool,
}

impl<'a> Outcome<'a> {
    /// `timeout_s` is the timeout of the webhook, `trigger` that of the delivery.
    pub fn new(t: Translator, attempt: &'a Attempt, timeout_s: u8, trigger: Trigger) -> Self {
        let code = attempt.response.as_ref().map(|response| response.status);
        let has_ended = matches!(attempt.outcome, AttemptOutcome::Failed | AttemptOutcome::Interrupted);
        let failed = attempt.cause.filter(|_| has_ended);
        let cause = |cause: FailureCause| t.cause(cause, code, timeout_s);
        let advice = |cause| match (cause, attempt.response.as_ref().and_then(location)) {
            (FailureCause::Redirect, Some(address)) => t.advice_redirect_to(address),
            _ => t.advice(cause, code, trigger),
        };
        Self {
            ok: attempt.outcome == AttemptOutcome::Succeeded,
            cause: failed.map_or_else(|| in_progress(t, attempt.outcome), cause),
            advice: failed.map(advice).unwrap_or_default(),
            control: control(t, attempt, trigger),
            code: Code::of(t, code, failed.filter(|_| code.is_some())),
            duration: attempt.duration_ms.map(|duration| t.elapsed(duration)).unwrap_or_default(),
            answer: attempt.response.as_ref().map(|response| Answer {
                headers: ShownHeader::all(&response.headers),
                body: Json::new(&response.body),
                is_empty: response.body.is_empty(),
                size: t.size(response.body.len()),
                truncated: response.truncated,
            }),
        }
    }
}

/// A delivery that ended by `abort-message` says so by its reason.
fn control(t: Translator, attempt: &Attempt, trigger: Trigger) -> String {
    let control = attempt.response.as_ref().map(|response| DeliveryControl::of(&response.headers)).unwrap_or_default();
    match trigger {
        Trigger::Test if control.disable => t.control_disable_test(),
        Trigger::Test if control.abort_message && attempt.cause.is_some() => t.control_abort_test(),
        Trigger::Event | Trigger::Manual | Trigger::Recovery if control.disable => t.control_disable(),
        _ => String::new(),
    }
}

/// The target of a redirect; `None` if it is longer than 200 characters or holds a secret.
fn location(response: &Response) -> Option<&str> {
    let header = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
    let address = header.map(|(_, address)| address.as_str());
    address.filter(|address| address.chars().count() <= 200 && !address.contains("[hidden]"))
}

fn in_progress(t: Translator, outcome: AttemptOutcome) -> String {
    match outcome {
        AttemptOutcome::Started => t.attempt_started(),
        AttemptOutcome::Interrupted => t.attempt_interrupted(),
        AttemptOutcome::Succeeded | AttemptOutcome::Failed => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::accounts::user::Language;
    use crate::views::testing::fixtures;

    fn advice(code: u16, cause: FailureCause, location: &str) -> String {
        let mut attempt = fixtures::attempts().pop().expect("three attempts");
        let headers = vec![("Location".to_owned(), location.to_owned())];
        attempt.cause = Some(cause);
        attempt.response = Some(Response { status: code, headers, ..Response::default() });
        Outcome::new(Translator::new(Language::En, fixtures::NOW), &attempt, 15, Trigger::Event).advice
    }

    #[test]
    fn a_redirect_names_the_address_it_leads_to() {
        let to = |address: &str| advice(308, FailureCause::Redirect, address);
        assert!(to("https://new.example.com/hooks").ends_with("https://new.example.com/hooks"));
        for unknown in ["a".repeat(201).as_str(), "/in?token=[hidden]"] {
            let advice = to(unknown);
            assert!(advice.contains("“A redirect (3xx) counts as delivered”") && !advice.contains(unknown), "{advice}");
        }
        assert!(!advice(410, FailureCause::Gone, "/elsewhere").contains("elsewhere"));
    }
}
