//! `/api/v1/accounts/1/tokens`: API tokens. Changing them needs the scope `accounts`.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::{Map, Value, json};

use super::token::shape;
use crate::clock;
use crate::db::accounts::tokens::{self, NewToken};
use crate::db::once::Done;
use crate::db::{DbConnection, Error};
use crate::domain::accounts::api_token::{self, Scope, Scopes};
use crate::domain::id::TokenId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;
use crate::http::api::management::{Caller, JsonObject};
use crate::http::api::names::body_members;
use crate::http::middleware::idempotency::Once;

type Ids = Path<(String, TokenId)>;

body_members!(TokenMembers: "name", "scopes", "expires_at");

/// All tokens, also revoked and expired ones, oldest first.
pub async fn list(state: Data<State>, _caller: Caller) -> Result<HttpResponse, ApiError> {
    let list: Vec<Value> = state.db.read(tokens::list).await?.iter().map(shape).collect();
    Ok(HttpResponse::Ok().json(json!({ "payload": list })))
}

/// Creates a token: only this answer has its text.
pub async fn create(
    state: Data<State>,
    _caller: Caller,
    once: Once,
    object: JsonObject<TokenMembers>,
) -> Result<HttpResponse, ApiError> {
    let (input, now) = (object.into_map(), clock::now());
    let mut problems = Problems::default();
    let name = input.get("name").and_then(Value::as_str).unwrap_or_default();
    let name = problems.keep(Field::TokenName, api_token::parse_name(name)).unwrap_or_default();
    let scopes = problems.keep(Field::Scopes, scopes(&input)?.ok_or(Problem::ScopesMissing));
    let expires_at = expires_at(&input, now)?;
    let Some(scopes) = scopes.filter(|_| problems.is_empty()) else { return Err(problems.into()) };
    let text = api_token::from_random(clock::random());
    let insert = move |conn: &mut DbConnection| -> Result<_, Error> {
        let new = NewToken { name, scopes, text: text.clone(), expires_at };
        Ok(Done { made: tokens::insert(conn, &new, now)?, secret: Some(text) })
    };
    let done = state.db.write_once(once.0, insert).await?;
    let made = state.db.read(move |conn| tokens::find(conn, done.made)).await?.ok_or_else(ApiError::not_found)?;
    let mut shown = shape(&made);
    if let Some(members) = shown.as_object_mut() {
        members.insert("token".to_owned(), json!(done.secret));
    }
    Ok(HttpResponse::Ok().json(json!({ "payload": { "token": shown } })))
}

/// Revokes a token; no effect if it is revoked already.
pub async fn revoke(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let (id, now) = (ids.1, clock::now());
    let revoke = move |conn: &mut DbConnection| Ok(tokens::revoke(conn, id, now)? || tokens::find(conn, id)?.is_some());
    if state.db.write(revoke).await? { Ok(HttpResponse::Ok().finish()) } else { Err(ApiError::not_found()) }
}

/// `None` if there are no scopes.
fn scopes(input: &Map<String, Value>) -> Result<Option<Scopes>, ApiError> {
    let known = Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    let wrong = || ApiError::invalid("scopes", Code::Invalid, &format!("scopes must be a list of {known}"));
    match input.get("scopes") {
        None => Ok(None),
        Some(Value::Array(list)) => {
            let scopes = list.iter().map(|name| name.as_str().and_then(Scope::parse));
            scopes.collect::<Option<Vec<_>>>().map(Scopes::of).ok_or_else(wrong)
        }
        Some(_) => Err(wrong()),
    }
}

fn expires_at(input: &Map<String, Value>, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    let wrong = || {
        ApiError::invalid("expires_at", Code::Invalid, "expires_at must be a future time such as 2027-11-21T09:00:00Z")
    };
    match input.get("expires_at") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let at = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()).ok_or_else(wrong)?;
            let at = Timestamp::from_micros(at.as_microsecond());
            if at > now { Ok(Some(at)) } else { Err(wrong()) }
        }
    }
}
