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
    assert_eq!((&listed["attempt_count"], &listed["trigger"]), (&json!(1), &json!("event")));
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

#[tokio::test]
async fn filters_take_several_values_and_the_names_of_fields() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    receiver.answers("/bad", [Reply::Status(500)]);
    receiver.answers("/lost", [Reply::Status(404)]);
    for path in ["/good", "/bad", "/lost"] {
        let wanted = json!({ "url": receiver.at(path), "subscriptions": ["message_created", "message_updated"] });
        api.webhook(&wanted).await;
    }
    let first = api.accepted(event_in("message_created", 7)).await;
    let second = api.accepted(event_in("message_updated", 8)).await;
    eventually("six attempts", || async {
        let all = api.deliveries("").await;
        let ended = all.iter().filter(|one| !one["last_attempt"]["duration_ms"].is_null()).count();
        (ended == 6).then_some(())
    })
    .await;
    let both = format!("event_id={first},{second}");
    let one = format!("event_id={first}&webhook_id=1,2");
    for (query, count) in [
        ("status=success,pending", 6),
        ("status=success,failed", 2),
        ("status=failed,retrying", 4),
        ("status=retrying,queued", 4),
        ("cause=4xx,5xx", 4),
        ("cause=4xx,timeout", 2),
        ("event=message_created,message_updated", 6),
        ("event=message_created, ,message_created", 3),
        ("webhook=1,3", 4),
        ("webhook_id=2,3&status=pending&cause=5xx", 2),
        ("inbox_id=1,2", 6),
        ("inbox_id=2", 3),
        ("trigger=event", 6),
        ("trigger=manual,recovery", 0),
        (both.as_str(), 6),
        (one.as_str(), 2),
        ("event_id=evt_0000000000001", 0),
    ] {
        assert_eq!(api.deliveries(query).await.len(), count, "{query}");
    }
    for query in ["status=success,lost", "webhook=1,x", "webhook=1&webhook_id=2", "trigger=me", "event_id=7", "inbox=,"]
    {
        assert_eq!(api.get(&format!("deliveries?{query}")).await.status, 422, "{query}");
    }
    let page = app.admin().await.open("/deliveries?status=success,retrying&webhook=1,2").await;
    assert!(page.text("#log").contains("4 deliveries"), "{}", page.text("main"));
    assert_eq!(page.attribute("select[name=status] option[selected]", "value").as_deref(), Some("success,retrying"));
    assert_eq!(page.attribute("select[name=webhook] option[selected]", "value").as_deref(), Some("1,2"));
    assert!(!page.has("#resend-failed"), "its form has one value of each");
}

#[tokio::test]
async fn the_end_of_deliveries_is_filtered_exactly() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    for _ in 0..3 {
        api.accepted(event("message_created")).await;
    }
    eventually("three successes", || async { (api.deliveries("status=success").await.len() == 3).then_some(()) }).await;
    // 10, 11 and 12 o'clock of a day long after their creation.
    app.run_sql("UPDATE deliveries SET finished_at = 1798797600000000 + 3600000000 * ((SELECT COUNT(*) FROM deliveries AS o WHERE o.id < deliveries.id))");
    let (ten, eleven, noon) = ("2027-01-01T10:00:00Z", "2027-01-01T11:00:00Z", "2027-01-01T12:00:00Z");
    for (query, count) in [
        (format!("finished_from={ten}"), 3),
        (format!("finished_from={eleven}"), 2),
        (format!("finished_from={eleven}&finished_to={noon}"), 1),
        (format!("finished_to={ten}"), 0),
        ("finished_from=2027-01-01T12:00:00 01:00".to_owned(), 2),
        ("finished_from=2027-01-01&finished_to=2027-01-01&status=success,failed".to_owned(), 3),
        (format!("finished_from={noon}&webhook=1&event=message_created"), 1),
    ] {
        assert_eq!(api.deliveries(&query).await.len(), count, "{query}");
    }
    app.run_sql("UPDATE deliveries SET status = 'pending', finished_at = NULL, next_attempt_at = 4000000000000000");
    assert_eq!(api.deliveries(&format!("finished_from={ten}")).await.len(), 0, "what has not ended has no end");
    assert_eq!(api.get(&format!("deliveries?finished_from={noon}&finished_to={ten}")).await.status, 422);
}
