//! Examples that several operations have.

use serde_json::{Value, json};

/// A delivery of a list.
pub fn delivery_in_list() -> Value {
    json!({
        "id": "dlv_0123456789abc",
        "event_id": "evt_0123456789abc",
        "event": "message_created",
        "webhook_id": 1,
        "inbox_id": 3,
        "inbox": { "id": 3, "external_id": "7", "name": "Website" },
        "status": "success",
        "reason": null,
        "state": "success",
        "held_because": null,
        "held_until": null,
        "waiting_because": null,
        "waiting_until": null,
        "attempt_count": 1,
        "last_attempt": {
            "number": 1,
            "started_at": "2026-11-21T09:00:00Z",
            "duration_ms": 84,
            "outcome": "succeeded",
            "cause": null,
            "response_status": 200,
        },
        "next_attempt_at": null,
        "created_at": "2026-11-21T09:00:00Z",
        "finished_at": "2026-11-21T09:00:01Z",
        "trigger": "event",
        "recovery_id": null,
        "resend_of": null,
        "resent_as": null,
    })
}

/// A delivery with its attempts.
pub fn delivery() -> Value {
    let mut delivery = delivery_in_list();
    if let Some(members) = delivery.as_object_mut() {
        members.insert("payload".to_owned(), json!({ "event": "message_created", "content": "Hello" }));
        let attempt = json!({
            "number": 1,
            "started_at": "2026-11-21T09:00:00Z",
            "duration_ms": 84,
            "outcome": "succeeded",
            "cause": null,
            "request": { "headers": { "Content-Type": "application/json", "Authorization": "[hidden]" } },
            "response": { "status": 200, "headers": { "content-length": "2" }, "body": "ok", "truncated": false },
        });
        members.insert("attempts".to_owned(), json!([attempt]));
    }
    delivery
}

/// A token, without its text.
pub fn token() -> Value {
    json!({
        "id": 2,
        "name": "CRM",
        "prefix": "hk_4f0a",
        "scopes": ["read", "operate"],
        "created_at": "2026-11-21T09:00:00Z",
        "expires_at": null,
        "last_used_at": "2026-11-21T09:00:00Z",
        "revoked_at": null,
    })
}
