//! The deliveries that a webhook holds while it is off: sends or discards them when it is turned on.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::list::find;
use crate::db::deliveries::statistics;
use crate::db::once::Done;
use crate::db::webhooks::mass_changes;
use crate::db::{self, DbConnection, WriteError};
use crate::domain::id::WebhookId;
use crate::domain::webhooks::Held;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::double_submit;
use crate::http::request::form::Form;
use crate::http::request::page_context::Admin;
use crate::http::request::session::UserSession;
use crate::views::NoticeKind;
use crate::views::webhooks::HeldPage;

/// The number of held deliveries of a webhook that is off.
pub(super) async fn count(state: &State, id: WebhookId) -> Result<u64, PageError> {
    let waiting = state.db.read(move |conn| statistics::pending(conn, Some(id))).await?;
    Ok(u64::try_from(waiting).unwrap_or_default())
}

/// The question whether held deliveries are sent or discarded.
pub async fn ask(state: Data<State>, Admin(context): Admin, id: Path<WebhookId>) -> Answer {
    let webhook = find(&state, *id).await?;
    if webhook.enabled {
        return Ok(redirect_to(&context, &format!("/webhooks/{id}")));
    }
    let held = count(&state, *id).await?;
    render(StatusCode::OK, &HeldPage::new(context.layout(), &webhook, held))
}

/// Turns a webhook on, and sends or discards its held deliveries.
pub async fn settle(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<WebhookId>,
    form: Form,
) -> Answer {
    let id = id.into_inner();
    let (held, kind) = match form.get("choice") {
        "send" => (Held::Send, NoticeKind::HeldSent),
        "discard" => (Held::Discard, NoticeKind::HeldDiscarded),
        "" => (Held::Send, NoticeKind::WebhookTurnedOn),
        _ => return Err(PageError::BadRequest),
    };
    let settle = move |conn: &mut DbConnection| match db::now_on(conn)
        .and_then(|now| mass_changes::settle(conn, id, held, now))?
    {
        Some(_) => Ok(Done::plain(())),
        None => Err(WriteError::Refused(PageError::NotFound)),
    };
    double_submit::write(&state, form.once(), settle).await?;
    state.engine.resume(id);
    state.engine.continue_mass_changes();
    UserSession(session).store_notice(kind.as_str());
    Ok(redirect_to(&context, &format!("/webhooks/{id}")))
}
