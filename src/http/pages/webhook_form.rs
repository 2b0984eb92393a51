//! Making and changing a webhook.

use std::sync::Arc;

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

use super::webhook_actions::leave_secret;
use super::{Answer, go, page, webhooks as list};
use crate::clock;
use crate::db::{ANSWER, DbConnection, Error, inboxes, webhooks};
use crate::domain::id::WebhookId;
use crate::domain::inbox::Inbox;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::signing::SigningSecret;
use crate::domain::token::hex;
use crate::domain::webhook::Webhook;
use crate::forms::Context;
use crate::forms::webhook::{HeaderRow, WebhookForm};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::form::{Form, Typed};
use crate::http::made::Done;
use crate::http::reader::{Admin, Reader};
use crate::http::session::Visit;
use crate::views::NoticeKind;
use crate::views::webhooks::{FormErrors, FormInput, FormPage, NewHeaderRow};

/// `?event=` ticks an event of a new webhook, `?from=` begins with the settings of another.
#[derive(Deserialize)]
pub struct Prefilled {
    event: Option<String>,
    from: Option<WebhookId>,
}

/// The form of a new webhook. A copy has everything but the secrets of its original.
pub async fn new(state: Data<State>, Admin(reader): Admin, query: Query<Prefilled>) -> Answer {
    let Prefilled { event, from } = query.into_inner();
    let original = match from {
        Some(id) => Some(list::find(&state, id).await?),
        None => None,
    };
    let begun = match &original {
        Some(original) => WebhookForm::copy_of(original, reader.t().copy_of(original.title())),
        None => WebhookForm::blank(event.into_iter().collect()),
    };
    let form = WebhookForm { once: hex(&clock::random::<16>()), ..begun };
    let inboxes = state.db.read(inboxes::list).await?;
    let (problems, warnings) = (Problems::default(), Problems::default());
    let input = FormInput { webhook: None, form: &form, inboxes: &inboxes, problems: &problems, warnings: &warnings };
    page(StatusCode::OK, &FormPage::new(reader.shell(), input).copied_from(original.as_ref()))
}

/// A copy is not made before somebody has entered its credentials: it begins as a form.
pub async fn copy(state: Data<State>, Admin(reader): Admin, id: Path<WebhookId>, _form: Form) -> Answer {
    let original = list::find(&state, *id).await?;
    Ok(go(&reader, &format!("/webhooks/new?from={}", original.id)))
}

/// The form of a stored webhook.
pub async fn edit(state: Data<State>, Admin(reader): Admin, id: Path<WebhookId>) -> Answer {
    let webhook = list::find(&state, *id).await?;
    let inboxes = state.db.read(inboxes::list).await?;
    let form = WebhookForm::of(&webhook);
    show(&reader, StatusCode::OK, (&form, Some(&webhook), &inboxes), &Problems::default())
}

/// Which row of extra headers to add.
#[derive(Deserialize)]
pub struct RowIndex {
    #[serde(default)]
    i: usize,
}

/// One more row of extra headers.
pub async fn header_row(Admin(reader): Admin, query: Query<RowIndex>) -> Answer {
    page(StatusCode::OK, &NewHeaderRow::new(reader.t(), query.i.min(63)))
}

/// What came of a form.
enum Saved {
    Done(Done),
    Wrong(Problems),
    Changed(Box<Webhook>),
    Gone,
}

/// Stores a new webhook.
pub async fn create(state: Data<State>, Admin(reader): Admin, session: Session, input: Typed) -> Answer {
    let form = input.form;
    let typed = WebhookForm::from_pairs(form.pairs());
    if !input.fresh {
        return too_old(&state, &reader, &typed, None).await;
    }
    let saved = save_once(Data::clone(&state), typed.clone(), form.fingerprint()).await?;
    answer(&state, (&reader, session), (&form, typed, None), saved).await
}

/// Stores changes to a webhook.
pub async fn update(
    state: Data<State>,
    Admin(reader): Admin,
    session: Session,
    id: Path<WebhookId>,
    input: Typed,
) -> Answer {
    let (stored, form) = (list::find(&state, *id).await?, input.form);
    let typed = WebhookForm::from_pairs(form.pairs());
    if !input.fresh {
        return too_old(&state, &reader, &typed, Some(&stored)).await;
    }
    let saved = save(&state, typed.clone(), Some(*id)).await?;
    answer(&state, (&reader, session), (&form, typed, Some(stored)), saved).await
}

/// Checks and stores a new webhook, unless the very same form has just done so.
async fn save_once(state: Data<State>, typed: WebhookForm, form: Vec<u8>) -> Result<Saved, PageError> {
    if typed.once.is_empty() {
        return save(&state, typed, None).await;
    }
    // A task of its own: a browser hangs up on the first request when its button is clicked again.
    let saving = actix_web::rt::spawn(async move {
        let (mut made, now) = (state.made.lock().await, clock::now());
        if let Some(done) = made.find(&form, now) {
            return Ok(Saved::Done(done));
        }
        let saved = save(&state, typed, None).await?;
        if let Saved::Done(done) = &saved {
            made.remember(form, now, done.clone());
        }
        Ok(saved)
    });
    match tokio::time::timeout(ANSWER, saving).await {
        Ok(ended) => ended.map_err(|error| PageError::Internal(error.to_string()))?,
        Err(_) => Err(PageError::Unavailable),
    }
}

async fn save(state: &State, form: WebhookForm, id: Option<WebhookId>) -> Result<Saved, PageError> {
    Ok(state.db.write(storing(state, form, id)).await?)
}

