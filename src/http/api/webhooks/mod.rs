//! `/api/v1/accounts/1/webhooks`.

mod members;
mod webhook_json;

use actix_web::http::StatusCode;
use actix_web::http::header::{ETag, LOCATION};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Map, Value};

use super::entity_tag::{self, Condition};
use super::error::ApiError;
use super::error_code::Code;
use super::management::{Caller, JsonObject, RawObject};
use super::names::{AnyNames, Members, body_members};
use super::response_json::{WithPayload, envelope, with_ignored};
use crate::db::once::Done;
use crate::db::{self, DbConnection, Error, WriteError, inboxes, webhooks};
use crate::domain::deliveries::state::Progress;
use crate::domain::events::catalogue::EventName;
use crate::domain::events::incoming::check_test_body;
use crate::domain::id::WebhookId;
use crate::domain::inboxes::Inbox;
use crate::domain::json;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::webhooks::{Held, Webhook};
use crate::forms::webhook::WebhookForm;
use crate::http::State;
use crate::http::middleware::idempotency::Once;
use crate::operations::save_webhook::{NotSaved, SameUrl, SaveWebhook, Switch};
use crate::operations::{save_webhook, secret_rotation, test_event};
use members::WebhookMembers;

/// The account and the webhook of a path.
type Ids = Path<(String, WebhookId)>;

body_members!(Rotation: "overlap", "secret", "force");

/// The members of a test.
pub struct Test;

impl Members for Test {
    const KNOWN: &'static [&'static [&'static str]] = &[&["event", "body"]];
    const OPAQUE: &'static [&'static str] = &["body"];
}

pub async fn list(state: Data<State>, caller: Caller<AnyNames>) -> Result<HttpResponse, ApiError> {
    let (list, inboxes) = state.db.read(|conn| Ok((webhooks::list(conn)?, inboxes::list(conn)?))).await?;
    let list: Vec<Value> = list.iter().map(|webhook| webhook_json::output(webhook, &inboxes, None)).collect();
    let body = serde_json::json!({ "payload": { "webhooks": list } });
    Ok(HttpResponse::Ok().json(with_ignored(body, caller.ignored())))
}

pub async fn show(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let (webhook, inboxes) = found(&state, ids.1).await?;
    Ok(answer(&webhook, &inboxes, None))
}

/// Creates a webhook. A URL that another webhook has is refused, as in Chatwoot; the pages only warn. Only this answer and
/// that of a rotation hold the signing secret.
pub async fn create(
    state: Data<State>,
    caller: Caller<AnyNames>,
    once: Once,
    object: JsonObject<WebhookMembers>,
) -> Result<HttpResponse, ApiError> {
    let (input, ignored) = input(&caller, object)?;
    let switch = webhook_json::switch(&input)?;
    let save = SaveWebhook::new(&state.db, &state.policy, SameUrl::Refused);
    let create = move |conn: &mut DbConnection| {
        let mut form = webhook_json::create(&input).map_err(WriteError::Refused)?;
        let inboxes = webhook_json::external_inboxes(&input, &inboxes::list(conn)?).map_err(WriteError::Refused)?;
        webhook_json::select(&mut form, inboxes);
        let saved = save.create(conn, Some(switch.unwrap_or(Switch::On(Held::Send))), &form);
        let saved = saved.map_err(WriteError::into_refusal)?;
        Ok::<_, WriteError<ApiError>>(Done {
            made: saved.id,
            secret: saved.secret.map(|secret| secret.reveal().to_owned()),
        })
    };
    let done = state.db.write_once(once.0, create).await?;
    let (webhook, inboxes) = found(&state, done.made).await?;
    let place = format!("/api/v1/accounts/1/webhooks/{}", webhook.id);
    let body = with_ignored(shown(&webhook, &inboxes, done.secret.as_deref()), ignored);
    Ok(tagged(&webhook).insert_header((LOCATION, place)).json(body))
}

