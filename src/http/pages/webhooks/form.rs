//! Creates and changes webhooks.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Data, Path, Query};
use serde::{Deserialize, Serialize};

use super::list;
use super::secret;
use crate::db::once::Done;
use crate::db::{DbConnection, WriteError, inboxes};
use crate::domain::events::catalogue::EventName;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::inboxes::Inbox;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::text::cleaned;
use crate::domain::webhooks::Webhook;
use crate::forms::header_row::HeaderRow;
use crate::forms::webhook::WebhookForm;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::double_submit;
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, PageContext};
use crate::http::request::posted_form::FormWithTokenCheck;
use crate::http::request::session::UserSession;
use crate::operations::NotFound;
use crate::operations::save_webhook::{NotSaved, SameUrl, SaveWebhook};
use crate::operations::test_event;
use crate::views::NoticeKind;
use crate::views::webhooks::{FormErrorsFragment, FormInput, FormPage, NewHeaderRow};

/// `?event=` ticks an event of a new webhook, `?from=` starts with the settings of another webhook.
#[derive(Deserialize)]
pub struct Prefilled {
    event: Option<String>,
    from: Option<WebhookId>,
}

/// The form of a new webhook. A copy has all settings of its original except secrets.
pub async fn new(state: Data<State>, Admin(context): Admin, query: Query<Prefilled>) -> Answer {
    let Prefilled { event, from } = query.into_inner();
    let original = match from {
        Some(id) => Some(list::find(&state, id).await?),
        None => None,
    };
    let form = match (typed_before(&context, "/webhooks"), &original) {
        (Some(typed), _) => typed,
        (None, Some(original)) => WebhookForm::copy_of(original, cleaned(&context.t().copy_of(original.title()))),
        (None, None) => WebhookForm::blank(event.into_iter().collect()),
    };
    let inboxes = context.t().named_inboxes(state.db.read(inboxes::list).await?);
    let problems = Problems::default();
    let input = FormInput { webhook: None, form: &form, inboxes: &inboxes, problems: &problems };
    let shown = FormPage::new(context.layout(), input).under(&state.policy);
    render(StatusCode::OK, &shown.copied_from(original.as_ref()))
}

/// The fields of a form that was kept when the session had ended.
fn typed_before(context: &PageContext, action: &str) -> Option<WebhookForm> {
    context.typed_before(action).map(|form| without_spare_rows(WebhookForm::from_pairs(form.pairs())))
}

/// Redirects to a form with the settings of the webhook: a copy is created only after its credentials were entered.
pub async fn copy(state: Data<State>, Admin(context): Admin, id: Path<WebhookId>, _form: Form) -> Answer {
    let original = list::find(&state, *id).await?;
    Ok(redirect_to(&context, &format!("/webhooks/new?from={}", original.id)))
}

/// The form of a stored webhook.
pub async fn edit(state: Data<State>, Admin(context): Admin, id: Path<WebhookId>) -> Answer {
    let webhook = list::find(&state, *id).await?;
    let inboxes = context.t().named_inboxes(state.db.read(inboxes::list).await?);
    let typed = typed_before(&context, &format!("/webhooks/{id}"));
    let form = typed.unwrap_or_else(|| WebhookForm::of(&webhook));
    show(&state, &context, StatusCode::OK, &form, Some(&webhook), &inboxes, &Problems::default())
}

/// The index of the row of custom headers to add.
#[derive(Deserialize)]
pub struct RowIndex {
    #[serde(default)]
    i: usize,
}

/// One more row of custom headers.
pub async fn header_row(Admin(context): Admin, query: Query<RowIndex>) -> Answer {
    render(StatusCode::OK, &NewHeaderRow::new(context.t(), query.i.min(63)))
}

/// The effect of the form, stored for a repeated post.
#[derive(Serialize, Deserialize)]
struct SavedForm {
    id: WebhookId,
    created: bool,
    /// The title of another webhook with the same URL.
    same_url: Option<String>,
}

/// Stores a new webhook.
pub async fn create(state: Data<State>, Admin(context): Admin, session: Session, input: FormWithTokenCheck) -> Answer {
    let form = input.form;
    let typed = WebhookForm::from_pairs(form.pairs());
    if !input.fresh {
        return too_old(&state, &context, &typed, None).await;
    }
    let saved = double_submit::write(&state, form.once(), storing(&state, typed.clone(), None)).await;
    answer(&state, &context, session, &form, typed, None, saved).await
}

/// Stores changes to a webhook.
pub async fn update(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<WebhookId>,
    input: FormWithTokenCheck,
) -> Answer {
    let (stored, form) = (list::find(&state, *id).await?, input.form);
    let typed = WebhookForm::from_pairs(form.pairs());
    if !input.fresh {
        return too_old(&state, &context, &typed, Some(&stored)).await;
    }
    // A repeated post gets the first answer only as long as no other change came after that form.
    let latest = typed.version.is_some_and(|version| stored.version <= version + 1);
    let once = form.once().filter(|_| latest);
    let saved = double_submit::write(&state, once, storing(&state, typed.clone(), Some(*id))).await;
    answer(&state, &context, session, &form, typed, Some(stored), saved).await
}

/// The transaction of a form: creates a webhook, or changes the webhook `id`.
fn storing(
    state: &State,
    form: WebhookForm,
    id: Option<WebhookId>,
) -> impl FnOnce(&mut DbConnection) -> Result<Done<SavedForm>, WriteError<NotSaved>> + Send + use<> {
    let save = SaveWebhook::new(&state.db, &state.policy, SameUrl::Allowed);
    move |conn| {
        let saved = match id {
            None => save.create(conn, None, &form)?,
            Some(id) => save.update(conn, id, None, |_| Ok(form))?,
        };
        let made = SavedForm { id: saved.id, created: id.is_none(), same_url: saved.same_url };
        Ok(Done { made, secret: saved.secret.map(|secret| secret.reveal().to_owned()) })
    }
}

