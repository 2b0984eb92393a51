//! Operations of the document, with what all of a kind have in common.

use actix_web::http::Method;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Deprecated, Ref, Required};

use super::answer::{Answer, answer};
use super::errors;
use super::schema::Schema;
use crate::http::api::permissions::{self, Needed};

/// The account's part of the paths.
pub const ACCOUNT: &str = "/api/v1/accounts/1";
/// The same in the route table.
const PATTERN: &str = "/api/v1/accounts/{account}";
/// The security schemes that are headers with a token.
pub const TOKENS: [&str; 3] = ["bearer", "api_access_token", "Api-Access-Token"];

/// A method of a path.
pub struct Operation {
    pub path: String,
    pub method: HttpMethod,
    pub builder: OperationBuilder,
    /// Its answers have the limit of the token.
    pub is_limited: bool,
}

/// The groups of operations.
#[derive(Clone, Copy, Debug)]
pub enum Group {
    Webhooks,
    Inboxes,
    Deliveries,
    Events,
    Accounts,
    System,
}

impl Group {
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Webhooks, "The endpoints that get the events."),
        (Self::Inboxes, "The channels of the help desk, by which webhooks filter."),
        (Self::Deliveries, "Each event on its way to each webhook: the log, sending again, statistics."),
        (Self::Events, "Posting events, the accepted ones, and the catalogue."),
        (Self::Accounts, "Who calls."),
        (Self::System, "The server."),
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks",
            Self::Inboxes => "inboxes",
            Self::Deliveries => "deliveries",
            Self::Events => "events",
            Self::Accounts => "accounts",
            Self::System => "system",
        }
    }
}

impl Operation {
    /// An operation without a token.
    pub fn public(group: Group, method: HttpMethod, path: &str, id: &str, summary: &str) -> Self {
        let builder = OperationBuilder::new().tag(group.name()).operation_id(Some(id)).summary(Some(summary));
        Self { path: path.to_owned(), method, builder, is_limited: false }.shared_parameter("RequestId")
    }

    /// An operation of the management API; `path` is below that of the account.
    pub fn managing(group: Group, method: HttpMethod, path: &str, id: &str, summary: &str) -> Self {
        let is_post = method == HttpMethod::Post;
        let operation = Self::public(group, method, &format!("{ACCOUNT}{path}"), id, summary).limited();
        let operation = operation.errors(&["Invalid"]);
        if is_post { operation.shared_parameter("IdempotencyKey").errors(&errors::OF_BODIES) } else { operation }
    }

    /// Adds what operations with a token of the management API have in common.
    pub fn limited(self) -> Self {
        let scope = match permissions::needed(&as_method(&self.method), &self.path.replacen(ACCOUNT, PATTERN, 1)) {
            Needed::Scope(scope) => Some(scope.as_str()),
            Needed::Token => None,
        };
        let operation = scope.into_iter().fold(self, Self::token);
        let operation = if scope.is_none() { operation.any_token() } else { operation };
        let operation = operation.errors(&["Unauthorized", "TooManyRequests", "Internal", "Overloaded"]);
        Self { is_limited: true, ..operation }
    }

    /// A token with any scope.
    fn any_token(self) -> Self {
        let none: [&str; 0] = [];
        self.with(|builder| builder.securities(Some(TOKENS.map(|name| SecurityRequirement::new(name, none)))))
    }

    /// A token with the scope `scope`, in one of three headers.
    pub fn token(self, scope: &str) -> Self {
        self.with(|builder| builder.securities(Some(TOKENS.map(|name| SecurityRequirement::new(name, [scope])))))
    }

    /// Another way to send the credentials.
    pub fn credentials(self, scheme: &str, scope: &str) -> Self {
        self.with(|builder| builder.security(SecurityRequirement::new(scheme, [scope])))
    }

    /// Another name of an operation, kept for some time.
    pub fn deprecated(self) -> Self {
        self.with(|builder| builder.deprecated(Some(Deprecated::True)))
    }

    pub fn about(self, text: &str) -> Self {
        self.with(|builder| builder.description(Some(text)))
    }

    /// The id in the path.
    pub fn id(self, schema: ObjectBuilder) -> Self {
        self.parameter("id", ParameterIn::Path, Required::True, schema).errors(&["NotFound"])
    }

    /// A parameter of the query.
    pub fn query(self, name: &str, schema: ObjectBuilder) -> Self {
        self.parameter(name, ParameterIn::Query, Required::False, schema)
    }

    /// A parameter of the query with one or several values, separated by commas.
    pub fn query_list(self, name: &str, about: &str, item: ObjectBuilder) -> Self {
        let values = ArrayBuilder::new().items(item);
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
        let parameter = parameter.style(Some(ParameterStyle::Form)).explode(Some(false)).schema(Some(values));
        let about = format!("{about} Several are separated by commas.");
        self.with(|builder| builder.parameter(parameter.description(Some(about))))
    }

    /// A parameter; its description is that of the schema.
    pub fn parameter(self, name: &str, place: ParameterIn, required: Required, schema: ObjectBuilder) -> Self {
        let mut schema = schema.build();
        let about = schema.description.take();
        let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(required);
        self.with(|builder| builder.parameter(parameter.description(about).schema(Some(schema))))
    }

    /// A parameter of `components`.
    pub fn shared_parameter(self, name: &str) -> Self {
        let place = Ref::new(format!("#/components/parameters/{name}"));
        self.with(|builder| builder.parameter_ref(place))
    }

    /// `If-Match`.
    pub fn conditional(self) -> Self {
        self.shared_parameter("IfMatch").errors(&["PreconditionFailed"])
    }

    /// A JSON body.
    pub fn body(self, required: Required, schema: Schema, example: Value) -> Self {
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
        let body = RequestBodyBuilder::new().required(Some(required)).content("application/json", content).build();
        self.with(|builder| builder.request_body(Some(body))).errors(&errors::OF_BODIES)
    }

    /// What the operation answers with that status.
    pub fn answers(self, status: &str, answer: Answer) -> Self {
        let answer = if self.is_limited { answer.header("RateLimit").header("RateLimit-Policy") } else { answer };
        self.with(|builder| builder.response(status, answer.build()))
    }

    /// Errors that many operations have, by their names in `components`.
    pub fn errors(self, names: &[&str]) -> Self {
        names.iter().fold(self, |operation, name| {
            let place = Ref::from_response_name(*name);
            operation.with(|builder| builder.response(errors::status(name), place))
        })
    }

    /// An error that only this operation has.
    pub fn refused(self, status: &str, about: &str, example: Value) -> Self {
        self.answers(status, answer(about).json(errors::plain(), example))
    }

    fn with(self, change: impl FnOnce(OperationBuilder) -> OperationBuilder) -> Self {
        Self { builder: change(self.builder), ..self }
    }
}

fn as_method(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
        _ => Method::GET,
    }
}
