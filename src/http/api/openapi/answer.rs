//! Responses of the document.

use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{Ref, Response};

use super::schema::Schema;

/// A response.
pub struct Answer(ResponseBuilder);

/// A response without a body yet. Every one has the id of the request.
pub fn answer(about: &str) -> Answer {
    Answer(ResponseBuilder::new().description(about)).header("X-Request-Id")
}

impl Answer {
    pub fn json(self, schema: impl Into<Schema>, example: Value) -> Self {
        self.content("application/json", schema, example)
    }

    pub fn content(self, kind: &str, schema: impl Into<Schema>, example: Value) -> Self {
        Self(self.0.content(kind, ContentBuilder::new().schema(Some(schema)).example(Some(example)).build()))
    }

    /// A header of `components`.
    pub fn header(self, name: &str) -> Self {
        Self(self.0.header_ref(name, Ref::new(format!("#/components/headers/{name}"))))
    }

    pub fn build(self) -> Response {
        self.0.build()
    }
}
