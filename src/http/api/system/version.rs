//! `GET /api`: the version, for everybody, as in Chatwoot; the n8n community node tests its credentials here.

use actix_web::HttpResponse;
use serde_json::json;

/// `{"version":…}`.
pub async fn show() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "version": env!("CARGO_PKG_VERSION") }))
}
