//! The whole document: what is shared, and all operations.

use serde_json::json;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathsBuilder, Required, ServerBuilder,
};

use super::operation::{Group, Operation};
use super::schema::{integer, text};
use super::{accounts, deliveries, errors, events, inboxes, recoveries, system, users, webhooks};

const ABOUT: &str = "JSON over HTTP, below `/api/v1/accounts/1`; webhooks, inboxes and the profile have the shapes of Chatwoot's \
API. Names of members, codes of errors and paths are stable. **Sets are open**: a new version may add members to objects, and values \
to every set that is marked `x-extensible-enum`, the codes of errors included; treat an unknown code by its status. Cursors and entity \
tags are opaque. Unknown names in a query or a body are 422 (`unknown_parameter`); Chatwoot's routes list them in `ignored`. HEAD is \
answered wherever GET is. Another method is 405 with `Allow`. No CORS headers are sent.";

/// The document for a server with this public URL.
pub fn document(public_url: &str) -> OpenApi {
    let tags = Group::ALL.map(|(group, about)| TagBuilder::new().name(group.name()).description(Some(about)).build());
    let license = LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build();
    let info = InfoBuilder::new()
        .title("Hachok")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license));
    let paths = operations().into_iter().fold(PathsBuilder::new().build(), |mut paths, operation| {
        let Operation { path, method, builder, .. } = operation;
        paths.add_path_operation(path, vec![method], builder.build());
        paths
    });
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([ServerBuilder::new().url(public_url.trim_end_matches('/')).build()]))
        .tags(Some(tags))
        .paths(paths)
        .components(Some(components()))
        .build()
}

fn operations() -> Vec<Operation> {
    let of_each_noun = [
        webhooks::operations(),
        inboxes::operations(),
        deliveries::operations(),
        recoveries::operations(),
        events::operations(),
        accounts::operations(),
        users::operations(),
        system::operations(),
    ];
    of_each_noun.into_iter().flatten().collect()
}

fn components() -> utoipa::openapi::Components {
    let nouns = [
        webhooks::add,
        inboxes::add,
        deliveries::add,
        recoveries::add,
        events::add,
        accounts::add,
        users::add,
        errors::add,
    ];
    let components = nouns.into_iter().fold(ComponentsBuilder::new(), |components, add| add(components));
    let components =
        headers().into_iter().fold(components, |components, (name, header)| components.header(name, header));
    components
        .parameter(
            "RequestId",
            parameter(
                "X-Request-Id",
                text("An id of your own for the request: 1 to 64 visible ASCII characters. Another one is replaced."),
            ),
        )
        .parameter(
            "IdempotencyKey",
            parameter(
                "Idempotency-Key",
                text("The request acts once within 7 days: 1 to 255 printable ASCII characters.")
                    .min_length(Some(1))
                    .max_length(Some(255))
                    .pattern(Some("^[ -~]*$")),
            ),
        )
        .parameter(
            "IfMatch",
            parameter(
                "If-Match",
                text("Entity tags, of which one must be the current one; `*` is any.").examples([json!("*")]),
            ),
        )
        .security_scheme("bearer", http(HttpAuthScheme::Bearer, "A token, in `Authorization: Bearer`."))
        .security_scheme("api_access_token", token("api_access_token"))
        .security_scheme("Api-Access-Token", token("Api-Access-Token"))
        .security_scheme(
            "basic",
            http(HttpAuthScheme::Basic, "At ingest: the token as the password, with any user name."),
        )
        .build()
}

fn http(scheme: HttpAuthScheme, about: &str) -> SecurityScheme {
    SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(about)).build())
}

fn token(name: &str) -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        name,
        "A token, as Chatwoot's clients send it.",
    )))
}

fn parameter(name: &str, schema: ObjectBuilder) -> Parameter {
    let mut schema = schema.build();
    let about = schema.description.take();
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(Required::False);
    parameter.description(about).schema(Some(schema)).build()
}

fn headers() -> [(&'static str, Header); 8] {
    let header = |schema: ObjectBuilder| {
        let mut schema = schema.build();
        let about = schema.description.take();
        HeaderBuilder::new().description(about).schema(Some(schema)).build()
    };
    [
        ("X-Request-Id", header(text("The id of the request, as in the log."))),
        ("ETag", header(text("The entity tag, for `If-Match`."))),
        ("Location", header(text("The path of what was created."))),
        (
            "Idempotent-Replayed",
            header(text("`true`: the answer of an earlier request with the same `Idempotency-Key`.")),
        ),
        ("Retry-After", header(integer("Seconds until the request should be repeated."))),
        (
            "RateLimit",
            header(text(
                "What is left of the limit of the token, such as `\"token\";r=98;t=1`; absent without a limit.",
            )),
        ),
        (
            "RateLimit-Policy",
            header(text("The limit of the token, such as `\"token\";q=100;w=2`; absent without a limit.")),
        ),
        ("WWW-Authenticate", header(text("The challenge (RFC 6750)."))),
    ]
}
