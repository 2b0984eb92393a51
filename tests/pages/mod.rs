//! What a person sees and does in a browser without scripts, and what htmx asks for.

mod access;
mod answers;
mod catalogue;
mod conflict;
mod cookies;
mod copies;
mod csrf;
mod deliveries;
mod ended_session;
mod events;
mod folding;
mod foreign_text;
mod form_errors;
mod form_limits;
mod form_sending;
mod form_token;
mod header_errors;
mod headers;
mod hosts;
mod htmx;
mod inboxes;
mod kept_forms;
mod language;
mod log;
mod log_live;
mod names;
mod once;
mod origins;
mod outage;
mod passwords;
mod profile;
mod received;
mod resend;
mod roles;
mod secrets;
mod session;
mod set_up;
mod settings;
mod sign_in;
mod sign_in_limits;
mod statistics;
mod status;
mod test_page;
mod times;
mod tokens;
mod trouble;
mod users;
mod verification;
mod webhooks;
mod wording;

use crate::support::{Form, Page, Visitor};

/// The form of a new webhook, filled so that it is good.
pub async fn good_form(visitor: &Visitor, url: &str) -> Form {
    visitor.open("/webhooks/new").await.form("#f-url").set("url", url).tick("events", "message_created")
}

/// Makes a webhook by its form; its number, and the page that came after.
pub async fn make_webhook(visitor: &Visitor, url: &str) -> (i64, Page) {
    let form = good_form(visitor, url).await;
    made(visitor, form).await
}

/// Sends a good form of a new webhook; its number, and the page that came after.
pub async fn made(visitor: &Visitor, form: Form) -> (i64, Page) {
    let target = visitor.submit(form).await.leads_to();
    let number = target.trim_start_matches("/webhooks/").split(['/', '?', '#']).next().unwrap_or_default();
    let number = number.parse().unwrap_or_else(|_| panic!("a webhook's page: {target}"));
    (number, visitor.open(target.split('#').next().unwrap_or_default()).await)
}
