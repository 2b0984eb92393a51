//! Reads request bodies within limits of size and time, and closes connections whose body is not read.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{self, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::middleware::Next;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{Error, HttpMessage, HttpRequest};
use futures_util::{Stream, StreamExt};
use tokio::time::Instant;

/// How long receiving a whole body may take.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);

/// The most that is allocated at once for a body of declared length. A buffer that grows in steps would fragment the
/// heap.
const EXPECTED_MAX_BYTES: usize = 64 * 1024;
/// Allocated at once for a chunked body, whose length is not known.
const UNDECLARED_BYTES: usize = 16 * 1024;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Larger than the limit.
    TooLarge,
    /// Incomplete, or not received within `BODY_TIME_MAX`.
    Broken,
}

/// A body ended early, or was not received within `BODY_TIME_MAX`.
#[derive(Clone, Copy, Debug)]
pub struct Incomplete;

/// A body that is read in steps: what it is decides how large it may be.
pub struct Gathering<S> {
    payload: S,
    body: BytesMut,
    /// The declared length.
    length: Option<usize>,
    deadline: Instant,
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Gathering<S> {
    /// Nothing is read yet. From now on the whole body may take 10 s.
    pub fn begin(request: &HttpRequest, payload: S) -> Self {
        let length = declared_length(request);
        let expected = length.unwrap_or(UNDECLARED_BYTES).min(EXPECTED_MAX_BYTES);
        let (body, deadline) = (BytesMut::with_capacity(expected), Instant::now() + BODY_TIME_MAX);
        Self { payload, body, length, deadline }
    }

    /// Reads until the end, or until there are more than `limit` bytes. True at the end.
    pub async fn read_to(&mut self, limit: usize) -> Result<bool, Incomplete> {
        let reading = async {
            while self.body.len() <= limit {
                match self.payload.next().await {
                    Some(chunk) => self.body.extend_from_slice(&chunk.map_err(|_| Incomplete)?),
                    None => return Ok(true),
                }
            }
            Ok(false)
        };
        tokio::time::timeout_at(self.deadline, reading).await.map_err(|_| Incomplete)?
    }

    /// What was read so far.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// Whether a larger length is declared.
    pub fn declares_more_than(&self, limit: usize) -> bool {
        self.length.is_some_and(|length| length > limit)
    }

    /// The declared length; `most` if none was declared or it is larger.
    pub fn expected(&self, most: usize) -> usize {
        self.length.unwrap_or(most).min(most)
    }

    /// What was read.
    pub fn into_bytes(self) -> Bytes {
        self.body.freeze()
    }
}

fn declared_length(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok())
}

/// Reads the whole body, up to `limit` bytes. A body whose declared length is larger is refused without reading.
pub async fn read(
    request: &HttpRequest,
    payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    limit: usize,
) -> Result<Bytes, Unread> {
    let length = declared_length(request);
    if length.is_some_and(|length| length > limit) {
        return Err(Unread::TooLarge);
    }
    let expected = length.unwrap_or(UNDECLARED_BYTES).min(EXPECTED_MAX_BYTES).min(limit);
    tokio::time::timeout(BODY_TIME_MAX, gather(payload, limit, expected)).await.map_err(|_| Unread::Broken)?
}

async fn gather(
    mut payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    limit: usize,
    expected: usize,
) -> Result<Bytes, Unread> {
    let mut body = BytesMut::with_capacity(expected);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Unread::Broken)?;
        if body.len() + chunk.len() > limit {
            return Err(Unread::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Closes the connection after a response to a chunked body that was not read to its end.
///
/// After a response to a request with an unread body of known length, actix-http reads and drops the rest for a second,
/// so that the response arrives, and closes. The rest of a chunked body it would read and drop without limit, unless
/// something still holds the body: here the response does.
pub async fn close_unread(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if !request.chunked().unwrap_or(false) {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let body = Shared(Rc::new(RefCell::new(request.take_payload())));
    request.set_payload(dev::Payload::Stream { payload: Box::pin(body.clone()) });
    let response = next.call(request).await?;
    Ok(response.map_body(|_, answer| BoxBody::new(Holding { answer: answer.boxed(), _body: body })))
}

/// A body with two owners; only the request reads it.
#[derive(Clone)]
struct Shared(Rc<RefCell<dev::Payload>>);

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}

/// A response that holds the body of its request.
struct Holding {
    answer: BoxBody,
    _body: Shared,
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(context)
    }
}
