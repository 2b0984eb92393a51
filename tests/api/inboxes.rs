use serde_json::json;

use crate::support::{App, event_in};

#[tokio::test]
async fn a_new_installation_has_no_inbox_and_registers_those_of_events() {
    let app = App::start();
    let api = app.api("admin");
    assert_eq!(api.get("inboxes").await.json(), json!({ "payload": [] }));
    api.accepted(event_in("message_created", 7)).await;
    api.accepted(event_in("message_updated", 7)).await;
    api.accepted(json!({ "event": "message_created", "inbox_id": 8 }).to_string()).await;
    let inboxes = api.get("inboxes").await.json()["payload"].clone();
    assert_eq!(inboxes.as_array().map(Vec::len), Some(2), "{inboxes}");
    let names: Vec<_> =
        inboxes.as_array().into_iter().flatten().map(|inbox| (&inbox["external_id"], &inbox["name"])).collect();
    assert!(names.contains(&(&json!("7"), &json!("Channel 7"))), "{inboxes}");
    assert!(names.contains(&(&json!("8"), &json!("Inbox 8"))), "{inboxes}");
    for inbox in inboxes.as_array().into_iter().flatten() {
        assert!(inbox["id"].is_i64() && inbox.get("channel_type").is_some(), "{inbox}");
    }
}

#[tokio::test]
async fn a_member_of_another_type_is_refused_and_stores_nothing() {
    let app = App::start();
    let api = app.api("admin");
    for (member, value) in [
        ("external_id", json!({})),
        ("external_id", json!([7])),
        ("external_id", json!(true)),
        ("name", json!(7)),
        ("channel_type", json!({ "a": 1 })),
    ] {
        let mut body = json!({ "name": "Website" });
        body[member] = value;
        let answer = api.post("inboxes", &body).await;
        let error = answer.json();
        assert_eq!((answer.status, &error["attributes"], &error["code"]), (422, &json!([member]), &json!("invalid")));
    }
    assert_eq!(api.get("inboxes").await.json(), json!({ "payload": [] }));
}
