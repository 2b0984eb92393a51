//! `/inboxes`: list, add, edit, archive, restore.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::{Answer, redirect_to, render};
use crate::db::once::Done;
use crate::db::{DbConnection, Error, inboxes, now_on, webhooks};
use crate::domain::id::InboxId;
use crate::domain::inboxes::{Inbox, NewInbox};
use crate::domain::problem::{Field, Problem, Problems};
use crate::http::State;
use crate::http::error::{FormError, PageError};
use crate::http::request::double_submit;
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, PageContext, SignedIn};
use crate::http::request::session::UserSession;
use crate::views::NoticeKind;
use crate::views::inboxes::{EditPage, InboxInput, InboxRow, InboxesPage};

/// The list, with the form to add one.
pub async fn list(state: Data<State>, SignedIn(context): SignedIn) -> Answer {
    let before = context.typed_before("/inboxes").map(typed);
    show(&state, &context, before.unwrap_or_default(), &Problems::default()).await
}

async fn show(state: &State, context: &PageContext, typed: InboxInput<'_>, problems: &Problems) -> Answer {
    let load = |conn: &mut crate::db::DbConnection| {
        Ok((inboxes::list(conn)?, webhooks::list(conn)?, inboxes::users_of(conn)?))
    };
    let (list, hooks, users) = state.db.read(load).await?;
    let list = context.t().named_inboxes(list);
    let row = |inbox| {
        let of_inbox = |inbox: &Inbox| {
            let ids = users.iter().filter(|(id, _)| *id == inbox.id).map(|(_, webhook)| *webhook);
            ids.filter_map(|id| hooks.iter().find(|webhook| webhook.id == id)).collect()
        };
        InboxRow { inbox, webhooks: of_inbox(inbox) }
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    render(status, &InboxesPage::new(context.layout(), list.iter().map(row).collect(), typed, problems))
}

fn typed(form: &Form) -> InboxInput<'_> {
    InboxInput { name: form.get("name"), external_id: form.get("external_id"), channel_type: form.get("channel_type") }
}

fn check(typed: InboxInput) -> Result<NewInbox, Problems> {
    NewInbox::parse(typed.name, typed.external_id, typed.channel_type)
}

/// Turns a unique violation, which only the external id can cause, into a problem of its field.
fn not_stored(error: Error) -> FormError {
    if error.is_unique_violation() {
        Problems::one(Field::InboxExternalId, Problem::ExternalIdTaken).into()
    } else {
        error.into()
    }
}

pub async fn create(state: Data<State>, Admin(context): Admin, session: Session, form: Form) -> Answer {
    let typed = typed(&form);
    match insert(&state, &form, typed).await {
        Ok(()) => {
            UserSession(session).store_notice(NoticeKind::InboxAdded.as_str());
            Ok(redirect_to(&context, "/inboxes"))
        }
        Err(FormError::Problems(problems)) => show(&state, &context, typed, &problems).await,
        Err(FormError::Page(error)) => Err(error),
    }
}

async fn insert(state: &State, form: &Form, typed: InboxInput<'_>) -> Result<(), FormError> {
    let new = check(typed)?;
    let insert = move |conn: &mut DbConnection| {
        let now = now_on(conn)?;
        inboxes::insert(conn, &new, now)?;
        Ok(Done::plain(()))
    };
    double_submit::write(state, form.once(), insert).await.map(drop).map_err(not_stored)
}

async fn find(state: &State, id: InboxId) -> Result<Inbox, PageError> {
    state.db.read(move |conn| inboxes::find(conn, id)).await?.ok_or(PageError::NotFound)
}

pub async fn edit(state: Data<State>, Admin(context): Admin, id: Path<InboxId>) -> Answer {
    let inbox = context.t().named_inbox(find(&state, *id).await?);
    let problems = Problems::default();
    let before = context.typed_before(&format!("/inboxes/{id}")).map(typed);
    let typed = before.unwrap_or_else(|| InboxInput::of(&inbox));
    render(StatusCode::OK, &EditPage::new(context.layout(), &inbox, typed, &problems))
}

pub async fn update(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<InboxId>,
    form: Form,
) -> Answer {
    let stored = find(&state, *id).await?;
    let inbox = context.t().named_inbox(stored.clone());
    let typed = typed(&form);
    // The name that the page shows for an inbox without one comes back unchanged: the inbox stays without a name.
    let name = if typed.name == inbox.name { &stored.name } else { typed.name };
    match change(&state, inbox.id, InboxInput { name, ..typed }).await {
        Ok(()) => {
            UserSession(session).store_notice(NoticeKind::InboxSaved.as_str());
            Ok(redirect_to(&context, "/inboxes"))
        }
        Err(FormError::Problems(problems)) => {
            render(StatusCode::UNPROCESSABLE_ENTITY, &EditPage::new(context.layout(), &inbox, typed, &problems))
        }
        Err(FormError::Page(error)) => Err(error),
    }
}

async fn change(state: &State, id: InboxId, typed: InboxInput<'_>) -> Result<(), FormError> {
    let new = check(typed)?;
    let update = move |conn: &mut DbConnection| {
        let now = now_on(conn)?;
        inboxes::update(conn, id, &new, now)
    };
    state.db.write(update).await.map(drop).map_err(not_stored)
}

/// Archives an inbox: the form of webhooks no longer offers it.
pub async fn archive(state: Data<State>, admin: Admin, session: Session, id: Path<InboxId>, _form: Form) -> Answer {
    set_archived(&state, &admin.0, session, *id, true).await
}

/// Restores an archived inbox.
pub async fn restore(state: Data<State>, admin: Admin, session: Session, id: Path<InboxId>, _form: Form) -> Answer {
    set_archived(&state, &admin.0, session, *id, false).await
}

async fn set_archived(state: &State, context: &PageContext, session: Session, id: InboxId, archived: bool) -> Answer {
    let archive = move |conn: &mut DbConnection| {
        let now = now_on(conn)?;
        inboxes::archive(conn, id, archived, now)
    };
    if !state.db.write(archive).await? {
        return Err(PageError::NotFound);
    }
    let kind = if archived { NoticeKind::InboxArchived } else { NoticeKind::InboxRestored };
    UserSession(session).store_notice(kind.as_str());
    Ok(redirect_to(context, "/inboxes"))
}
