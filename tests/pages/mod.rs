//! The pages, in a browser without scripts and as htmx requests them.

pub mod accounts;
mod chatwoot;
mod deliveries;
mod events;
mod every_page;
mod forms;
mod inboxes;
mod system;
mod webhooks;

use crate::support::{Form, Page, Visitor};

/// The form of a new webhook, filled with valid values.
pub async fn good_form(visitor: &Visitor, url: &str) -> Form {
    visitor.open("/webhooks/new").await.form("#f-url").set("url", url).tick("events", "message_created")
}

/// Creates a webhook through its form; returns its id and the page after the redirect.
pub async fn make_webhook(visitor: &Visitor, url: &str) -> (i64, Page) {
    let form = good_form(visitor, url).await;
    made(visitor, form).await
}

/// Sends the valid form of a new webhook; returns its id and the page after the redirect.
pub async fn made(visitor: &Visitor, form: Form) -> (i64, Page) {
    let target = visitor.submit(form).await.leads_to();
    let number = target.trim_start_matches("/webhooks/").split(['/', '?', '#']).next().unwrap_or_default();
    let number = number.parse().unwrap_or_else(|_| panic!("a webhook's page: {target}"));
    (number, visitor.open(target.split('#').next().unwrap_or_default()).await)
}
