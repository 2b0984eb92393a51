//! Webhooks in the document.

use serde_json::{Value, json};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder};
use utoipa::openapi::{ComponentsBuilder, Required};

use super::answer::{Answer, answer};
use super::operation::{Group, Operation};
use super::schema::{
    Members, Schema, any_of, anything, boolean, choice, either, enveloped, integer, list, map, named, object, open,
    or_null, text, time, with_ignored,
};
use super::{errors, examples, ids};
use crate::domain::webhooks::health::OffReason;
use crate::domain::webhooks::{Held, State};
use crate::http::api::error_code::Code;

pub fn add(components: ComponentsBuilder) -> ComponentsBuilder {
    components
        .schema("Webhook", webhook())
        .schema("WebhookInput", input(None))
        .schema("NewWebhook", input(Some(text("A secret of your own instead of a random one: `whsec_` and base64 of 24–64 bytes, or 24–64 visible ASCII characters."))))
        .schema("Authorization", authorization())
        .schema("AuthorizationInput", authorization_input())
        .schema("InboxName", inbox_name())
        .schema("EventName", open("The name of an event, from the catalogue.", ids::events()))
}

pub fn operations() -> Vec<Operation> {
    let of = |method, path, id, summary| Operation::managing(Group::Webhooks, method, path, id, summary);
    let one = "/webhooks/{id}";
    vec![
        of(HttpMethod::Get, "/webhooks", "listWebhooks", "List all webhooks")
            .about("All of them: the list has no pages.")
            .answers("200", answer("The webhooks.").json(with_ignored(all()), json!({ "payload": { "webhooks": [example(None)] } }))),
        of(HttpMethod::Post, "/webhooks", "createWebhook", "Create a webhook")
            .about("The answer has the signing secret; no later one has it. The object may be wrapped in `webhook`.")
            .body(Required::True, named("NewWebhook"), example_input())
            .answers("200", shown("The webhook, with its `secret`.", Some(SECRET)).header("Location").header("Idempotent-Replayed")),
        of(HttpMethod::Get, one, "getWebhook", "Show a webhook").id(ids::webhook()).answers("200", shown("The webhook.", None)),
        update(of(HttpMethod::Patch, one, "updateWebhook", "Change a webhook")),
        update(of(HttpMethod::Put, one, "replaceWebhook", "Change a webhook, as PATCH does")),
        of(HttpMethod::Delete, one, "deleteWebhook", "Delete a webhook")
            .about("Its pending deliveries are cancelled.")
            .id(ids::webhook())
            .conditional()
            .answers("200", answer("It was deleted. No body.")),
        of(HttpMethod::Post, "/webhooks/{id}/secret", "rotateSecret", "Replace the signing secret")
            .about("Requests carry signatures of both secrets until the overlap ends.")
            .id(ids::webhook())
            .body(Required::False, rotation().into(), json!({ "overlap": "24h" }))
            .answers("200", shown("The webhook, with its new `secret`.", Some(SECRET)).header("Idempotent-Replayed"))
            .refused(
                "409",
                "The secret was replaced within the last 10 minutes (`rotated_recently`).",
                errors::example(Code::RotatedRecently, "The secret was replaced within the last 10 minutes. Send \"force\": true to replace it again"),
            ),
        of(HttpMethod::Delete, "/webhooks/{id}/secret/previous", "endPreviousSecret", "End the overlap of a rotation")
            .about("The secret before the current one signs no more.")
            .id(ids::webhook())
            .answers("200", shown("The webhook.", None)),
        of(HttpMethod::Post, "/webhooks/{id}/test", "testWebhook", "Send a test event")
            .about("Sends one request, and answers when the receiver has answered or failed. Works for a webhook that is off, too.")
            .id(ids::webhook())
            .body(Required::False, test().into(), json!({ "event": "message_created" }))
            .answers(
                "200",
                answer("The delivery, with its only attempt.")
                    .json(enveloped("delivery", named("Delivery")), json!({ "payload": { "delivery": examples::delivery() } }))
                    .header("Idempotent-Replayed"),
            ),
    ]
}

fn update(operation: Operation) -> Operation {
    operation
        .about("Members that are left out stay; the object may be wrapped in `webhook`. Members that only come out are ignored, so what GET answered can be sent back.")
        .id(ids::webhook())
        .conditional()
        .body(Required::True, named("WebhookInput"), json!({ "name": "CRM", "enabled": true }))
        .answers("200", changed())
}

