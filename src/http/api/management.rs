//! What all handlers of the management API share: caller, account, body, errors.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, dev};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::auth::{self, Denied};
use super::json_body::{self, Unread};
use crate::db;
use crate::domain::accounts::api_token::Scope;
use crate::domain::json;
use crate::domain::problem::{Field, Problem, Problems};
use crate::http::State;
use crate::i18n::{Locale, Translator};

/// An error in one of the two forms of Chatwoot: `{error}` and `{message, attributes}`.
#[derive(Debug, thiserror::Error)]
#[error("{body}")]
pub struct ApiError {
    status: StatusCode,
    body: Value,
}

impl ApiError {
    /// `{error}` with any status.
    pub fn plain(status: StatusCode, text: &str) -> Self {
        Self { status, body: serde_json::json!({ "error": text }) }
    }

    pub fn not_found() -> Self {
        Self::plain(StatusCode::NOT_FOUND, "Resource could not be found")
    }

    pub fn too_large() -> Self {
        Self::plain(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large")
    }

    pub fn answer(&self) -> HttpResponse {
        self.error_response()
    }

    /// 422 for the first filter whose value was not understood, if any.
    pub fn check_filters(unrecognised: &[&'static str]) -> Result<(), Self> {
        unrecognised.first().map_or(Ok(()), |name| Err(Self::invalid(name, &format!("{name} is not known"))))
    }

    /// 422 with one message about `attribute`.
    pub fn invalid(attribute: &str, message: &str) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            body: serde_json::json!({ "message": message, "attributes": [attribute] }),
        }
    }
}

impl From<db::Error> for ApiError {
    fn from(error: db::Error) -> Self {
        error.log("a call of the management API failed");
        if error.is_temporary() {
            Self::plain(StatusCode::SERVICE_UNAVAILABLE, "The database is busy. Try again later")
        } else {
            Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong")
        }
    }
}

impl<R: Into<Self>> From<db::WriteError<R>> for ApiError {
    fn from(error: db::WriteError<R>) -> Self {
        match error {
            db::WriteError::Database(error) => error.into(),
            db::WriteError::Refused(refused) => refused.into(),
        }
    }
}

impl From<Problems> for ApiError {
    fn from(problems: Problems) -> Self {
        let mut attributes: Vec<&str> = Vec::new();
        for (field, _) in problems.iter() {
            if !attributes.contains(&field.attribute()) {
                attributes.push(field.attribute());
            }
        }
        let words = Translator::new(Locale::En, crate::clock::now());
        let mut messages: Vec<String> = Vec::new();
        for (field, problem) in problems.iter() {
            let text = message(words, field, problem);
            if !messages.contains(&text) {
                messages.push(text);
            }
        }
        let body = serde_json::json!({ "message": messages.join(", "), "attributes": attributes });
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, body }
    }
}

/// The message in Chatwoot's words where Chatwoot has one, because clients compare them.
fn message(words: Translator, field: &Field, problem: &Problem) -> String {
    match (field, problem) {
        (_, Problem::UrlMissing | Problem::UrlIncomplete) => "Url is invalid".into(),
        (_, Problem::UrlTaken { .. }) => "Url has already been taken".into(),
        (Field::Events, _) => "Subscriptions Invalid events".into(),
        (_, problem) => words.problem_words(problem),
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::None => Self {
                status: StatusCode::UNAUTHORIZED,
                body: serde_json::json!({ "errors": ["You need to sign in or sign up before continuing."] }),
            },
            Denied::Bad => Self::plain(StatusCode::UNAUTHORIZED, "Invalid Access Token"),
            Denied::Scope => Self::plain(StatusCode::UNAUTHORIZED, "You are not authorized to do this action"),
            Denied::Database(error) => error.into(),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header(("retry-after", "5"));
        }
        response.json(&self.body)
    }
}

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
            number.ok_or_else(|| ApiError::invalid("limit", "limit must be 1 to 100"))
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
        return Err(ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send the body without Content-Encoding"));
    }
    let payload = payload.await.map_err(|_| ApiError::plain(StatusCode::BAD_REQUEST, "The body broke off"))?;
    let bytes = json_body::read(request, payload, BODY_MAX_BYTES).await.map_err(|unread| match unread {
        Unread::TooLarge => ApiError::too_large(),
        Unread::Broken => ApiError::plain(StatusCode::REQUEST_TIMEOUT, "The body broke off"),
    })?;
    if !bytes.is_empty() && !json_body::is_json(request) {
        return Err(ApiError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/json"));
    }
    Ok(json::without_bom(bytes))
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
        ApiError::plain(StatusCode::BAD_REQUEST, &text)
    })
}