async fn answer(
    state: &State,
    context: &PageContext,
    session: Session,
    form: &Form,
    mut typed: WebhookForm,
    stored: Option<Webhook>,
    saved: Result<Done<SavedForm>, WriteError<NotSaved>>,
) -> Answer {
    match saved {
        Err(WriteError::Database(error)) => Err(error.into()),
        Err(WriteError::Refused(NotSaved::NotFound)) => Err(PageError::NotFound),
        Ok(Done { made: SavedForm { id, created, same_url }, secret }) => {
            state.engine.wake();
            let session = UserSession(session);
            if let Some(secret) = secret {
                secret::store(state, &session, context, id, &secret, form)?;
            }
            store_notice(context, &session, created, same_url);
            let test = match form.get("then") == "test" && !created {
                true => test_sent(state, id, form).await?,
                false => None,
            };
            Ok(after(context, id, test, created))
        }
        Err(WriteError::Refused(NotSaved::Invalid(problems))) => {
            let inboxes = context.t().named_inboxes(state.db.read(inboxes::list).await?);
            if context.htmx {
                let fragment = FormErrorsFragment::new(context.t(), &problems, typed.headers.len());
                return render(StatusCode::UNPROCESSABLE_ENTITY, &fragment);
            }
            let typed = without_spare_rows(typed);
            show(state, context, StatusCode::UNPROCESSABLE_ENTITY, &typed, stored.as_ref(), &inboxes, &problems)
        }
        Err(WriteError::Refused(NotSaved::Changed(now))) => {
            let inboxes = context.t().named_inboxes(state.db.read(inboxes::list).await?);
            // The form now starts from the stored version: saving again overwrites it on purpose.
            typed = WebhookForm { version: Some(now.version), ..without_spare_rows(typed) };
            let problems = Problems::one(Field::Form, Problem::ChangedByOther { at: now.updated_at });
            let input = FormInput { webhook: Some(&now), form: &typed, inboxes: &inboxes, problems: &problems };
            let shown = FormPage::new(context.layout(), input).under(&state.policy).with_conflicts(&now);
            Ok(swap_whole_page(context, render(StatusCode::CONFLICT, &shown)?))
        }
    }
}

/// The form with what was typed and with a valid form token. After a request of htmx the form is still on the page,
/// and the script takes the valid token from the error page.
async fn too_old(state: &State, context: &PageContext, typed: &WebhookForm, stored: Option<&Webhook>) -> Answer {
    if context.htmx {
        return Err(PageError::StaleForm);
    }
    let inboxes = context.t().named_inboxes(state.db.read(inboxes::list).await?);
    let problems = Problems::one(Field::Form, Problem::PageTooOld);
    show(state, context, StatusCode::FORBIDDEN, typed, stored, &inboxes, &problems)
}

/// htmx is configured to swap only 422, and only the error summary. Headers let it swap the whole page instead.
fn swap_whole_page(context: &PageContext, mut response: HttpResponse) -> HttpResponse {
    if context.htmx {
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

fn store_notice(context: &PageContext, session: &UserSession, created: bool, same_url: Option<String>) {
    let (t, done) = (context.t(), if created { NoticeKind::WebhookCreated } else { NoticeKind::WebhookSaved });
    match same_url {
        None => session.store_notice(done.as_str()),
        Some(name) if created => session.store_notice(&t.same_url_created(name)),
        Some(name) => session.store_notice(&t.same_url_saved(name)),
    }
}

/// Sends a test event with the saved settings; `None` if the webhook was deleted in the meantime.
async fn test_sent(state: &State, id: WebhookId, form: &Form) -> Result<Option<DeliveryId>, PageError> {
    let key = form.once().map(|key| double_submit::second(state, key));
    let event = EventName::WebhookTest;
    match test_event::send(&state.db, &state.engine, id, event, event.sample().into(), key.as_ref()).await {
        Ok(sent) => Ok(Some(sent.delivery.id)),
        Err(WriteError::Refused(NotFound)) => Ok(None),
        Err(WriteError::Database(error)) => Err(error.into()),
    }
}

/// Redirects to the new signing secret, to the answer of the test that *Save and send test* sent, or to the webhook.
fn after(context: &PageContext, id: WebhookId, test: Option<DeliveryId>, created: bool) -> HttpResponse {
    match (test, created) {
        (Some(sent), _) => redirect_to(context, &format!("/webhooks/{id}/test?sent={sent}")),
        (None, true) => redirect_to(context, &format!("/webhooks/{id}/secret")),
        (None, false) => redirect_to(context, &format!("/webhooks/{id}")),
    }
}

/// Without the blank rows at the end: the page adds its own.
fn without_spare_rows(mut form: WebhookForm) -> WebhookForm {
    while form.headers.last().is_some_and(HeaderRow::is_blank) {
        form.headers.pop();
    }
    form
}

fn show(
    state: &State,
    context: &PageContext,
    status: StatusCode,
    form: &WebhookForm,
    webhook: Option<&Webhook>,
    inboxes: &[Inbox],
    problems: &Problems,
) -> Answer {
    let input = FormInput { webhook, form, inboxes, problems };
    render(status, &FormPage::new(context.layout(), input).under(&state.policy))
}
