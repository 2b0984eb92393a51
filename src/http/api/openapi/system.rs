//! The version of the server, and the document itself.

use serde_json::json;
use utoipa::openapi::Required;
use utoipa::openapi::path::{HttpMethod, ParameterIn};

use super::answer::answer;
use super::operation::{Group, Operation};
use super::schema::{anything, map, object, text};

pub fn operations() -> Vec<Operation> {
    let of = |path, id, summary| Operation::public(Group::System, HttpMethod::Get, path, id, summary);
    let version = object("").has("version", text("The version of the server."));
    vec![
        of("/api", "getVersion", "Show the version of the server")
            .about("Without a token.")
            .answers("200", answer("The version.").json(version, json!({ "version": "0.1.0" }))),
        of("/api/v1/openapi.json", "getOpenApi", "Show this document")
            .about("Without a token.")
            .parameter("If-None-Match", ParameterIn::Header, Required::False, text("The `ETag` of a copy."))
            .answers(
                "200",
                answer("The document.")
                    .json(map("OpenAPI 3.1.", anything("")), json!({ "openapi": "3.1.0" }))
                    .header("ETag"),
            )
            .answers("304", answer("The copy is the current document. No body.").header("ETag"))
            .errors(&["Invalid"]),
    ]
}
