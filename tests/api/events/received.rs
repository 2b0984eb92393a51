use serde_json::{Value, json};

use crate::support::{Api, App, Receiver, event, event_in, webhook};

async fn received(api: &Api, query: &str) -> (Vec<Value>, Value) {
    let answer = api.get(&format!("events?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    (body["payload"].as_array().cloned().expect("a list"), body["next_cursor"].clone())
}

#[tokio::test]
async fn every_accepted_event_is_listed_with_its_deliveries() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let early = api.accepted(event_in("message_created", 7)).await;
    let inbox = api.get("inboxes").await.json()["payload"][0]["id"].clone();
    let mut hook = webhook(&receiver.at("/a"));
    hook["inbox_ids"] = json!([inbox]);
    let id = api.webhook(&hook).await["id"].clone();
    let other = api.accepted(event_in("message_created", 8)).await;
    let sent = api.accepted(event_in("message_created", 7)).await;
    api.patch(&format!("webhooks/{id}"), &json!({ "enabled": false })).await;
    let held = api.accepted(event_in("message_created", 7)).await;
    app.run_sql("UPDATE webhooks SET disabled_at = 1");
    let late = api.accepted(event_in("message_created", 7)).await;
    let (list, next) = received(&api, "").await;
    let listed: Vec<_> = list.iter().map(|line| (&line["id"], &line["delivery_count"], &line["unmatched"])).collect();
    let expected = [
        (json!(late), json!(0), json!("off")),
        (json!(held), json!(1), Value::Null),
        (json!(sent), json!(1), Value::Null),
        (json!(other), json!(0), json!("other_inbox")),
        (json!(early), json!(0), json!("unsubscribed")),
    ];
    assert_eq!(listed, expected.iter().map(|(id, count, why)| (id, count, why)).collect::<Vec<_>>());
    assert_eq!(next, Value::Null);
    assert_eq!((&list[4]["event"], &list[4]["inbox_id"]), (&json!("message_created"), &inbox));
    assert_eq!(list[4]["size"], event_in("message_created", 7).len());
    assert_eq!(received(&api, "outcome=none").await.0.len(), 3);
    assert_eq!(received(&api, &format!("inbox={inbox}")).await.0.len(), 4);
    assert_eq!(received(&api, &format!("inbox_id={inbox}")).await.0.len(), 4);
    assert_eq!(list[4]["inbox"], json!({ "id": inbox, "external_id": "7", "name": list[4]["inbox"]["name"] }));
    assert_eq!(api.get("received").await.json(), api.get("events").await.json(), "the name until 1.0");
    assert_eq!(received(&api, "event=team_changed").await.0.len(), 0);
    assert_eq!(received(&api, "from=2099-01-01").await.0.len(), 0);
    assert_eq!(received(&api, "to=2020-01-02").await.0.len(), 0);
}

#[tokio::test]
async fn derived_events_name_their_source_and_tests_are_marked() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let id = api.webhook(&webhook(&receiver.at("/a"))).await["id"].clone();
    let source = api.accepted(r#"{"event":"message_created","message_type":"incoming"}"#).await;
    api.post(&format!("webhooks/{id}/test"), &json!({ "event": "team_changed", "body": { "event": "team_changed" } }))
        .await;
    let (list, _) = received(&api, "").await;
    let listed: Vec<_> = list.iter().map(|line| (&line["event"], &line["derived_from"], &line["test"])).collect();
    assert_eq!(
        listed,
        [
            (&json!("team_changed"), &Value::Null, &json!(true)),
            (&json!("message_received"), &json!(source), &json!(false)),
            (&json!("message_created"), &Value::Null, &json!(false)),
        ]
    );
    let (unmatched, _) = received(&api, "outcome=none").await;
    assert_eq!(unmatched.len(), 1, "a test has only its webhook: {unmatched:?}");
}

#[tokio::test]
async fn the_list_is_paged_by_cursor() {
    let app = App::start();
    let api = app.api("admin");
    let mut sent = Vec::new();
    for _ in 0..7 {
        sent.push(json!(api.accepted(event("message_updated")).await));
    }
    sent.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let (list, next) = received(&api, &format!("outcome=none&limit=3&cursor={cursor}")).await;
        seen.extend(list.into_iter().map(|line| line["id"].clone()));
        match next.as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, sent);
    let after = format!("limit=3&cursor=after-{}", sent[6].as_str().unwrap_or_default());
    let (list, next) = received(&api, &after).await;
    assert_eq!(list.iter().map(|line| &line["id"]).collect::<Vec<_>>(), [&sent[3], &sent[4], &sent[5]]);
    assert_eq!(next, json!(format!("after-{}", sent[3].as_str().unwrap_or_default())));
}

