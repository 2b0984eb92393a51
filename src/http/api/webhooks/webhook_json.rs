//! The JSON of a webhook. A client's JSON becomes the form of the pages, so that both use one validator.

use serde_json::{Map, Value, json};

use crate::domain::events::catalogue::EventName;
use crate::domain::id::InboxId;
use crate::domain::inboxes::{EXTERNAL_ID_CHARS_MAX, Inbox};
use crate::domain::json;
use crate::domain::problem::{Field, Problems};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::authorization::{Method, ShownAuthorization};
use crate::domain::webhooks::signing::SigningSecret;
use crate::domain::webhooks::{Held, InboxScope, State, Webhook};
use crate::forms::header_row::HeaderRow;
use crate::forms::webhook::WebhookForm;
use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;
use crate::operations::save_webhook::Switch;
use crate::operations::secret_rotation::{Overlap, Rotation};

type Input = Map<String, Value>;

/// The form of a new webhook; members that the client left out have their defaults.
pub fn create(input: &Input) -> Result<WebhookForm, ApiError> {
    let mut form = WebhookForm::blank(Vec::new());
    // As in Chatwoot, the default applies to an absent list and to null, not to an empty list.
    if input.get("subscriptions").is_none_or(Value::is_null) {
        form.events = EventName::CHATWOOT_DEFAULT.iter().map(ToString::to_string).collect();
    }
    apply(&mut form, input)?;
    if let Some(secret) = text(input, "secret")? {
        form.secret = secret;
    }
    Ok(form)
}

/// Applies the client's members to a form. A member that is left out changes nothing, nor does a secret that is `null`.
pub fn apply(form: &mut WebhookForm, input: &Input) -> Result<(), ApiError> {
    match input.get("name") {
        None => {}
        Some(Value::Null) => form.name.clear(),
        Some(_) => form.name = text(input, "name")?.unwrap_or_default(),
    }
    if input.contains_key("url") {
        form.url = text(input, "url")?.unwrap_or_default();
    }
    if let Some(value) = input.get("subscriptions").filter(|value| !value.is_null()) {
        form.events = texts(value)
            .ok_or_else(|| ApiError::invalid("subscriptions", Code::Invalid, "Subscriptions Invalid events"))?;
    }
    apply_inboxes(form, input)?;
    match input.get("authorization") {
        None => {}
        Some(Value::Object(object)) => apply_authorization(form, object)?,
        Some(_) => return Err(wrong("authorization", "an object")),
    }
    match input.get("headers") {
        None => {}
        Some(Value::Object(object)) => form.headers = headers(object, &form.headers)?,
        Some(_) => return Err(wrong("headers", "an object")),
    }
    match input.get("timeout_s") {
        None => {}
        Some(Value::String(typed)) => form.timeout_s.clone_from(typed),
        // A number that is not whole is refused by the validator, like one out of range.
        Some(Value::Number(number)) => form.timeout_s = number.to_string(),
        Some(_) => return Err(wrong("timeout_s", "a number")),
    }
    if let Some(see) = boolean(input, "viewers_see_answers")? {
        form.viewers_see_answers = see;
    }
    if let Some(is_success) = boolean(input, "redirect_is_success")? {
        form.redirect_is_success = is_success;
    }
    Ok(())
}

/// `enabled`, and what happens to what the webhook held (`held`), if the client sent them.
pub fn switch(input: &Input) -> Result<Option<Switch>, ApiError> {
    let held = match input.get("held") {
        None => None,
        Some(Value::String(text)) => Held::parse(text),
        Some(_) => return Err(wrong("held", "send or discard")),
    };
    match (boolean(input, "enabled")?, input.contains_key("held"), held) {
        (_, true, None) => Err(wrong("held", "send or discard")),
        (Some(true), _, held) => Ok(Some(Switch::On(held.unwrap_or(Held::Send)))),
        (_, true, _) => Err(ApiError::invalid("held", Code::Invalid, "held needs enabled: true")),
        (Some(false), ..) => Ok(Some(Switch::Off)),
        (None, ..) => Ok(None),
    }
}

