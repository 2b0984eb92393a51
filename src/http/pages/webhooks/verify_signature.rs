//! The page that finds out why a signature is not valid.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::list::find;
use crate::db::deliveries::log;
use crate::db::{DbConnection, Error, events, webhooks};
use crate::domain::id::{DeliveryId, EventId, WebhookId};
use crate::domain::secret_box::SecretBox;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::verification::mistake::Known;
use crate::domain::webhooks::verification::{Difference, Finding, Pasted, diagnose, first_difference};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, render};
use crate::http::request::form::Form;
use crate::http::request::page_context::Admin;
use crate::views::webhooks::{VerifyForm, VerifyPage};

/// The query of the page: the `webhook-id` of a delivery that links to it.
#[derive(Deserialize)]
pub struct VerifyQuery {
    #[serde(default)]
    id: String,
}

/// Sample code and the form.
pub async fn form(state: Data<State>, Admin(context): Admin, id: Path<WebhookId>, query: Query<VerifyQuery>) -> Answer {
    let webhook = find(&state, *id).await?;
    let before = context.typed_before(&format!("/webhooks/{id}/verify"));
    let blank = || VerifyForm { id: &query.id, ..VerifyForm::default() };
    render(StatusCode::OK, &VerifyPage::new(context.layout(), &webhook, before.map_or_else(blank, pasted)))
}

fn pasted(form: &Form) -> VerifyForm<'_> {
    VerifyForm {
        id: form.get("id"),
        timestamp: form.get("timestamp"),
        signature: form.get("signature"),
        body: form.get("body"),
        ..VerifyForm::default()
    }
}

/// Examines the pasted request. Changes nothing.
pub async fn check(state: Data<State>, Admin(context): Admin, id: Path<WebhookId>, form: Form) -> Answer {
    let webhook = find(&state, *id).await?;
    let texts = ["id", "timestamp", "signature", "body"].map(|name| form.get(name).to_owned());
    let (secret_box, now, id) = (state.db.secret_box(), context.now, *id);
    // In the thread of the query: trying all possible mistakes takes long for a large body.
    let found = state.db.read(move |conn| examine(conn, &secret_box, id, &texts, now)).await?;
    let (finding, difference, known) = found.ok_or(PageError::NotFound)?;
    let typed = VerifyForm { finding: Some(finding), difference, known, ..pasted(&form) };
    let shown = VerifyPage::new(context.layout(), &webhook, typed);
    if context.htmx { render(StatusCode::OK, &shown.as_verdict()) } else { render(StatusCode::OK, &shown) }
}

type Examined = (Finding, Option<Difference>, bool);

fn examine(
    conn: &mut DbConnection,
    secret_box: &SecretBox,
    webhook: WebhookId,
    [id, timestamp, signature, body]: &[String; 4],
    now: Timestamp,
) -> Result<Option<Examined>, Error> {
    let Some(target) = webhooks::target::target(conn, secret_box, webhook)? else { return Ok(None) };
    let event = event_of(conn, webhook, id.trim())?;
    let sent = match event {
        Some(event) => events::body(conn, event)?,
        None => None,
    };
    let event_id = event.map(|event| event.to_string());
    let known = Known {
        secret: &target.secret,
        old: target.old_secret.as_ref().map(|(secret, until)| (secret, *until)),
        event_id: event_id.as_deref(),
        sent: sent.as_deref(),
    };
    let finding = diagnose(Pasted { id, timestamp, signature, body }, known, now);
    let difference = match finding {
        Finding::Good(_) => None,
        Finding::Mistakes(_) | Finding::Unreadable(_) | Finding::Unexplained => {
            sent.as_deref().and_then(|sent| first_difference(sent, body))
        }
    };
    Ok(Some((finding, difference, sent.is_some())))
}

/// The event with that id, or that of the delivery with that id, if it was sent to this webhook.
fn event_of(conn: &mut DbConnection, webhook: WebhookId, id: &str) -> Result<Option<EventId>, Error> {
    if let Ok(delivery) = id.parse::<DeliveryId>() {
        let delivery = log::find(conn, delivery)?.filter(|delivery| delivery.webhook_id == webhook);
        return Ok(delivery.map(|delivery| delivery.event_id));
    }
    match id.parse::<EventId>() {
        Ok(event) if log::was_for(conn, event, webhook)? => Ok(Some(event)),
        _ => Ok(None),
    }
}
