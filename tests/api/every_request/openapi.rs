//! The document of the API against the route table, its own examples, and real answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{files, routes};
use crate::support::{Answer, Api, App, eventually};

const PATH: &str = "/api/v1/openapi.json";
const ACCOUNT: &str = "/api/v1/accounts/1";

/// The stored copy, which a test compares with what is served.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/api/openapi.snap");
    let text = std::fs::read_to_string(path).expect("a snapshot");
    serde_json::from_str(text.splitn(3, "---\n").nth(2).expect("its body")).expect("JSON")
});

/// Everything that an answer must not have without being in the document.
const HEADERS: [&str; 6] =
    ["etag", "location", "idempotent-replayed", "retry-after", "www-authenticate", "x-request-id"];

/// Asserts that the document has the operation, the status, the headers and every member of an answer.
pub fn assert_described(answer: &Answer) {
    let what = format!("{} {}: {answer:?}", answer.method, answer.path);
    let Some(operation) = operation(answer.method.as_str(), &answer.path) else {
        assert!([404, 405].contains(&answer.status), "the document has no {what}");
        return;
    };
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "the document has no such status: {what}");
    let response = resolved(response);
    let documented: BTreeSet<String> =
        keys(&response["headers"]).iter().map(|name| name.to_ascii_lowercase()).collect();
    for name in HEADERS.into_iter().filter(|name| answer.headers.contains_key(*name)) {
        assert!(documented.contains(name), "the document has no header {name}: {what}");
    }
    let kind = answer.header("content-type").split(';').next().unwrap_or_default();
    assert_eq!(answer.text.is_empty(), response["content"].is_null(), "{what}");
    if !answer.text.is_empty() {
        let content = &response["content"][kind];
        assert!(content.is_object(), "the document has no {kind}: {what}");
        fits(&content["schema"], &answer.json(), true).unwrap_or_else(|why| panic!("{why}\n{what}"));
    }
}

fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let fits = |template: &str| {
        template.split('/').count() == path.split('/').count()
            && template.split('/').zip(path.split('/')).all(|(one, two)| one == two || one.starts_with('{'))
    };
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    paths.iter().find(|(template, _)| fits(template))?.1.get(method.to_ascii_lowercase())
}

fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(place) => DOCUMENT.pointer(&place[1..]).unwrap_or_else(|| panic!("{place} exists")),
        None => value,
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// Whether a value is valid; strictly, it has no member that the schema does not name.
fn fits(schema: &Value, value: &Value, is_strict: bool) -> Result<(), String> {
    let mut whole = json!({ "allOf": [schema], "components": { "schemas": DOCUMENT["components"]["schemas"] } });
    if is_strict {
        close(&mut whole);
    }
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&whole).expect("a schema");
    let faults: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

fn close(value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        if members.get("properties").is_some_and(Value::is_object) {
            members.entry("additionalProperties").or_insert(json!(false));
        }
        members.values_mut().for_each(close);
    } else if let Some(list) = value.as_array_mut() {
        list.iter_mut().for_each(close);
    }
}

/// Each operation with its method and path.
fn operations() -> Vec<(String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&'static String, &'static Value)| {
        let methods = item.as_object().expect("methods");
        methods.iter().map(move |(method, operation)| (format!("{} {path}", method.to_ascii_uppercase()), operation))
    };
    paths.iter().flat_map(of_path).collect()
}

#[tokio::test]
async fn the_document_is_served_without_a_token_and_equals_its_snapshot() {
    let app = App::start();
    let stranger = Api::new(&app.url, "none");
    let answer = Answer::of(stranger.plain(Method::GET, PATH)).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-cache"), "{answer:?}");
    let mut document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["servers"][0]["url"].as_str().is_some_and(|url| url.starts_with("http") && !url.ends_with('/')));
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    document["servers"][0]["url"] = json!("https://hachok.example.com");
    document["info"]["version"] = json!("[version]");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/api"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("openapi", serde_json::to_string_pretty(&document).expect("JSON")));
    let tag = answer.header("etag").to_owned();
    let again = |tag: &str| Answer::of(stranger.plain(Method::GET, PATH).header("if-none-match", tag));
    let same = again(&tag).await;
    assert_eq!((same.status, same.text.as_str(), same.header("etag")), (304, "", tag.as_str()), "{same:?}");
    assert_eq!(again("\"another\"").await.status, 200);
}

#[test]
fn the_document_has_every_route_and_no_other() {
    let management = routes::management().into_iter().map(|route| (format!("{ACCOUNT}{}", route.path), route.methods));
    let others = routes::others().into_iter().map(|route| (route.path, route.methods));
    let others = others.filter(|(path, _)| path.starts_with("/api") || path.starts_with("/ingest"));
    let routed: BTreeSet<String> = management
        .chain(others)
        .flat_map(|(path, methods)| {
            methods.into_iter().map(move |method| format!("{} {path}", method.to_ascii_uppercase()))
        })
        .collect();
    let documented: BTreeSet<String> = operations().into_iter().map(|(name, _)| name).collect();
    assert_eq!(documented, routed, "src/http/api/openapi has the operations of the API");
}

