//! Two edits of the same webhook side by side: the form that came later, and what is stored.

use crate::domain::events::catalogue::EventName;
use crate::domain::inboxes::Inbox;
use crate::domain::text::isolated;
use crate::domain::webhooks::Webhook;
use crate::domain::webhooks::authorization::Method;
use crate::forms::header_row::HeaderRow;
use crate::forms::webhook::WebhookForm;
use crate::i18n::Translator;

/// A field with two values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    pub label: String,
    pub yours: String,
    pub stored: String,
}

/// The fields whose typed and stored values differ. Of a secret it says only that it would change.
pub(super) fn all(t: Translator, typed: &WebhookForm, stored: &Webhook, inboxes: &[&Inbox]) -> Vec<Conflict> {
    let now = WebhookForm::of(stored);
    let saved = stored.authorization.saved_at.map_or_else(|| t.no_headers(), |at| t.date(at).text);
    let secret = |typed: &str| if typed.is_empty() { saved.clone() } else { t.conflict_changed() };
    let yes_or_no = |is_on| if is_on { t.yes() } else { t.no() };
    let of = |form: &WebhookForm| {
        [
            form.name.trim().to_owned(),
            form.url.trim().to_owned(),
            Method::parse(&form.auth).map(|method| t.method(method)).unwrap_or_default(),
            names(&form.basic_login, &form.auth, Method::Basic),
            names(&form.custom_name, &form.auth, Method::Custom),
            events(t, &form.events),
            chosen(t, form, inboxes),
            headers(t, &form.headers),
            form.timeout_s.trim().to_owned(),
            yes_or_no(form.viewers_see_answers),
            yes_or_no(form.redirect_is_success),
        ]
    };
    let labels = [
        t.name(),
        t.webhook_url(),
        t.authorization(),
        t.login(),
        t.header_name(),
        t.events(),
        t.inboxes(),
        t.custom_headers(),
        t.timeout(),
        t.viewers_see_answers(),
        t.redirect_is_success(),
    ];
    let plain = labels.into_iter().zip(of(typed)).zip(of(&now));
    let plain = plain.map(|((label, yours), stored)| Conflict { label, yours, stored });
    let secrets = [
        (t.token(), &typed.bearer_token, Method::Bearer),
        (t.password(), &typed.basic_password, Method::Basic),
        (t.value(), &typed.custom_value, Method::Custom),
    ];
    let used = secrets.into_iter().filter(|(.., method)| method.as_str() == typed.auth);
    let secrets = used.map(|(label, typed, _)| Conflict { label, yours: secret(typed), stored: saved.clone() });
    plain.chain(secrets).filter(|conflict| conflict.yours != conflict.stored).collect()
}

/// The login or header name of a method, if that method is chosen; otherwise it has no effect.
fn names(name: &str, auth: &str, method: Method) -> String {
    if auth == method.as_str() { name.trim().to_owned() } else { String::new() }
}

fn events(t: Translator, names: &[String]) -> String {
    let known = EventName::ALL.iter().filter(|event| names.iter().any(|name| name == event.as_str()));
    known.map(|event| t.event_title(*event)).collect::<Vec<_>>().join(", ")
}

fn chosen(t: Translator, form: &WebhookForm, inboxes: &[&Inbox]) -> String {
    if form.inbox_scope == "all" {
        return t.all_inboxes();
    }
    let chosen = inboxes.iter().filter(|inbox| form.inboxes.contains(&inbox.id.to_string()));
    chosen.map(|inbox| isolated(&inbox.name)).collect::<Vec<_>>().join(", ")
}

fn headers(t: Translator, rows: &[HeaderRow]) -> String {
    let line = |row: &HeaderRow| match (row.hide, row.value.is_empty()) {
        (true, true) => format!("{}: {}", row.name.trim(), t.hidden()),
        (true, false) => format!("{}: {}", row.name.trim(), t.conflict_changed()),
        (false, _) => format!("{}: {}", row.name.trim(), row.value.trim()),
    };
    rows.iter().filter(|row| !row.is_blank() && !row.remove).map(line).collect::<Vec<_>>().join(", ")
}
