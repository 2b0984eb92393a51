//! `GET /api`: the version, without a token, as in Chatwoot. The n8n community node tests its credentials here.

use actix_web::HttpResponse;
use serde_json::json;

/// `{"version":…}`.
pub async fn show() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "version": env!("CARGO_PKG_VERSION") }))
}
