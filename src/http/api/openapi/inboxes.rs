//! Inboxes in the document.

use serde_json::{Value, json};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{ComponentsBuilder, Required};

use super::answer::{Answer, answer};
use super::operation::{Group, Operation};
use super::schema::{
    Members, anything, boolean, enveloped, integer, list, map, named, object, or_null, text, time, with_ignored,
};
use crate::domain::id::InboxId;
use crate::domain::inboxes::Inbox;
use crate::domain::timestamp::Timestamp;
use crate::http::api::response_json::{self, INBOX_OUT_ONLY};

pub fn add(components: ComponentsBuilder) -> ComponentsBuilder {
    components.schema("Inbox", inbox()).schema("InboxInput", input(false)).schema("NewInbox", input(true))
}

pub fn operations() -> Vec<Operation> {
    let of = |method, path, id, summary| Operation::managing(Group::Inboxes, method, path, id, summary);
    let one = "/inboxes/{id}";
    vec![
        of(HttpMethod::Get, "/inboxes", "listInboxes", "List all inboxes")
            .about("All of them, by name: the list has no pages.")
            .answers(
                "200",
                answer("The inboxes.").json(
                    with_ignored(object("").has("payload", list("", named("Inbox")))),
                    json!({ "payload": [example()] }),
                ),
            ),
        of(HttpMethod::Post, "/inboxes", "createInbox", "Create an inbox")
            .about("Inboxes of accepted events are registered without it. The object may be wrapped in `inbox`.")
            .body(Required::True, named("NewInbox"), json!({ "name": "Website", "external_id": "7" }))
            .answers("200", shown("The inbox.").header("Location").header("Idempotent-Replayed")),
        of(HttpMethod::Get, one, "getInbox", "Show an inbox")
            .about("Without an envelope, as in Chatwoot.")
            .id(id())
            .answers("200", answer("The inbox.").json(named("Inbox"), example()).header("ETag")),
        update(of(HttpMethod::Patch, one, "updateInbox", "Change an inbox")),
        update(of(HttpMethod::Put, one, "replaceInbox", "Change an inbox, as PATCH does")),
        of(HttpMethod::Delete, one, "archiveInbox", "Archive an inbox")
            .about("Its row stays, because events may still name it.")
            .id(id())
            .conditional()
            .answers("200", answer("It was archived. No body.")),
    ]
}

fn id() -> ObjectBuilder {
    integer("The id of the inbox.").examples([json!(3)])
}

fn update(operation: Operation) -> Operation {
    operation
        .about("Members that are left out stay; the object may be wrapped in `inbox`. Members that only come out are ignored.")
        .id(id())
        .conditional()
        .body(Required::False, named("InboxInput"), json!({ "name": "Website" }))
        .answers("200", shown("The inbox."))
}

fn shown(about: &str) -> Answer {
    let example = json!({ "payload": { "inbox": example() } });
    answer(about).json(enveloped("inbox", named("Inbox")), example).header("ETag")
}

fn input(is_new: bool) -> Members {
    let name = text("The name on the pages.").min_length(Some(1));
    let members = object("An inbox as it goes in.");
    let members = if is_new { members.has("name", name) } else { members.may("name", name) };
    let members = members
        .may(
            "external_id",
            text("The id in the help desk: at most 64 characters, unique. A number is its digits.")
                .max_length(Some(64))
                .schema_type(SchemaType::from_iter([Type::String, Type::Number, Type::Null])),
        )
        .may("channel_type", or_null(text("Such as `Channel::WebWidget`.")))
        .may("archived", boolean("Only on a change."));
    let only_out =
        |members: Members, name: &&str| members.may(name, anything("Comes out only; ignored.").read_only(true));
    INBOX_OUT_ONLY.iter().fold(members, only_out).and_no_other()
}

/// Chatwoot's members, which have these values in every inbox that only receives.
fn inbox() -> Members {
    let fixed = "Of Chatwoot; has no meaning here.";
    let members = object("An inbox, with the members that Chatwoot's schema requires.")
        .has("id", integer("The id in paths."))
        .has("external_id", or_null(text("The id in the help desk.")))
        .has("name", text("The name on the pages."))
        .has("channel_type", text("Such as `Channel::WebWidget`; may be empty."))
        .has("archived", boolean("Whether it was archived."))
        .has("created_at", time("When it was registered."))
        .has("updated_at", time("Its last change."))
        .has("channel_id", integer("The same as `id`."));
    let texts = [
        "avatar_url",
        "website_url",
        "website_token",
        "web_widget_script",
        "widget_color",
        "welcome_title",
        "welcome_tagline",
        "greeting_message",
        "timezone",
        "sender_name_type",
        "reply_time",
        "medium",
    ];
    let booleans = [
        "greeting_enabled",
        "working_hours_enabled",
        "enable_auto_assignment",
        "enable_email_collect",
        "csat_survey_enabled",
        "allow_messages_after_resolved",
        "lock_to_single_conversation",
        "hmac_mandatory",
    ];
    let nulls = [
        "out_of_office_message",
        "business_name",
        "callback_webhook_url",
        "messaging_service_sid",
        "phone_number",
        "provider",
    ];
    let members = texts.iter().fold(members, |members, name| members.has(name, text(fixed)));
    let members = booleans.iter().fold(members, |members, name| members.has(name, boolean(fixed)));
    let members = nulls.iter().fold(members, |members, name| members.has(name, or_null(text(fixed))));
    members
        .has("working_hours", list(fixed, anything("")))
        .has("auto_assignment_config", map(fixed, anything("")))
        .has("selected_feature_flags", or_null(text(fixed)))
}

fn example() -> Value {
    let made = Timestamp::from_seconds(1_795_251_600);
    response_json::inbox(&Inbox {
        id: InboxId(3),
        external_id: Some("7".into()),
        connection_id: None,
        name: "Website".into(),
        unnamed: None,
        channel_type: Some("Channel::WebWidget".into()),
        archived_at: None,
        created_at: made,
        updated_at: made,
    })
}