/// Checks and stores in one transaction, so that nothing changes in between.
fn storing(
    state: &State,
    form: WebhookForm,
    id: Option<WebhookId>,
) -> impl FnOnce(&mut DbConnection) -> Result<Saved, Error> + Send + use<> {
    let (policy, vault) = (Arc::clone(&state.policy), state.db.vault());
    move |conn| {
        let stored = match id {
            None => None,
            Some(id) => match webhooks::find(conn, id)? {
                Some(webhook) => Some(webhook),
                None => return Ok(Saved::Gone),
            },
        };
        let inboxes = inboxes::list(conn)?;
        let context = Context { stored: stored.as_ref(), inboxes: &inboxes, policy: &policy };
        let new = match form.check(&context) {
            Ok(new) => new,
            Err(problems) => return Ok(Saved::Wrong(problems)),
        };
        if let Some(stored) = stored.filter(|stored| form.version != Some(stored.version)) {
            return Ok(Saved::Changed(Box::new(stored)));
        }
        let same_url = webhooks::with_url(conn, &new.url, id)?;
        match id {
            Some(id) => {
                webhooks::update(conn, &vault, id, &new)?;
                Ok(Saved::Done(Done { id, secret: None, same_url }))
            }
            None => {
                let secret = new.secret.clone().unwrap_or_else(|| SigningSecret::from_random(clock::random()));
                let id = webhooks::insert(conn, &vault, &new, &secret)?;
                Ok(Saved::Done(Done { id, secret: Some(secret), same_url }))
            }
        }
    }
}

type Input<'a> = (&'a Form, WebhookForm, Option<Webhook>);

async fn answer(
    state: &State,
    (reader, session): (&Reader, Session),
    (form, mut typed, stored): Input<'_>,
    saved: Saved,
) -> Answer {
    match saved {
        Saved::Gone => Err(PageError::NotFound),
        Saved::Done(Done { id, secret, same_url }) => {
            state.engine.wake();
            let visit = Visit(session);
            let then = (form.get("then") == "test", secret.is_some());
            if let Some(secret) = secret {
                leave_secret(state, (&visit, reader), id, &secret)?;
            }
            tell(reader, &visit, then.1, same_url);
            Ok(after(reader, id, then))
        }
        Saved::Wrong(problems) => {
            let inboxes = state.db.read(inboxes::list).await?;
            if reader.htmx {
                let fragment = FormErrors::new(reader.t(), &problems, typed.headers.len());
                return page(StatusCode::UNPROCESSABLE_ENTITY, &fragment);
            }
            let typed = without_spare_rows(typed);
            let shown = (&typed, stored.as_ref(), inboxes.as_slice());
            show(reader, StatusCode::UNPROCESSABLE_ENTITY, shown, &problems)
        }
        Saved::Changed(now) => {
            let inboxes = state.db.read(inboxes::list).await?;
            // Saving once more is then meant: the form goes on from what is stored now.
            typed = WebhookForm { version: Some(now.version), ..without_spare_rows(typed) };
            let problems = Problems::one(Field::Form, Problem::ChangedByOther { at: now.updated_at });
            let warnings = Problems::default();
            let input = FormInput {
                webhook: Some(&now),
                form: &typed,
                inboxes: &inboxes,
                problems: &problems,
                warnings: &warnings,
            };
            let shown = FormPage::new(reader.shell(), input).with_conflicts(&now);
            Ok(whole(reader, page(StatusCode::CONFLICT, &shown)?))
        }
    }
}

/// The form once more with what was typed and a good token.
async fn too_old(state: &State, reader: &Reader, typed: &WebhookForm, stored: Option<&Webhook>) -> Answer {
    let inboxes = state.db.read(inboxes::list).await?;
    let problems = Problems::one(Field::Form, Problem::PageTooOld);
    let response = show(reader, StatusCode::FORBIDDEN, (typed, stored, &inboxes), &problems)?;
    Ok(whole(reader, response))
}

/// htmx swaps 422 alone; here it is to swap all that the page says, instead of the summary.
fn whole(reader: &Reader, mut response: HttpResponse) -> HttpResponse {
    if reader.htmx {
        let headers = response.headers_mut();
        for (name, value) in
            [("hx-retarget", "#main"), ("hx-reselect", "#main > *"), ("hx-reswap", "innerHTML show:window:top")]
        {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

fn tell(reader: &Reader, visit: &Visit, created: bool, same_url: Option<String>) {
    let done = if created { NoticeKind::WebhookCreated } else { NoticeKind::WebhookSaved };
    match same_url {
        None => visit.leave_notice(done.as_str()),
        Some(name) => visit.leave_notice(&reader.t().problem_words(&Problem::UrlTaken { name })),
    }
}

/// A new webhook's key is shown first, unless a test is to be sent: then it waits on its page.
fn after(reader: &Reader, id: WebhookId, (test, created): (bool, bool)) -> HttpResponse {
    match (test, created) {
        (true, _) => go(reader, &format!("/webhooks/{id}/test")),
        (false, true) => go(reader, &format!("/webhooks/{id}/secret")),
        (false, false) => go(reader, &format!("/webhooks/{id}")),
    }
}

/// The rows that were left blank at the end are offered anew by the page.
fn without_spare_rows(mut form: WebhookForm) -> WebhookForm {
    while form.headers.last().is_some_and(HeaderRow::is_blank) {
        form.headers.pop();
    }
    form
}

fn show(
    reader: &Reader,
    status: StatusCode,
    (form, webhook, inboxes): (&WebhookForm, Option<&Webhook>, &[Inbox]),
    problems: &Problems,
) -> Answer {
    let warnings = Problems::default();
    let input = FormInput { webhook, form, inboxes, problems, warnings: &warnings };
    page(status, &FormPage::new(reader.shell(), input))
}