#[test]
fn the_document_has_every_filter_of_the_lists_and_no_other() {
    for (file, path) in
        [("log_query.rs", "/deliveries"), ("received_query.rs", "/events"), ("received_query.rs", "/received")]
    {
        let (_, source) = files("src/http/request", file).remove(0);
        let fields = source.split("Query {\n").nth(1).and_then(|rest| rest.split("\n}").next()).expect("a struct");
        let fields = fields.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next());
        // The parameters of the page that polls.
        let fields: BTreeSet<&str> = fields.filter(|name| !["live", "seen", "known"].contains(name)).collect();
        let operation = operation("get", &format!("{ACCOUNT}{path}")).expect("an operation");
        let parameters = operation["parameters"].as_array().expect("parameters").iter();
        let documented = parameters.filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str());
        assert_eq!(documented.collect::<BTreeSet<_>>(), fields, "{path}");
    }
}

#[test]
fn every_operation_is_complete_and_its_examples_fit_their_schemas() {
    let mut ids = BTreeSet::new();
    let mut faults = Vec::new();
    for (name, operation) in operations() {
        let id = operation["operationId"].as_str().expect("an id");
        assert!(ids.insert(id) && operation["summary"].is_string() && operation["tags"][0].is_string(), "{name}");
        let parameters: Vec<&Value> =
            operation["parameters"].as_array().expect("parameters").iter().map(resolved).collect();
        let has = |name: &str| parameters.iter().any(|one| one["name"] == name);
        let is_conditional = ["PATCH", "PUT", "DELETE"].iter().any(|method| name.starts_with(method))
            && ["/webhooks/{id}", "/inboxes/{id}"].iter().any(|path| name.ends_with(path));
        assert!(has("X-Request-Id"), "{name}");
        assert_eq!(has("Idempotency-Key"), name.starts_with("POST") && !name.contains("/ingest/"), "{name}");
        assert_eq!(has("If-Match"), is_conditional, "{name}");
        for one in &parameters {
            assert!(one["description"].is_string(), "{name}: {one}");
            for example in one["schema"]["examples"].as_array().into_iter().flatten() {
                fits(&one["schema"], example, true).unwrap_or_else(|why| faults.push(format!("{name}: {why}")));
            }
        }
        let mut contents: Vec<&Value> =
            operation["requestBody"]["content"].as_object().into_iter().flatten().map(|(_, one)| one).collect();
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let response = resolved(response);
            assert!(
                response["description"].is_string() && response["headers"]["X-Request-Id"].is_object(),
                "{name} {status}"
            );
            for header in response["headers"].as_object().into_iter().flatten() {
                assert!(resolved(header.1)["description"].is_string(), "{name} {status}");
            }
            contents.extend(response["content"].as_object().into_iter().flatten().map(|(_, one)| one));
        }
        for content in contents {
            fits(&content["schema"], &content["example"], true)
                .unwrap_or_else(|why| faults.push(format!("{name}: {why}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let text = DOCUMENT.to_string();
    for kind in ["schemas", "responses", "parameters", "headers"] {
        for name in keys(&DOCUMENT["components"][kind]) {
            assert!(text.contains(&format!("\"#/components/{kind}/{name}\"")), "{kind}/{name} is used");
        }
    }
}

#[tokio::test]
async fn the_examples_of_requests_are_accepted() {
    let app = App::start();
    let api = app.api("admin");
    let example = |method: &str, path: &str| {
        operation(method, path).expect("an operation")["requestBody"]["content"]["application/json"]["example"].clone()
    };
    let inbox = api.post("inboxes", &example("post", &format!("{ACCOUNT}/inboxes"))).await;
    let inbox = inbox.json()["payload"]["inbox"]["id"].to_string();
    let webhook = api.webhook(&example("post", &format!("{ACCOUNT}/webhooks"))).await["id"].to_string();
    let event = api.accepted(example("post", "/api/v1/events").to_string()).await;
    let delivery = eventually("a delivery", || async { api.deliveries("").await.pop() }).await;
    let delivery = delivery["id"].as_str().expect("an id").to_owned();
    let ids = BTreeMap::from([("webhooks", webhook), ("inboxes", inbox), ("deliveries", delivery), ("events", event)]);
    let mut tried = 0;
    for (name, operation) in operations() {
        let (method, path) = name.split_once(' ').expect("a path");
        let mut content = operation["requestBody"]["content"]["application/json"]["example"].clone();
        let Some(below) = path.strip_prefix(ACCOUNT).filter(|path| path.contains("{id}") && !content.is_null()) else {
            continue;
        };
        let noun = below.split('/').nth(1).unwrap_or_default();
        let Some(id) = ids.get(noun) else { continue };
        if content["webhook_id"].is_number() {
            content["webhook_id"] = ids["webhooks"].parse().expect("a number");
        }
        let answer = api.call(method.parse().expect("a method"), &path.replace("{id}", id), &content).await;
        assert!([200, 202].contains(&answer.status), "{name}: {answer:?}");
        assert_described(&answer);
        tried += 1;
    }
    assert!(tried >= 10, "{tried}");
}

#[test]
fn a_member_or_header_that_the_document_lacks_is_found() {
    let schema = json!({ "$ref": "#/components/schemas/InboxName" });
    assert!(fits(&schema, &json!({ "id": 1, "external_id": null, "name": "a" }), true).is_ok());
    for wrong in [json!({ "id": 1, "name": "a" }), json!({ "id": 1, "external_id": null, "name": "a", "more": 1 })] {
        assert!(fits(&schema, &wrong, true).is_err(), "{wrong}");
    }
    let time = json!({ "type": "string", "format": "date-time" });
    assert!(fits(&time, &json!("2026-11-21T09:00:00Z"), true).is_ok() && fits(&time, &json!("today"), true).is_err());
}
