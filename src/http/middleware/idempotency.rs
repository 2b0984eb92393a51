//! `Idempotency-Key` in the management API: a POST that is repeated with the same key within seven days acts once and gets
//! the answer of the first one (docs/reference/http-api.md, Idempotency).
//!
//! The operation stores its effect in its own transaction (see [`crate::db::once`]); the answer is stored here when it has
//! been rendered. If the process ends in between, the handler renders the answer again from the stored effect.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{self, ServiceRequest, ServiceResponse};
use actix_web::http::header::{ETAG, HeaderName, HeaderValue, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse};
use futures_util::future::{Ready, ready};

use crate::db;
use crate::db::once::request_answers::{self, Answer, Known};
use crate::db::once::{OnceKey, RequestKey};
use crate::domain::id::TokenId;
use crate::domain::idempotency_key;
use crate::domain::secret_box::mac;
use crate::http::State;
use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;
use crate::http::api::management::{authorize, whole_body};

/// The key of the request, for its operation. `None` without the header.
#[derive(Clone)]
pub struct Once(pub Option<OnceKey>);

impl FromRequest for Once {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let key = request.extensions().get::<RequestKey>().cloned();
        ready(Ok(Self(key.map(OnceKey::Request))))
    }
}

/// Headers that are a part of the answer.
const ANSWER_HEADERS: [HeaderName; 2] = [LOCATION, ETAG];
const REPLAYED: (&str, &str) = ("idempotent-replayed", "true");

/// Gives a repeated POST the answer of the first one.
pub async fn answer_once(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if request.method() != Method::POST || !request.headers().contains_key("idempotency-key") {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let seen = match look_up(&mut request).await {
        Ok(seen) => seen,
        Err(refused) => return Ok(request.into_response(refused.answer())),
    };
    if let Known::Answer(answer, secret) = seen.known {
        let replayed = replay(answer, secret);
        return Ok(request.into_response(replayed));
    }
    request.extensions_mut().insert(seen.key.clone());
    let response = next.call(request).await?.map_into_boxed_body();
    if !response.status().is_success() {
        return Ok(response);
    }
    let repeated = Arc::clone(&seen.key.repeated);
    let mut response = stored(response, seen.key, seen.token).await?;
    if repeated.load(Ordering::Relaxed) {
        let (name, value) = REPLAYED;
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Ok(response)
}

/// A request with a key, and what is known of the key.
struct Seen {
    key: RequestKey,
    token: TokenId,
    known: Known,
}

/// Authorizes the caller, reads the body, and looks the key up.
async fn look_up(request: &mut ServiceRequest) -> Result<Seen, ApiError> {
    let state = request.app_data::<Data<State>>().cloned().ok_or_else(ApiError::not_found)?;
    let token = authorize(request.request()).await?.id;
    let mut all = request.headers().get_all("idempotency-key");
    let given = all.next().filter(|_| all.next().is_none()).and_then(|value| value.to_str().ok());
    let text = given.filter(|text| idempotency_key::is_valid(text)).map(ToOwned::to_owned).ok_or_else(|| {
        ApiError::plain(
            StatusCode::BAD_REQUEST,
            Code::InvalidKey,
            "Send one Idempotency-Key of 1 to 255 printable ASCII characters",
        )
    })?;
    let place = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let payload = request.take_payload();
    let body = whole_body(request.request(), payload).await?;
    let key = RequestKey {
        hash: keyed_hash(&state, "idempotency key", &[text.as_bytes()]),
        request: keyed_hash(&state, "idempotent request", &[place.as_bytes(), &body]),
        repeated: Arc::default(),
    };
    request.set_payload(payload_of(body));
    let (secret_box, wanted) = (state.db.secret_box(), key.clone());
    let known = state.db.read(move |conn| request_answers::known(conn, &secret_box, &wanted, token));
    match known.await? {
        Known::OtherRequest => Err(db::Error::KeyReused.into()),
        known => Ok(Seen { key, token, known }),
    }
}

/// A keyed hash, because a body may hold passwords. The parts cannot run into each other: a URL has no line break.
fn keyed_hash(state: &State, kind: &str, parts: &[&[u8]]) -> Vec<u8> {
    mac(&state.form_key, &[&[kind.as_bytes()], parts].concat().join(&b'\n')).into()
}

fn payload_of(body: Bytes) -> dev::Payload {
    let (_, mut payload) = actix_http::h1::Payload::create(true);
    payload.unread_data(body);
    payload.into()
}

/// Stores the response and returns it. If the database refuses, the response is sent all the same: a repeated request is
/// answered from the effect.
async fn stored(
    response: ServiceResponse<BoxBody>,
    key: RequestKey,
    token: TokenId,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let body = to_bytes(body).await.map_err(Error::from)?;
    let header = |name: &HeaderName| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    };
    let headers = ANSWER_HEADERS.iter().filter_map(header).collect();
    let answer = Answer::new(response.status().as_u16(), headers, String::from_utf8_lossy(&body).into_owned());
    if let Some(state) = request.app_data::<Data<State>>() {
        let secret_box = state.db.secret_box();
        let store = state.db.write(move |conn| request_answers::store(conn, &secret_box, &key, token, &answer));
        if let Err(error) = store.await {
            error.log("the answer to a request with an Idempotency-Key was not stored");
        }
    }
    Ok(ServiceResponse::new(request, response.set_body(BoxBody::new(body))))
}

fn replay(answer: Answer, secret: Option<String>) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK));
    for (name, value) in &answer.headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    response.insert_header(REPLAYED);
    if answer.body.is_empty() {
        return response.finish();
    }
    response.content_type("application/json").body(answer.with_secret(secret.as_deref()))
}
