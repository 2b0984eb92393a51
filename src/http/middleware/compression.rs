//! Compresses responses with gzip, each as a whole.
//!
//! A streaming encoder (`actix_web::middleware::Compress`) holds 285 KiB until the peer has taken the last byte: 200
//! peers that read nothing held 57 MiB. Here an encoder lives for one call, so there are at most as many as worker
//! threads, and only the compressed body waits for a slow peer.

use std::io::Write;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    AcceptEncoding, CONTENT_ENCODING, CONTENT_TYPE, Encoding, Header, HeaderMap, HeaderValue, VARY,
};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpRequest};
use flate2::Compression;
use flate2::write::GzEncoder;

/// A smaller body fits into one packet even uncompressed.
const COMPRESSED_MIN_BYTES: usize = 1024;

/// Compresses the response if the client accepts gzip. A client that accepts no encoding of the server gets the body
/// uncompressed (RFC 9110 §12.5.3).
pub async fn compress(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let accepted = accepts_gzip(request.request());
    let mut response = next.call(request).await?;
    if !is_text(response.headers()) {
        return Ok(response.map_into_boxed_body());
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
    if !accepted || response.headers().contains_key(CONTENT_ENCODING) {
        return Ok(response.map_into_boxed_body());
    }
    Ok(response.map_body(|head, body| {
        let bytes = match body.try_into_bytes() {
            Ok(bytes) if bytes.len() >= COMPRESSED_MIN_BYTES => bytes,
            Ok(bytes) => return BoxBody::new(bytes),
            Err(stream) => return BoxBody::new(stream),
        };
        let Ok(compressed) = gzip(&bytes) else { return BoxBody::new(bytes) };
        head.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        BoxBody::new(compressed)
    }))
}

/// Whether the client prefers gzip to the plain body.
fn accepts_gzip(request: &HttpRequest) -> bool {
    AcceptEncoding::parse(request).is_ok_and(|accepted| {
        accepted.negotiate([Encoding::identity(), Encoding::gzip()].iter()) == Some(Encoding::gzip())
    })
}

/// The default level makes pages 13 % smaller than the fastest one, in 0.3 ms more for 40 kB.
fn gzip(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish().map(Bytes::from)
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/") || kind == "application/json" || kind.ends_with("+json") || kind == "image/svg+xml"
}
