//! What all handlers of the management API share: caller, account, query, body.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;

use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, Stream};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use super::auth::{self, Denied};
use super::error::ApiError;
use super::error_code::Code;
use super::json_body::{self, Unread};
use super::names::{self, AnyNames, Entries, Members, NoParameters};
use super::permissions;
use crate::domain::accounts::api_token::{Scope, Scopes, Token};
use crate::domain::json;
use crate::http::State;

/// A caller whose token has the scope that the route needs ([`permissions::needed`]).
///
/// Every handler takes one. `Q` is the query of the route, whose fields are its parameters.
pub struct Caller<Q = NoParameters> {
    /// The token of the request.
    pub token: Rc<Token>,
    pub query: Q,
}

impl Caller<AnyNames> {
    /// The parameters, of which a route of Chatwoot has none.
    pub fn ignored(&self) -> impl Iterator<Item = String> {
        names::ignored(&self.query)
    }
}

impl<Q: DeserializeOwned + 'static> FromRequest for Caller<Q> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        async move {
            let token = authorize(&request).await?;
            Ok(Self { token, query: names::query(request.query_string())? })
        }
        .boxed_local()
    }
}

/// The result of the only check of a request, which several extractors ask for.
type Checked = Rc<OnceCell<Result<Rc<Token>, ApiError>>>;

/// The token of the request, if it allows the request.
pub async fn authorize(request: &HttpRequest) -> Result<Rc<Token>, ApiError> {
    let known = request.extensions().get::<Checked>().cloned();
    let checked = known.unwrap_or_else(|| {
        let checked = Checked::default();
        request.extensions_mut().insert(Rc::clone(&checked));
        checked
    });
    checked.get_or_init(|| check(request)).await.clone()
}

async fn check(request: &HttpRequest) -> Result<Rc<Token>, ApiError> {
    let state = request.app_data::<Data<State>>().ok_or_else(ApiError::not_found)?;
    let needed = permissions::needed(request.method(), &request.match_pattern().unwrap_or_default());
    let token = auth::caller(state, request, needed).await?;
    match request.match_info().get("account") {
        Some("1") | None => Ok(Rc::new(token)),
        Some(_) => Err(ApiError::not_found()),
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

/// The JSON object of a request body, whose names were checked. The caller is authorized before the body is read.
pub struct JsonObject<M, V = Value> {
    members: BTreeMap<String, V>,
    /// Names that are not known, on Chatwoot's routes.
    pub ignored: Vec<String>,
    of: PhantomData<M>,
}

/// An object whose members keep the bytes that the client sent.
pub type RawObject<M> = JsonObject<M, Box<RawValue>>;

impl<M, V> JsonObject<M, V> {
    pub fn get(&self, name: &str) -> Option<&V> {
        self.members.get(name)
    }
}

impl<M> JsonObject<M> {
    pub fn into_map(self) -> Map<String, Value> {
        self.members.into_iter().collect()
    }
}

impl<M: Members + 'static, V: DeserializeOwned + 'static> FromRequest for JsonObject<M, V> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        let payload = Payload::from_request(&request, payload);
        async move {
            let bytes = read(&request, payload).await?;
            parse(&bytes, authorize(&request).await?.scopes)
        }
        .boxed_local()
    }
}

/// Authorizes the caller, then reads the body; empty without a body.
async fn read(
    request: &HttpRequest,
    payload: impl Future<Output = Result<Payload, actix_web::Error>>,
) -> Result<Bytes, ApiError> {
    // Before the body is read: the body of an unauthorized client is not read.
    authorize(request).await?;
    if json_body::unread_coding(request).is_some() {
        return Err(unsupported("Send the body without Content-Encoding"));
    }
    let payload = payload.await.map_err(|_| incomplete(StatusCode::BAD_REQUEST))?;
    let bytes = whole_body(request, payload).await?;
    if !bytes.is_empty() && !json_body::is_json(request) {
        return Err(unsupported("Send Content-Type: application/json"));
    }
    Ok(json::without_bom(bytes))
}

/// Reads the whole body.
pub async fn whole_body(
    request: &HttpRequest,
    payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
) -> Result<Bytes, ApiError> {
    json_body::read(request, payload, BODY_MAX_BYTES).await.map_err(|unread| match unread {
        Unread::TooLarge => ApiError::too_large(),
        Unread::Broken => incomplete(StatusCode::REQUEST_TIMEOUT),
    })
}

fn incomplete(status: StatusCode) -> ApiError {
    ApiError::plain(status, Code::Timeout, "The request body is incomplete")
}

fn unsupported(text: &str) -> ApiError {
    ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::UnsupportedMediaType, text)
}

/// Parses an object and checks its names; an empty body is an empty object.
fn parse<M: Members, V: DeserializeOwned>(bytes: &[u8], scopes: Scopes) -> Result<JsonObject<M, V>, ApiError> {
    let outside = if bytes.is_empty() { Entries::default() } else { from_json(bytes)? };
    let (entries, beside) = match outside.unwrapped(M::WRAPPER) {
        Ok((inner, beside)) => (from_json(inner.get().as_bytes())?, beside),
        Err(entries) => (entries, Entries::default()),
    };
    if !scopes.allow(Scope::Admin) && M::OPERATED.is_some_and(|list| !entries.are_within(list)) {
        return Err(Denied::Scope(Scope::Admin).into());
    }
    let ignored = names::check::<M>(&entries, &beside)?;
    let member = |(name, value): (String, Box<RawValue>)| Ok((name, from_json(value.get().as_bytes())?));
    let members = entries.0.into_iter().map(member).collect::<Result<_, ApiError>>()?;
    Ok(JsonObject { members, ignored, of: PhantomData })
}

fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
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
