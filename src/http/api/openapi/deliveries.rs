//! Deliveries and their statistics in the document.

use serde_json::{Value, json};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{ComponentsBuilder, Required};

use super::answer::{Answer, answer};
use super::lists;
use super::operation::{Group, Operation};
use super::schema::{
    Members, anything, choice, enveloped, filter, integer, list, map, named, named_or_null, object, open, or_null,
    text, time,
};
use super::{errors, examples, ids};
use crate::domain::deliveries::failure_cause::{CauseGroup, FailureCause};
use crate::domain::deliveries::log_filter::StateFilter;
use crate::domain::deliveries::log_period::Period;
use crate::domain::deliveries::state::DeliveryState;
use crate::domain::deliveries::{AttemptOutcome, Reason, Status, Trigger};
use crate::http::api::error_code::Code;

pub fn add(components: ComponentsBuilder) -> ComponentsBuilder {
    components
        .schema("DeliverySummary", delivery())
        .schema("LastAttempt", last_attempt())
        .schema(
            "Delivery",
            delivery()
                .has(
                    "payload",
                    anything("The JSON as it was accepted, digit for digit; `null` once retention has removed it."),
                )
                .has("attempts", list("All attempts, the first one first.", named("Attempt"))),
        )
        .schema("Attempt", attempt())
        .schema("Response", response())
        .schema("Statistics", statistics())
}

pub fn operations() -> Vec<Operation> {
    let of = |method, path, id, summary| Operation::managing(Group::Deliveries, method, path, id, summary);
    vec![
        log(of(HttpMethod::Get, "/deliveries", "listDeliveries", "List deliveries, newest first")),
        of(HttpMethod::Get, "/deliveries/{id}", "getDelivery", "Show a delivery with its attempts")
            .id(ids::delivery())
            .answers(
                "200",
                answer("The delivery.").json(
                    enveloped("delivery", named("Delivery")),
                    json!({ "payload": { "delivery": examples::delivery() } }),
                ),
            ),
        sent(of(HttpMethod::Post, "/deliveries/{id}/redelivery", "redeliver", "Send the event of a delivery again"))
            .id(ids::delivery())
            .body(Required::False, object("No members.").and_no_other().into(), json!({})),
        sent(of(HttpMethod::Post, "/events/{id}/deliveries", "sendEvent", "Send an accepted event to any webhook"))
            .about("Even if its subscriptions and inboxes do not match.")
            .id(ids::event())
            .body(Required::True, to_webhook().into(), json!({ "webhook_id": 1 })),
        of(HttpMethod::Post, "/deliveries/{id}/cancellation", "cancelDelivery", "Cancel a delivery that has not ended")
            .id(ids::delivery())
            .body(Required::False, object("No members.").and_no_other().into(), json!({}))
            .answers("200", in_list("The delivery, also if it was cancelled before."))
            .refused(
                "409",
                "It has ended otherwise (`delivery_ended`).",
                errors::example(Code::DeliveryEnded, "The delivery has ended"),
            ),
        of(HttpMethod::Get, "/webhooks/{id}/statistics", "getStatistics", "Count what happened to deliveries, by hour")
            .id(ids::webhook())
            .query("range", filter("`24h` if left out.", ["24h", "7d"]))
            .answers(
                "200",
                answer("The counts.").json(
                    enveloped("statistics", named("Statistics")),
                    json!({ "payload": { "statistics": example_of_statistics() } }),
                ),
            ),
    ]
}

/// An operation that makes a delivery.
fn sent(operation: Operation) -> Operation {
    operation
        .answers("202", in_list("The new delivery.").header("Location"))
        .refused(
            "409",
            "The webhook is off (`webhook_off`), or it is a test (`test_delivery`).",
            errors::example(Code::WebhookOff, "The webhook is off"),
        )
        .refused(
            "410",
            "The webhook was deleted (`webhook_deleted`).",
            errors::example(Code::WebhookDeleted, "The webhook was deleted"),
        )
}

fn in_list(about: &str) -> Answer {
    let example = json!({ "payload": { "delivery": examples::delivery_in_list() } });
    answer(about).json(enveloped("delivery", named("DeliverySummary")), example).header("Idempotent-Replayed")
}

fn to_webhook() -> Members {
    object("").has("webhook_id", integer("The webhook.")).and_no_other()
}

