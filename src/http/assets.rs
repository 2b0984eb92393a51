//! `/static/…`: the name of a file contains a hash of its bytes, so browsers may cache it for ever.

use std::borrow::Cow;

use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, Encoding, EntityTag, Header, IfNoneMatch, VARY,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::assets::{self, Asset};

/// Answers with the file of that hashed name, in the smallest form that the client accepts; 404 if no file has it.
///
/// Each form has its own `ETag` (RFC 9110 §8.8.3.3).
pub async fn serve(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let Some(asset) = assets::find(&name) else {
        return HttpResponse::NotFound().finish();
    };
    let (coding, bytes) = form(&request, asset);
    let tag = EntityTag::new_strong(format!("{}-{}", asset.hash, coding.unwrap_or("identity")));
    let is_known = match IfNoneMatch::parse(&request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        Err(_) => false,
    };
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((ETAG, tag.to_string()));
    if is_known {
        return response.insert_header((VARY, "accept-encoding")).finish();
    }
    if let Some(coding) = coding {
        response.insert_header((CONTENT_ENCODING, coding));
    }
    response.insert_header((CONTENT_TYPE, asset.media_type())).body(bytes)
}

/// The bytes to send and their content coding. At equal `q` brotli goes before gzip (actix's order); without
/// `Accept-Encoding`, and for clients that refuse both, the file is not compressed.
fn form(request: &HttpRequest, asset: &'static Asset) -> (Option<&'static str>, Bytes) {
    let offered = [Encoding::identity(), Encoding::gzip(), Encoding::brotli()];
    let chosen = AcceptEncoding::parse(request).ok().and_then(|accepted| accepted.negotiate(offered.iter()));
    match (chosen, asset.compressed) {
        (Some(chosen), Some(compressed)) if chosen == Encoding::brotli() => {
            (Some("br"), Bytes::from_static(compressed.brotli))
        }
        (Some(chosen), Some(compressed)) if chosen == Encoding::gzip() => {
            (Some("gzip"), Bytes::from_static(compressed.gzip))
        }
        _ => match &asset.plain {
            Cow::Borrowed(bytes) => (None, Bytes::from_static(bytes)),
            Cow::Owned(bytes) => (None, Bytes::from_static(bytes)),
        },
    }
}