/// `overlap`, `secret` and `force` of a rotation.
pub fn rotation(input: &Input) -> Result<Rotation, ApiError> {
    let unknown = || ApiError::invalid("overlap", Code::Invalid, "overlap must be 0, 24h or 7d");
    let overlap = match input.get("overlap") {
        None | Some(Value::Null) => Overlap::DEFAULT,
        Some(Value::String(text)) => Overlap::parse(text).ok_or_else(unknown)?,
        Some(_) => return Err(unknown()),
    };
    let secret = text(input, "secret")?.map(|text| SigningSecret::parse(&text)).transpose();
    let secret = secret.map_err(|problem| Problems::one(Field::Secret, problem))?;
    Ok(Rotation { overlap, secret, force: boolean(input, "force")?.unwrap_or(false) })
}

fn boolean(input: &Input, name: &'static str) -> Result<Option<bool>, ApiError> {
    match input.get(name) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(wrong(name, "true or false")),
    }
}

/// `null` is as if the member were absent: clients of Chatwoot send it, and it must not open the webhook to all inboxes.
fn apply_inboxes(form: &mut WebhookForm, input: &Input) -> Result<(), ApiError> {
    let given = |name| input.get(name).filter(|value| !value.is_null());
    let ids = match (given("inbox_ids"), given("inbox_id")) {
        (Some(Value::Array(list)), _) => list.iter().map(json::whole_of).collect::<Option<Vec<_>>>(),
        (Some(id), _) | (None, Some(id)) => json::whole_of(id).map(|id| vec![id]),
        (None, None) => return Ok(()),
    };
    let ids = ids.ok_or_else(|| wrong("inbox_ids", "a list of numbers"))?;
    select(form, Some(ids));
    Ok(())
}

/// Selects these inboxes, all of them for an empty list.
pub fn select(form: &mut WebhookForm, ids: Option<Vec<String>>) {
    if let Some(ids) = ids {
        form.inbox_scope = if ids.is_empty() { "all".into() } else { "selected".into() };
        form.inboxes = ids;
    }
}

/// The ids of the inboxes in `inbox_external_ids`, if the client sent it.
pub fn external_inboxes(input: &Input, inboxes: &[Inbox]) -> Result<Option<Vec<String>>, ApiError> {
    const NAME: &str = "inbox_external_ids";
    let Some(given) = input.get(NAME) else { return Ok(None) };
    if ["inbox_ids", "inbox_id"].iter().any(|name| input.get(*name).is_some_and(|value| !value.is_null())) {
        return Err(ApiError::invalid(NAME, Code::Invalid, "Send inbox_ids or inbox_external_ids, not both"));
    }
    let list = given.as_array().ok_or_else(|| wrong(NAME, "a list of texts"))?;
    let unknown = |text: &str| Err(ApiError::invalid(NAME, Code::UnknownInbox, text));
    // No external id is longer.
    let shown = |text: &str| text.chars().take(EXTERNAL_ID_CHARS_MAX).collect::<String>();
    let id = |value: &Value| {
        let text = value.as_str().map(ToOwned::to_owned).or_else(|| json::whole_of(value));
        let text = text.ok_or_else(|| wrong(NAME, "a list of texts"))?;
        let mut found = inboxes.iter().filter(|inbox| inbox.external_id.as_deref() == Some(&text));
        match (found.next(), found.next()) {
            (Some(inbox), None) => Ok(inbox.id.to_string()),
            (None, _) => unknown(&format!("No inbox has the external id {}", shown(&text))),
            (Some(_), Some(_)) => unknown(&format!("Several inboxes have the external id {}", shown(&text))),
        }
    };
    list.iter().map(id).collect::<Result<Vec<_>, _>>().map(Some)
}

fn apply_authorization(form: &mut WebhookForm, object: &Input) -> Result<(), ApiError> {
    let field = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(wrong("authorization", "texts")),
    };
    form.auth = field("type")?;
    form.bearer_token = field("token")?;
    form.basic_password = field("password")?;
    form.custom_value = field("value")?;
    // Login and header name are not secrets: they stay if they are left out.
    if object.contains_key("login") {
        form.basic_login = field("login")?;
    }
    if object.contains_key("header") {
        form.custom_name = field("header")?;
    }
    Ok(())
}