/// A token with `operate` that may not read sees three members.
fn changed() -> Answer {
    let switched = object("What a token sees that may not read.")
        .has("id", integer(""))
        .has("enabled", boolean(""))
        .has("status", open("What it does.", State::ALL.iter().map(|one| one.as_str())));
    let whole = with_ignored(enveloped("webhook", named("Webhook")));
    let either = any_of([whole.into(), with_ignored(enveloped("webhook", switched)).into()]);
    let example = json!({ "payload": { "webhook": example(None) } });
    answer("The webhook. With `operate` only: `id`, `enabled` and `status`.").json(either, example).header("ETag")
}

fn all() -> Members {
    object("").has("payload", object("").has("webhooks", list("", named("Webhook"))))
}

fn shown(about: &str, secret: Option<&str>) -> Answer {
    let example = json!({ "payload": { "webhook": example(secret) } });
    answer(about).json(with_ignored(enveloped("webhook", named("Webhook"))), example).header("ETag")
}

const SECRET: &str = "whsec_ZXhhbXBsZSBvZiBhIHNlY3JldCwgMzIgYnl0ZXMu";

fn example(secret: Option<&str>) -> Value {
    json!({
        "id": 1,
        "name": "CRM",
        "url": "https://crm.example.com/hooks",
        "account_id": 1,
        "subscriptions": ["message_created"],
        "secret": secret,
        "enabled": true,
        "inbox_ids": [3],
        "authorization": { "type": "bearer", "token": null },
        "headers": { "X-Tenant": "shop", "X-Key": null },
        "timeout_s": 15,
        "viewers_see_answers": false,
        "redirect_is_success": false,
        "inboxes": [{ "id": 3, "external_id": "7", "name": "Website" }],
        "status": "active",
        "status_reason": null,
        "status_since": null,
        "failing_since": null,
        "backlog_full_since": null,
        "secret_created_at": "2026-11-21T09:00:00Z",
        "previous_secret_expires_at": null,
        "created_at": "2026-11-21T09:00:00Z",
        "updated_at": "2026-11-21T09:00:00Z",
        "inbox": { "id": 3, "name": "Website" },
    })
}

fn example_input() -> Value {
    json!({
        "url": "https://crm.example.com/hooks",
        "name": "CRM",
        "subscriptions": ["message_created"],
        "authorization": { "type": "bearer", "token": "a-token" },
        "headers": { "X-Tenant": "shop", "X-Key": { "value": "a key", "hidden": true } },
    })
}

fn webhook() -> Members {
    let moment = |about: &str| or_null(time(about));
    object("A webhook. Write-only values come out as `null`.")
        .has("id", integer("The id in paths."))
        .has("name", or_null(text("At most 120 characters; `null`: none.")))
        .has("url", text("Where the events are sent."))
        .has("account_id", integer("Always 1."))
        .has("subscriptions", list("The events that it gets.", named("EventName")))
        .has("secret", or_null(text("The signing secret, only in the answers to create and rotate.")))
        .has("enabled", boolean("`false`: turned off, by a person or by Hachok."))
        .has("inbox_ids", list("The inboxes whose events it gets; empty: all.", integer("")))
        .has("authorization", named("Authorization"))
        .has("headers", map("Extra headers of its requests; a hidden value is `null`.", or_null(text(""))))
        .has("timeout_s", integer("Seconds until an attempt fails."))
        .has("viewers_see_answers", boolean("Whether viewers see the bodies of answers."))
        .has("redirect_is_success", boolean("Whether 300 to 399 is a success. A redirect is never followed."))
        .has("inboxes", list("The selected inboxes.", named("InboxName")))
        .has("status", open("What it does.", State::ALL.iter().map(|one| one.as_str())))
        .has("status_reason", or_null(open("Why Hachok turned it off.", OffReason::ALL.iter().map(|one| one.as_str()))))
        .has("status_since", moment("Since when it has been failing or off."))
        .has("failing_since", moment("The first failure since its last success."))
        .has("backlog_full_since", moment("Since when its backlog is full."))
        .has("secret_created_at", moment("When its secret was made."))
        .has("previous_secret_expires_at", moment("Until when the previous secret signs, too."))
        .has("created_at", time("When it was created."))
        .has("updated_at", time("The last change of a setting, of the secret or of the switch."))
        .may("inbox", object("The inbox, if exactly one is selected.").has("id", integer("")).has("name", text("")))
}

