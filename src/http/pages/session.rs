//! First run, signing in and out.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use serde::Deserialize;

use super::password_check::{self, Checked};
use super::passwords;
use super::{Answer, go, page};
use crate::clock;
use crate::db::{DbConnection, setup_links, users};
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::token;
use crate::domain::user::{NewUser, Role, parse_email};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::form::Form;
use crate::http::reader::{Anyone, Reader};
use crate::http::session::Visit;
use crate::password::Busy;
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
    let typed = SetUp { token: form.get("token"), name, email, time_zone: zone };
    let checked = NewUser::parse(name, email, form.get("password"), Role::Admin, zone);
    let user = match checked {
        // No language is stored: nobody chose one for good here, and the links on every page must go on working.
        Ok(user) => user,
        Err(problems) => {
            return page(StatusCode::UNPROCESSABLE_ENTITY, &SetUpPage::new(reader.shell(), typed, &problems));
        }
    };
    let hash = match passwords::hash(&state, reader.address, form.get("password")).await? {
        Ok(hash) => hash,
        Err(Busy) => {
            let problems = Problems::one(Field::Form, Problem::HashingBusy);
            let again = SetUpPage::new(reader.shell(), typed, &problems);
            return page(StatusCode::SERVICE_UNAVAILABLE, &again).map(passwords::try_later);
        }
    };
    let link = token::hash(form.get("token"));
    let made = state
        .db
        .write(move |conn| {
            let now = clock::now();
            // Compared again inside the transaction: of two people with the link, one is the first.
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
        Checked::Right(user, renewal) => {
            let id = user.id;
            let sign_in = move |conn: &mut DbConnection| {
                renewal.map_or(Ok(()), |renewal| renewal.store(conn, id))?;
                users::signed_in(conn, id, clock::now())
            };
            state.db.write(sign_in).await?;
            Visit(session).sign_in(id);
            Ok(go(&reader, next))
        }
        Checked::Wrong => refuse(&reader, typed, next, Refusal::Wrong),
        Checked::Busy => refuse(&reader, typed, next, Refusal::Busy).map(passwords::try_later),
    }
}

fn refuse(reader: &Reader, typed: &str, next: &str, refusal: Refusal) -> Answer {
    page(StatusCode::UNPROCESSABLE_ENTITY, &SignInPage::new(reader.shell(), typed, next, Some(refusal)))
}

/// Ends the session.
pub async fn sign_out(Anyone(reader): Anyone, session: Session, _form: Form) -> HttpResponse {
    Visit(session).sign_out();
    let mut response = go(&reader, "/sign-in");
    let clear = actix_web::http::header::HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(actix_web::http::header::HeaderName::from_static("clear-site-data"), clear);
    response
}

/// Longest path to go to after signing in.
const NEXT_MAX_BYTES: usize = 2048;

/// A path of ours, or the start: never another site.
fn safe(next: &str) -> &str {
    let ours = next.len() <= NEXT_MAX_BYTES
        && next.starts_with('/')
        && !next.get(1..).unwrap_or_default().starts_with(['/', '\\'])
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours { next } else { "/webhooks" }
}

#[cfg(test)]
mod tests {
    use super::{NEXT_MAX_BYTES, safe};

    #[test]
    fn only_our_own_paths_are_followed() {
        assert_eq!(safe("/deliveries?status=failed"), "/deliveries?status=failed");
        assert_eq!(safe(&format!("/deliveries?q={}", "a".repeat(NEXT_MAX_BYTES))), "/webhooks");
        for foreign in ["", "//x", "/\\x", "https:x", "https://x", "x", "/\t/x", "/a\nb", "/a\\b", "javascript:1"] {
            assert_eq!(safe(foreign), "/webhooks", "{foreign:?}");
        }
    }
}
