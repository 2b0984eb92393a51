//! `/tokens`: list, create, revoke.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use crate::clock;
use crate::db::accounts::tokens::{self, NewToken};
use crate::db::once::Done;
use crate::db::{DbConnection, Error};
use crate::domain::accounts::api_token::{self, Lifetime, Scope, Token};
use crate::domain::id::TokenId;
use crate::domain::problem::{Field, Problems};
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
        scope: Scope::parse(form.get("scope")).unwrap_or(none.scope),
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

/// Creates a token; the list shows it once.
pub async fn create(state: Data<State>, Admin(context): Admin, session: Session, form: Form) -> Answer {
    let scope = Scope::parse(form.get("scope")).ok_or(PageError::BadRequest)?;
    let lifetime = Lifetime::parse(form.get("lifetime")).ok_or(PageError::BadRequest)?;
    let name = match api_token::parse_name(form.get("name")) {
        Ok(name) => name,
        Err(problem) => {
            let typed = TokenInput { name: form.get("name"), scope, lifetime };
            return answer(&state, &context, None, typed, &Problems::one(Field::TokenName, problem)).await;
        }
    };
    let (text, now) = (api_token::from_random(clock::random()), context.now);
    let new = NewToken { name, scope, text: text.clone(), expires_at: lifetime.end(now) };
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
