//! Ingest, accepted events and the catalogue in the document.

use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{HttpMethod, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{ComponentsBuilder, Required};

use super::answer::answer;
use super::lists;
use super::operation::{Group, Operation};
use super::schema::{
    Members, Schema, anything, boolean, choice, either, enveloped, filter, integer, list, map, named, named_or_null,
    object, open, or_null, text, time,
};
use super::{errors, examples, ids};
use crate::domain::events::Unmatched;

pub fn add(components: ComponentsBuilder) -> ComponentsBuilder {
    let name = choice("The name of the event.", ids::events());
    let event = object("An event. All other members are passed on as they are.").has("event", name).and_others();
    let with_key = object("An event of a batch with a key of its own.")
        .has("event", named("Event"))
        .may("idempotency_key", key())
        .and_no_other();
    components
        .schema("Event", event)
        .schema("EventWithKey", with_key)
        .schema("Accepted", accepted(object("The event is on disk, with its deliveries.")))
        .schema(
            "AcceptedItem",
            accepted(object("The event is on disk, with its deliveries.").has("status", integer("202.")))
                .has("replayed", boolean("Whether its key was known.")),
        )
        .schema("ReceivedEvent", received())
        .schema(
            "WholeEvent",
            received()
                .has(
                    "payload",
                    anything("The JSON as it was accepted, digit for digit; `null` once retention has removed it."),
                )
                .has("derived", list("The ids of the events that were derived from it.", text("")))
                .has("deliveries", list("At most 200, oldest first.", named("DeliverySummary"))),
        )
        .schema("EventType", catalogue())
}

pub fn operations() -> Vec<Operation> {
    let of = |path, id, summary| Operation::managing(Group::Events, HttpMethod::Get, path, id, summary);
    let accepted = |path, id, summary| {
        let filters = of(path, id, summary)
            .query("event", filter("Only this event.", ids::events_and_test()))
            .query("inbox", integer("Only events of this inbox; also as `inbox_id`."))
            .query("outcome", filter("`none`: only what no webhook got.", ["none"]));
        lists::of_the_log(filters, "The accepted events.", named("ReceivedEvent"), example_of_received())
    };
    let one = |path, name, summary| {
        let whole = json!({ "payload": { "event": example_of_whole() } });
        of(path, name, summary)
            .id(ids::event())
            .answers("200", answer("The event.").json(enveloped("event", named("WholeEvent")), whole))
    };
    vec![
        ingest(),
        of_chatwoot(),
        of("/event_types", "listEventTypes", "List the events that exist")
            .about("All of them, in the order of the webhook form.")
            .answers(
                "200",
                answer("The catalogue.").json(
                    object("").has("payload", list("", named("EventType"))),
                    json!({ "payload": [example_of_catalogue()] }),
                ),
            ),
        of("/event_types/{name}", "getEventType", "Show an event of the catalogue")
            .parameter(
                "name",
                ParameterIn::Path,
                Required::True,
                text("The name of the event.").examples([json!("message_created")]),
            )
            .errors(&["NotFound"])
            .answers(
                "200",
                answer("The event.").json(
                    enveloped("event_type", named("EventType")),
                    json!({ "payload": { "event_type": example_of_catalogue() } }),
                ),
            ),
        accepted("/events", "listEvents", "List accepted events, newest first"),
        one("/events/{id}", "getEvent", "Show an accepted event with its deliveries"),
        accepted("/received", "listReceived", "List accepted events: another name of `/events`, until 1.0")
            .deprecated(),
        one("/received/{id}", "getReceived", "Show an accepted event: another name of `/events/{id}`, until 1.0")
            .deprecated(),
    ]
}

fn key() -> utoipa::openapi::schema::ObjectBuilder {
    text("1 to 255 printable ASCII characters.").min_length(Some(1)).max_length(Some(255)).pattern(Some("^[ -~]*$"))
}

fn ingest() -> Operation {
    let one = json!({ "event": "message_created", "content": "Hello", "inbox": { "id": 7, "name": "Website" } });
    let item = || either([named("Event"), named("EventWithKey")]);
    let batch = list("A batch.", item());
    let single =
        ContentBuilder::new().schema(Some(either([named("Event"), batch.into()]))).example(Some(one.clone())).build();
    let lines = ContentBuilder::new()
        .schema(Some(text("One event a line, each as an item of a batch.")))
        .example(Some(json!(format!("{one}\n{one}\n"))))
        .build();
    let body = RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content("application/json", single)
        .content("application/x-ndjson", lines)
        .build();
    let summary = "Post an event, or a batch";
    let mut operation = Operation::public(Group::Events, HttpMethod::Post, "/api/v1/events", "postEvent", summary)
        .token("ingest")
        .credentials("basic", "ingest")
        .about(
            "202 means that the event, those derived from it, and a delivery for each matching webhook are on disk. A batch has \
             up to 500 events in up to 8 MiB; its answer has one entry for each, in the same order, and a bad one fails alone. \
             `X-Chatwoot-Delivery` distinguishes duplicates when there is no `Idempotency-Key`.",
        )
        .shared_parameter("IdempotencyKey")
        .parameter(
            "X-Chatwoot-Delivery",
            ParameterIn::Header,
            Required::False,
            text("The id of a delivery of Chatwoot: 1 to 100 visible ASCII characters."),
        );
    operation.builder = operation.builder.request_body(Some(body));
    let items = list("One entry for each event of a batch.", either([named("AcceptedItem"), named("ItemProblem")]));
    let accepted = json!({ "id": "evt_0123456789abc", "event": "message_created", "deliveries": 2 });
    operation
        .answers(
            "202",
            answer("What became of it.")
                .json(either([named("Accepted"), Schema::from(items)]), accepted)
                .header("Idempotent-Replayed"),
        )
        .errors(&errors::OF_INGEST)
        .errors(&["IngestInvalid", "IngestInternal"])
}

fn of_chatwoot() -> Operation {
    let header = |name: &str, about: &str, operation: Operation| {
        operation.parameter(name, ParameterIn::Header, Required::False, text(about))
    };
    let path = "/ingest/chatwoot/{key}";
    let summary = "Post an event of a connected Chatwoot";
    let operation = Operation::public(Group::Events, HttpMethod::Post, path, "postChatwootEvent", summary)
        .about("The key in the path and the signature show who sends. An event that the catalogue does not have is counted and not stored.")
        .parameter(
            "key",
            ParameterIn::Path,
            Required::True,
            text("The key of the connection: 48 hexadecimal digits.").examples([json!("0".repeat(48))]),
        );
    let operation = header(
        "X-Chatwoot-Signature",
        "`sha256=` and the HMAC of the timestamp, a dot and the body, if the connection has a secret.",
        operation,
    );
    let operation = header("X-Chatwoot-Timestamp", "Seconds since 1970; at most 300 s from now.", operation);
    let operation = header("X-Chatwoot-Delivery", "The same id again is answered 200 and stored once.", operation);
    let content = ContentBuilder::new()
        .schema(Some(object("An event as Chatwoot sends it.").has("event", text("Its name.")).and_others()))
        .example(Some(json!({ "event": "message_created", "account": { "id": 1 } })))
        .build();
    let body = RequestBodyBuilder::new().required(Some(Required::True)).content("application/json", content).build();
    let operation = Operation { builder: operation.builder.request_body(Some(body)), ..operation };
    operation
        .answers("200", answer("It is on disk, or a duplicate, or unknown. No body."))
        .errors(&errors::OF_INGEST)
        .errors(&["IngestInternal"])
}

fn accepted(members: Members) -> Members {
    members
        .has("id", text("`evt_` and 13 characters."))
        .has("event", named("EventName"))
        .has("deliveries", integer("With those of derived events."))
}

fn received() -> Members {
    let unmatched = open("Why no webhook got it.", Unmatched::ALL.iter().map(|one| one.as_str()));
    object("An accepted event.")
        .has("id", text("`evt_` and 13 characters."))
        .has("event", named("EventName"))
        .has("inbox_id", or_null(integer("Its inbox.")))
        .has("inbox", named_or_null("InboxName"))
        .has("derived_from", or_null(text("The event from which Hachok made it.")))
        .has("size", integer("Bytes of its body."))
        .has("delivery_count", integer("How many webhooks got it, without tests."))
        .has("unmatched", or_null(unmatched))
        .has("test", boolean("Whether it is a test."))
        .has("created_at", time("When it was accepted."))
}

fn catalogue() -> Members {
    object("An event of the catalogue.")
        .has("name", named("EventName"))
        .has("group", open("What it is about.", ["conversation", "message", "contact", "ticket", "inbox", "widget"]))
        .has("title", text("English."))
        .has("description", text("English."))
        .has("derived_from", or_null(open("The event from which Hachok makes it.", ids::events())))
        .has("sample", map("An example of its body.", anything("")))
        .has("schema", map("The JSON Schema of its body (draft 2020-12).", anything("")))
}

fn example_of_received() -> Value {
    json!({
        "id": "evt_0123456789abc",
        "event": "message_created",
        "inbox_id": 3,
        "inbox": { "id": 3, "external_id": "7", "name": "Website" },
        "derived_from": null,
        "size": 2048,
        "delivery_count": 2,
        "unmatched": null,
        "test": false,
        "created_at": "2026-11-21T09:00:00Z",
    })
}

fn example_of_whole() -> Value {
    let mut event = example_of_received();
    if let Some(members) = event.as_object_mut() {
        members.insert("payload".to_owned(), json!({ "event": "message_created", "content": "Hello" }));
        members.insert("derived".to_owned(), json!([]));
        members.insert("deliveries".to_owned(), json!([examples::delivery_in_list()]));
    }
    event
}

fn example_of_catalogue() -> Value {
    json!({
        "name": "message_created",
        "group": "message",
        "title": "Message created",
        "description": "Triggered when a message is sent or received, private notes included",
        "derived_from": null,
        "sample": { "event": "message_created" },
        "schema": { "type": "object" },
    })
}
