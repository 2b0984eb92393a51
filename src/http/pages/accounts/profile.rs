//! `/profile`: the user's name, language, time zone, theme, password and sessions.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::Data;

use super::password_check::{self, Checked};
use super::passwords::{self, NotHashed};
use crate::db::accounts::{sessions, users};
use crate::db::once::Done;
use crate::db::{DbConnection, WriteError};
use crate::domain::accounts::user::{Language, Profile, Theme, User, check_password, parse_name, parse_zone};
use crate::domain::id::UserId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::fault_injection;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::middleware::session_store::IDLE_MAX;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::double_submit;
use crate::http::request::form::Form;
use crate::http::request::page_context::{PageContext, SignedIn, theme_cookie};
use crate::http::request::session::{UserSession, device, is_of};
use crate::views::NoticeKind;
use crate::views::accounts::profile::{ProfileInput, ProfilePage, SessionRow};

pub async fn show(state: Data<State>, SignedIn(context): SignedIn) -> Answer {
    let problems = Problems::default();
    let before = context.typed_before("/profile").map(typed);
    let typed = before.unwrap_or(ProfileInput::of(own(&context)?));
    answer(&state, &context, StatusCode::OK, typed, &problems).await
}

fn own(context: &PageContext) -> Result<&User, PageError> {
    context.user.as_ref().ok_or_else(|| context.to_sign_in())
}

async fn answer(
    state: &State,
    context: &PageContext,
    status: StatusCode,
    typed: ProfileInput<'_>,
    problems: &Problems,
) -> Answer {
    let (user, now) = (own(context)?, context.now);
    let id = user.id;
    let stored = state.db.read(move |conn| sessions::active_of(conn, id, now)).await?;
    let row = |session: &sessions::StoredSession| SessionRow {
        created_at: session.created_at,
        seen_at: session.expires_at.before(IDLE_MAX),
        is_this: is_of(&session.state, &context.csrf),
        device: device(&session.state).map(|device| (device.browser, device.address)),
    };
    let rows = stored.iter().map(|(_, session)| row(session)).collect();
    render(status, &ProfilePage::new(context.layout(), user, typed, problems, rows))
}

/// Stores name, language, time zone and theme.
pub async fn save(state: Data<State>, SignedIn(context): SignedIn, session: Session, form: Form) -> Answer {
    let typed = typed(&form);
    let id = own(&context)?.id;
    match check(typed) {
        Err(problems) => answer(&state, &context, StatusCode::UNPROCESSABLE_ENTITY, typed, &problems).await,
        Ok(profile) => {
            let cookie = theme_cookie(&state, profile.theme);
            state.db.write(move |conn| users::set_profile(conn, id, &profile)).await?;
            UserSession(session).store_notice(NoticeKind::ProfileSaved.as_str());
            let mut response = redirect_to(&context, "/profile");
            response.add_cookie(&cookie).map_err(|error| PageError::Internal(error.to_string()))?;
            Ok(response)
        }
    }
}

fn typed(form: &Form) -> ProfileInput<'_> {
    ProfileInput {
        name: form.get("name"),
        language: Language::parse(form.get("language")),
        time_zone: form.get("time_zone"),
        theme: Theme::parse(form.get("theme")),
    }
}

fn check(typed: ProfileInput) -> Result<Profile, Problems> {
    let mut problems = Problems::default();
    let name = problems.keep(Field::UserName, parse_name(typed.name)).unwrap_or_default();
    let time_zone = problems.keep(Field::TimeZone, parse_zone(typed.time_zone)).unwrap_or_default();
    problems.or(Profile { name, language: typed.language, time_zone, theme: typed.theme })
}