/// `null` keeps the stored value, hidden or not.
fn headers(object: &Input, stored: &[HeaderRow]) -> Result<Vec<HeaderRow>, ApiError> {
    let kept = |name: &str| {
        let old = stored.iter().find(|row| row.name.eq_ignore_ascii_case(name.trim()));
        old.map_or((String::new(), true), |row| (row.value.clone(), row.hide))
    };
    let row = |(name, value): (&String, &Value)| {
        let (value, hide) = match value {
            Value::String(text) => (text.clone(), false),
            Value::Null => kept(name),
            // A misspelt `hidden` would show what was meant to be secret.
            Value::Object(inner) if inner.keys().any(|name| !["value", "hidden"].contains(&name.as_str())) => {
                return Err(wrong("headers", "texts, or objects with value and hidden"));
            }
            Value::Object(inner) => match inner.get("value") {
                Some(Value::String(text)) => match inner.get("hidden") {
                    None => (text.clone(), false),
                    Some(Value::Bool(hidden)) => (text.clone(), *hidden),
                    Some(_) => return Err(wrong("hidden", "true or false")),
                },
                Some(Value::Null) | None => kept(name),
                Some(_) => return Err(wrong("headers", "texts")),
            },
            _ => return Err(wrong("headers", "texts")),
        };
        Ok(HeaderRow { name: name.clone(), value, hide, remove: false })
    };
    object.iter().map(row).collect()
}

fn text(input: &Input, name: &'static str) -> Result<Option<String>, ApiError> {
    match input.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong(name, "a text")),
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn wrong(attribute: &str, kind: &str) -> ApiError {
    ApiError::invalid(attribute, Code::Invalid, &format!("{attribute} must be {kind}"))
}

/// A webhook; `secret` is given only right after it was created.
pub fn output(webhook: &Webhook, inboxes: &[Inbox], secret: Option<&str>) -> Value {
    let ids = match &webhook.inboxes {
        InboxScope::All => &[][..],
        InboxScope::Selected(ids) => ids,
    };
    let headers: Map<String, Value> =
        webhook.headers.iter().map(|header| (header.name.to_string(), header_value(header.value.as_deref()))).collect();
    let mut shape = json!({
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url.as_str(),
        "account_id": 1,
        "subscriptions": webhook.events,
        "secret": secret,
        "enabled": webhook.enabled,
        "inbox_ids": ids,
        "authorization": shown_authorization(&webhook.authorization),
        "headers": headers,
        "timeout_s": webhook.options.timeout_s,
        "viewers_see_answers": webhook.options.viewers_see_answers,
        "redirect_is_success": webhook.options.redirect_is_success,
        "inboxes": chosen(ids, inboxes),
        "status": webhook.state,
        "status_reason": status_reason(webhook),
        "status_since": status_since(webhook),
        "failing_since": webhook.health.streak.since,
        "backlog_full_since": webhook.backlog_full_since,
        "secret_created_at": webhook.secret_created_at,
        "previous_secret_expires_at": webhook.old_secret_until,
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
    });
    // A member of Chatwoot, absent unless exactly one inbox is selected.
    let only = ids.first().filter(|_| ids.len() == 1).and_then(|id| inboxes.iter().find(|inbox| inbox.id == *id));
    if let (Some(only), Some(object)) = (only, shape.as_object_mut()) {
        object.insert("inbox".into(), json!({ "id": only.id, "name": only.name }));
    }
    shape
}

fn chosen(ids: &[InboxId], inboxes: &[Inbox]) -> Vec<Value> {
    let named = ids.iter().filter_map(|id| inboxes.iter().find(|inbox| inbox.id == *id));
    named.map(|inbox| json!({ "id": inbox.id, "external_id": inbox.external_id, "name": inbox.name })).collect()
}

/// Why Hachok turned the webhook off; `null` if it did not.
fn status_reason(webhook: &Webhook) -> Value {
    json!(webhook.off_reason.filter(|_| webhook.state == State::AutoDisabled))
}

/// Since when the webhook has been failing or off.
fn status_since(webhook: &Webhook) -> Option<Timestamp> {
    match webhook.state {
        State::Active | State::Paused => None,
        State::Failing => webhook.health.streak.since,
        State::Disabled | State::AutoDisabled => webhook.off_since,
    }
}

/// A hidden value is `null`; a client that sends `null` back leaves the value unchanged.
fn header_value(value: Option<&str>) -> Value {
    value.map_or(Value::Null, |value| json!(value))
}

fn shown_authorization(shown: &ShownAuthorization) -> Value {
    match shown.method {
        Method::None => json!({ "type": "none" }),
        Method::Bearer => json!({ "type": "bearer", "token": null }),
        Method::Basic => json!({ "type": "basic", "login": shown.name, "password": null }),
        Method::Custom => json!({ "type": "custom", "header": shown.name, "value": null }),
    }
}
