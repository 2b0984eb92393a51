//! `/api/v1/accounts/1/inboxes`.

use actix_web::http::header::{ETag, LOCATION};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Map, Value, json};

use super::entity_tag::{self, Condition};
use super::error::ApiError;
use super::error_code::Code;
use super::management::{Caller, JsonObject};
use super::names::{AnyNames, Members};
use super::response_json;
use crate::db::once::Done;
use crate::db::{DbConnection, Error, WriteError, inboxes, now_on};
use crate::domain::id::InboxId;
use crate::domain::inboxes::{Inbox, NewInbox};
use crate::domain::json;
use crate::domain::problem::{Field, Problem, Problems};
use crate::http::State;
use crate::http::middleware::idempotency::Once;

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
    let body = json!({ "payload": list });
    Ok(HttpResponse::Ok().json(response_json::with_ignored(body, caller.ignored())))
}

/// One inbox, without `payload`, as in Chatwoot.
pub async fn show(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let inbox = found(&state, ids.1).await?;
    Ok(tagged(&inbox).json(response_json::inbox(&inbox)))
}

pub async fn create(
    state: Data<State>,
    _caller: Caller,
    once: Once,
    object: JsonObject<InboxMembers>,
) -> Result<HttpResponse, ApiError> {
    let new = parse(&object.into_map(), None)?;
    let insert = move |conn: &mut DbConnection| {
        let now = now_on(conn)?;
        Ok(Done::plain(inboxes::insert(conn, &new, now)?))
    };
    let made = state.db.write_once(once.0, insert).await.map_err(taken)?.made;
    let inbox = found(&state, made).await?;
    let place = format!("/api/v1/accounts/1/inboxes/{made}");
    Ok(tagged(&inbox).insert_header((LOCATION, place)).json(shape(&inbox)))
}

/// Changes an inbox; members that are left out stay.
pub async fn update(
    state: Data<State>,
    _caller: Caller,
    ids: Ids,
    condition: Condition,
    object: JsonObject<InboxMembers>,
) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let input = object.into_map();
    let archived = match input.get("archived") {
        None => None,
        Some(Value::Bool(archived)) => Some(*archived),
        Some(_) => return Err(ApiError::invalid("archived", Code::Invalid, "archived must be true or false")),
    };
    let change = move |conn: &mut DbConnection| {
        let stored = inboxes::find_for_update(conn, id)?.ok_or_else(|| WriteError::Refused(ApiError::not_found()))?;
        condition.check(&entity_tag::of_inbox(&stored)).map_err(WriteError::Refused)?;
        let new = parse(&input, Some(&stored)).map_err(WriteError::Refused)?;
        let now = now_on(conn)?;
        if let Some(archived) = archived {
            inboxes::archive(conn, id, archived, now)?;
        }
        inboxes::update(conn, id, &new, now).map_err(|error| WriteError::Refused(taken(error)))?;
        Ok::<_, WriteError<ApiError>>(())
    };
    state.db.write_or_refuse(change).await?;
    let inbox = found(&state, id).await?;
    Ok(tagged(&inbox).json(shape(&inbox)))
}

/// Archives an inbox. Its row stays, because events may still name it.
pub async fn archive(
    state: Data<State>,
    _caller: Caller,
    ids: Ids,
    condition: Condition,
) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let archive = move |conn: &mut DbConnection| {
        let stored = inboxes::find_for_update(conn, id)?.ok_or_else(|| WriteError::Refused(ApiError::not_found()))?;
        condition.check(&entity_tag::of_inbox(&stored)).map_err(WriteError::Refused)?;
        let now = now_on(conn)?;
        inboxes::archive(conn, id, true, now)?;
        Ok::<_, WriteError<ApiError>>(())
    };
    state.db.write_or_refuse(archive).await?;
    Ok(HttpResponse::Ok().finish())
}

fn parse(input: &Map<String, Value>, stored: Option<&Inbox>) -> Result<NewInbox, ApiError> {
    let field = |name: &str, old: Option<&str>| match input.get(name) {
        None => Ok(old.unwrap_or_default().to_owned()),
        Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        // An id of 7.0 is 7, as it is in an event.
        Some(value @ Value::Number(number)) if name == "external_id" => {
            Ok(json::whole_of(value).unwrap_or_else(|| number.to_string()))
        }
        Some(_) => Err(ApiError::invalid(name, Code::Invalid, &format!("{name} must be a text"))),
    };
    let name = field("name", stored.map(|inbox| inbox.name.as_str()))?;
    let external = field("external_id", stored.and_then(|inbox| inbox.external_id.as_deref()))?;
    let channel = field("channel_type", stored.and_then(|inbox| inbox.channel_type.as_deref()))?;
    Ok(NewInbox::parse(&name, &external, &channel)?)
}

fn taken(error: Error) -> ApiError {
    if error.is_unique_violation() {
        Problems::one(Field::InboxExternalId, Problem::ExternalIdTaken).into()
    } else {
        error.into()
    }
}

async fn found(state: &State, id: InboxId) -> Result<Inbox, ApiError> {
    state.db.read(move |conn| inboxes::find(conn, id)).await?.ok_or_else(ApiError::not_found)
}

fn tagged(inbox: &Inbox) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header(ETag(entity_tag::of_inbox(inbox)));
    response
}

fn shape(inbox: &Inbox) -> Value {
    json!({ "payload": { "inbox": response_json::inbox(inbox) } })
}
