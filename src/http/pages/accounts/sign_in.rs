//! `/setup`, `/sign-in` and `/sign-out`.

use std::net::IpAddr;

use actix_session::Session;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use serde::Deserialize;

use super::password_check::{self, Checked};
use super::passwords::{self, NotHashed};
use crate::clock;
use crate::db::accounts::{setup_links, users};
use crate::db::once::Done;
use crate::db::{DbConnection, WriteError};
use crate::domain::accounts::api_token;
use crate::domain::accounts::user::{NewUser, Role, parse_email};
use crate::domain::id::UserId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::form::Form;
use crate::http::request::page_context::{Anyone, PageContext};
use crate::http::request::posted_form::FormWithTokenCheck;
use crate::http::request::return_page::of_path;
use crate::http::request::session::UserSession;
use crate::http::request::{csrf, double_submit, kept_form};
use crate::views::accounts::sign_in::{Refusal, SessionEnded, SetUpInput, SetUpPage, SignInPage};

/// The query of a set-up link.
#[derive(Deserialize)]
pub struct Link {
    #[serde(default)]
    token: String,
}

/// The form for the first administrator; 404 once there is a user, and for an invalid link.
pub async fn set_up(state: Data<State>, Anyone(context): Anyone, link: Query<Link>) -> Answer {
    check_link(&state, &link.token).await?;
    let typed = SetUpInput { token: &link.token, ..SetUpInput::default() };
    render(StatusCode::OK, &SetUpPage::new(context.layout(), typed, &Problems::default()))
}

async fn check_link(state: &State, text: &str) -> Result<(), PageError> {
    let hash = api_token::hash(text);
    let good = state
        .db
        .read(move |conn| Ok(users::is_empty(conn)? && setup_links::is_valid(conn, &hash, clock::now())?))
        .await?;
    if good { Ok(()) } else { Err(PageError::DeadLink) }
}

/// Creates the first administrator and signs them in.
pub async fn create_first(state: Data<State>, Anyone(context): Anyone, session: Session, form: Form) -> Answer {
    if let Some((id, hash)) = made_before(&state, context.address, &form).await? {
        UserSession(session).sign_in(id, &hash, None, &context.device());
        return Ok(redirect_to(&context, "/webhooks"));
    }
    check_link(&state, form.get("token")).await?;
    let (name, email, zone) = (form.get("name"), form.get("email"), form.get("time_zone"));
    let typed = SetUpInput { token: form.get("token"), name, email, time_zone: zone };
    let checked = NewUser::parse(name, email, form.get("password"), Role::Admin, zone);
    let user = match checked {
        // No language is stored: the user has not chosen one, and the language links must keep working.
        Ok(user) => user,
        Err(problems) => {
            return render(StatusCode::UNPROCESSABLE_ENTITY, &SetUpPage::new(context.layout(), typed, &problems));
        }
    };
    let hash = match passwords::hash(&state, context.address, form.get("password")).await {
        Ok(hash) => hash,
        Err(NotHashed::Failed(error)) => return Err(error),
        Err(NotHashed::Busy) => {
            let problems = Problems::one(Field::Form, Problem::HashingBusy);
            let again = SetUpPage::new(context.layout(), typed, &problems);
            return render(StatusCode::SERVICE_UNAVAILABLE, &again).map(passwords::try_later);
        }
    };
    let link = api_token::hash(form.get("token"));
    let create = move |conn: &mut DbConnection| {
        let now = clock::now();
        // Checked again inside the transaction: of two people with the link, one is the first.
        if !users::is_empty(conn)? || !setup_links::is_valid(conn, &link, now)? {
            return Err(WriteError::Refused(PageError::DeadLink));
        }
        setup_links::clear(conn)?;
        let id = users::insert(conn, &user, &hash, now)?;
        users::sign_in(conn, id, &hash, &hash, now)?;
        Ok(Done { made: id, secret: Some(hash) })
    };
    let done = double_submit::write(&state, form.once(), create).await?;
    UserSession(session).sign_in(done.made, &done.secret.unwrap_or_default(), None, &context.device());
    Ok(redirect_to(&context, "/webhooks"))
}

