use serde_json::json;

use crate::support::{App, Receiver, event, event_in, webhook};

#[tokio::test]
async fn an_accepted_event_returns_its_id_its_name_and_the_count_of_deliveries() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    for path in ["/a", "/b"] {
        api.webhook(&webhook(&receiver.at(path))).await;
    }
    let answer = api.send(event("message_created")).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    assert!(body["id"].as_str().is_some_and(|id| id.starts_with("evt_")), "{body}");
    assert_eq!(body["event"], "message_created");
    assert_eq!(body["deliveries"], 2);
    assert_eq!(body.as_object().map(|members| members.len()), Some(3), "{body}");
}

#[tokio::test]
async fn an_event_without_a_subscriber_is_accepted_with_no_delivery() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    assert_eq!(api.send(event("team_changed")).await.json()["deliveries"], 0);
    assert_eq!(api.deliveries("").await.len(), 0);
}

#[tokio::test]
async fn ids_are_unique_and_increase() {
    let app = App::start();
    let api = app.api("ingest");
    let first = api.accepted(event("message_created")).await;
    let second = api.accepted(event("message_created")).await;
    assert!(second > first, "{first} {second}");
}

#[tokio::test]
async fn every_event_of_the_catalogue_is_accepted() {
    let app = App::start();
    let api = app.api("ingest");
    for name in [
        "conversation_created",
        "conversation_updated",
        "conversation_status_changed",
        "conversation_substatus_changed",
        "assignee_changed",
        "team_changed",
        "conversation_labels_changed",
        "conversation_typing_on",
        "conversation_typing_off",
        "message_created",
        "message_updated",
        "message_received",
        "contact_created",
        "contact_updated",
        "ticket_created",
        "ticket_updated",
        "inbox_created",
        "inbox_updated",
        "webwidget_triggered",
    ] {
        assert_eq!(api.send(event(name)).await.status, 202, "{name}");
    }
}

#[tokio::test]
async fn a_webhook_that_is_off_gets_no_request() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let off = api.webhook(&webhook(&receiver.at("/off"))).await;
    api.webhook(&webhook(&receiver.at("/on"))).await;
    let path = format!("webhooks/{}", off["id"]);
    let answer = api.patch(&path, &json!({ "enabled": false })).await;
    assert_eq!(answer.json()["payload"]["webhook"]["status"], "disabled", "{answer:?}");
    api.accepted(event("message_created")).await;
    receiver.first("/on").await;
    assert!(receiver.seen("/off").is_empty());
    let held = api.deliveries(&format!("webhook={}", off["id"])).await;
    assert!(held.iter().all(|delivery| delivery["status"] == "pending" && delivery["attempt_count"] == 0), "{held:?}");
}

#[tokio::test]
async fn the_inbox_is_found_in_each_place_of_chatwoots_events() {
    let app = App::start();
    let api = app.api("admin");
    for (external, body) in [
        ("11", json!({ "event": "message_created", "inbox_id": 11, "inbox": { "id": 99 } })),
        ("12", json!({ "event": "message_created", "inbox": { "id": "12", "name": "Twelve" } })),
        ("13", json!({ "event": "message_created", "conversation": { "inbox_id": 13 } })),
        ("14", json!({ "event": "webwidget_triggered", "working_hours": [{ "inbox_id": 14 }] })),
    ] {
        api.accepted(body.to_string()).await;
        let inboxes = api.get("inboxes").await.json();
        let known = inboxes["payload"].as_array().cloned().unwrap_or_default();
        assert!(known.iter().any(|inbox| inbox["external_id"] == external), "{external}: {inboxes}");
    }
    let inboxes = api.get("inboxes").await.json()["payload"].clone();
    assert_eq!(inboxes.as_array().map(Vec::len), Some(4), "{inboxes}");
}

#[tokio::test]
async fn an_inbox_filter_passes_only_its_inboxes() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.accepted(event_in("message_updated", 7)).await;
    let seven = api.get("inboxes").await.json()["payload"][0]["id"].clone();
    let mut body = webhook(&receiver.at("/seven"));
    body["inbox_ids"] = json!([seven]);
    body["subscriptions"] = json!(["message_created", "contact_created"]);
    let made = api.webhook(&body).await;
    assert_eq!(made["inbox_ids"], json!([seven]));
    for (body, deliveries) in [
        (event_in("message_created", 8), 0),
        (event("message_created"), 0),
        (event("contact_created"), 0),
        (event_in("message_created", 7), 1),
    ] {
        let answer = api.send(body.clone()).await.json();
        assert_eq!(answer["deliveries"], deliveries, "{body}");
    }
    assert_eq!(receiver.first("/seven").await.json()["inbox"]["id"], 7);
}
