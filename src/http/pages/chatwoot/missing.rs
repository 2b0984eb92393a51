//! `/chatwoot/{id}/missing`: what did not arrive, taking it in, and when Chatwoot is compared.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::lead_to;
use crate::db::DbConnection;
use crate::db::chatwoot::{self, comparisons, comparisons::Hurried, missing};
use crate::domain::chatwoot::progress::Which;
use crate::domain::id::ConnectionId;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, render};
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, SignedIn};
use crate::views::NoticeKind;
use crate::views::chatwoot::missing::{MissingInput, MissingPage};

/// Missing events on the page.
const SHOWN_MAX: i64 = 200;

/// The missing events of a connection.
pub async fn show(state: Data<State>, SignedIn(context): SignedIn, id: Path<ConnectionId>) -> Answer {
    let id = *id;
    let load = move |conn: &mut DbConnection| {
        let Some(connection) = chatwoot::find(conn, id)? else { return Ok(None) };
        let listed = missing::list(conn, id, SHOWN_MAX)?;
        Ok(Some((connection, comparisons::find(conn, id)?, listed, missing::count(conn, id)?)))
    };
    let (connection, comparison, listed, count) = state.db.read(load).await?.ok_or(PageError::NotFound)?;
    let input = MissingInput {
        connection: &connection,
        comparison: comparison.as_ref(),
        listed: &listed,
        count: count.unsigned_abs(),
    };
    render(StatusCode::OK, &MissingPage::new(context.layout(), input))
}

/// Takes missing events in, or removes them from the list.
pub async fn act(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<ConnectionId>,
    form: Form,
) -> Answer {
    let (id, now) = (*id, context.now);
    let which = Which::parse(form.get("item")).ok_or(PageError::NotFound)?;
    let notice = if form.get("action") == "dismiss" {
        let listed = state.db.read(move |conn| missing::count(conn, id)).await?;
        // Each time another batch. What a comparison adds meanwhile stays.
        for _ in 0..=listed / missing::DISMISSED_MAX {
            if state.db.write(move |conn| missing::dismiss(conn, id, which, now)).await? == 0 {
                break;
            }
        }
        NoticeKind::ChatwootDismissed
    } else {
        state.db.write(move |conn| missing::want(conn, id, which, now)).await?;
        state.engine.continue_comparisons();
        NoticeKind::ChatwootTakingIn
    };
    lead_to(&context, session, &format!("/chatwoot/{id}/missing"), Some(notice.as_str()))
}

/// Stores whether missing events are taken in as they are found; those that are listed are taken in too.
pub async fn set_mode(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<ConnectionId>,
    form: Form,
) -> Answer {
    let (id, now, takes_in) = (*id, context.now, form.get("mode") == "always");
    let set = move |conn: &mut DbConnection| {
        if takes_in {
            missing::want(conn, id, Which::All, now)?;
        }
        comparisons::set_takes_in(conn, id, takes_in)
    };
    if !state.db.write(set).await? {
        return Err(PageError::NotFound);
    }
    state.engine.continue_comparisons();
    lead_to(&context, session, &format!("/chatwoot/{id}/missing"), Some(NoticeKind::SettingsSaved.as_str()))
}

/// Has a comparison made now. While Chatwoot limits requests, the page shows when it continues.
pub async fn compare(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<ConnectionId>,
    _form: Form,
) -> Answer {
    let (id, now) = (*id, context.now);
    let hurried = state.db.write(move |conn| comparisons::hurry(conn, id, now)).await?;
    let begins = hurried.ok_or(PageError::NotFound)? == Hurried::Now;
    if begins {
        state.engine.continue_comparisons();
    }
    let notice = begins.then_some(NoticeKind::ChatwootComparing.as_str());
    lead_to(&context, session, &format!("/chatwoot/{id}/missing"), notice)
}
