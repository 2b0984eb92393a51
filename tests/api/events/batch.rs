//! Several events in one request: a JSON array, or one event a line.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Api, App, Place, Receiver, event, event_in, eventually, webhook};

async fn post(api: &Api, kind: &str, body: impl Into<Vec<u8>>) -> Answer {
    let request = api.request(Method::POST, "/api/v1/events").header("content-type", kind).body(body.into());
    Answer::of(request).await
}

async fn array(api: &Api, body: impl Into<Vec<u8>>) -> Answer {
    post(api, "application/json", body).await
}

async fn lines(api: &Api, body: impl Into<Vec<u8>>) -> Answer {
    post(api, "application/x-ndjson; charset=utf-8", body).await
}

/// The items of an answer.
fn items(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 202, "{}", answer.text);
    answer.json().as_array().expect("a list").clone()
}

/// Each item's status and code, or the number of its deliveries.
fn outcomes(answer: &Answer) -> Vec<(u64, String)> {
    let outcome = |item: &Value| {
        let what = item["errors"][0]["code"].as_str().map_or_else(|| item["deliveries"].to_string(), Into::into);
        (item["status"].as_u64().unwrap_or_default(), what)
    };
    items(answer).iter().map(outcome).collect()
}

fn expected(outcomes: &[(u64, &str)]) -> Vec<(u64, String)> {
    outcomes.iter().map(|(status, what)| (*status, (*what).to_owned())).collect()
}

fn numbered(number: usize) -> String {
    format!(r#"{{"event":"message_created", "number": {number}.0}}"#)
}

#[tokio::test]
async fn events_are_answered_in_their_order_and_sent_byte_for_byte() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let kinds = ["an array", "lines"];
    for (round, kind) in kinds.iter().enumerate() {
        let bodies = [numbered(10 * round), event_in("conversation_created", 7), numbered(10 * round + 1)];
        let answer = if round == 0 {
            array(&api, format!(" [{}]", bodies.join(" ,\n"))).await
        } else {
            let bodies = bodies.map(|body| body.replace('\n', " "));
            lines(&api, bodies.join("\r\n")).await
        };
        let answered = items(&answer);
        let names: Vec<&Value> = answered.iter().map(|item| &item["event"]).collect();
        assert_eq!(names, ["message_created", "conversation_created", "message_created"], "{kind}");
        assert_eq!(outcomes(&answer), expected(&[(202, "1"), (202, "0"), (202, "1")]), "{kind}");
        let requests = receiver.await_requests("/a", 2 * (round + 1)).await;
        for (item, number) in [(&answered[0], 10 * round), (&answered[2], 10 * round + 1)] {
            let request = requests.iter().find(|one| Some(one.header("webhook-id")) == item["id"].as_str());
            assert_eq!(request.expect("a request").body, numbered(number).as_bytes(), "{kind}");
        }
    }
}

