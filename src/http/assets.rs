//! `/static/…`: names change with their bytes, so browsers may keep them for ever.

use std::borrow::Cow;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};

/// The file of that hashed name.
pub async fn serve(name: web::Path<String>) -> HttpResponse {
    match crate::assets::find(&name) {
        None => HttpResponse::NotFound().finish(),
        Some((bytes, media_type)) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, media_type))
            .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .body(match bytes {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => bytes.into(),
            }),
    }
}
