//! `/tokens`: list, create, revoke.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Data, Path};

use super::password_check::{self, Checked};
use super::passwords;
use crate::clock;
use crate::db::accounts::tokens::{self, NewToken};
use crate::db::once::Done;
use crate::db::{DbConnection, Error};
use crate::domain::accounts::api_token::{self, Lifetime, Scope, Scopes, Token};
use crate::domain::id::TokenId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, PageContext};
use crate::http::request::session::UserSession;
use crate::http::request::{double_submit, one_time_secret};
use crate::views::NoticeKind;
use crate::views::accounts::tokens::{RevokePage, TokenInput, TokensPage};

/// The place of a new token as a one-time secret.
const SECRET_PLACE: &str = "token";

/// The list, with the form to create one.
pub async fn list(state: Data<State>, Admin(context): Admin, session: Session) -> Answer {
    let new = one_time_secret::consume(&state, &UserSession(session), &context, SECRET_PLACE).await?;
    let none = TokenInput::default();
    let before = context.typed_before("/tokens").map(|form| TokenInput {
        name: form.get("name"),
        scopes: Scopes::of(
            form.pairs().filter(|(name, _)| *name == "scope").filter_map(|(_, name)| Scope::parse(name)),
        ),
        lifetime: Lifetime::parse(form.get("lifetime")).unwrap_or(none.lifetime),
    });
    answer(&state, &context, new.as_deref(), before.unwrap_or(none), &Problems::default()).await
}

async fn answer(
    state: &State,
    context: &PageContext,
    new: Option<&str>,
    typed: TokenInput<'_>,
    problems: &Problems,
) -> Answer {
    let mut list = state.db.read(tokens::list).await?;
    // Valid tokens first, and the newest at the top.
    list.sort_by_key(|token| (!token.is_active(context.now), std::cmp::Reverse(token.id)));
    let server = state.public.as_str().trim_end_matches('/');
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    render(status, &TokensPage::new(context.layout(), &list, server, typed, problems).with_new(new))
}

/// Creates a token; the list shows it once. A token that may change users and tokens needs the password of the person who
/// creates it, as entered in this form: an open session is not enough.
pub async fn create(state: Data<State>, Admin(context): Admin, session: Session, form: Form) -> Answer {
    let typed = typed(&form)?;
    let checked = match check(typed) {
        Ok(checked) => checked,
        Err(problems) => return answer(&state, &context, None, typed, &problems).await,
    };
    if checked.1.has(Scope::Accounts)
        && let Err(problem) = check_password(&state, &context, &form).await?
    {
        return refuse(&state, &context, typed, problem).await;
    }
    let (text, now) = (api_token::from_random(clock::random()), context.now);
    let (name, scopes) = checked;
    let new = NewToken { name, scopes, text: text.clone(), expires_at: typed.lifetime.end(now) };
    let insert = move |conn: &mut DbConnection| -> Result<_, Error> {
        tokens::insert(conn, &new, now)?;
        Ok(Done { made: (), secret: Some(text) })
    };
    let done = double_submit::write(&state, form.once(), insert).await?;
    if let Some(text) = done.secret {
        one_time_secret::store(&state, &UserSession(session), &context, SECRET_PLACE, &text, form.once())?;
    }
    Ok(redirect_to(&context, "/tokens"))
}

fn typed(form: &Form) -> Result<TokenInput<'_>, PageError> {
    let names = form.pairs().filter(|(name, _)| *name == "scope");
    let scopes = names.map(|(_, name)| Scope::parse(name)).collect::<Option<Vec<_>>>().ok_or(PageError::BadRequest)?;
    let lifetime = Lifetime::parse(form.get("lifetime")).ok_or(PageError::BadRequest)?;
    Ok(TokenInput { name: form.get("name"), scopes: Scopes::of(scopes), lifetime })
}

fn check(typed: TokenInput) -> Result<(String, Scopes), Problems> {
    let mut problems = Problems::default();
    let name = problems.keep(Field::TokenName, api_token::parse_name(typed.name));
    let scopes = problems.keep(Field::Scopes, typed.scopes.ok_or(Problem::ScopesMissing));
    match (name, scopes) {
        (Some(name), Some(scopes)) => Ok((name, scopes)),
        _ => Err(problems),
    }
}

/// Compares the typed password with that of the signed-in user. Wrong attempts count as at sign-in.
async fn check_password(state: &State, context: &PageContext, form: &Form) -> Result<Result<(), Problem>, PageError> {
    let user = context.user.as_ref().ok_or_else(|| context.to_sign_in())?;
    let typed = form.get("current_password");
    Ok(match password_check::check(state, context.address, &user.email, typed).await? {
        Checked::Right(..) => Ok(()),
        Checked::Wrong => Err(Problem::CurrentPasswordWrong),
        Checked::Busy => Err(Problem::HashingBusy),
        Checked::Wait(seconds) => Err(Problem::Wait { seconds }),
    })
}

async fn refuse(state: &State, context: &PageContext, typed: TokenInput<'_>, problem: Problem) -> Answer {
    let wait = match problem {
        Problem::Wait { seconds } => Some(seconds),
        _ => None,
    };
    let is_busy = problem == Problem::HashingBusy;
    let mut response = answer(state, context, None, typed, &Problems::one(Field::CurrentPassword, problem)).await?;
    if let Some(seconds) = wait {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(if is_busy { passwords::try_later(response) } else { response })
}

async fn find(state: &State, id: TokenId) -> Result<Token, PageError> {
    state.db.read(move |conn| tokens::find(conn, id)).await?.ok_or(PageError::NotFound)
}

/// The question before a token is revoked.
pub async fn ask_revoke(state: Data<State>, Admin(context): Admin, id: Path<TokenId>) -> Answer {
    let token = find(&state, *id).await?;
    if token.revoked_at.is_some() {
        return Ok(redirect_to(&context, "/tokens"));
    }
    render(StatusCode::OK, &RevokePage::new(context.layout(), &token))
}

/// Revokes a token; no effect if it is revoked already.
pub async fn revoke(
    state: Data<State>,
    Admin(context): Admin,
    session: Session,
    id: Path<TokenId>,
    _form: Form,
) -> Answer {
    let token = find(&state, *id).await?;
    let now = context.now;
    state.db.write(move |conn| tokens::revoke(conn, token.id, now)).await?;
    UserSession(session).store_notice(NoticeKind::TokenRevoked.as_str());
    Ok(redirect_to(&context, "/tokens"))
}