#[tokio::test]
async fn an_unrecognised_filter_of_received_events_is_refused() {
    let app = App::start();
    let api = app.api("read");
    for (query, name) in [
        ("event=message_exploded", "event"),
        ("inbox=seven", "inbox"),
        ("outcome=some", "outcome"),
        ("from=lately", "from"),
        ("cursor=x", "cursor"),
        ("limit=101", "limit"),
    ] {
        let answer = api.get(&format!("events?{query}")).await;
        assert_eq!((answer.status, &answer.json()["attributes"]), (422, &json!([name])), "{query}");
    }
    assert_eq!(app.api("ingest").get("events").await.status, 401);
}

#[tokio::test]
async fn one_event_has_its_payload_as_it_was_posted_and_its_deliveries() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let body =
        r#"{"event":"message_created","message_type":"incoming", "n":12345678901234567890123,"m":1.10,"d":1,"d":2}"#;
    let id = api.accepted(body).await;
    receiver.first("/a").await;
    let answer = api.get(&format!("events/{id}")).await;
    assert!(answer.text.contains(body), "{answer:?}");
    let event = answer.json()["payload"]["event"].clone();
    assert_eq!((&event["id"], &event["delivery_count"]), (&json!(id), &json!(1)));
    assert_eq!(
        (event["deliveries"].as_array().map(Vec::len), &event["deliveries"][0]["event_id"]),
        (Some(1), &json!(id))
    );
    let derived = event["derived"][0].as_str().expect("message_received").to_owned();
    assert_eq!(api.get(&format!("events/{derived}")).await.json()["payload"]["event"]["derived_from"], json!(id));
    assert_eq!(api.get(&format!("received/{id}")).await.status, 200);
    for unknown in ["evt_0000000000001", "dlv_0000000000001", "7"] {
        assert_eq!(api.get(&format!("events/{unknown}")).await.status, 404, "{unknown}");
    }
}

#[tokio::test]
async fn an_event_that_no_webhook_wanted_is_sent_to_one() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&json!({ "url": receiver.at("/a"), "subscriptions": ["team_changed"] })).await;
    let id = api.accepted(event("message_created")).await;
    let path = format!("events/{id}/deliveries");
    assert_eq!(app.api("read").post(&path, &json!({ "webhook_id": 1 })).await.status, 401);
    let answer = api.post(&path, &json!({ "webhook_id": 1 })).await;
    let made = answer.json()["payload"]["delivery"].clone();
    assert_eq!((answer.status, &made["trigger"], &made["event_id"]), (202, &json!("manual"), &json!(id)));
    assert_eq!(
        answer.header("location"),
        format!("/api/v1/accounts/1/deliveries/{}", made["id"].as_str().unwrap_or(""))
    );
    assert_eq!(receiver.first("/a").await.header("webhook-id"), id);
    assert_eq!(api.post("events/evt_0000000000001/deliveries", &json!({ "webhook_id": 1 })).await.status, 404);
}

#[tokio::test]
async fn the_catalogue_has_each_event_type_alone() {
    let app = App::start();
    let api = app.api("read");
    let all = api.get("event_types").await.json()["payload"].clone();
    let one = api.get("event_types/team_changed").await.json()["payload"]["event_type"].clone();
    assert!(all.as_array().is_some_and(|all| all.contains(&one)), "{one}");
    assert_eq!(one["name"], "team_changed");
    for unknown in ["webhook_test", "message_exploded"] {
        assert_eq!(api.get(&format!("event_types/{unknown}")).await.status, 404, "{unknown}");
    }
}