/// The user whom the same form has just created or given a new password, and the hash of the password, for a repeated
/// post. The password is checked again, because the account may have been disabled or changed since.
pub(in crate::http::pages) async fn made_before(
    state: &State,
    address: IpAddr,
    form: &Form,
) -> Result<Option<(UserId, String)>, PageError> {
    let Some(Done { made, .. }) = double_submit::done::<UserId>(state, form).await? else { return Ok(None) };
    let Some(user) = state.db.read(move |conn| users::find(conn, made)).await? else { return Ok(None) };
    let checked = password_check::check(state, address, &user.email, form.get("password")).await?;
    Ok(if let Checked::Right(user, matched) = checked { Some((user.id, matched.hash)) } else { None })
}

/// The query of the sign-in page.
#[derive(Deserialize)]
pub struct Next {
    /// The path to redirect to after sign-in.
    #[serde(default)]
    next: String,
    /// Not empty: a form was sent, and had no effect.
    #[serde(default)]
    form: String,
}

/// The sign-in form.
pub async fn sign_in(state: Data<State>, Anyone(context): Anyone, query: Query<Next>) -> Answer {
    let next = of_path(&query.next);
    if context.user.is_some() {
        return Ok(redirect_to(&context, &next));
    }
    let ended = ended(&state, &context, !query.form.is_empty()).await?;
    let is_new = state.db.read(users::is_empty).await?;
    render(StatusCode::OK, &SignInPage::new(context.layout(), "", &next, None).after(ended).before_set_up(is_new))
}

/// What happens to the form that was sent, if the session has ended.
async fn ended(state: &State, context: &PageContext, form: bool) -> Result<Option<SessionEnded>, PageError> {
    let Some(ended) = &context.ended else { return Ok(None) };
    Ok(Some(match kept_form::is_waiting(state, ended).await? {
        true => SessionEnded::FormIsKept,
        false if form => SessionEnded::NothingWasDone,
        false => SessionEnded::NoForm,
    }))
}

/// Signs in. Every wrong pair of account and password gets the same answer.
///
/// A user who has signed in in another window in the meantime is redirected without a check.
pub async fn check_in(
    state: Data<State>,
    Anyone(context): Anyone,
    session: Session,
    request: HttpRequest,
    input: FormWithTokenCheck,
) -> Answer {
    let form = input.form;
    if context.user.is_some() && csrf::is_before_sign_in(&state, &request, form.get("_csrf")) {
        return Ok(redirect_to(&context, &of_path(form.get("next"))));
    }
    if !input.fresh {
        return Err(csrf::stale(&state, &request));
    }
    let typed = form.get("email");
    let account = parse_email(typed).unwrap_or_default();
    let next = of_path(form.get("next"));
    match password_check::sign_in(&state, context.address, &account, form.get("password")).await? {
        Checked::Wait(seconds) => {
            let refused = SignInPage::new(context.layout(), typed, &next, Some(Refusal::Wait(seconds)));
            let mut response = render(StatusCode::TOO_MANY_REQUESTS, &refused)?;
            response.headers_mut().insert(actix_web::http::header::RETRY_AFTER, seconds.into());
            Ok(response)
        }
        Checked::Right(user, matched) => {
            let id = user.id;
            let session = UserSession(session);
            let same = context.ended.as_ref().filter(|ended| ended.user == Some(id));
            session.sign_in(id, &matched.hash, same.and_then(|ended| ended.csrf.clone()), &context.device());
            if let Some(ended) = &context.ended
                && let Some(kept) = kept_form::take_over(&state, ended, id).await?
            {
                session.keep_form(&ended.key_hash);
                return Ok(redirect_to(&context, &kept.page));
            }
            Ok(redirect_to(&context, &next))
        }
        Checked::Wrong => refuse(&context, typed, &next, Refusal::Wrong),
        Checked::Busy => refuse(&context, typed, &next, Refusal::Busy).map(passwords::try_later),
    }
}

fn refuse(context: &PageContext, typed: &str, next: &str, refusal: Refusal) -> Answer {
    render(StatusCode::UNPROCESSABLE_ENTITY, &SignInPage::new(context.layout(), typed, next, Some(refusal)))
}

/// Ends the session.
///
/// The form token is checked only while a user is signed in: a session that has ended has no token to compare with.
pub async fn sign_out(Anyone(context): Anyone, session: Session, input: FormWithTokenCheck) -> Answer {
    if context.user.is_some() && !input.fresh {
        return Err(PageError::StaleForm);
    }
    UserSession(session).sign_out();
    let mut response = redirect_to(&context, "/sign-in");
    let clear = actix_web::http::header::HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(actix_web::http::header::HeaderName::from_static("clear-site-data"), clear);
    Ok(response)
}
