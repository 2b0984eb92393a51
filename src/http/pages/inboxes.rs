//! `/inboxes`: list, add, edit, archive, restore.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::{Answer, go, page};
use crate::clock;
use crate::db::form_answers::Done;
use crate::db::{DbConnection, Error, inboxes, webhooks};
use crate::domain::id::InboxId;
use crate::domain::inboxes::{Inbox, NewInbox};
use crate::domain::problem::{Field, Problem, Problems};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::request::double_submit;
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, Reader, SignedIn};
use crate::http::request::session::Visit;
use crate::views::NoticeKind;
use crate::views::inboxes::{EditPage, InboxInput, ListPage, Row};

/// The list, with the form to add one.
pub async fn list(state: Data<State>, SignedIn(reader): SignedIn) -> Answer {
    let before = reader.typed_before("/inboxes").map(typed);
    show(&state, &reader, before.unwrap_or_default(), &Problems::default()).await
}

async fn show(state: &State, reader: &Reader, typed: InboxInput<'_>, problems: &Problems) -> Answer {
    let load = |conn: &mut crate::db::DbConnection| {
        Ok((inboxes::list(conn)?, webhooks::list(conn)?, inboxes::users_of(conn)?))
    };
    let (list, hooks, users) = state.db.read(load).await?;
    let row = |inbox| {
        let of_inbox = |inbox: &Inbox| {
            let ids = users.iter().filter(|(id, _)| *id == inbox.id).map(|(_, webhook)| *webhook);
            ids.filter_map(|id| hooks.iter().find(|webhook| webhook.id == id)).collect()
        };
        Row { inbox, webhooks: of_inbox(inbox) }
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(status, &ListPage::new(reader.shell(), list.iter().map(row).collect(), typed, problems))
}

fn typed(form: &Form) -> InboxInput<'_> {
    InboxInput { name: form.get("name"), external_id: form.get("external_id"), channel_type: form.get("channel_type") }
}

fn check(typed: InboxInput) -> Result<NewInbox, Problems> {
    NewInbox::parse(typed.name, typed.external_id, typed.channel_type)
}

/// Turns a unique violation, which only the external id can cause, into a problem of its field.
fn stored<T>(result: Result<T, Error>) -> Result<Result<T, Problems>, PageError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.is_unique_violation() => {
            Ok(Err(Problems::one(Field::InboxExternalId, Problem::ExternalIdTaken)))
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn create(state: Data<State>, Admin(reader): Admin, session: Session, form: Form) -> Answer {
    let typed = typed(&form);
    let made = match check(typed) {
        Err(problems) => Err(problems),
        Ok(new) => {
            let insert = move |conn: &mut DbConnection| {
                inboxes::insert(conn, &new, clock::now())?;
                Ok(Ok::<_, ()>(Done::plain(())))
            };
            stored(double_submit::write(&state, form.once(), insert).await)?
        }
    };
    match made {
        Err(problems) => show(&state, &reader, typed, &problems).await,
        Ok(_) => {
            Visit(session).leave_notice(NoticeKind::InboxAdded.as_str());
            Ok(go(&reader, "/inboxes"))
        }
    }
}

async fn find(state: &State, id: InboxId) -> Result<Inbox, PageError> {
    state.db.read(move |conn| inboxes::find(conn, id)).await?.ok_or(PageError::NotFound)
}

pub async fn edit(state: Data<State>, Admin(reader): Admin, id: Path<InboxId>) -> Answer {
    let inbox = find(&state, *id).await?;
    let problems = Problems::default();
    let before = reader.typed_before(&format!("/inboxes/{id}")).map(typed);
    let typed = before.unwrap_or_else(|| InboxInput::of(&inbox));
    page(StatusCode::OK, &EditPage::new(reader.shell(), &inbox, typed, &problems))
}

pub async fn update(
    state: Data<State>,
    Admin(reader): Admin,
    session: Session,
    id: Path<InboxId>,
    form: Form,
) -> Answer {
    let inbox = find(&state, *id).await?;
    let (typed, id) = (typed(&form), inbox.id);
    let changed = match check(typed) {
        Err(problems) => Err(problems),
        Ok(new) => stored(state.db.write(move |conn| inboxes::update(conn, id, &new)).await)?,
    };
    match changed {
        Err(problems) => {
            page(StatusCode::UNPROCESSABLE_ENTITY, &EditPage::new(reader.shell(), &inbox, typed, &problems))
        }
        Ok(_) => {
            Visit(session).leave_notice(NoticeKind::InboxSaved.as_str());
            Ok(go(&reader, "/inboxes"))
        }
    }
}

/// Archives an inbox: the form of webhooks no longer offers it.
pub async fn archive(state: Data<State>, admin: Admin, session: Session, id: Path<InboxId>, _form: Form) -> Answer {
    set_archived(&state, &admin.0, session, *id, true).await
}

/// Restores an archived inbox.
pub async fn restore(state: Data<State>, admin: Admin, session: Session, id: Path<InboxId>, _form: Form) -> Answer {
    set_archived(&state, &admin.0, session, *id, false).await
}

async fn set_archived(state: &State, reader: &Reader, session: Session, id: InboxId, archived: bool) -> Answer {
    let at = archived.then(clock::now);
    if !state.db.write(move |conn| inboxes::archive(conn, id, at)).await? {
        return Err(PageError::NotFound);
    }
    let kind = if archived { NoticeKind::InboxArchived } else { NoticeKind::InboxRestored };
    Visit(session).leave_notice(kind.as_str());
    Ok(go(reader, "/inboxes"))
}
