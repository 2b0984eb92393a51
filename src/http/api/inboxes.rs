//! `/api/v1/accounts/1/inboxes`.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::{Map, Value};

use super::error::ApiError;
use super::management::{Caller, JsonObject};
use super::names::{AnyNames, Members};
use super::response_json;
use crate::clock;
use crate::db::{Error, inboxes};
use crate::domain::id::InboxId;
use crate::domain::inboxes::{Inbox, NewInbox};
use crate::domain::json;
use crate::domain::problem::{Field, Problem, Problems};
use crate::http::State;

type Ids = Path<(String, InboxId)>;

/// The members of an inbox.
pub struct InboxMembers;

impl Members for InboxMembers {
    const KNOWN: &'static [&'static [&'static str]] =
        &[&["name", "external_id", "channel_type", "archived"], &response_json::INBOX_OUT_ONLY];
    const WRAPPER: Option<&'static str> = Some("inbox");
}

/// All inboxes, by name.
pub async fn list(state: Data<State>, caller: Caller<AnyNames>) -> Result<HttpResponse, ApiError> {
    let list = state.db.read(inboxes::list).await?;
    let list: Vec<Value> = list.iter().map(response_json::inbox).collect();
    let body = serde_json::json!({ "payload": list });
    Ok(HttpResponse::Ok().json(response_json::with_ignored(body, caller.ignored())))
}

/// One inbox, without `payload`, as in Chatwoot.
pub async fn show(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let inbox = state.db.read(move |conn| inboxes::find(conn, id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(response_json::inbox(&inbox)))
}

pub async fn create(
    state: Data<State>,
    _caller: Caller,
    object: JsonObject<InboxMembers>,
) -> Result<HttpResponse, ApiError> {
    let new = parse(&object.into_map(), None)?;
    let made = state.db.write(move |conn| inboxes::insert(conn, &new, clock::now())).await.map_err(taken)?;
    answer(&state, made).await
}

/// Changes an inbox; members that are left out stay.
pub async fn update(
    state: Data<State>,
    _caller: Caller,
    ids: Ids,
    object: JsonObject<InboxMembers>,
) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let stored = state.db.read(move |conn| inboxes::find(conn, id)).await?.ok_or_else(ApiError::not_found)?;
    let input = object.into_map();
    let new = parse(&input, Some(&stored))?;
    let archived = input.get("archived").and_then(Value::as_bool);
    let change = state.db.write(move |conn| {
        if let Some(archived) = archived {
            inboxes::archive(conn, id, archived.then(clock::now))?;
        }
        inboxes::update(conn, id, &new)
    });
    change.await.map_err(taken)?;
    answer(&state, id).await
}

/// Archives an inbox. Its row stays, because events may still name it.
pub async fn archive(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let archived = state.db.write(move |conn| inboxes::archive(conn, id, Some(clock::now()))).await?;
    if archived { Ok(HttpResponse::Ok().finish()) } else { Err(ApiError::not_found()) }
}

fn parse(input: &Map<String, Value>, stored: Option<&Inbox>) -> Result<NewInbox, ApiError> {
    let field = |name: &str, old: Option<&str>| match input.get(name) {
        None => old.unwrap_or_default().to_owned(),
        Some(Value::String(text)) => text.clone(),
        // An id of 7.0 is 7, as it is in an event.
        Some(value @ Value::Number(number)) => json::whole_of(value).unwrap_or_else(|| number.to_string()),
        Some(_) => String::new(),
    };
    let name = field("name", stored.map(|inbox| inbox.name.as_str()));
    let external = field("external_id", stored.and_then(|inbox| inbox.external_id.as_deref()));
    let channel = field("channel_type", stored.and_then(|inbox| inbox.channel_type.as_deref()));
    Ok(NewInbox::parse(&name, &external, &channel)?)
}

fn taken(error: Error) -> ApiError {
    if error.is_unique_violation() {
        Problems::one(Field::InboxExternalId, Problem::ExternalIdTaken).into()
    } else {
        error.into()
    }
}

async fn answer(state: &State, id: InboxId) -> Result<HttpResponse, ApiError> {
    let inbox = state.db.read(move |conn| inboxes::find(conn, id)).await?.ok_or_else(ApiError::not_found)?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "payload": { "inbox": response_json::inbox(&inbox) } })))
}
