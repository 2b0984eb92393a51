//! The members of a webhook in a body.

use serde_json::{Map, Value};

use crate::http::api::names::{Members, Unknown};

/// The members of a webhook. Chatwoot's clients send others, too: those are listed as ignored.
pub struct WebhookMembers;

const IN: [&str; 14] = [
    "name",
    "url",
    "subscriptions",
    "enabled",
    "held",
    "inbox_ids",
    "inbox_id",
    "inbox_external_ids",
    "authorization",
    "headers",
    "timeout_s",
    "viewers_see_answers",
    "redirect_is_success",
    "secret",
];

const OUT_ONLY: [&str; 13] = [
    "id",
    "account_id",
    "inbox",
    "inboxes",
    "status",
    "status_reason",
    "status_since",
    "failing_since",
    "backlog_full_since",
    "secret_created_at",
    "previous_secret_expires_at",
    "created_at",
    "updated_at",
];

impl Members for WebhookMembers {
    const KNOWN: &'static [&'static [&'static str]] = &[&IN, &OUT_ONLY];
    const WRAPPER: Option<&'static str> = Some("webhook");
    const UNKNOWN: Unknown = Unknown::Listed;
    const OPERATED: Option<&'static [&'static str]> = Some(&["enabled", "held"]);
}

/// The unknown members of `authorization`, as `authorization.NAME`. Those of a header are refused.
pub fn ignored_within(input: &Map<String, Value>) -> Vec<String> {
    let mut ignored = Vec::new();
    let mut check = |place: String, value: &Value, known: &[&str]| {
        let unknown = value.as_object().into_iter().flatten().filter(|(name, _)| !known.contains(&name.as_str()));
        ignored.extend(unknown.map(|(name, _)| format!("{place}.{name}")));
    };
    if let Some(value) = input.get("authorization") {
        check("authorization".into(), value, &["type", "token", "login", "password", "header", "value"]);
    }
    ignored.truncate(20);
    ignored.iter().map(|name| name.chars().take(200).collect()).collect()
}