fn log(operation: Operation) -> Operation {
    let status = StateFilter::ALL.iter().map(|one| one.as_str());
    let causes = CauseGroup::ALL.iter().map(|one| one.as_str());
    let triggers = Trigger::ALL.iter().map(|one| one.as_str());
    let operation = operation
        .query_list("webhook", "Deliveries to these webhooks; also as `webhook_id`.", integer(""))
        .query_list("event", "Deliveries of these events.", choice("", ids::events_and_test()))
        .query_list("event_id", "Deliveries of these accepted events.", text(""))
        .query_list("inbox", "Of events of these inboxes; also as `inbox_id`.", integer(""))
        .query_list("status", "`pending`: all that have not ended, or one of their states.", choice("", status))
        .query_list("cause", "Of the latest attempt.", choice("", causes))
        .query_list("trigger", "What made them.", choice("", triggers))
        .query("finished_from", lists::moment("Ended at this time or later"))
        .query("finished_to", lists::moment("Ended before this time, or on this date"))
        .query("period", filter("A span that ends now.", Period::ALL.iter().map(|one| one.as_str())))
        .query("test", filter("`0`: without tests; `1`: only tests.", ["0", "1"]))
        .query(
            "q",
            text("The beginning of an id, an HTTP status, or text in events and answers.").max_length(Some(200)),
        );
    lists::of_the_log(operation, "The deliveries.", named("DeliverySummary"), examples::delivery_in_list())
}

fn delivery() -> Members {
    let moment = |about: &str| or_null(time(about));
    object("One event on its way to one webhook.")
        .has("id", text("`dlv_` and 13 characters."))
        .has("event_id", text("The event: `evt_` and 13 characters."))
        .has("event", named("EventName"))
        .has("webhook_id", integer("The webhook that gets it."))
        .has("inbox_id", or_null(integer("The inbox of the event.")))
        .has("inbox", named_or_null("InboxName"))
        .has("status", open("Whether it has ended, and how.", Status::ALL.iter().map(|one| one.as_str())))
        .has("reason", or_null(open("Why it failed permanently.", Reason::ALL.iter().map(|one| one.as_str()))))
        .has("state", open("The same, finer.", DeliveryState::ALL.iter().map(|one| one.as_str())))
        .has("held_because", or_null(open("Why it is held.", ["off", "paused"])))
        .has("held_until", moment("Until when it is held, if that is known."))
        .has("waiting_because", or_null(open("Why it waits.", ["failing", "backlog"])))
        .has("waiting_until", moment("Until when it waits, if that is known."))
        .has("attempt_count", integer("How many attempts were made."))
        .has("last_attempt", named_or_null("LastAttempt"))
        .has("next_attempt_at", moment("When it is due."))
        .has("created_at", time("When it was made."))
        .has("finished_at", moment("When it ended."))
        .has("trigger", open("What made it.", Trigger::ALL.iter().map(|one| one.as_str())))
        .has("recovery_id", or_null(integer("The recovery that made it.")))
        .has("resend_of", or_null(text("The delivery that it sends again.")))
        .has("resent_as", or_null(text("The newest delivery that sends it again.")))
}

fn attempt() -> Members {
    let headers = || map("A repeated one is joined by commas; secrets are `[hidden]`.", text(""));
    object("One HTTP request of a delivery.")
        .has("number", integer("Begins at 1."))
        .has("started_at", time("When it was begun."))
        .has("duration_ms", or_null(integer("How long it took.")))
        .has("outcome", open("How it ended.", AttemptOutcome::ALL.iter().map(|one| one.as_str())))
        .has("cause", or_null(open("Why it failed.", FailureCause::ALL.iter().map(|one| one.as_str()))))
        .has("request", object("What was sent.").has("headers", headers()))
        .has("response", named_or_null("Response"))
}

fn last_attempt() -> Members {
    object("The latest attempt of a delivery.")
        .has("number", integer("Begins at 1."))
        .has("started_at", time("When it was begun."))
        .has("duration_ms", or_null(integer("How long it took.")))
        .has("outcome", open("How it ended.", AttemptOutcome::ALL.iter().map(|one| one.as_str())))
        .has("cause", or_null(open("Why it failed.", FailureCause::ALL.iter().map(|one| one.as_str()))))
        .has("response_status", or_null(integer("The HTTP status of the answer.")))
}

fn response() -> Members {
    object("The answer of the receiver.")
        .has("status", integer("Its HTTP status."))
        .has("headers", map("A repeated one is joined by commas.", text("")))
        .has("body", text("The beginning of its body, as text."))
        .has("truncated", super::schema::boolean("Whether the body was longer."))
}

fn statistics() -> Members {
    let hour = object("")
        .has("hour", time("Its beginning."))
        .has("success", integer("Deliveries that succeeded in it."))
        .has("failed", integer("Deliveries that failed permanently in it."))
        .has("failed_attempts", integer("Attempts that failed in it."));
    let now = object("Pending deliveries by their state.")
        .has("queued", integer(""))
        .has("retrying", integer(""))
        .has("waiting", integer(""))
        .has("held", integer(""));
    object("What happened to the deliveries of a webhook.")
        .has("range", open("The range.", ["24h", "7d"]))
        .has("hours", list("Each hour of the range, oldest first; the last is the current one.", hour))
        .has("now", now)
}

fn example_of_statistics() -> Value {
    json!({
        "range": "24h",
        "hours": [{ "hour": "2026-11-21T09:00:00Z", "success": 120, "failed": 0, "failed_attempts": 2 }],
        "now": { "queued": 1, "retrying": 0, "waiting": 0, "held": 0 },
    })
}