/// Stores a new password if the old one is right, and ends every other session. Wrong attempts count as at sign-in.
pub async fn change_password(state: Data<State>, SignedIn(context): SignedIn, session: Session, form: Form) -> Answer {
    let user = own(&context)?;
    // Checked before the old password: a repeated post would fail, because the form itself has replaced it.
    if double_submit::done::<()>(&state, &form).await?.is_some() {
        return Ok(redirect_to(&context, "/profile"));
    }
    if let Err(problem) = check_password(form.get("password"), &[&user.name, &user.email]) {
        return refuse(&state, &context, Field::Password, problem).await;
    }
    let compared = match compare_current(&state, &context, user, &form).await? {
        Ok(compared) => compared,
        Err(refused) => return Ok(refused),
    };
    let hash = match passwords::hash(&state, context.address, form.get("password")).await {
        Ok(hash) => hash,
        Err(NotHashed::Failed(error)) => return Err(error),
        Err(NotHashed::Busy) => return busy(&state, &context).await,
    };
    fault_injection::hang_point("password-before-commit").await;
    let mut stored = replace(&state, &context, &form, user.id, compared, hash.clone()).await;
    // A sign-in may have renewed the hash of the current password since the comparison.
    if matches!(stored, Err(WriteError::Refused(_))) {
        let compared = match compare_current(&state, &context, user, &form).await? {
            Ok(compared) => compared,
            Err(refused) => return Ok(refused),
        };
        stored = replace(&state, &context, &form, user.id, compared, hash).await;
    }
    let done = match stored {
        Ok(done) => done,
        Err(WriteError::Refused(problem)) => return refuse(&state, &context, Field::CurrentPassword, problem).await,
        Err(WriteError::Database(error)) => return Err(error.into()),
    };
    let session = UserSession(session);
    // Storing the password has ended all sessions of the user; this one continues under a new key.
    session.renew(&done.secret.unwrap_or_default());
    session.store_notice(NoticeKind::PasswordChanged.as_str());
    Ok(redirect_to(&context, "/profile"))
}

/// The stored hash that the typed current password matches, or the answer if it matches none.
async fn compare_current(
    state: &State,
    context: &PageContext,
    user: &User,
    form: &Form,
) -> Result<Result<String, HttpResponse>, PageError> {
    let typed = form.get("current_password");
    let problem = match password_check::check(state, context.address, &user.email, typed).await? {
        Checked::Right(_, matched) => return Ok(Ok(matched.hash)),
        Checked::Busy => return busy(state, context).await.map(Err),
        Checked::Wrong => Problem::CurrentPasswordWrong,
        Checked::Wait(seconds) => Problem::Wait { seconds },
    };
    refuse(state, context, Field::CurrentPassword, problem).await.map(Err)
}

/// Stores the hash of a new password; refuses if the stored one is not `compared`.
async fn replace(
    state: &State,
    context: &PageContext,
    form: &Form,
    id: UserId,
    compared: String,
    hash: String,
) -> Result<Done<()>, WriteError<Problem>> {
    let now = context.now;
    let store = move |conn: &mut DbConnection| match users::replace_password(conn, id, &compared, &hash, now)? {
        true => Ok(Done { made: (), secret: Some(hash) }),
        false => Err(WriteError::Refused(Problem::CurrentPasswordWrong)),
    };
    double_submit::write(state, form.once(), store).await
}

async fn busy(state: &State, context: &PageContext) -> Answer {
    refuse(state, context, Field::CurrentPassword, Problem::HashingBusy).await.map(passwords::try_later)
}

async fn refuse(state: &State, context: &PageContext, field: Field, problem: Problem) -> Answer {
    let wait = match problem {
        Problem::Wait { seconds } => Some(seconds),
        _ => None,
    };
    let status = wait.map_or(StatusCode::UNPROCESSABLE_ENTITY, |_| StatusCode::TOO_MANY_REQUESTS);
    let problems = Problems::one(field, problem);
    let mut response = answer(state, context, status, ProfileInput::of(own(context)?), &problems).await?;
    if let Some(seconds) = wait {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// Ends every other session of the user.
pub async fn sign_out_others(state: Data<State>, SignedIn(context): SignedIn, session: Session, _form: Form) -> Answer {
    let (id, now, csrf) = (own(&context)?.id, context.now, context.csrf.clone());
    let end = move |conn: &mut crate::db::DbConnection| {
        let own = sessions::active_of(conn, id, now)?.into_iter().find(|(_, session)| is_of(&session.state, &csrf));
        match own {
            Some((key, _)) => sessions::end_others_of(conn, id, &key, now),
            None => Ok(()),
        }
    };
    state.db.write(end).await?;
    UserSession(session).store_notice(NoticeKind::OthersSignedOut.as_str());
    Ok(redirect_to(&context, "/profile"))
}
