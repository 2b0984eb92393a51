use serde_json::json;

use crate::support::{Api, App, Receiver, webhook};

async fn subscribed(api: &Api, receiver: &Receiver, events: &[&str]) {
    let mut body = webhook(&receiver.at("/all"));
    body["subscriptions"] = json!(events);
    api.webhook(&body).await;
}

#[tokio::test]
async fn an_incoming_message_derives_message_received() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    subscribed(&api, &receiver, &["message_created", "message_received"]).await;
    let body =
        "{\n \"event\":\t\"message_created\", \"message_type\": \"incoming\", \"n\": 1.0, \"s\": \"message_created\" }";
    let answer = api.send(body).await.json();
    assert_eq!((&answer["event"], &answer["deliveries"]), (&json!("message_created"), &json!(2)));
    let mut seen = receiver.await_requests("/all", 2).await;
    seen.sort_by_key(|request| request.header("x-hachok-event").to_owned());
    assert_eq!(seen[0].body, body.as_bytes());
    assert_eq!(seen[0].header("webhook-id"), answer["id"].as_str().unwrap_or_default());
    let derived = body.replacen("message_created", "message_received", 1);
    assert_eq!(String::from_utf8_lossy(&seen[1].body), derived);
    assert_eq!(seen[1].header("x-hachok-event"), "message_received");
    assert_ne!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
}

#[tokio::test]
async fn only_the_top_level_event_value_is_replaced() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    subscribed(&api, &receiver, &["message_received"]).await;
    let body = r#"{"inner":{"event":"message_created"},"x":"\"event\":\"message_created\"","message_type":"incoming","event":"message_created"}"#;
    api.accepted(body).await;
    let end = body.rfind("message_created").unwrap_or_default();
    let expected = format!("{}message_received\"}}", &body[..end]);
    assert_eq!(String::from_utf8_lossy(&receiver.first("/all").await.body), expected);
}

#[tokio::test]
async fn an_updated_conversation_derives_events_for_what_changed() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let finer = ["assignee_changed", "team_changed", "conversation_labels_changed", "conversation_substatus_changed"];
    subscribed(&api, &receiver, &finer).await;
    let pair = |a: serde_json::Value, b: serde_json::Value| json!({ "previous_value": a, "current_value": b });
    for (changed, expected) in [
        (json!([{ "assignee_id": pair(json!(null), json!(3)) }]), vec!["assignee_changed"]),
        (json!([{ "assignee_agent_bot_id": pair(json!(null), json!(3)) }]), vec!["assignee_changed"]),
        (json!([{ "team_id": pair(json!(1), json!(2)) }]), vec!["team_changed"]),
        (json!([{ "label_list": pair(json!([]), json!(["vip"])) }]), vec!["conversation_labels_changed"]),
        (
            json!([{ "cached_label_list": pair(json!(""), json!("vip")) }, { "label_list": pair(json!([]), json!(["vip"])) }]),
            vec!["conversation_labels_changed"],
        ),
        (
            json!([{ "custom_attributes": pair(json!({ "substatus": "hold" }), json!({ "substatus": "waiting" })) }]),
            vec!["conversation_substatus_changed"],
        ),
        (json!([{ "custom_attributes": pair(json!({ "a": 1 }), json!({ "a": 2 })) }]), vec![]),
        (
            json!([{ "assignee_id": pair(json!(1), json!(2)) }, { "team_id": pair(json!(1), json!(2)) }]),
            vec!["assignee_changed", "team_changed"],
        ),
        (json!([{ "updated_at": pair(json!(1), json!(2)) }]), vec![]),
        (json!([{ "status": pair(json!("open"), json!("resolved")) }]), vec![]),
        (json!(null), vec![]),
    ] {
        let body = json!({ "event": "conversation_updated", "id": 1, "changed_attributes": changed });
        let before = receiver.seen("/all").len();
        let answer = api.send(body.to_string()).await.json();
        assert_eq!(answer["deliveries"], expected.len(), "{body}");
        let seen = receiver.await_requests("/all", before + expected.len()).await;
        let mut names: Vec<_> = seen[before..].iter().map(|request| request.header("x-hachok-event")).collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{body}");
    }
}

#[tokio::test]
async fn an_outgoing_message_and_a_status_change_derive_nothing() {
    let app = App::start();
    let api = app.api("admin");
    let receiver = Receiver::start();
    subscribed(&api, &receiver, &["message_received", "conversation_updated"]).await;
    for body in [
        json!({ "event": "message_created", "message_type": "outgoing" }),
        json!({ "event": "conversation_status_changed", "changed_attributes": [{ "team_id": {} }] }),
    ] {
        assert_eq!(api.send(body.to_string()).await.json()["deliveries"], 0, "{body}");
    }
}
