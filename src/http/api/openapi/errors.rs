//! The errors of the document (docs/reference/http-api.md, "Errors").

use serde_json::{Value, json};
use utoipa::openapi::ComponentsBuilder;

use super::answer::answer;
use super::schema::{Members, Schema, either, integer, list, named, object, open, or_null, text};
use crate::http::api::error_code::Code;

/// Errors of an operation with a body.
pub const OF_BODIES: [&str; 4] = ["BadRequest", "Timeout", "TooLarge", "UnsupportedMediaType"];
/// Errors of ingest that each of its operations has.
pub const OF_INGEST: [&str; 8] = [
    "IngestBadRequest",
    "IngestTooManyRequests",
    "IngestUnauthorized",
    "IngestForbidden",
    "IngestTimeout",
    "IngestTooLarge",
    "IngestUnsupportedMediaType",
    "IngestOverloaded",
];

/// A shared response: its name, its status, when it is sent, its schema, an example.
type Row = (&'static str, &'static str, &'static str, Kind, Code, &'static str);

#[derive(Clone, Copy)]
enum Kind {
    /// With `error`.
    Plain,
    /// The same, or Chatwoot's list of one text.
    SignIn,
    /// With `message` and `attributes`, or with `error`.
    Fields,
    /// With `expected` and `current`.
    Changed,
    /// RFC 9457.
    Problem,
}

const ROWS: [Row; 21] = [
    (
        "BadRequest",
        "400",
        "The body is not JSON, or not an object (`invalid_json`); or the `Idempotency-Key` is not usable (`invalid_key`).",
        Kind::Plain,
        Code::InvalidJson,
        "The body must be a JSON object",
    ),
    (
        "Unauthorized",
        "401",
        "No token, an unknown, revoked or expired one (`unauthorized`), or one whose scopes do not allow the request \
         (`forbidden`). Without a token `errors` is a list of one text, as in Chatwoot.",
        Kind::SignIn,
        Code::Unauthorized,
        "Invalid Access Token",
    ),
    ("NotFound", "404", "There is no such thing.", Kind::Plain, Code::NotFound, "Resource could not be found"),
    ("Timeout", "408", "The body is incomplete.", Kind::Plain, Code::Timeout, "The request body is incomplete"),
    (
        "PreconditionFailed",
        "412",
        "No tag of `If-Match` is the current one; nothing was changed.",
        Kind::Changed,
        Code::PreconditionFailed,
        "The resource was changed: its entity tag is \"7-on\", not \"6-on\"",
    ),
    ("TooLarge", "413", "The body is larger than 4 MiB.", Kind::Plain, Code::TooLarge, "The body is too large"),
    (
        "UnsupportedMediaType",
        "415",
        "The body has another type than `application/json`, or is encoded.",
        Kind::Plain,
        Code::UnsupportedMediaType,
        "Send Content-Type: application/json",
    ),
    (
        "Invalid",
        "422",
        "A parameter or member is unknown, there twice, or has a value that is refused. With an `Idempotency-Key` that came \
         with another request: `idempotency_mismatch`.",
        Kind::Fields,
        Code::Invalid,
        "Url is invalid",
    ),
    (
        "TooManyRequests",
        "429",
        "The token or the address has reached a limit (`rate_limited`). Repeat the request after the time in `Retry-After`.",
        Kind::Plain,
        Code::RateLimited,
        "Too many requests. Try again later",
    ),
    ("Internal", "500", "A fault of the server.", Kind::Plain, Code::Internal, "Something went wrong"),
    (
        "Overloaded",
        "503",
        "The database is busy. Repeat the request after the time in `Retry-After`.",
        Kind::Plain,
        Code::Overloaded,
        "The database is busy. Try again later",
    ),
    (
        "IngestBadRequest",
        "400",
        "No JSON object or array (`invalid_json`), nested too deeply (`too_deep`), an idempotency key of the wrong form \
         (`invalid_key`), or a delivery of Hachok itself (`loop`).",
        Kind::Problem,
        Code::InvalidJson,
        "The body is not a JSON object",
    ),
    (
        "IngestUnauthorized",
        "401",
        "The sender is not known.",
        Kind::Problem,
        Code::Unauthorized,
        "A valid token is required",
    ),
    (
        "IngestForbidden",
        "403",
        "The sender may not send this.",
        Kind::Problem,
        Code::Forbidden,
        "The token may not send events",
    ),
    (
        "IngestTimeout",
        "408",
        "The body is incomplete, or took longer than 10 s.",
        Kind::Problem,
        Code::Timeout,
        "The body did not arrive",
    ),
    (
        "IngestTooLarge",
        "413",
        "The event or the body is too large.",
        Kind::Problem,
        Code::TooLarge,
        "The event is too large",
    ),
    (
        "IngestUnsupportedMediaType",
        "415",
        "The body is not JSON, or is encoded.",
        Kind::Problem,
        Code::UnsupportedMediaType,
        "The body is not JSON",
    ),
    (
        "IngestInvalid",
        "422",
        "The event has no name (`missing_event`) or an unknown one (`unknown_event`), the batch is too large \
         (`too_many_events`, `too_many_deliveries`), or the key came with another body (`idempotency_mismatch`).",
        Kind::Problem,
        Code::UnknownEvent,
        "The event is unknown",
    ),
    (
        "IngestTooManyRequests",
        "429",
        "The address has sent too many wrong tokens (`rate_limited`). A valid token is never refused for them.",
        Kind::Problem,
        Code::RateLimited,
        "Too many wrong tokens",
    ),
    ("IngestInternal", "500", "A fault of the server.", Kind::Problem, Code::Internal, "Something went wrong"),
    (
        "IngestOverloaded",
        "503",
        "Nothing was stored (`overloaded`), or the database has not confirmed it in time (`unknown`): send it again with the \
         same `Idempotency-Key`.",
        Kind::Problem,
        Code::Overloaded,
        "The server is overloaded",
    ),
];

