//! `/users`: list, invitations, role, access, links to a new password, deletion.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use crate::clock;
use crate::db::accounts::invitations;
use crate::db::accounts::users::{self, Change};
use crate::db::once::Done;
use crate::db::{DbConnection, WriteError};
use crate::domain::accounts::api_token;
use crate::domain::accounts::invitation::NewInvitation;
use crate::domain::accounts::user::{Role, User};
use crate::domain::hex::hex;
use crate::domain::id::UserId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::http::State;
use crate::http::error::{FormError, PageError};
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, PageContext};
use crate::http::request::session::UserSession;
use crate::http::request::{double_submit, one_time_secret};
use crate::views::NoticeKind;
use crate::views::accounts::users::{DeleteUserPage, InviteInput, NewLink, UserPage, UsersPage};

/// The place of a new invitation as a one-time secret.
const INVITATION_PLACE: &str = "invitation";

fn password_place(id: UserId) -> String {
    format!("password:{id}")
}

/// The users, the open invitations, and the form to invite.
pub async fn list(state: Data<State>, Admin(context): Admin, session: Session) -> Answer {
    let new = one_time_secret::consume(&state, &UserSession(session), &context, INVITATION_PLACE).await?;
    let before = context.typed_before("/users/invitations").map(|form| InviteInput {
        email: form.get("email"),
        name: form.get("name"),
        role: Role::parse(form.get("role")).unwrap_or(Role::Viewer),
    });
    answer(&state, &context, new.as_deref(), before.unwrap_or_default(), &Problems::default()).await
}

async fn answer(
    state: &State,
    context: &PageContext,
    new: Option<&str>,
    typed: InviteInput<'_>,
    problems: &Problems,
) -> Answer {
    let now = context.now;
    let load = move |conn: &mut DbConnection| Ok((users::list(conn)?, invitations::open(conn, now)?));
    let (people, open) = state.db.read(load).await?;
    let link = new.map(|url| NewLink { url, is_password: false });
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    render(status, &UsersPage::new(context.layout(), &people, &open, typed, problems).with_link(link))
}

/// Creates a one-time link to a new account; the list shows it once.
pub async fn invite(state: Data<State>, Admin(context): Admin, session: Session, form: Form) -> Answer {
    let role = Role::parse(form.get("role")).ok_or(PageError::BadRequest)?;
    let typed = InviteInput { email: form.get("email"), name: form.get("name"), role };
    let made = match NewInvitation::parse(typed.email, typed.name, role) {
        Ok(new) => make_link(&state, &context, new, &form).await,
        Err(problems) => Err(problems.into()),
    };
    match made {
        Ok(link) => {
            if let Some(link) = link {
                one_time_secret::store(&state, &UserSession(session), &context, INVITATION_PLACE, &link, form.once())?;
            }
            Ok(redirect_to(&context, "/users"))
        }
        Err(FormError::Problems(problems)) => answer(&state, &context, None, typed, &problems).await,
        Err(FormError::Page(error)) => Err(error),
    }
}

/// Creates a link. A problem if the e-mail address of a new user is taken; an error page if the user of a new password has
/// been disabled or deleted meanwhile; `None` if the same form has created a link
/// that was shown already.
async fn make_link(
    state: &State,
    context: &PageContext,
    new: NewInvitation,
    form: &Form,
) -> Result<Option<String>, FormError> {
    let (text, now) = (hex(&clock::random::<32>()), context.now);
    let hash = api_token::hash(&text);
    let link = state.public.join(&format!("/invite/{text}"));
    let link = String::from(link.map_err(|error| PageError::Internal(error.to_string()))?);
    let store = || {
        let (new, hash, link) = (new.clone(), hash.clone(), link.clone());
        double_submit::write(state, form.once(), move |conn: &mut DbConnection| {
            let refused = match new.user_id {
                None => {
                    users::by_email(conn, &new.email)?.map(|_| Problems::one(Field::Email, Problem::EmailTaken).into())
                }
                Some(id) if users::lock_active(conn, id)? => None,
                Some(id) => Some(users::find(conn, id)?.map_or(PageError::NotFound, |_| PageError::BadRequest).into()),
            };
            if let Some(refused) = refused {
                return Err(WriteError::<FormError>::Refused(refused));
            }
            invitations::replace(conn, &new, &hash, now)?;
            Ok(Done { made: (), secret: Some(link) })
        })
    };
    let made = match store().await {
        // A concurrent request has created a link for the same address. It is replaced, as an older one would be.
        Err(WriteError::Database(error)) if error.is_unique_violation() => store().await,
        made => made,
    };
    Ok(made?.secret)
}

/// Withdraws a link that has not been used yet.
pub async fn withdraw(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<i64>,
    _form: Form,
) -> Answer {
    if state.db.write(move |conn| invitations::end(conn, *id)).await? {
        UserSession(session).store_notice(NoticeKind::InvitationWithdrawn.as_str());
    }
    Ok(redirect_to(&context, "/users"))
}

async fn find(state: &State, id: UserId) -> Result<User, PageError> {
    state.db.read(move |conn| users::find(conn, id)).await?.ok_or(PageError::NotFound)
}

