//! `/invite/{token}`: a one-time link to a new account or to a new password.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use super::passwords::{self, NotHashed};
use super::sign_in::made_before;
use crate::db::accounts::{invitations, users};
use crate::db::once::Done;
use crate::db::system::settings;
use crate::db::{DbConnection, WriteError};
use crate::domain::accounts::api_token;
use crate::domain::accounts::invitation::Invitation;
use crate::domain::accounts::user::{Language, NewUser, check_password};
use crate::domain::id::UserId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::error::{FormError, PageError};
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::double_submit;
use crate::http::request::form::Form;
use crate::http::request::page_context::{Anyone, PageContext};
use crate::http::request::session::UserSession;
use crate::views::accounts::invitations::{InvitationInput, InvitePage};

async fn find(state: &State, text: &str, now: Timestamp) -> Result<Invitation, PageError> {
    let hash = api_token::hash(text);
    let found = state.db.read(move |conn| invitations::find(conn, &hash, now)).await?;
    found.ok_or(PageError::DeadInvitation)
}

/// The form behind the link.
pub async fn show(state: Data<State>, Anyone(context): Anyone, text: Path<String>) -> Answer {
    let invitation = find(&state, &text, context.now).await?;
    let zone = state.db.read(settings::load).await?.time_zone;
    // UTC is the default, not a choice: left empty, the script fills in the time zone of the browser.
    let zone = if zone == "UTC" { "" } else { &zone };
    let typed = InvitationInput { name: &invitation.name, language: None, time_zone: zone };
    let problems = Problems::default();
    render(StatusCode::OK, &InvitePage::new(context.layout(), &invitation, &text, typed, &problems))
}

/// Creates the account or stores the password, ends the link, and signs the user in.
pub async fn accept(
    state: Data<State>,
    Anyone(context): Anyone,
    session: Session,
    text: Path<String>,
    form: Form,
) -> Answer {
    let now = context.now;
    if let Some((id, hash)) = made_before(&state, context.address, &form).await? {
        UserSession(session).sign_in(id, &hash, None, &context.device());
        return Ok(redirect_to(&context, "/webhooks"));
    }
    let invitation = find(&state, &text, now).await?;
    match store(&state, &context, &invitation, &form).await {
        Ok(Done { made: id, secret: hash }) => {
            UserSession(session).sign_in(id, &hash.unwrap_or_default(), None, &context.device());
            Ok(redirect_to(&context, "/webhooks"))
        }
        Err(FormError::Page(error)) => Err(error),
        Err(FormError::Problems(problems)) => {
            let language = Language::parse(form.get("language"));
            let typed = InvitationInput { name: form.get("name"), language, time_zone: form.get("time_zone") };
            let again = InvitePage::new(context.layout(), &invitation, &text, typed, &problems);
            let response = render(StatusCode::UNPROCESSABLE_ENTITY, &again)?;
            let busy = problems.of(&Field::Form) == Some(&Problem::HashingBusy);
            Ok(if busy { passwords::try_later(response) } else { response })
        }
    }
}

/// Checks the form, ends the link, and stores the user or the password. Returns the hash of the password as the secret.
async fn store(
    state: &State,
    context: &PageContext,
    invitation: &Invitation,
    form: &Form,
) -> Result<Done<UserId>, FormError> {
    let new = check(invitation, form)?;
    let hash = match passwords::hash(state, context.address, form.get("password")).await {
        Ok(hash) => hash,
        Err(NotHashed::Busy) => return Err(Problems::one(Field::Form, Problem::HashingBusy).into()),
        Err(NotHashed::Failed(error)) => return Err(error.into()),
    };
    let (link, now) = (invitation.clone(), context.now);
    let settle = move |conn: &mut DbConnection| {
        let id = settle(conn, &link, new.as_ref(), &hash, now)?;
        let made = id.ok_or(WriteError::Refused(PageError::DeadInvitation))?;
        Ok(Done { made, secret: Some(hash) })
    };
    match double_submit::write(state, form.once(), settle).await {
        Ok(done) => Ok(done),
        // Only the e-mail address can cause a unique violation.
        Err(WriteError::Database(error)) if error.is_unique_violation() => {
            Err(Problems::one(Field::Email, Problem::EmailTaken).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The new user; `None` if the link is to a new password.
fn check(invitation: &Invitation, form: &Form) -> Result<Option<NewUser>, Problems> {
    let password = form.get("password");
    if invitation.user_id.is_some() {
        let mut problems = Problems::default();
        problems.keep(Field::Password, check_password(password, &[&invitation.name, &invitation.email]));
        return problems.or(None);
    }
    let user = NewUser::parse(form.get("name"), &invitation.email, password, invitation.role, form.get("time_zone"))?;
    Ok(Some(NewUser { language: Language::parse(form.get("language")), ..user }))
}

/// Ends the link and stores the user or the password; `None` if a concurrent request has used the link, or has disabled
/// or deleted its user.
fn settle(
    conn: &mut DbConnection,
    invitation: &Invitation,
    new: Option<&NewUser>,
    hash: &str,
    now: Timestamp,
) -> Result<Option<UserId>, crate::db::Error> {
    // Locked before the link, as in every transaction that changes rows of a user.
    if let Some(id) = invitation.user_id
        && !users::lock_active(conn, id)?
    {
        return Ok(None);
    }
    if !invitations::end(conn, invitation.id)? {
        return Ok(None);
    }
    let id = match (new, invitation.user_id) {
        (Some(user), _) => users::insert(conn, user, hash, now)?,
        (None, Some(id)) => {
            users::set_password(conn, id, hash, now)?;
            id
        }
        (None, None) => return Ok(None),
    };
    users::sign_in(conn, id, hash, hash, now)?;
    Ok(Some(id))
}
