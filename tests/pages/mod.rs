//! What a person sees and does in a browser without scripts, and what htmx asks for.

mod accounts;
mod deliveries;
mod events;
mod every_page;
mod forms;
mod inboxes;
mod system;
mod webhooks;

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