/// Changes a webhook. PATCH and PUT both change only the members in the body.
pub async fn update(
    state: Data<State>,
    caller: Caller<AnyNames>,
    ids: Ids,
    condition: Condition,
    object: JsonObject<WebhookMembers>,
) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let (input, ignored) = input(&caller, object)?;
    let switch = webhook_json::switch(&input)?;
    let save = SaveWebhook::new(&state.db, &state.policy, SameUrl::Refused);
    let switch_alone = switch.filter(|_| input.keys().all(|name| ["enabled", "held"].contains(&name.as_str())));
    let changed = state.db.write_or_refuse(move |conn| {
        if let Some(switch) = switch_alone {
            let check = |stored: &Webhook| condition.check(&entity_tag::of_webhook(stored));
            let saved = save_webhook::switch::<ApiError>(conn, id, switch, check)?;
            return Ok((reload(conn, id)?, saved));
        }
        let inboxes = webhook_json::external_inboxes(&input, &inboxes::list(conn)?).map_err(WriteError::Refused)?;
        let form = |stored: &Webhook| {
            condition.check(&entity_tag::of_webhook(stored))?;
            let mut form = WebhookForm::of(stored);
            webhook_json::apply(&mut form, &input)?;
            webhook_json::select(&mut form, inboxes);
            Ok(form)
        };
        let saved = save.update(conn, id, switch, form)?;
        Ok((reload(conn, id)?, saved))
    });
    let (webhook, saved) = changed.await?;
    if saved.turned_on {
        state.engine.resume(id);
        state.engine.continue_mass_changes();
    }
    Ok(tagged(&webhook).json(with_ignored(shown(&webhook, &saved.inboxes, None), ignored)))
}

impl From<NotSaved> for ApiError {
    fn from(not_saved: NotSaved) -> Self {
        match not_saved {
            NotSaved::NotFound => Self::not_found(),
            NotSaved::Invalid(problems) => problems.into(),
            // The form was made from the stored webhook, within the transaction.
            NotSaved::Changed(_) => Self::plain(StatusCode::CONFLICT, Code::Changed, "The webhook was changed"),
        }
    }
}

/// The members of the webhook, and the names that are ignored. An empty object is an error, as in Chatwoot.
fn input(
    caller: &Caller<AnyNames>,
    mut object: JsonObject<WebhookMembers>,
) -> Result<(Map<String, Value>, Vec<String>), ApiError> {
    let mut ignored: Vec<String> = caller.ignored().collect();
    ignored.append(&mut object.ignored);
    let input = object.into_map();
    ignored.append(&mut members::ignored_within(&input));
    if input.is_empty() {
        let text = "param is missing or the value is empty: webhook";
        return Err(ApiError::plain(StatusCode::UNPROCESSABLE_ENTITY, Code::Required, text));
    }
    Ok((input, ignored))
}

/// Deletes a webhook: 200 with an empty body, as Chatwoot does.
pub async fn delete(
    state: Data<State>,
    _caller: Caller<AnyNames>,
    ids: Ids,
    condition: Condition,
) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let delete = move |conn: &mut DbConnection| {
        let stored = webhooks::find_for_update(conn, id)?.ok_or_else(|| WriteError::Refused(ApiError::not_found()))?;
        condition.check(&entity_tag::of_webhook(&stored)).map_err(WriteError::Refused)?;
        let now = db::now_on(conn)?;
        Ok::<_, WriteError<ApiError>>(webhooks::delete(conn, id, now)?)
    };
    if !state.db.write_or_refuse(delete).await? {
        return Err(ApiError::not_found());
    }
    state.engine.continue_mass_changes();
    Ok(HttpResponse::Ok().finish())
}

/// Replaces the signing secret: `{"overlap":"0"|"24h"|"7d","secret":…,"force":…}`.
pub async fn rotate(
    state: Data<State>,
    _caller: Caller,
    ids: Ids,
    once: Once,
    object: JsonObject<Rotation>,
) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let rotation = webhook_json::rotation(&object.into_map())?;
    let rotated = secret_rotation::rotate(&state.db, id, rotation, once.0.as_ref()).await?;
    let (webhook, inboxes) = found(&state, id).await?;
    Ok(answer(&webhook, &inboxes, rotated.secret.as_deref()))
}

