//! Recoveries in the document.

use serde_json::{Value, json};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{ComponentsBuilder, Required};

use super::answer::answer;
use super::errors;
use super::ids;
use super::lists::{self, moment};
use super::operation::{Group, Operation};
use super::schema::{Members, boolean, enveloped, integer, list, named, object, open, or_null, text, time};
use crate::domain::deliveries::recovery::{Ended, RecoveryState, Unsent};
use crate::http::api::error_code::Code;

pub fn add(components: ComponentsBuilder) -> ComponentsBuilder {
    components.schema("Recovery", recovery())
}

pub fn operations() -> Vec<Operation> {
    let of = |method, path, id, summary| Operation::managing(Group::Deliveries, method, path, id, summary);
    let off = || errors::example(Code::WebhookOff, "The webhook is off");
    let recovering = || json!({ "payload": { "recovery": example_of_recovery() } });
    let whole = |about: &str| answer(about).json(enveloped("recovery", named("Recovery")), recovering());
    let listed = of(HttpMethod::Get, "/recoveries", "listRecoveries", "List recoveries, newest first");
    let listed = listed.query("webhook", integer("Only those of this webhook. Also as `webhook_id`."));
    vec![
        of(HttpMethod::Post, "/webhooks/{id}/recoveries", "startRecovery", "Send again what failed in a time")
            .id(ids::webhook())
            .body(Required::True, wanted().into(), json!({ "since": "2026-11-21T09:00:00Z" }))
            .answers(
                "202",
                whole("It was started.").header("Location").header("Idempotent-Replayed"),
            )
            .answers(
                "200",
                whole("Nothing matches: it has ended, with a `count` of 0.").header("Location").header("Idempotent-Replayed"),
            )
            .refused(
                "409",
                "The webhook is off (`webhook_off`), or a recovery of it is running (`recovery_running`, with `recovery_id`).",
                off(),
            ),
        lists::paged(listed, "The recoveries.", named("Recovery"), example_of_recovery()),
        of(HttpMethod::Get, "/recoveries/{id}", "getRecovery", "Show the progress of a recovery")
            .id(id_of_recovery())
            .answers("200", whole("The recovery.")),
        of(HttpMethod::Delete, "/recoveries/{id}", "cancelRecovery", "Cancel a recovery")
            .about("Deliveries that it has made already continue.")
            .id(id_of_recovery())
            .answers("200", whole("The recovery.")),
    ]
}

fn id_of_recovery() -> ObjectBuilder {
    integer("The id of the recovery.").examples([json!(5)])
}

fn wanted() -> Members {
    object("")
        .may("since", moment("Created at this time or later. This or `finished_from` is needed"))
        .may("until", moment("Created before this time, or on this date; now if left out"))
        .may("finished_from", moment("Ended at this time or later"))
        .may("finished_to", moment("Ended before this time, or on this date"))
        .may("event", text("Names of events, with commas between."))
        .may("cause", text("Groups of causes, with commas between: of the latest attempt."))
        .may("status", open("How they ended; `failed` if left out.", Ended::ALL.iter().map(|one| one.as_str())))
        .may("again", boolean("Also what was sent again before."))
        .and_no_other()
}

fn recovery() -> Members {
    let because = open("Why they were not sent.", Unsent::ALL.iter().map(|one| one.as_str()));
    let waiting = open("What it waits for.", Unsent::ALL.iter().map(|one| one.as_str()));
    let unsent = object("").has("webhook_id", integer("")).has("count", integer("")).has("because", or_null(because));
    object("Sending again, slowly, what failed.")
        .has("id", integer("The id in paths."))
        .has("webhook_id", or_null(integer("The webhook; `null`: of several.")))
        .has("status", open("Whether it has ended.", RecoveryState::ALL.iter().map(|one| one.as_str())))
        .has("count", integer("Deliveries that are to be sent again."))
        .has("sent", integer("Deliveries that were made."))
        .has("skipped", integer("Deliveries that were left out because they had been sent again."))
        .has("success", integer("Of those made, those that succeeded."))
        .has("failed", integer("Of these, those that failed."))
        .has("unsent", list("Webhooks of which not all deliveries were sent again.", unsent))
        .has("waiting_because", or_null(waiting))
        .has("created_at", time("When it was started."))
        .has("finished_at", or_null(time("When it ended.")))
}

fn example_of_recovery() -> Value {
    json!({
        "id": 5,
        "webhook_id": 1,
        "status": "running",
        "count": 12,
        "sent": 4,
        "skipped": 0,
        "success": 3,
        "failed": 0,
        "unsent": [{ "webhook_id": 1, "count": 8, "because": null }],
        "waiting_because": null,
        "created_at": "2026-11-21T09:00:00Z",
        "finished_at": null,
    })
}
