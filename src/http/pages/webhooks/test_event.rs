//! The test page: sends a real, signed request and shows the receiver's answer.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data, Path, Query};
use serde::Deserialize;

use super::list::find;
use crate::db::deliveries::log;
use crate::domain::deliveries::{Attempt, Trigger};
use crate::domain::events::catalogue::EventName;
use crate::domain::events::incoming::check_test_body;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::webhooks::Webhook;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, fragments, redirect_to, render};
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, PageContext};
use crate::http::request::session::UserSession;
use crate::operations::test_event::{self, SentTest};
use crate::views::webhooks::{FormErrorsFragment, TestForm, TestPage};
use crate::views::{Html, NoticeKind};

/// The query of the page: which sample to show.
#[derive(Deserialize)]
pub struct TestQuery {
    event: Option<String>,
    /// A test delivery whose answer is shown.
    sent: Option<String>,
}

/// The form with the sample of an event.
pub async fn form(state: Data<State>, Admin(context): Admin, id: Path<WebhookId>, query: Query<TestQuery>) -> Answer {
    let webhook = find(&state, *id).await?;
    let chosen = query.event.as_deref().and_then(EventName::parse_any).unwrap_or(EventName::WebhookTest);
    let problems = Problems::default();
    let before = context.typed_before(&format!("/webhooks/{id}/test"));
    let event = before.and_then(|form| EventName::parse_any(form.get("event"))).unwrap_or(chosen);
    let body = before.map_or(chosen.sample(), |form| form.get("body"));
    let sent = match query.sent.as_deref().and_then(|text| text.parse().ok()) {
        Some(delivery) => sent_before(&state, *id, delivery).await?,
        None => None,
    };
    let sent = sent.as_ref().map(|(delivery, attempt)| (*delivery, attempt));
    let form = TestForm { event, body, problems: &problems, sent };
    let shown = TestPage::new(context.layout(), &webhook, form);
    if context.htmx { render(StatusCode::OK, &shown.as_sample()) } else { render(StatusCode::OK, &shown) }
}

/// The attempt of a test of this webhook; `None` if it is another's, or has no attempt yet.
async fn sent_before(
    state: &State,
    webhook: WebhookId,
    delivery: DeliveryId,
) -> Result<Option<(DeliveryId, Attempt)>, PageError> {
    let loaded = state.db.read(move |conn| {
        let found = log::find(conn, delivery)?;
        let its = found.filter(|found| found.webhook_id == webhook && found.trigger == Trigger::Test);
        let Some(its) = its else { return Ok(None) };
        Ok(log::attempts::attempts_of(conn, &its)?.pop().map(|attempt| (delivery, attempt)))
    });
    Ok(loaded.await?)
}

/// Sends the event and shows the answer.
pub async fn send(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<WebhookId>,
    form: Form,
) -> Answer {
    let webhook = find(&state, *id).await?;
    let body = form.get("body").trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let (event, problems) = check(&state, form.get("event"), &body);
    if !problems.is_empty() {
        let form = TestForm { event, body: &body, problems: &problems, sent: None };
        return refuse(&context, &webhook, form);
    }
    let bytes = Bytes::from(body.clone());
    let SentTest { delivery, mut attempts, .. } =
        test_event::send(&state.db, &state.engine, *id, event, bytes, form.once()).await?;
    let sent = delivery.id;
    let Some(attempt) = attempts.pop().filter(|_| context.htmx) else {
        UserSession(session).store_notice(NoticeKind::TestSent.as_str());
        return Ok(redirect_to(&context, &format!("/deliveries/{sent}")));
    };
    let form = TestForm { event, body: &body, problems: &problems, sent: Some((sent, &attempt)) };
    let shown = TestPage::new(context.layout(), &webhook, form);
    // The form stays on the page and may be sent again.
    fragments(&[shown.as_result().html()?, context.layout().once_again("once-test").html()?])
}

fn check(state: &State, typed: &str, body: &str) -> (EventName, Problems) {
    let mut problems = Problems::default();
    let chosen = problems.keep(Field::TestEvent, EventName::parse_any(typed).ok_or(Problem::TestEventUnknown));
    let limit = usize::try_from(state.web.max_payload).unwrap_or(usize::MAX);
    problems.keep(Field::TestBody, check_test_body(body.as_bytes(), limit));
    (chosen.unwrap_or(EventName::WebhookTest), problems)
}

/// The form again, with the problem beside its field.
fn refuse(context: &PageContext, webhook: &Webhook, form: TestForm) -> Answer {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if !context.htmx {
        return render(status, &TestPage::new(context.layout(), webhook, form));
    }
    let errors = FormErrorsFragment::of_test(context.t(), form.problems).html()?;
    let no_result = TestPage::new(context.layout(), webhook, form).clearing();
    let mut response = fragments(&[errors, no_result.as_result().html()?])?;
    *response.status_mut() = status;
    response.headers_mut().insert(HeaderName::from_static("hx-retarget"), HeaderValue::from_static("#errsum"));
    Ok(response)
}
