//! The test page: a real request, signed, and the receiver's answer.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path, Query};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::webhooks::find;
use super::{Answer, go, page};
use crate::db::{Error, log};
use crate::domain::catalogue::EventName;
use crate::domain::delivery::Attempt;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::webhook::Webhook;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::form::Form;
use crate::http::reader::{Admin, Reader};
use crate::http::session::Visit;
use crate::views::NoticeKind;
use crate::views::webhooks::{TestForm, TestPage};

/// Which event's sample to show.
#[derive(Deserialize)]
pub struct Chosen {
    event: Option<String>,
}

fn event(text: &str) -> Option<EventName> {
    if text == EventName::WebhookTest.as_str() { Some(EventName::WebhookTest) } else { EventName::parse(text) }
}

/// The form with an event's sample.
pub async fn form(state: Data<State>, Admin(reader): Admin, id: Path<WebhookId>, query: Query<Chosen>) -> Answer {
    let webhook = find(&state, *id).await?;
    let chosen = query.event.as_deref().and_then(event).unwrap_or(EventName::WebhookTest);
    let problems = Problems::default();
    let form = TestForm { event: chosen, body: chosen.sample(), problems: &problems, sent: None };
    let shown = TestPage::new(reader.shell(), &webhook, form);
    if reader.htmx { page(StatusCode::OK, &shown.as_sample()) } else { page(StatusCode::OK, &shown) }
}

/// Sends the event and shows what came back.
pub async fn send(
    state: Data<State>,
    Admin(reader): Admin,
    session: Session,
    id: Path<WebhookId>,
    form: Form,
) -> Answer {
    let webhook = find(&state, *id).await?;
    let body = form.get("body").replace("\r\n", "\n");
    let (event, problems) = check(&state, form.get("event"), &body);
    if !problems.is_empty() {
        let form = TestForm { event, body: &body, problems: &problems, sent: None };
        return render(&reader, &webhook, form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let sent = state.engine.test(*id, event, Bytes::from(body.clone())).await?.ok_or(PageError::NotFound)?;
    if !reader.htmx {
        Visit(session).leave_notice(NoticeKind::TestSent.as_str());
        return Ok(go(&reader, &format!("/deliveries/{sent}")));
    }
    let attempt = attempt(&state, sent).await?;
    let form = TestForm { event, body: &body, problems: &problems, sent: Some((sent, &attempt)) };
    render(&reader, &webhook, form, StatusCode::OK)
}

fn check(state: &State, typed: &str, body: &str) -> (EventName, Problems) {
    let mut problems = Problems::default();
    let chosen = problems.keep(Field::TestEvent, event(typed).ok_or(Problem::EventUnknown));
    let limit = usize::try_from(state.web.max_payload).unwrap_or(usize::MAX);
    if body.len() > limit {
        problems.add(Field::TestBody, Problem::BodyTooLarge);
    } else if serde_json::from_str::<IgnoredAny>(body).is_err() {
        problems.add(Field::TestBody, Problem::JsonInvalid);
    }
    (chosen.unwrap_or(EventName::WebhookTest), problems)
}

fn render(reader: &Reader, webhook: &Webhook, form: TestForm, status: StatusCode) -> Answer {
    let shown = TestPage::new(reader.shell(), webhook, form);
    if reader.htmx { page(status, &shown.as_result()) } else { page(status, &shown) }
}

async fn attempt(state: &State, id: DeliveryId) -> Result<Attempt, PageError> {
    let loaded = state.db.read(move |conn| {
        let delivery = log::find(conn, id)?.ok_or(Error::Meaning("delivery"))?;
        log::attempts_of(conn, &delivery)
    });
    loaded.await?.pop().ok_or_else(|| PageError::Internal("a test without an attempt".into()))
}
