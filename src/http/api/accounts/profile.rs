//! `GET /api/v1/profile`: many Chatwoot clients ask this first.

use actix_web::HttpResponse;
use serde_json::{Value, json};

use crate::domain::accounts::api_token::Scope;
use crate::http::api::management::Caller;
use crate::http::api::names::AnyNames;
use crate::http::api::response_json::with_ignored;

/// A token belongs to no person, but Chatwoot's clients require an e-mail address. `.invalid` is reserved (RFC 2606 §2).
const EMAIL: &str = "hachok@hachok.invalid";

/// The profile of the account. The token, which Chatwoot repeats here, is left out.
pub async fn show(caller: Caller<AnyNames>) -> HttpResponse {
    let role = if caller.token.scopes.has(Scope::Admin) { "administrator" } else { "agent" };
    HttpResponse::Ok().json(with_ignored(of_role(role), caller.ignored()))
}

/// The one account, in Chatwoot's shape.
pub fn of_role(role: &str) -> Value {
    json!({
        "id": 1,
        "uid": EMAIL,
        "name": "Hachok",
        "available_name": "Hachok",
        "display_name": "Hachok",
        "email": EMAIL,
        "account_id": 1,
        "role": role,
        "confirmed": true,
        "provider": "email",
        "avatar_url": "",
        "type": null,
        "availability_status": "online",
        "custom_attributes": {},
        "ui_settings": {},
        "accounts": [{
            "id": 1,
            "name": "Hachok",
            "status": "active",
            "active_at": null,
            "role": role,
            "permissions": [role],
            "availability": "online",
            "availability_status": "online",
            "auto_offline": false,
        }],
    })
}
