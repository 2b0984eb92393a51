//! Recoveries in the document.

use serde_json::{Value, json};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{ComponentsBuilder, Required};

use super::answer::answer;
use super::errors;
use super::ids;
use super::operation::{Group, Operation};
use super::schema::{Members, enveloped, integer, list, named, object, open, or_null, time};
use crate::domain::deliveries::recovery::{RecoveryState, Unsent};
use crate::http::api::error_code::Code;

pub fn add(components: ComponentsBuilder) -> ComponentsBuilder {
    components.schema("Recovery", recovery())
}

pub fn operations() -> Vec<Operation> {
    let of = |method, path, id, summary| Operation::managing(Group::Deliveries, method, path, id, summary);
    let off = || errors::example(Code::WebhookOff, "The webhook is off");
    let recovering = json!({ "payload": { "recovery": example_of_recovery() } });
    vec![
        of(HttpMethod::Post, "/webhooks/{id}/recoveries", "startRecovery", "Send again what failed since a time")
            .id(ids::webhook())
            .body(Required::True, since().into(), json!({ "since": "2026-11-21T09:00:00Z" }))
            .answers(
                "202",
                answer("It was started. With a `count` of 0 there was nothing to do, and `id` is `null`.")
                    .json(
                        enveloped("recovery", started()),
                        json!({ "payload": { "recovery": { "id": 5, "count": 12 } } }),
                    )
                    .header("Idempotent-Replayed"),
            )
            .refused("409", "The webhook is off (`webhook_off`).", off()),
        of(HttpMethod::Get, "/recoveries/{id}", "getRecovery", "Show the progress of a recovery")
            .id(id_of_recovery())
            .answers("200", answer("The recovery.").json(enveloped("recovery", named("Recovery")), recovering.clone())),
        of(HttpMethod::Delete, "/recoveries/{id}", "cancelRecovery", "Cancel a recovery")
            .about("Deliveries that it has made already continue.")
            .id(id_of_recovery())
            .answers("200", answer("The recovery.").json(enveloped("recovery", named("Recovery")), recovering)),
    ]
}

fn id_of_recovery() -> ObjectBuilder {
    integer("The id of the recovery.").examples([json!(5)])
}

fn since() -> Members {
    object("").has("since", time("Deliveries that failed since this time.")).and_no_other()
}

fn started() -> Members {
    object("").has("id", or_null(integer("The recovery."))).has("count", integer("Deliveries that are sent again."))
}

fn recovery() -> Members {
    let because = open("Why they were not sent.", Unsent::ALL.iter().map(|one| one.as_str()));
    let unsent = object("").has("webhook_id", integer("")).has("count", integer("")).has("because", or_null(because));
    object("Sending again, slowly, what failed.")
        .has("id", integer("The id in paths."))
        .has("webhook_id", or_null(integer("The webhook; `null`: of several.")))
        .has("status", open("Whether it has ended.", RecoveryState::ALL.iter().map(|one| one.as_str())))
        .has("count", integer("Deliveries that are to be sent again."))
        .has("sent", integer("Deliveries that were made."))
        .has("delivered", integer("Of these, those that succeeded."))
        .has("failed", integer("Of these, those that failed."))
        .has("unsent", list("Webhooks of which not all deliveries were sent again.", unsent))
        .has("started_at", time("When it was started."))
        .has("ended_at", or_null(time("When it ended.")))
}

fn example_of_recovery() -> Value {
    json!({
        "id": 5,
        "webhook_id": 1,
        "status": "running",
        "count": 12,
        "sent": 4,
        "delivered": 3,
        "failed": 0,
        "unsent": [{ "webhook_id": 1, "count": 8, "because": null }],
        "started_at": "2026-11-21T09:00:00Z",
        "ended_at": null,
    })
}
