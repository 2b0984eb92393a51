//! `/chatwoot/{id}`: one connection: its state, checking it, its ingest key, ending it.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::lead_to;
use crate::clock;
use crate::db::chatwoot::{self, counts};
use crate::db::once::Done;
use crate::db::{DbConnection, Error};
use crate::domain::chatwoot::connection::{Connection, State as ConnectionState, key_from_random};
use crate::domain::chatwoot::inputs;
use crate::domain::id::ConnectionId;
use crate::domain::problem::{Field, Problems};
use crate::domain::secret_box::expose;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::double_submit;
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, PageContext, SignedIn};
use crate::views::NoticeKind;
use crate::views::chatwoot::connection::{ConnectionInput, ConnectionPage, DisconnectPage};

/// The page of a connection. The URL for Chatwoot holds the ingest key, so only administrators see it.
pub async fn show(state: Data<State>, SignedIn(context): SignedIn, id: Path<ConnectionId>) -> Answer {
    page(&state, &context, *id, &Problems::default()).await
}

async fn page(state: &State, context: &PageContext, id: ConnectionId, problems: &Problems) -> Answer {
    let (secret_box, with_key) = (state.db.secret_box(), context.is_admin());
    let load = move |conn: &mut DbConnection| {
        let Some(connection) = chatwoot::find(conn, id)? else { return Ok(None) };
        let key = if with_key { chatwoot::key(conn, &secret_box, id)? } else { None };
        Ok(Some((connection, key, counts::refusals(conn, id)?, counts::unknown_events(conn, id)?)))
    };
    let (connection, key, refusals, unknown) = state.db.read(load).await?.ok_or(PageError::NotFound)?;
    let server = state.public.as_str().trim_end_matches('/');
    let url = key.map(|key| format!("{server}/ingest/chatwoot/{}", expose(&key)));
    let input =
        ConnectionInput { connection: &connection, url: url.as_deref(), refusals: &refusals, unknown: &unknown };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    render(status, &ConnectionPage::new(context.layout(), input, problems))
}

async fn find(state: &State, id: ConnectionId) -> Result<Connection, PageError> {
    state.db.read(move |conn| chatwoot::find(conn, id)).await?.ok_or(PageError::NotFound)
}

/// Compares the registration with Chatwoot now and reads the inboxes.
pub async fn check(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<ConnectionId>,
    _form: Form,
) -> Answer {
    let connection = find(&state, *id).await?;
    state.engine.visit_chatwoot(connection.id).await?;
    let works = find(&state, *id).await?.state() != ConnectionState::Faulty;
    let notice = works.then_some(NoticeKind::ChatwootChecked.as_str());
    lead_to(&context, session, &format!("/chatwoot/{id}"), notice)
}

/// Replaces the ingest key, and changes the URL in Chatwoot where Hachok registered it.
pub async fn replace_key(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<ConnectionId>,
    form: Form,
) -> Answer {
    let connection = find(&state, *id).await?;
    let (secret_box, now, id) = (state.db.secret_box(), context.now, connection.id);
    let key = key_from_random(clock::random()).into();
    let replace = move |conn: &mut DbConnection| -> Result<_, Error> {
        Ok(Done::plain(chatwoot::replace_key(conn, &secret_box, id, &key, now)?))
    };
    let replaced = double_submit::write(&state, form.once(), replace).await?.made;
    if replaced && connection.server.is_some() {
        state.engine.visit_chatwoot(id).await?;
    }
    lead_to(&context, session, &format!("/chatwoot/{id}"), Some(NoticeKind::ChatwootKeyReplaced.as_str()))
}

/// Stores the signing secret of a manual connection; a blank one ends the check of signatures.
pub async fn set_secret(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<ConnectionId>,
    form: Form,
) -> Answer {
    let connection = find(&state, *id).await?;
    if connection.server.is_some() || connection.disconnected_at.is_some() {
        return Err(PageError::NotFound);
    }
    let secret = match inputs::parse_secret(form.get("secret")) {
        Ok(secret) => secret,
        Err(problem) => return page(&state, &context, *id, &Problems::one(Field::ChatwootSecret, problem)).await,
    };
    let (secret_box, now, id) = (state.db.secret_box(), context.now, connection.id);
    state.db.write(move |conn| chatwoot::set_secret(conn, &secret_box, id, secret.as_ref(), now)).await?;
    lead_to(&context, session, &format!("/chatwoot/{id}"), Some(NoticeKind::ChatwootSecretSaved.as_str()))
}

/// The question before a connection is ended.
pub async fn ask_disconnect(state: Data<State>, Admin(context): Admin, id: Path<ConnectionId>) -> Answer {
    let connection = find(&state, *id).await?;
    if connection.disconnected_at.is_some() {
        return Ok(redirect_to(&context, &format!("/chatwoot/{id}")));
    }
    render(StatusCode::OK, &DisconnectPage::new(context.layout(), &connection))
}

/// Ends a connection. If Chatwoot does not remove its webhook, a warning says so: its events are refused all the same.
pub async fn disconnect(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<ConnectionId>,
    _form: Form,
) -> Answer {
    let connection = find(&state, *id).await?;
    let left = matches!(state.engine.disconnect_chatwoot(connection.id).await?, Some(Err(_)));
    let warning = left.then(|| context.t().chatwoot_webhook_left());
    let notice = warning.as_deref().unwrap_or(NoticeKind::ChatwootDisconnected.as_str());
    lead_to(&context, session, &format!("/chatwoot/{id}"), Some(notice))
}