#[tokio::test]
async fn a_bad_item_fails_alone() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let deep = format!(r#"{{"event":"message_created","a":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    let large = format!(r#"{{"event":"message_created","a":"{}"}}"#, "x".repeat(262_144));
    let shared = [
        (numbered(1), (202, "1")),
        ("7".into(), (400, "invalid_json")),
        (r#"{"evnt":"message_created"}"#.into(), (422, "missing_event")),
        (r#"{"event":"no_such_event"}"#.into(), (422, "unknown_event")),
        (deep, (400, "too_deep")),
        (large, (413, "too_large")),
        (r#"{"event":{"event":"message_created"},"idempotencyKey":"a"}"#.into(), (422, "unknown_parameter")),
        (r#"{"event":{"event":"message_created"},"idempotency_key":7}"#.into(), (400, "invalid_key")),
        (r#"{"event":{"event":{"event":"message_created"}}}"#.into(), (422, "missing_event")),
        (numbered(2), (202, "1")),
    ];
    let (bodies, all): (Vec<String>, Vec<(u64, &str)>) = shared.into_iter().unzip();
    let answer = array(&api, format!("[{}]", bodies.join(","))).await;
    assert_eq!(outcomes(&answer), expected(&all));
    assert_eq!(items(&answer)[6]["errors"][0]["field"], "idempotencyKey");
    let broken = [(r#"{"event":"message_created""#, (400, "invalid_json")), ("}{", (400, "invalid_json"))];
    let mut text = bodies.join("\n").into_bytes();
    text.extend(b"\n{\"event\":\"message_created\xff\"}");
    text.extend(broken.iter().flat_map(|(line, _)| format!("\n{line}").into_bytes()));
    let all: Vec<_> =
        all.into_iter().chain([(400, "invalid_json")]).chain(broken.map(|(_, outcome)| outcome)).collect();
    assert_eq!(outcomes(&lines(&api, text).await), expected(&all));
    receiver.await_requests("/a", 4).await;
}

#[tokio::test]
async fn what_is_no_batch_is_refused_whole() {
    let app = App::start();
    let api = app.api("admin");
    let one = numbered(1);
    let too_many = vec![one.clone(); 501];
    for (answer, status, code) in [
        (array(&api, format!("[{one},{one}")).await, 400, "invalid_json"),
        (array(&api, format!("[{one}],")).await, 400, "invalid_json"),
        (array(&api, b"[\"\xff\"]".to_vec()).await, 400, "invalid_json"),
        (array(&api, format!("[{}]", too_many.join(","))).await, 422, "too_many_events"),
        (lines(&api, too_many.join("\n")).await, 422, "too_many_events"),
        (array(&api, format!("[{}", " ".repeat(8 * 1024 * 1024))).await, 413, "too_large"),
        (post(&api, "text/plain", format!("[{one}]")).await, 415, "unsupported_media_type"),
    ] {
        assert_eq!(
            (answer.status, answer.json()["errors"][0]["code"].as_str()),
            (status, Some(code)),
            "{}",
            answer.text
        );
    }
    for empty in [array(&api, "[]").await, lines(&api, "\n\n").await] {
        assert_eq!(items(&empty), Vec::<Value>::new());
    }
    let received = api.get("received").await.json();
    assert_eq!(received["payload"], json!([]), "{received}");
}

#[tokio::test]
async fn the_largest_batch_is_stored_once_however_often_it_is_sent() {
    let app = App::start();
    let api = app.api("admin");
    // 500 events with a key each, together nearly 8 MiB.
    let filler = "x".repeat(16_000);
    let item = |number: usize| {
        let event = format!(r#"{{"event":"message_created","number":{number},"filler":"{filler}"}}"#);
        format!(r#"{{"idempotency_key":"key {number}","event":{event}}}"#)
    };
    let batch = format!("[{}]", (0..500).map(item).collect::<Vec<_>>().join(","));
    let first = items(&array(&api, batch.clone()).await);
    let again = items(&array(&api, batch).await);
    assert_eq!((first.len(), again.len()), (500, 500));
    for (first, again) in first.iter().zip(&again) {
        assert_eq!((&first["id"], &first["replayed"]), (&again["id"], &json!(false)));
        assert_eq!(again["replayed"], true);
    }
    // A single event with the same key, and with another body.
    let event = format!(r#"{{"event":"message_created","number":3,"filler":"{filler}"}}"#);
    let single = api.send_once("key 3", event).await;
    assert_eq!((single.status, single.header("idempotent-replayed")), (202, "true"));
    assert_eq!(single.json()["id"], first[3]["id"]);
    let other = array(&api, r#"[{"idempotency_key":"key 3","event":{"event":"message_created"}}]"#).await;
    assert_eq!(outcomes(&other), expected(&[(422, "idempotency_mismatch")]));
}

#[tokio::test]
async fn the_key_of_the_request_covers_the_items_without_one() {
    let app = App::start();
    let api = app.api("admin");
    let send = async |body: &str| Answer::of(api.event_request(body).header("idempotency-key", "nightly")).await;
    let wrapped = format!(r#"{{"idempotency_key":"own","event":{}}}"#, numbered(2));
    let batch = format!("[{},{wrapped},{}]", numbered(1), numbered(1));
    let first = items(&send(&batch).await);
    assert_eq!(first.iter().filter(|item| item["replayed"] == false).count(), 3);
    let again = items(&send(&batch).await);
    let ids = |items: &[Value]| items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&again));
    // A part of the batch may be sent again, in any order, and other events with it.
    let part = items(&send(&format!("[{},{}]", numbered(9), numbered(1))).await);
    assert_eq!((&part[0]["replayed"], &part[1]["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(part[1]["id"], first[0]["id"]);
    // For a single event the same text is another key.
    assert_eq!(api.send_once("nightly", numbered(1)).await.header("idempotent-replayed"), "");
    // Two items with one key: the second repeats the first, or contradicts it.
    let same = |body: &str| format!(r#"{{"idempotency_key":"same","event":{body}}}"#);
    let twins = format!("[{},{},{}]", same(&numbered(1)), same(&numbered(1)), same(&numbered(2)));
    let twins = array(&api, twins).await;
    assert_eq!(outcomes(&twins), expected(&[(202, "0"), (202, "0"), (422, "idempotency_mismatch")]));
    assert_eq!(items(&twins)[0]["id"], items(&twins)[1]["id"]);
}

#[tokio::test]
async fn a_batch_that_makes_too_many_deliveries_is_refused_whole() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    for number in 0..40 {
        let id = api.webhook(&webhook(&receiver.at(&format!("/{number}")))).await["id"].clone();
        // Its deliveries are held.
        assert_eq!(api.patch(&format!("webhooks/{id}"), &json!({ "enabled": false })).await.status, 200);
    }
    // 41 rows for each event.
    let batch = |events: usize| format!("[{}]", vec![event("message_created"); events].join(","));
    let refused = array(&api, batch(244)).await;
    assert_eq!((refused.status, refused.json()["errors"][0]["code"].as_str()), (422, Some("too_many_deliveries")));
    assert_eq!(api.get("received").await.json()["payload"], json!([]));
    assert_eq!(outcomes(&array(&api, batch(243)).await), vec![(202, "40".to_owned()); 243]);
}

#[tokio::test]
async fn a_batch_is_one_commit_for_many_webhooks_and_needs_a_token_that_may_send() {
    let (app, receiver) = (App::at(Place::new().set("HACHOK_IN_FLIGHT_PER_WEBHOOK", "50")), Receiver::start());
    let api = app.api("admin");
    for number in 0..5 {
        api.webhook(&webhook(&receiver.at(&format!("/{number}")))).await;
    }
    // 200 events with five deliveries each are more rows than other commits have.
    let batch = vec![event("message_created"); 200].join(",");
    let answer = array(&api, format!("[{batch}]")).await;
    assert_eq!(outcomes(&answer), vec![(202, "5".to_owned()); 200]);
    // The events of a transaction have one time.
    let received = api.get("received?limit=100").await.json();
    let received = received["payload"].as_array().expect("a list");
    let times: BTreeSet<&str> = received.iter().filter_map(|one| one["created_at"].as_str()).collect();
    assert_eq!((received.len(), times.len()), (100, 1), "{times:?}");
    for number in 0..5 {
        receiver.await_requests(&format!("/{number}"), 200).await;
    }
    eventually("all results", || async { api.deliveries("status=pending").await.is_empty().then_some(()) }).await;
    let body = format!("[{}]", numbered(1));
    assert_eq!(array(&app.api("read"), body.clone()).await.status, 403);
    assert_eq!(array(&Api::new(&app.url, "hk_unknown"), body.clone()).await.status, 401);
    assert_eq!(array(&app.api("ingest"), body).await.status, 202);
}
