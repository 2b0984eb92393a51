//! `/profile`: the user's name, language, time zone, theme, password and sessions.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::Data;

use super::password_check::{self, Checked};
use super::passwords;
use crate::db::DbConnection;
use crate::db::accounts::{sessions, users};
use crate::db::form_answers::Done;
use crate::domain::accounts::user::{Language, Profile, Theme, User, check_password, parse_name, parse_zone};
use crate::domain::problem::{Field, Problem, Problems};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, go, page};
use crate::http::request::double_submit;
use crate::http::request::form::Form;
use crate::http::request::page_context::{Reader, SignedIn, theme_cookie};
use crate::http::request::session::{IDLE_MAX, Visit, is_of};
use crate::views::NoticeKind;
use crate::views::accounts::profile::{ProfileInput, ProfilePage, SessionRow};

pub async fn show(state: Data<State>, SignedIn(reader): SignedIn) -> Answer {
    let problems = Problems::default();
    let before = reader.typed_before("/profile").map(typed);
    let typed = before.unwrap_or(ProfileInput::of(own(&reader)?));
    answer(&state, &reader, StatusCode::OK, typed, &problems).await
}

fn own(reader: &Reader) -> Result<&User, PageError> {
    reader.user.as_ref().ok_or_else(|| reader.to_sign_in())
}

async fn answer(
    state: &State,
    reader: &Reader,
    status: StatusCode,
    typed: ProfileInput<'_>,
    problems: &Problems,
) -> Answer {
    let (user, now) = (own(reader)?, reader.now);
    let id = user.id;
    let stored = state.db.read(move |conn| sessions::active_of(conn, id, now)).await?;
    let row = |session: &sessions::StoredSession| SessionRow {
        created_at: session.created_at,
        seen_at: session.expires_at.before(IDLE_MAX),
        is_this: is_of(&session.state, &reader.csrf),
    };
    let rows = stored.iter().map(|(_, session)| row(session)).collect();
    page(status, &ProfilePage::new(reader.shell(), user, typed, problems, rows))
}

/// Stores name, language, time zone and theme.
pub async fn save(state: Data<State>, SignedIn(reader): SignedIn, session: Session, form: Form) -> Answer {
    let typed = typed(&form);
    let id = own(&reader)?.id;
    match check(typed) {
        Err(problems) => answer(&state, &reader, StatusCode::UNPROCESSABLE_ENTITY, typed, &problems).await,
        Ok(profile) => {
            let cookie = theme_cookie(&state, profile.theme);
            state.db.write(move |conn| users::set_profile(conn, id, &profile)).await?;
            Visit(session).leave_notice(NoticeKind::ProfileSaved.as_str());
            let mut response = go(&reader, "/profile");
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
pub async fn change_password(state: Data<State>, SignedIn(reader): SignedIn, session: Session, form: Form) -> Answer {
    let user = own(&reader)?;
    // Checked before the old password: a repeated post would fail, because the form itself has replaced it.
    if double_submit::done::<()>(&state, &form).await?.is_some() {
        return Ok(go(&reader, "/profile"));
    }
    if let Err(problem) = check_password(form.get("password"), &[&user.name, &user.email]) {
        return refuse(&state, &reader, Field::Password, problem).await;
    }
    match password_check::check(&state, reader.address, &user.email, form.get("current_password")).await? {
        Checked::Right(..) => {}
        Checked::Busy => return busy(&state, &reader).await,
        Checked::Wrong => return refuse(&state, &reader, Field::CurrentPassword, Problem::CurrentPasswordWrong).await,
        Checked::Wait(seconds) => {
            return refuse(&state, &reader, Field::CurrentPassword, Problem::Wait { seconds }).await;
        }
    }
    let Ok(hash) = passwords::hash(&state, reader.address, form.get("password")).await? else {
        return busy(&state, &reader).await;
    };
    let (id, now) = (user.id, reader.now);
    let store = move |conn: &mut DbConnection| {
        users::set_password(conn, id, &hash, now)?;
        Ok(Ok::<_, PageError>(Done::plain(())))
    };
    double_submit::write(&state, form.once(), store).await??;
    let visit = Visit(session);
    // Storing the password has ended all sessions of the user; this one continues under a new key.
    visit.renew();
    visit.leave_notice(NoticeKind::PasswordChanged.as_str());
    Ok(go(&reader, "/profile"))
}

async fn busy(state: &State, reader: &Reader) -> Answer {
    refuse(state, reader, Field::CurrentPassword, Problem::HashingBusy).await.map(passwords::try_later)
}

async fn refuse(state: &State, reader: &Reader, field: Field, problem: Problem) -> Answer {
    let wait = match problem {
        Problem::Wait { seconds } => Some(seconds),
        _ => None,
    };
    let status = wait.map_or(StatusCode::UNPROCESSABLE_ENTITY, |_| StatusCode::TOO_MANY_REQUESTS);
    let problems = Problems::one(field, problem);
    let mut response = answer(state, reader, status, ProfileInput::of(own(reader)?), &problems).await?;
    if let Some(seconds) = wait {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// Ends every other session of the user.
pub async fn sign_out_others(state: Data<State>, SignedIn(reader): SignedIn, session: Session, _form: Form) -> Answer {
    let (id, now, csrf) = (own(&reader)?.id, reader.now, reader.csrf.clone());
    let end = move |conn: &mut crate::db::DbConnection| {
        let own = sessions::active_of(conn, id, now)?.into_iter().find(|(_, session)| is_of(&session.state, &csrf));
        match own {
            Some((key, _)) => sessions::end_others_of(conn, id, &key, now),
            None => Ok(()),
        }
    };
    state.db.write(end).await?;
    Visit(session).leave_notice(NoticeKind::OthersSignedOut.as_str());
    Ok(go(&reader, "/profile"))
}
