//! `GET /api/v1/profile`: many Chatwoot clients look here first.

use actix_web::HttpResponse;
use serde_json::json;

use super::management::Caller;

/// Who the token stands for: the one account.
pub async fn show(_caller: Caller) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "id": 1,
        "name": "Hachok",
        "account_id": 1,
        "role": "administrator",
        "accounts": [{ "id": 1, "name": "Hachok", "status": "active", "role": "administrator" }],
    }))
}