/// The members that go in; `secret` on create.
fn input(secret: Option<ObjectBuilder>) -> Members {
    let is_new = secret.is_some();
    let ids = ArrayBuilder::new().items(integer("")).max_items(Some(1000));
    let of_desk = ArrayBuilder::new().items(text("")).max_items(Some(1000));
    let members = object("The settings of a webhook. Unknown members are ignored and listed in `ignored`.")
        .may("name", or_null(text("At most 120 characters; `null` clears it.").max_length(Some(120))));
    let url = text("An https URL; see the address rules. No two webhooks have the same.").max_length(Some(2048));
    let members = if is_new { members.has("url", url) } else { members.may("url", url) };
    let members = members
        .may("subscriptions", list("At least one; left out on create: Chatwoot's eight defaults.", choice("", ids::events())))
        .may("enabled", boolean("`true` if left out on create."))
        .may("held", choice("With `enabled: true`: what happens to the deliveries that it held while it was off; `send` if left out.", Held::ALL.iter().map(|one| one.as_str())))
        .may("inbox_ids", ids.description(Some("Ids of this API; empty: all inboxes.")))
        .may("inbox_id", or_null(integer("Chatwoot's name for a list of one; `null` is as if it were left out.")))
        .may("inbox_external_ids", of_desk.description(Some("Instead of `inbox_ids`: ids of the help desk.")))
        .may("authorization", named("AuthorizationInput"))
        .may("headers", map("Extra headers of its requests. One that is left out is removed; `null` keeps the stored value.", header_input()))
        .may("timeout_s", integer("15 if left out on create.").minimum(Some(5)).maximum(Some(20)))
        .may("viewers_see_answers", boolean("`false` if left out on create."))
        .may("redirect_is_success", boolean("`false` if left out on create."));
    let members = if let Some(secret) = secret { members.may("secret", or_null(secret)) } else { members };
    members.and_others()
}

fn header_input() -> Schema {
    let hidden = object("A value that does not come out again.")
        .may("value", or_null(text("`null` keeps what is stored.")))
        .may("hidden", boolean("Whether the value is write-only."));
    either([or_null(text("The value.")).into(), hidden.into()])
}

fn authorization() -> Members {
    object("The authorization of its requests, without secrets.")
        .has("type", open("The kind.", METHODS))
        .may("token", or_null(text("Of `bearer`; always `null`.")))
        .may("login", text("Of `basic`."))
        .may("password", or_null(text("Of `basic`; always `null`.")))
        .may("header", text("Of `custom`: the name of the header."))
        .may("value", or_null(text("Of `custom`; always `null`.")))
}

const METHODS: [&str; 4] = ["none", "bearer", "basic", "custom"];

fn authorization_input() -> Members {
    object("The authorization of its requests. A secret that is `null` or left out is kept; with another origin of `url` that is 422.")
        .has("type", choice("The kind.", METHODS))
        .may("token", or_null(text("Of `bearer`.")))
        .may("login", or_null(text("Of `basic`.")))
        .may("password", or_null(text("Of `basic`.")))
        .may("header", or_null(text("Of `custom`: the name of the header.")))
        .may("value", or_null(text("Of `custom`.")))
}

fn inbox_name() -> Members {
    object("An inbox by its names.")
        .has("id", integer("The id in paths."))
        .has("external_id", or_null(text("The id in the help desk.")))
        .has("name", text(""))
}

fn rotation() -> Members {
    object("")
        .may("overlap", or_null(choice("How long both secrets sign; `24h` if left out.", ["0", "24h", "7d"])))
        .may("secret", or_null(text("A secret of your own instead of a random one.")))
        .may("force", boolean("Also within 10 minutes of the last rotation."))
        .and_no_other()
}

fn test() -> Members {
    object("")
        .may("event", or_null(choice("`webhook_test` if left out.", ids::events_and_test())))
        .may("body", anything("What is sent: JSON, or a text that holds JSON. The sample of the event if left out."))
        .and_no_other()
}
