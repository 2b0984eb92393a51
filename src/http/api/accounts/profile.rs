//! `GET /api/v1/profile`: many Chatwoot clients look here first.

use actix_web::HttpResponse;
use serde_json::json;

use crate::domain::accounts::api_token::Scope;
use crate::http::api::management::Caller;

/// A token is no person, but Chatwoot's clients insist on an address. `.invalid` is nobody's (RFC 2606 §2).
const EMAIL: &str = "hachok@hachok.invalid";

/// Who the token stands for: the one account. The token itself, which Chatwoot repeats here, is left out.
pub async fn show(caller: Caller) -> HttpResponse {
    let role = match caller.scope {
        Scope::Admin => "administrator",
        Scope::Read | Scope::Ingest => "agent",
    };
    HttpResponse::Ok().json(json!({
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
    }))
}
