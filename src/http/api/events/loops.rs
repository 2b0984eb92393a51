//! Refuses deliveries of Hachok itself: a webhook that points back at ingest would loop for ever.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::USER_AGENT;

use super::ingest_error::IngestError;
use crate::http::api::error_code::Code;

/// An error for a request that Hachok itself sent.
pub fn refuse(request: &HttpRequest) -> Result<(), IngestError> {
    let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if agent.starts_with("Hachok/") && request.headers().contains_key("webhook-id") {
        let detail = "This request was sent by Hachok itself: accepting it would start a loop.".to_owned();
        return Err(IngestError::new(
            StatusCode::BAD_REQUEST,
            Code::Loop,
            "A delivery came back as an event",
            "webhook-id",
            detail,
        ));
    }
    Ok(())
}
