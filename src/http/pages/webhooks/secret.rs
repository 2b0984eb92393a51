//! Shows a webhook's signing secret once, and replaces it.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::list::find;
use crate::db::webhooks;
use crate::domain::id::WebhookId;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::form::Form;
use crate::http::request::one_time_secret;
use crate::http::request::page_context::{Admin, PageContext};
use crate::http::request::session::UserSession;
use crate::operations::secret_rotation::{self, Overlap, Rotation};
use crate::views::NoticeKind;
use crate::views::webhooks::SecretPage;

/// The page of the signing secret: shows a new one once, and offers to replace it.
pub async fn show(state: Data<State>, Admin(context): Admin, session: Session, id: Path<WebhookId>) -> Answer {
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
    let overlap = Overlap::parse(form.get("overlap")).ok_or(PageError::BadRequest)?;
    let rotation = Rotation { overlap, secret: None, force: true };
    let rotated = secret_rotation::rotate(&state.db, id, rotation, form.once()).await?;
    let session = UserSession(session);
    if let Some(key) = rotated.secret {
        store(&state, &session, &context, id, &key, &form)?;
    }
    session.store_notice(NoticeKind::SecretReplaced.as_str());
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
pub fn store(
    state: &State,
    session: &UserSession,
    context: &PageContext,
    id: WebhookId,
    secret: &str,
    form: &Form,
) -> Result<(), PageError> {
    one_time_secret::store(state, session, context, &id.to_string(), secret, form.once())
}