/// One user: role, access, password.
pub async fn show(state: Data<State>, Admin(context): Admin, session: Session, id: Path<UserId>) -> Answer {
    let user = find(&state, *id).await?;
    let new = one_time_secret::consume(&state, &UserSession(session), &context, &password_place(user.id)).await?;
    let problems = Problems::default();
    let before = context.typed_before(&format!("/users/{id}")).and_then(|form| Role::parse(form.get("role")));
    let role = before.unwrap_or(user.role);
    render(StatusCode::OK, &UserPage::new(context.layout(), &user, role, &problems).with_link(new.as_deref()))
}

/// Changes the role of a user.
pub async fn change_role(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<UserId>,
    form: Form,
) -> Answer {
    let role = Role::parse(form.get("role")).ok_or(PageError::BadRequest)?;
    let user = find(&state, *id).await?;
    let change = state.db.write(move |conn| users::set_role(conn, user.id, role)).await?;
    settle(&state, &context, session, *id, change, NoticeKind::RoleChanged, role).await
}

/// Disables a user and ends their sessions. Administrators cannot disable themselves.
pub async fn disable(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<UserId>,
    _form: Form,
) -> Answer {
    let (id, now) = (*id, context.now);
    let user = find(&state, id).await?;
    if Some(id) == context.user_id() {
        return refuse(&context, &user, user.role, Problem::NotYourself);
    }
    let change = state.db.write(move |conn| users::disable_unless_last_admin(conn, id, now)).await?;
    settle(&state, &context, session, id, change, NoticeKind::UserDisabled, user.role).await
}

/// The question before a user is deleted.
pub async fn ask_delete(state: Data<State>, Admin(context): Admin, id: Path<UserId>) -> Answer {
    let user = find(&state, *id).await?;
    if Some(user.id) == context.user_id() {
        return refuse(&context, &user, user.role, Problem::NotYourself);
    }
    render(StatusCode::OK, &DeleteUserPage::new(context.layout(), &user))
}

/// Deletes a user. Administrators cannot delete themselves. No effect if the user is deleted already.
pub async fn delete(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<UserId>,
    _form: Form,
) -> Answer {
    let id = *id;
    if Some(id) == context.user_id() {
        let user = find(&state, id).await?;
        return refuse(&context, &user, user.role, Problem::NotYourself);
    }
    match state.db.write(move |conn| users::delete_unless_last_admin(conn, id)).await? {
        Change::LastAdmin => {
            let user = find(&state, id).await?;
            return refuse(&context, &user, user.role, Problem::LastAdmin);
        }
        Change::Done => UserSession(session).store_notice(NoticeKind::UserDeleted.as_str()),
        Change::NotThere => {}
    }
    Ok(redirect_to(&context, "/users"))
}

/// The answer to a change; `role` is that of the user after it.
async fn settle(
    state: &State,
    context: &PageContext,
    session: Session,
    id: UserId,
    change: Change,
    done: NoticeKind,
    role: Role,
) -> Answer {
    match change {
        Change::NotThere => Err(PageError::NotFound),
        Change::LastAdmin => refuse(context, &find(state, id).await?, role, Problem::LastAdmin),
        Change::Done => {
            UserSession(session).store_notice(done.as_str());
            // A user who has lost the role of administrator may not open the pages of users.
            let own = Some(id) == context.user_id() && role != Role::Admin;
            Ok(redirect_to(context, &if own { "/webhooks".to_owned() } else { format!("/users/{id}") }))
        }
    }
}

fn refuse(context: &PageContext, user: &User, role: Role, problem: Problem) -> Answer {
    let problems = Problems::one(Field::Role, problem);
    render(StatusCode::UNPROCESSABLE_ENTITY, &UserPage::new(context.layout(), user, role, &problems))
}

/// Enables a disabled user.
pub async fn enable(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<UserId>,
    _form: Form,
) -> Answer {
    let id = *id;
    if !state.db.write(move |conn| users::enable(conn, id)).await? {
        return Err(PageError::NotFound);
    }
    UserSession(session).store_notice(NoticeKind::UserEnabled.as_str());
    Ok(redirect_to(&context, &format!("/users/{id}")))
}

/// Creates a one-time link to a new password; the page of the user shows it once.
pub async fn make_password_link(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<UserId>,
    form: Form,
) -> Answer {
    let user = find(&state, *id).await?;
    if user.disabled_at.is_some() {
        return Err(PageError::BadRequest);
    }
    let new = NewInvitation { email: user.email, name: user.name, role: user.role, user_id: Some(user.id) };
    let link = match make_link(&state, &context, new, &form).await {
        Ok(link) => link,
        // Only the address of a new user is checked.
        Err(FormError::Problems(_)) => None,
        Err(FormError::Page(error)) => return Err(error),
    };
    if let Some(link) = link {
        one_time_secret::store(&state, &UserSession(session), &context, &password_place(user.id), &link, form.once())?;
    }
    Ok(redirect_to(&context, &format!("/users/{}", user.id)))
}