/// The status of a shared response.
pub fn status(name: &str) -> &'static str {
    ROWS.iter().find(|row| row.0 == name).map_or("default", |row| row.1)
}

/// An error with `error`.
pub fn plain() -> Schema {
    named("Error")
}

/// An example of an error with `error`.
pub fn example(code: Code, text: &str) -> Value {
    json!({ "error": text, "code": code, "errors": [entry("", Value::Null, code, text)], "request_id": REQUEST_ID })
}

const REQUEST_ID: &str = "5f0c0a7d2e1b4c6f9a8b7c6d5e4f3a2b";

fn entry(field: &str, pointer: Value, code: Code, detail: &str) -> Value {
    json!({ "field": field, "pointer": pointer, "code": code, "detail": detail })
}

/// Adds the schemas and the shared responses.
pub fn add(components: ComponentsBuilder) -> ComponentsBuilder {
    let components = components
        .schema("ErrorCode", open("What is wrong, for programs.", Code::ALL.iter().map(|code| code.as_str())))
        .schema("ErrorEntry", entry_schema())
        .schema("Error", with_entries(object("An error.").has("error", text("English, for people."))))
        .schema(
            "ValidationError",
            with_entries(
                object("An error about parameters or members.")
                    .has("message", text("English, for people: all problems."))
                    .has("attributes", list("The parameters and members that are wrong.", text(""))),
            ),
        )
        .schema(
            "ChangedError",
            with_entries(
                object("The resource has another entity tag.")
                    .has("error", text("English, for people."))
                    .has("expected", text("`If-Match` as it was sent."))
                    .has("current", text("The entity tag of the resource.")),
            ),
        )
        .schema(
            "SignInError",
            object("The request has no token.")
                .has("errors", list("One text.", text("")))
                .has("code", named("ErrorCode"))
                .has("request_id", text("The id of the request, as in `X-Request-Id`.")),
        )
        .schema("Problem", with_entries(problem("A problem of ingest (RFC 9457).")))
        .schema(
            "ItemProblem",
            problem("What is wrong with an item of a batch (RFC 9457).")
                .has("code", named("ErrorCode"))
                .has("errors", entries()),
        );
    ROWS.iter().fold(components, |components, row| components.response(row.0, response(row)))
}

fn response((_, status, about, kind, code, text): &Row) -> utoipa::openapi::Response {
    let error = || example(*code, text);
    let answer = answer(about);
    let answer = match kind {
        Kind::Plain => answer.json(plain(), error()),
        Kind::SignIn => answer.json(either([plain(), named("SignInError")]), error()).header("WWW-Authenticate"),
        Kind::Fields => answer.json(
            either([named("ValidationError"), plain()]),
            json!({
                "message": text,
                "attributes": ["url"],
                "code": code,
                "errors": [entry("url", json!("/url"), *code, text)],
                "request_id": REQUEST_ID,
            }),
        ),
        Kind::Changed => answer.json(
            named("ChangedError"),
            json!({
                "error": text,
                "expected": "\"6-on\"",
                "current": "\"7-on\"",
                "code": code,
                "errors": [entry("", Value::Null, *code, text)],
                "request_id": REQUEST_ID,
            }),
        ),
        Kind::Problem => {
            let mut problem = item_problem(status.parse().unwrap_or_default(), *code, text);
            if let Some(members) = problem.as_object_mut() {
                members.insert("request_id".to_owned(), json!(REQUEST_ID));
            }
            let answer = answer.content("application/problem+json", named("Problem"), problem);
            if ["401", "403"].contains(status) { answer.header("WWW-Authenticate") } else { answer }
        }
    };
    let answer = if ["429", "503"].contains(status) { answer.header("Retry-After") } else { answer };
    answer.build()
}

fn item_problem(status: u16, code: Code, title: &str) -> Value {
    json!({
        "type": format!("urn:hachok:problem:{}", code.as_str()),
        "title": title,
        "status": status,
        "detail": title,
        "code": code,
        "errors": [entry("event", json!("/event"), code, title)],
    })
}

fn problem(about: &str) -> Members {
    object(about)
        .has("type", text("`urn:hachok:problem:` and the code."))
        .has("title", text("English, for people."))
        .has("status", integer("The HTTP status."))
        .has("detail", text("What to change."))
}

fn with_entries(members: Members) -> Members {
    members
        .has("code", named("ErrorCode"))
        .has("errors", entries())
        .has("request_id", text("The id of the request, as in `X-Request-Id`."))
}

fn entries() -> utoipa::openapi::schema::Array {
    list("One entry for each problem; at most 20.", named("ErrorEntry"))
}

fn entry_schema() -> Members {
    object("What is wrong at one place of the request.")
        .has("field", text("The parameter, member or header; empty if it is the request as a whole."))
        .has("pointer", or_null(text("The place in the body (RFC 6901), without its wrapper.")))
        .has("code", named("ErrorCode"))
        .has("detail", text("English, for people."))
}
