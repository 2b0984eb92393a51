use serde_json::{Value, json};

use crate::support::{Api, App, Receiver, Reply, event, event_in, eventually, webhook};

/// Waits until the newest delivery that matches the filter has that status.
async fn settled(api: &Api, filter: &str, status: &str) -> Value {
    eventually(&format!("a delivery that is {status}"), || async {
        api.deliveries(filter).await.first().filter(|delivery| delivery["status"] == status).cloned()
    })
    .await
}

#[tokio::test]
async fn a_delivery_has_all_its_fields_and_attempts() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let headers = vec![("x-answer", "yes".to_owned()), ("content-type", "text/plain".to_owned())];
    receiver.answers("/a", [Reply::Full(201, headers, "прийнято <b>".into())]);
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    let sent = event_in("message_created", 7);
    let event_id = api.accepted(sent.clone()).await;
    let listed = settled(&api, "", "success").await;
    assert_eq!(listed["event_id"], event_id);
    assert_eq!(listed["event"], "message_created");
    assert_eq!(listed["webhook_id"], made["id"]);
    assert!(listed["inbox_id"].is_i64(), "{listed}");
    assert_eq!((&listed["reason"], &listed["next_attempt_at"]), (&Value::Null, &Value::Null));
    assert_eq!((&listed["attempts"], &listed["trigger"]), (&json!(1), &json!("event")));
    for time in ["created_at", "finished_at"] {
        assert!(listed[time].as_str().is_some_and(|at| at.ends_with('Z')), "{time} in {listed}");
    }
    let one = api.delivery(listed["id"].as_str().unwrap_or_default()).await;
    let payload = &one["payload"];
    let same = payload.as_str() == Some(&sent) || *payload == serde_json::from_str::<Value>(&sent).unwrap_or_default();
    assert!(same, "{one}");
    let attempt = &one["attempts"][0];
    assert_eq!((&attempt["number"], &attempt["outcome"]), (&json!(1), &json!("succeeded")));
    assert_eq!(attempt["cause"], Value::Null);
    assert!(attempt["duration_ms"].is_i64(), "{attempt}");
    assert_eq!(attempt["response"]["status"], 201);
    assert_eq!(attempt["response"]["body"], "прийнято <b>");
    assert!(attempt["response"]["headers"].to_string().contains("x-answer"), "{attempt}");
    assert!(attempt["request"]["headers"].to_string().contains("Webhook-Id"), "{attempt}");
}

#[tokio::test]
async fn secrets_are_masked_in_the_log() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut body = webhook(&receiver.at("/a"));
    body["authorization"] = json!({ "type": "bearer", "token": "canary-token" });
    body["headers"] = json!({ "X-Key": { "value": "canary-header", "hidden": true }, "X-Plain": "plain" });
    api.webhook(&body).await;
    api.accepted(event("message_created")).await;
    let request = receiver.first("/a").await;
    let listed = settled(&api, "", "success").await;
    let one = api.delivery(listed["id"].as_str().unwrap_or_default()).await.to_string();
    assert!(!one.contains("canary"), "{one}");
    assert!(!one.contains(request.header("webhook-signature")), "{one}");
    assert!(one.contains("plain") && one.contains("Authorization"), "{one}");
}

#[tokio::test]
async fn deliveries_are_filtered_and_paged_by_cursor() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/bad", [Reply::Status(500)]);
    let good = api.webhook(&webhook(&receiver.at("/good"))).await;
    let mut body = webhook(&receiver.at("/bad"));
    body["subscriptions"] = json!(["team_changed"]);
    api.webhook(&body).await;
    for _ in 0..5 {
        api.accepted(event_in("message_created", 7)).await;
    }
    api.accepted(event("team_changed")).await;
    receiver.await_requests("/good", 5).await;
    eventually("five successes", || async { (api.deliveries("status=success").await.len() == 5).then_some(()) }).await;
    assert_eq!(api.deliveries("status=pending").await.len(), 1);
    assert_eq!(api.deliveries("status=failed").await.len(), 0);
    assert_eq!(api.deliveries("event=team_changed").await.len(), 1);
    assert_eq!(api.deliveries(&format!("webhook={}", good["id"])).await.len(), 5);
    let inbox = api.get("inboxes").await.json()["payload"][0]["id"].clone();
    assert_eq!(api.deliveries(&format!("inbox={inbox}")).await.len(), 5);

    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("deliveries?limit=4{cursor}")).await.json();
        let list = page["payload"].as_array().cloned().unwrap_or_default();
        ids.extend(list.iter().filter_map(|delivery| delivery["id"].as_str().map(ToOwned::to_owned)));
        let Some(next) = page["next_cursor"].as_str() else { break };
        assert_eq!(list.len(), 4, "{page}");
        cursor = format!("&cursor={next}");
    }
    assert_eq!(ids.len(), 6);
    assert!(ids.is_sorted_by(|a, b| a > b), "newest first, none twice: {ids:?}");
}

