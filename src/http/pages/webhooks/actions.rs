//! Turns a webhook on and off, deletes it, shows and replaces its signing secret.

use std::rc::Rc;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::list::{find, row};
use crate::clock;
use crate::db::deliveries::{queue, statistics};
use crate::db::form_answers::Done;
use crate::db::{DbConnection, WriteError, webhooks};
use crate::domain::id::WebhookId;
use crate::domain::webhooks::signing::SigningSecret;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, PageContext};
use crate::http::request::session::UserSession;
use crate::http::request::{double_submit, one_time_secret};
use crate::operations::secret_rotation::Overlap;
use crate::views::NoticeKind;
use crate::views::webhooks::{DeletePage, HeldPage, SecretPage};

/// Turns a webhook on.
pub async fn turn_on(state: Data<State>, admin: Admin, session: Session, id: Path<WebhookId>, form: Form) -> Answer {
    switch(&state, &admin.0, session, *id, &form, true).await
}

/// Turns a webhook off: its deliveries are held.
pub async fn turn_off(state: Data<State>, admin: Admin, session: Session, id: Path<WebhookId>, form: Form) -> Answer {
    switch(&state, &admin.0, session, *id, &form, false).await
}

async fn switch(
    state: &State,
    context: &Rc<PageContext>,
    session: Session,
    id: WebhookId,
    form: &Form,
    on: bool,
) -> Answer {
    let webhook = find(state, id).await?;
    // The user decides whether held deliveries are sent or discarded.
    if on && !webhook.enabled && held(state, id).await? > 0 {
        return Ok(redirect_to(context, &format!("/webhooks/{id}/held")));
    }
    let there = state.db.write(move |conn| webhooks::set_enabled(conn, id, on, clock::now())).await?;
    if !there {
        return Err(PageError::NotFound);
    }
    state.engine.wake();
    if context.htmx {
        return row(state, context, id).await;
    }
    let kind = if on { NoticeKind::WebhookTurnedOn } else { NoticeKind::WebhookTurnedOff };
    UserSession(session).store_notice(kind.as_str());
    // Back to the page with the switch: the list, or the page of the webhook.
    let back = match form.get("back") {
        "list" => format!("/webhooks#wh-{id}"),
        _ => format!("/webhooks/{id}"),
    };
    Ok(redirect_to(context, &back))
}

async fn held(state: &State, id: WebhookId) -> Result<u64, PageError> {
    let waiting = state.db.read(move |conn| statistics::pending(conn, Some(id))).await?;
    Ok(u64::try_from(waiting).unwrap_or_default())
}

/// The question whether held deliveries are sent or discarded.
pub async fn ask_held(state: Data<State>, Admin(context): Admin, id: Path<WebhookId>) -> Answer {
    let webhook = find(&state, *id).await?;
    if webhook.enabled {
        return Ok(redirect_to(&context, &format!("/webhooks/{id}")));
    }
    let held = held(&state, *id).await?;
    render(StatusCode::OK, &HeldPage::new(context.layout(), &webhook, held))
}

/// Turns a webhook on, and sends or discards its held deliveries.
pub async fn settle_held(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<WebhookId>,
    form: Form,
) -> Answer {
    let id = id.into_inner();
    let (discard, kind) = match form.get("choice") {
        "send" => (false, NoticeKind::HeldSent),
        "discard" => (true, NoticeKind::HeldDiscarded),
        "" => (false, NoticeKind::WebhookTurnedOn),
        _ => return Err(PageError::BadRequest),
    };
    let now = clock::now();
    let settle = move |conn: &mut DbConnection| {
        if discard {
            queue::discard_held(conn, id, now)?;
        } else {
            queue::release_held(conn, id, now)?;
        }
        found(webhooks::set_enabled(conn, id, true, now)?)
    };
    double_submit::write(&state, form.once(), settle).await?;
    state.engine.resume(id);
    UserSession(session).store_notice(kind.as_str());
    Ok(redirect_to(&context, &format!("/webhooks/{id}")))
}

/// The question before a webhook is deleted.
pub async fn ask_delete(state: Data<State>, Admin(context): Admin, id: Path<WebhookId>) -> Answer {
    let id = id.into_inner();
    let webhook = find(&state, id).await?;
    let pending = state.db.read(move |conn| statistics::pending(conn, Some(id))).await?;
    let days = u64::from(state.retention_days);
    let pending = u64::try_from(pending).unwrap_or_default();
    render(StatusCode::OK, &DeletePage::new(context.layout(), &webhook, pending, days))
}

fn found(there: bool) -> Result<Done<()>, WriteError<PageError>> {
    if there { Ok(Done::plain(())) } else { Err(WriteError::Refused(PageError::NotFound)) }
}

/// Deletes a webhook.
pub async fn delete(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<WebhookId>,
    form: Form,
) -> Answer {
    let id = id.into_inner();
    let delete = move |conn: &mut DbConnection| found(webhooks::delete(conn, id, clock::now())?);
    double_submit::write(&state, form.once(), delete).await?;
    UserSession(session).store_notice(NoticeKind::WebhookDeleted.as_str());
    Ok(redirect_to(&context, "/webhooks"))
}

/// The page of the signing secret: shows a new one once, and offers to replace it.
pub async fn secret(state: Data<State>, Admin(context): Admin, session: Session, id: Path<WebhookId>) -> Answer {
    let webhook = find(&state, *id).await?;
    let key = one_time_secret::consume(&state, &UserSession(session), &context, &id.to_string()).await?;
    render(StatusCode::OK, &SecretPage::new(context.layout(), &webhook, key.as_deref()))
}

/// Replaces the signing secret, or ends the validity of the old one.
pub async fn rotate(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<WebhookId>,
    form: Form,
) -> Answer {
    let id = id.into_inner();
    if form.get("end") == "old" {
        return end_old_secret(&state, &context, id).await;
    }
    let until = Overlap::parse(form.get("overlap")).ok_or(PageError::BadRequest)?.until(context.now);
    let key = SigningSecret::from_random(clock::random());
    let secret_box = state.db.secret_box();
    let rotate = move |conn: &mut DbConnection| {
        let rotated = webhooks::rotate(conn, &secret_box, id, &key, until)?;
        let done = Done { made: (), secret: Some(key.reveal().to_owned()) };
        if rotated { Ok(done) } else { Err(WriteError::Refused(PageError::NotFound)) }
    };
    let rotated = double_submit::write(&state, form.once(), rotate).await?;
    let visit = UserSession(session);
    if let Some(key) = rotated.secret {
        store_secret(&state, &visit, &context, id, &key, &form)?;
    }
    visit.store_notice(NoticeKind::SecretReplaced.as_str());
    Ok(redirect_to(&context, &format!("/webhooks/{id}/secret")))
}

async fn end_old_secret(state: &State, context: &PageContext, id: WebhookId) -> Answer {
    if state.db.write(move |conn| webhooks::end_old_secret(conn, id)).await? {
        Ok(redirect_to(context, &format!("/webhooks/{id}/secret")))
    } else {
        Err(PageError::NotFound)
    }
}

/// Stores a new signing secret for the next view of its page.
pub fn store_secret(
    state: &State,
    visit: &UserSession,
    context: &PageContext,
    id: WebhookId,
    secret: &str,
    form: &Form,
) -> Result<(), PageError> {
    one_time_secret::store(state, visit, context, &id.to_string(), secret, form.once())
}