impl From<secret_rotation::Refused> for ApiError {
    fn from(refused: secret_rotation::Refused) -> Self {
        match refused {
            secret_rotation::Refused::NotFound => Self::not_found(),
            secret_rotation::Refused::Recent => {
                let text =
                    "The secret was replaced within the last 10 minutes. Send \"force\": true to replace it again";
                Self::plain(StatusCode::CONFLICT, Code::RotatedRecently, text)
            }
        }
    }
}

/// Ends the validity of the previous signing secret.
pub async fn end_previous_secret(
    state: Data<State>,
    _caller: Caller,
    ids: Ids,
    condition: Condition,
) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let end = move |conn: &mut DbConnection| {
        let stored = webhooks::find_for_update(conn, id)?.ok_or_else(|| WriteError::Refused(ApiError::not_found()))?;
        condition.check(&entity_tag::of_webhook(&stored)).map_err(WriteError::Refused)?;
        Ok::<_, WriteError<ApiError>>(webhooks::end_old_secret(conn, id)?)
    };
    state.db.write_or_refuse(end).await?;
    let (webhook, inboxes) = found(&state, id).await?;
    Ok(answer(&webhook, &inboxes, None))
}

/// Sends a test event and answers with the result of its attempt.
pub async fn test(
    state: Data<State>,
    _caller: Caller,
    ids: Ids,
    once: Once,
    object: RawObject<Test>,
) -> Result<HttpResponse, ApiError> {
    let member = |name: &str| object.get(name).filter(|value| value.get() != "null");
    let unknown = || Problems::one(Field::TestEvent, Problem::TestEventUnknown);
    let event = match member("event") {
        None => EventName::WebhookTest,
        Some(name) => json::text(name).and_then(|name| EventName::parse_any(&name)).ok_or_else(unknown)?,
    };
    let body = match member("body") {
        None => event.sample().to_owned(),
        // A string that holds JSON, or JSON, which is sent exactly as the client wrote it.
        Some(body) => json::text(body).unwrap_or_else(|| body.get().to_owned()),
    };
    let body = json::without_bom(Bytes::from(body));
    let limit = usize::try_from(state.web.max_payload).unwrap_or(usize::MAX);
    check_test_body(&body, limit).map_err(|problem| Problems::one(Field::TestBody, problem))?;
    let sent = test_event::send(&state.db, &state.engine, ids.1, event, body.clone(), once.0.as_ref()).await?;
    // A test is sent once, whatever the state of its webhook.
    let progress = Progress::of(&sent.delivery, None, state.engine.now());
    let shown = WithPayload::delivery(&sent.delivery, progress, &sent.related, Some(&body), &sent.attempts);
    Ok(HttpResponse::Ok().json(envelope("delivery", shown)))
}

async fn found(state: &State, id: WebhookId) -> Result<(Webhook, Vec<Inbox>), ApiError> {
    let load = move |conn: &mut DbConnection| Ok((webhooks::find(conn, id)?, inboxes::list(conn)?));
    let (webhook, inboxes) = state.db.read(load).await?;
    Ok((webhook.ok_or_else(ApiError::not_found)?, inboxes))
}

fn reload(conn: &mut DbConnection, id: WebhookId) -> Result<Webhook, Error> {
    webhooks::find(conn, id)?.ok_or(Error::CorruptValue("webhook"))
}

fn answer(webhook: &Webhook, inboxes: &[Inbox], secret: Option<&str>) -> HttpResponse {
    tagged(webhook).json(shown(webhook, inboxes, secret))
}

fn tagged(webhook: &Webhook) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header(ETag(entity_tag::of_webhook(webhook)));
    response
}

fn shown(webhook: &Webhook, inboxes: &[Inbox], secret: Option<&str>) -> Value {
    serde_json::json!({ "payload": { "webhook": webhook_json::output(webhook, inboxes, secret) } })
}
