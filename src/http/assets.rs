//! `/static/…`: the name of a file contains a hash of its bytes, so browsers may cache it for ever.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use flate2::Compression;

use super::middleware::compression::{accepts_gzip, gzip};

/// Answers with the file of that hashed name, or 404.
pub async fn serve(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let Some((bytes, media_type)) = crate::assets::find(&name) else {
        return HttpResponse::NotFound().finish();
    };
    let bytes = match bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"));
    match accepts_gzip(&request).then(|| compressed(&name, &bytes)).flatten() {
        Some(compressed) => response.insert_header((CONTENT_ENCODING, "gzip")).body(compressed),
        None => response.body(bytes),
    }
}

/// The file compressed with gzip; each file is compressed once and then cached.
fn compressed(name: &str, bytes: &Bytes) -> Option<Bytes> {
    static FILES: LazyLock<Mutex<HashMap<String, Bytes>>> = LazyLock::new(Mutex::default);
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = files.get(name) {
        return Some(known.clone());
    }
    let made = gzip(bytes, Compression::best()).ok()?;
    files.insert(name.to_owned(), made.clone());
    Some(made)
}
