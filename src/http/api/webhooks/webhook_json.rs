//! The JSON of a webhook. A client's JSON becomes the form of the pages, so that both use one validator.

use serde_json::{Map, Value};

use crate::domain::events::catalogue::EventName;
use crate::domain::inboxes::Inbox;
use crate::domain::json;
use crate::domain::webhooks::authorization::{Method, ShownAuthorization};
use crate::domain::webhooks::{InboxScope, Webhook};
use crate::forms::header_row::HeaderRow;
use crate::forms::webhook::WebhookForm;
use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;

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
        None | Some(Value::Null) => {}
        Some(Value::Object(object)) => apply_authorization(form, object)?,
        Some(_) => return Err(wrong("authorization", "an object")),
    }
    match input.get("headers") {
        None | Some(Value::Null) => {}
        Some(Value::Object(object)) => form.headers = headers(object, &form.headers)?,
        Some(_) => return Err(wrong("headers", "an object")),
    }
    match input.get("timeout_s") {
        None | Some(Value::Null) => {}
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

/// `enabled`, if the client sent it.
pub fn enabled(input: &Input) -> Result<Option<bool>, ApiError> {
    boolean(input, "enabled")
}

fn boolean(input: &Input, name: &'static str) -> Result<Option<bool>, ApiError> {
    match input.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(wrong(name, "true or false")),
    }
}

fn apply_inboxes(form: &mut WebhookForm, input: &Input) -> Result<(), ApiError> {
    let ids = match (input.get("inbox_ids"), input.get("inbox_id")) {
        (Some(Value::Array(list)), _) => list.iter().map(json::whole_of).collect::<Option<Vec<_>>>(),
        (Some(Value::Null), _) | (None, Some(Value::Null)) => Some(Vec::new()),
        (Some(id), _) | (None, Some(id)) => json::whole_of(id).map(|id| vec![id]),
        (None, None) => return Ok(()),
    };
    let ids = ids.ok_or_else(|| wrong("inbox_ids", "a list of numbers"))?;
    form.inbox_scope = if ids.is_empty() { "all".into() } else { "selected".into() };
    form.inboxes = ids;
    Ok(())
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
            Value::Object(inner) => match inner.get("value") {
                Some(Value::String(text)) => {
                    (text.clone(), inner.get("hidden").and_then(Value::as_bool).unwrap_or(false))
                }
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
    let mut shape = serde_json::json!({
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
        "status": webhook.state,
        "backlog_full_since": webhook.backlog_full_since,
        "created_at": webhook.created_at,
    });
    // A member of Chatwoot, absent unless exactly one inbox is selected.
    let only = ids.first().filter(|_| ids.len() == 1).and_then(|id| inboxes.iter().find(|inbox| inbox.id == *id));
    if let (Some(only), Some(object)) = (only, shape.as_object_mut()) {
        object.insert("inbox".into(), serde_json::json!({ "id": only.id, "name": only.name }));
    }
    shape
}

/// A hidden value is `null`; a client that sends `null` back leaves the value unchanged.
fn header_value(value: Option<&str>) -> Value {
    value.map_or(Value::Null, |value| serde_json::json!(value))
}

fn shown_authorization(shown: &ShownAuthorization) -> Value {
    match shown.method {
        Method::None => serde_json::json!({ "type": "none" }),
        Method::Bearer => serde_json::json!({ "type": "bearer", "token": null }),
        Method::Basic => serde_json::json!({ "type": "basic", "login": shown.name, "password": null }),
        Method::Custom => serde_json::json!({ "type": "custom", "header": shown.name, "value": null }),
    }
}
