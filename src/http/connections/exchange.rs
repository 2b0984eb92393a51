//! One request and its response: reports their begin and end to the connection.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::{Payload, Request, Response};
use actix_web::body::{BodySize, MessageBody};
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::Bytes;
use futures_util::Stream;
use pin_project_lite::pin_project;

use super::connection::{BodyLength, Connection};

/// The largest piece of a response that is copied into the dispatcher's buffer at once. The buffer takes pieces until it
/// holds 32 KiB, so with these pieces it holds at most 48 KiB; a page of 1 MB in one piece would be copied whole.
const PIECE_MAX_BYTES: usize = 16 * 1024;

/// The largest body that is read before a handler asks for it. Without this limit the dispatcher's buffers would take
/// 160 KiB of a body before its sender is authenticated.
const BODY_AHEAD_MAX_BYTES: u64 = 8 * 1024;

/// A request without a complete response; dropped with its response, or with its handler.
pub struct Exchange(Option<Arc<Connection>>);

impl Exchange {
    /// Reports to the connection that a request begins, and how long its body is.
    pub fn begin(request: &mut Request) -> Self {
        let connection = request.conn_data::<Arc<Connection>>().cloned();
        if let Some(connection) = &connection {
            let length = body_length(request);
            connection.begin(length);
            if length == BodyLength::Unknown {
                let (payload, connection) = (request.take_payload(), Arc::clone(connection));
                *request.payload() = Payload::Stream { payload: Box::pin(UnknownBody { payload, connection }) };
            }
        }
        Self(connection)
    }

    /// Ends the exchange when the body of `response` is dropped.
    pub fn track<B>(self, response: Response<B>) -> Response<Tracked<B>> {
        response.map_body(|_, body| Tracked { body, rest: Bytes::new(), _exchange: self })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.end();
        }
    }
}

/// A body of more than `BODY_AHEAD_MAX_BYTES` counts as unknown. The parser has refused lengths that are not numbers,
/// and a length together with a transfer coding.
fn body_length(request: &mut Request) -> BodyLength {
    if matches!(request.payload(), Payload::None) {
        return BodyLength::Known(0);
    }
    let length =
        request.head().headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.trim().parse().ok());
    length.filter(|length| *length <= BODY_AHEAD_MAX_BYTES).map_or(BodyLength::Unknown, BodyLength::Known)
}

/// A large body or one of unknown length: more of it is read when the handler asks.
struct UnknownBody {
    payload: Payload,
    connection: Arc<Connection>,
}

impl Stream for UnknownBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let body = self.get_mut();
        let next = Pin::new(&mut body.payload).poll_next(cx);
        match &next {
            Poll::Pending => body.connection.want_body(cx),
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(None | Some(Err(_))) => body.connection.end_body(),
        }
        next
    }
}

impl Drop for UnknownBody {
    fn drop(&mut self) {
        self.connection.end_body();
    }
}

pin_project! {
    /// A response body in pieces; the request ends with it.
    pub struct Tracked<B> {
        #[pin]
        body: B,
        rest: Bytes,
        _exchange: Exchange,
    }
}

impl<B: MessageBody> MessageBody for Tracked<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let tracked = self.project();
        if tracked.rest.is_empty() {
            match tracked.body.poll_next(cx) {
                Poll::Ready(Some(Ok(bytes))) => *tracked.rest = bytes,
                other => return other,
            }
        }
        let piece = tracked.rest.len().min(PIECE_MAX_BYTES);
        Poll::Ready(Some(Ok(tracked.rest.split_to(piece))))
    }
}
