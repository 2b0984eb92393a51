//! Turns a webhook on and off, and deletes it.

use std::rc::Rc;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::list::{find, row};
use crate::db::deliveries::statistics;
use crate::db::once::Done;
use crate::db::{self, DbConnection, WriteError, webhooks};
use crate::domain::id::WebhookId;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::double_submit;
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, PageContext};
use crate::http::request::return_page::{self, START};
use crate::http::request::session::UserSession;
use crate::views::NoticeKind;
use crate::views::webhooks::DeletePage;

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
    if on && !webhook.enabled && state.db.read(move |conn| statistics::has_pending(conn, id)).await? {
        return Ok(redirect_to(context, &format!("/webhooks/{id}/held")));
    }
    let there = state
        .db
        .write(move |conn| {
            let now = db::now_on(conn)?;
            webhooks::set_enabled(conn, id, on, now)
        })
        .await?;
    if !there {
        return Err(PageError::NotFound);
    }
    state.engine.wake();
    let back = back_to(form, id);
    if context.htmx {
        return row(state, context, id, back).await;
    }
    let kind = if on { NoticeKind::WebhookTurnedOn } else { NoticeKind::WebhookTurnedOff };
    UserSession(session).store_notice(kind.as_str());
    Ok(redirect_to(context, &back))
}

/// The page with the switch: the list with its filter, or the page of the webhook.
fn back_to(form: &Form, id: WebhookId) -> String {
    match return_page::of_path(form.get("back")) {
        list if form.get("back") == list && (list == START || list.starts_with("/webhooks?")) => list,
        _ => format!("/webhooks/{id}"),
    }
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

/// Deletes a webhook.
pub async fn delete(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<WebhookId>,
    form: Form,
) -> Answer {
    let id = id.into_inner();
    let delete =
        move |conn: &mut DbConnection| match db::now_on(conn).and_then(|now| webhooks::delete(conn, id, now))? {
            true => Ok(Done::plain(())),
            false => Err(WriteError::Refused(PageError::NotFound)),
        };
    double_submit::write(&state, form.once(), delete).await?;
    state.engine.continue_mass_changes();
    UserSession(session).store_notice(NoticeKind::WebhookDeleted.as_str());
    Ok(redirect_to(&context, "/webhooks"))
}
