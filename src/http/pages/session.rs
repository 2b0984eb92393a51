//! First run, signing in and out.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use serde::Deserialize;

use super::password_check::{self, Checked};
use super::{Answer, go, page};
use crate::clock;
use crate::db::{setup_links, users};
use crate::domain::problem::Problems;
use crate::domain::token;
use crate::domain::user::{NewUser, Role, User, parse_email};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::form::Form;
use crate::http::reader::{Anyone, Reader};
use crate::http::session::Visit;
use crate::password;
use crate::views::session::{Refusal, SetUp, SetUpPage, SignInPage};

/// The query of a set-up link.
#[derive(Deserialize)]
pub struct Link {
    #[serde(default)]
    token: String,
}

/// The form for the first administrator; 404 for good once there is a user, and for a bad link.
pub async fn set_up(state: Data<State>, Anyone(reader): Anyone, link: Query<Link>) -> Answer {
    check_link(&state, &link.token).await?;
    let typed = SetUp { token: &link.token, ..SetUp::default() };
    page(StatusCode::OK, &SetUpPage::new(reader.shell(), typed, &Problems::default()))
}

async fn check_link(state: &State, text: &str) -> Result<(), PageError> {
    let hash = token::hash(text);
    let good = state
        .db
        .read(move |conn| Ok(users::none_yet(conn)? && setup_links::is_good(conn, &hash, clock::now())?))
        .await?;
    if good { Ok(()) } else { Err(PageError::DeadLink) }
}

/// Makes the first administrator and signs them in.
pub async fn create_first(state: Data<State>, Anyone(reader): Anyone, session: Session, form: Form) -> Answer {
    check_link(&state, form.get("token")).await?;
    let (name, email, zone) = (form.get("name"), form.get("email"), form.get("time_zone"));
    let checked = NewUser::parse(name, email, form.get("password"), Role::Admin, zone);
    let user = match checked {
        // No language is stored: nobody chose one for good here, and the links on every page must go on working.
        Ok(user) => user,
        Err(problems) => {
            let typed = SetUp { token: form.get("token"), name, email, time_zone: zone };
            return page(StatusCode::UNPROCESSABLE_ENTITY, &SetUpPage::new(reader.shell(), typed, &problems));
        }
    };
    let hash = hashed(&state, form.get("password")).await?;
    let link = token::hash(form.get("token"));
    let made = state
        .db
        .write(move |conn| {
            let now = clock::now();
            // Checked again inside the transaction: of two people with the link, one is the first.
            if !users::none_yet(conn)? || !setup_links::is_good(conn, &link, now)? {
                return Ok(None);
            }
            setup_links::clear(conn)?;
            let id = users::insert(conn, &user, &hash, now)?;
            users::signed_in(conn, id, now)?;
            Ok(Some(id))
        })
        .await?;
    Visit(session).sign_in(made.ok_or(PageError::DeadLink)?);
    Ok(go(&reader, "/webhooks"))
}

/// The hash of a new password.
pub(super) async fn hashed(state: &State, password: &str) -> Result<String, PageError> {
    let _turn = state.hashing.acquire().await.map_err(|_| PageError::Unavailable)?;
    let password = password.to_owned();
    let hash = tokio::task::spawn_blocking(move || password::hash(&password)).await;
    hash.ok().and_then(Result::ok).ok_or_else(|| PageError::Internal("hashing".into()))
}

/// Where to go after signing in.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// The sign-in form.
pub async fn sign_in(Anyone(reader): Anyone, query: Query<Next>) -> Answer {
    if reader.user.is_some() {
        return Ok(go(&reader, safe(&query.next)));
    }
    page(StatusCode::OK, &SignInPage::new(reader.shell(), "", safe(&query.next), None))
}

/// Signs in. One answer for every wrong pair of account and password.
pub async fn check_in(state: Data<State>, Anyone(reader): Anyone, session: Session, form: Form) -> Answer {
    let typed = form.get("email");
    let account = parse_email(typed).unwrap_or_default();
    let next = safe(form.get("next"));
    match password_check::check(&state, reader.address, &account, form.get("password")).await? {
        Checked::Wait(seconds) => {
            let refused = SignInPage::new(reader.shell(), typed, next, Some(Refusal::Wait(seconds)));
            let mut response = page(StatusCode::TOO_MANY_REQUESTS, &refused)?;
            response.headers_mut().insert(actix_web::http::header::RETRY_AFTER, seconds.into());
            Ok(response)
        }
        Checked::Right(user) => {
            let id = user.id;
            state.db.write(move |conn| users::signed_in(conn, id, clock::now())).await?;
            Visit(session).sign_in(id);
            Ok(go(&reader, next))
        }
        Checked::Wrong => refuse(&reader, typed, next),
    }
}

fn refuse(reader: &Reader, typed: &str, next: &str) -> Answer {
    page(StatusCode::UNPROCESSABLE_ENTITY, &SignInPage::new(reader.shell(), typed, next, Some(Refusal::Wrong)))
}

/// The person, if the password is theirs. An unknown address costs as much time as a wrong password. Only
/// [`password_check`] calls this: it counts the try.
pub(super) async fn matching(state: &State, account: &str, typed: &str) -> Result<Option<User>, PageError> {
    let wanted = account.to_owned();
    let found = state.db.read(move |conn| users::by_email(conn, &wanted)).await?;
    let (user, hash) = match found {
        Some((user, hash)) => (Some(user), hash),
        None => (None, password::DUMMY.to_owned()),
    };
    let _turn = state.hashing.acquire().await.map_err(|_| PageError::Unavailable)?;
    let typed = typed.to_owned();
    let same = tokio::task::spawn_blocking(move || password::matches(&typed, &hash)).await.unwrap_or(false);
    Ok(user.filter(|user| same && user.disabled_at.is_none()))
}

/// Ends the session.
pub async fn sign_out(Anyone(reader): Anyone, session: Session, _form: Form) -> HttpResponse {
    Visit(session).sign_out();
    let mut response = go(&reader, "/sign-in");
    let clear = actix_web::http::header::HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(actix_web::http::header::HeaderName::from_static("clear-site-data"), clear);
    response
}

/// A path of ours, or the start: never another site.
fn safe(next: &str) -> &str {
    let ours = next.starts_with('/')
        && !next.get(1..).unwrap_or_default().starts_with(['/', '\\'])
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours { next } else { "/webhooks" }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn only_our_own_paths_are_followed() {
        assert_eq!(safe("/deliveries?status=failed"), "/deliveries?status=failed");
        for foreign in ["", "//x", "/\\x", "https:x", "https://x", "x", "/\t/x", "/a\nb", "/a\\b", "javascript:1"] {
            assert_eq!(safe(foreign), "/webhooks", "{foreign:?}");
        }
    }
}
