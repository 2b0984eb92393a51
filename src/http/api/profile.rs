//! `GET /api/v1/profile`: many Chatwoot clients look here first.

use actix_web::HttpResponse;
use serde_json::json;

use super::management::Caller;
use crate::domain::token::Scope;

/// Who the token stands for: the one account.
pub async fn show(caller: Caller) -> HttpResponse {
    let role = match caller.scope {
        Scope::Admin => "administrator",
        Scope::Read | Scope::Ingest => "agent",
    };
    HttpResponse::Ok().json(json!({
        "id": 1,
        "name": "Hachok",
        "account_id": 1,
        "role": role,
        "accounts": [{ "id": 1, "name": "Hachok", "status": "active", "role": role }],
    }))
}