#[tokio::test]
async fn a_delivery_is_sent_again_with_the_same_event() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let first = settled(&api, "", "success").await;
    let path = format!("deliveries/{}/redelivery", first["id"].as_str().unwrap_or_default());
    let answer = api.post(&path, &json!({})).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let again = answer.json()["payload"]["delivery"].clone();
    assert_ne!(again["id"], first["id"]);
    assert_eq!((&again["event_id"], &again["trigger"]), (&first["event_id"], &json!("manual")));
    let seen = receiver.await_requests("/a", 2).await;
    assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
    assert_ne!(seen[0].header("x-hachok-delivery"), seen[1].header("x-hachok-delivery"));
    assert_eq!(seen[1].header("x-hachok-attempt"), "1");
    assert_eq!(seen[0].body, seen[1].body);
    api.patch(&format!("webhooks/{}", made["id"]), &json!({ "enabled": false })).await;
    assert_eq!(api.post(&path, &json!({})).await.status, 409);
}

#[tokio::test]
async fn the_next_cursor_continues_in_the_same_direction() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    for _ in 0..5 {
        api.accepted(event("message_created")).await;
    }
    let ids: Vec<String> =
        api.deliveries("").await.iter().filter_map(|line| line["id"].as_str().map(Into::into)).collect();
    let page = async |cursor: String| {
        let answer = api.get(&format!("deliveries?limit=2&cursor={cursor}")).await.json();
        let ids: Vec<String> = answer["payload"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|line| line["id"].as_str().map(Into::into))
            .collect();
        (ids, answer["next_cursor"].as_str().map(ToOwned::to_owned))
    };
    let (first, next) = page(format!("after-{}", ids[4])).await;
    assert_eq!(first, ids[2..4]);
    let (second, next) = page(next.expect("more")).await;
    assert_eq!((second.as_slice(), next), (&ids[0..2], None));
    let (_, older) = page(String::new()).await;
    assert_eq!(older.as_ref(), Some(&ids[1]));
}

#[tokio::test]
async fn a_filter_that_is_not_understood_is_refused() {
    let app = App::start();
    let api = app.api("read");
    for query in ["test=maybe", "from=lately", "status=lost", "period=long"] {
        let answer = api.get(&format!("deliveries?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(answer.json()["attributes"][0], query.split('=').next().unwrap_or_default());
    }
    assert_eq!(api.get("deliveries?from=2026-11-21&to=2026-11-21&q=").await.status, 200);
}

#[tokio::test]
async fn a_test_returns_the_answer_of_the_receiver() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/a", [Reply::Full(418, vec![], "I am a teapot".into())]);
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    let body = json!({ "event": "webhook_test", "body": { "event": "webhook_test", "n": 1 } });
    let answer = api.post(&format!("webhooks/{}/test", made["id"]), &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let delivery = answer.json()["payload"]["delivery"].clone();
    assert_eq!((&delivery["trigger"], &delivery["status"]), (&json!("test"), &json!("failed")));
    assert_eq!(delivery["attempts"][0]["response"]["status"], 418);
    assert_eq!(delivery["attempts"][0]["response"]["body"], "I am a teapot");
    let request = receiver.first("/a").await;
    assert_eq!((request.header("x-hachok-test"), request.header("x-hachok-event")), ("1", "webhook_test"));
}
