//! A token with the scope `operate` that may not read learns from the answer to a change only what became of the change
//! (docs/reference/http-api.md, "Scopes"). One place for all routes, so that a new one cannot forget it.

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use serde_json::Value;

use crate::domain::accounts::api_token::{Scope, Scopes};
use crate::http::api::permissions::{Needed, needed};

/// The members that stay of what was changed or made.
const SHOWN: [&str; 5] = ["id", "enabled", "status", "state", "count"];

/// Removes the other members from `payload` for a token that may not read.
pub async fn reduce(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let request = response.request();
    let is_operated =
        needed(request.method(), &request.match_pattern().unwrap_or_default()) == Needed::Scope(Scope::Operate);
    let scopes = request.extensions().get::<Scopes>().copied();
    let may_read = scopes.is_none_or(|scopes| scopes.allow(Scope::Read));
    if !is_operated || may_read || !response.status().is_success() {
        return Ok(response);
    }
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let body = to_bytes(body).await?;
    let body = match serde_json::from_slice(&body) {
        Ok(answer) => reduced(answer).to_string().into(),
        // Not a thing of the API.
        Err(_) => body,
    };
    Ok(ServiceResponse::new(request, response.set_body(BoxBody::new(body))))
}

fn reduced(mut answer: Value) -> Value {
    let things = answer.get_mut("payload").and_then(Value::as_object_mut);
    for thing in things.into_iter().flat_map(|payload| payload.values_mut()) {
        match thing.as_object_mut() {
            Some(members) => members.retain(|name, _| SHOWN.contains(&name.as_str())),
            None => *thing = Value::Null,
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_became_of_a_change_stays() {
        let delivery = json!({ "id": "dlv_1", "status": "success", "payload": { "id": 7 }, "attempts": [] });
        let shown = reduced(json!({ "payload": { "delivery": delivery }, "ignored": ["a"] }));
        assert_eq!(
            shown,
            json!({ "payload": { "delivery": { "id": "dlv_1", "status": "success" } }, "ignored": ["a"] })
        );
        assert_eq!(reduced(json!({ "payload": { "list": [1] } })), json!({ "payload": { "list": null } }));
    }
}
