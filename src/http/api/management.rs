//! What all handlers of the management API share: caller, account, body.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::auth;
use super::error::ApiError;
use super::error_code::Code;
use super::json_body::{self, Unread};
use crate::domain::accounts::api_token::Scope;
use crate::domain::json;
use crate::http::State;

/// An authorized caller: GET needs the scope `read` or `admin`, all other methods `admin`.
pub struct Caller {
    /// The scope of the token.
    pub scope: Scope,
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        async move {
            let state = request.app_data::<Data<State>>().ok_or_else(ApiError::not_found)?;
            let scopes: &[Scope] =
                if request.method().is_safe() { &[Scope::Read, Scope::Admin] } else { &[Scope::Admin] };
            let scope = auth::caller(state, &request, scopes).await?.scope;
            match request.match_info().get("account") {
                Some("1") | None => Ok(Self { scope }),
                Some(_) => Err(ApiError::not_found()),
            }
        }
        .boxed_local()
    }
}

/// Lines of a page without `limit`.
const PAGE_LINES_DEFAULT: usize = 25;

/// Parses `limit`, the lines of a page: 1 to 100.
pub fn limit(asked: Option<&str>) -> Result<usize, ApiError> {
    match asked.unwrap_or_default() {
        "" => Ok(PAGE_LINES_DEFAULT),
        text => {
            let number = text.parse().ok().filter(|limit| (1..=100).contains(limit));
            number.ok_or_else(|| ApiError::parameter("limit", Code::OutOfRange, "limit must be 1 to 100"))
        }
    }
}

/// The largest body of the management API.
pub const BODY_MAX_BYTES: usize = 4 * 1024 * 1024;

/// The JSON object of a request body. The caller is authorized before the body is read.
pub struct JsonObject<T>(pub T);

/// An object with parsed members.
pub type Object = JsonObject<Map<String, Value>>;

/// An object whose members keep the bytes that the client sent.
pub type RawObject = JsonObject<BTreeMap<String, Box<RawValue>>>;

impl Object {
    /// The object, or the one in its member `wrapper`: Chatwoot's dashboard wraps objects in their name.
    pub fn unwrapped(mut self, wrapper: &str) -> Map<String, Value> {
        match self.0.remove(wrapper) {
            Some(Value::Object(inner)) => inner,
            _ => self.0,
        }
    }
}

impl<T: DeserializeOwned + Default + 'static> FromRequest for JsonObject<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        let payload = Payload::from_request(&request, payload);
        async move { parse(&read(&request, payload).await?).map(Self) }.boxed_local()
    }
}

/// Authorizes the caller, then reads the body; empty without a body.
async fn read(
    request: &HttpRequest,
    payload: impl Future<Output = Result<Payload, actix_web::Error>>,
) -> Result<Bytes, ApiError> {
    // Before the body is read: the body of an unauthorized client is not read.
    Caller::extract(request).await?;
    if json_body::unread_coding(request).is_some() {
        return Err(unsupported("Send the body without Content-Encoding"));
    }
    let incomplete = |status| ApiError::plain(status, Code::Timeout, "The request body is incomplete");
    let payload = payload.await.map_err(|_| incomplete(StatusCode::BAD_REQUEST))?;
    let bytes = json_body::read(request, payload, BODY_MAX_BYTES).await.map_err(|unread| match unread {
        Unread::TooLarge => ApiError::too_large(),
        Unread::Broken => incomplete(StatusCode::REQUEST_TIMEOUT),
    })?;
    if !bytes.is_empty() && !json_body::is_json(request) {
        return Err(unsupported("Send Content-Type: application/json"));
    }
    Ok(json::without_bom(bytes))
}

fn unsupported(text: &str) -> ApiError {
    ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::UnsupportedMediaType, text)
}

/// Parses an object; an empty body is an empty object.
fn parse<T: DeserializeOwned + Default>(bytes: &[u8]) -> Result<T, ApiError> {
    if bytes.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let text = match error.classify() {
            Category::Data if bytes.trim_ascii_start().first() != Some(&b'{') => {
                "The body must be a JSON object".into()
            }
            _ => format!("The body is not JSON: {error}"),
        };
        ApiError::plain(StatusCode::BAD_REQUEST, Code::InvalidJson, &text)
    })
}
