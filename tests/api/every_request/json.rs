use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, App, Receiver, event, eventually, webhook};

/// What a parser must not change: digits, repeated members, single surrogates, blanks, the order of members.
const ODD: &str = r#"{ "event" : "message_created","z":1.10,"n":123456789012345678901234567890,"m":-0,"big":1e400,
 "half":"\ud83d","twice":1,"twice":2,"a":[ 1 ,2],"slash":"\/","nul":"\u0000" }"#;

#[tokio::test]
async fn the_api_shows_a_payload_as_it_was_accepted() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let made = api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(format!(" {ODD}\n")).await;
    let request = receiver.first("/a").await;
    assert_eq!(request.body, format!(" {ODD}\n").into_bytes());
    // A payload may hold what some parsers refuse; the list does not contain it.
    let delivered = || async { api.deliveries("status=success").await.pop() };
    let delivery = eventually("it is delivered", delivered).await["id"].as_str().expect("an id").to_owned();
    let shown = api.get(&format!("deliveries/{delivery}")).await;
    assert!(shown.text.contains(&format!("\"payload\":{ODD},\"attempts\":[{{")), "{}", shown.text);
    assert!(shown.text.starts_with(r#"{"payload":{"delivery":{"id":"dlv_"#), "{}", shown.text);
    // A test event is sent and shown as it was written in the request.
    let path = format!("webhooks/{}/test", made["id"]);
    let test = api.request(Method::POST, &path).header("content-type", "application/json");
    let test = Answer::of(test.body(format!(r#"{{"event":"message_created","body":{ODD}}}"#))).await;
    assert!(test.status == 200 && test.text.contains(&format!("\"payload\":{ODD},")), "{test:?}");
    assert!(receiver.seen("/a").iter().any(|request| request.body == ODD.as_bytes()));
}

#[tokio::test]
async fn numbers_and_texts_of_one_inbox_id_are_the_same_inbox() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.accepted(r#"{"event":"contact_created","inbox_id":7}"#).await;
    let seven = api.get("inboxes").await.json()["payload"][0]["id"].clone();
    let mut body = webhook(&receiver.at("/seven"));
    body["inbox_ids"] = json!([seven]);
    api.webhook(&body).await;
    for seven in ["7", "\"7\"", "7.0", "7e0", "70e-1", "\" 7 \"", "1,\"inbox_id\":7", "\"\\u0037\"", "\"\\u200b7\""] {
        for member in [format!("\"inbox_id\":{seven}"), format!("\"inbox\":{{\"id\":0,\"id\":{seven}}}")] {
            let member = member.replace("\"id\":1,\"inbox_id\":7", "\"id\":7");
            let answer = api.send(format!(r#"{{"event":"message_created",{member}}}"#)).await;
            assert_eq!(answer.json()["deliveries"], 1, "{member}: {answer:?}");
        }
    }
    for other in ["8", "7.5", "\"7.0\"", "\"07\"", "-7", "1e400", "true", "[7]", "7,\"inbox_id\":8"] {
        let answer = api.send(format!(r#"{{"event":"message_created","inbox_id":{other}}}"#)).await;
        assert_eq!((answer.status, &answer.json()["deliveries"]), (202, &json!(0)), "{other}");
    }
    api.accepted(r#"{"event":"message_created","inbox_id":123456789012345678901234567890}"#).await;
    let inboxes = api.get("inboxes").await.json();
    let ids: Vec<_> = inboxes["payload"].as_array().expect("a list").iter().map(|one| &one["external_id"]).collect();
    assert!(ids.contains(&&json!("123456789012345678901234567890")), "{ids:?}");
}

#[tokio::test]
async fn derived_events_follow_from_values_of_any_type() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut body = webhook(&receiver.at("/a"));
    body["subscriptions"] = json!(["assignee_changed", "conversation_substatus_changed", "message_received"]);
    api.webhook(&body).await;
    for (event, deliveries) in [
        (r#"{"event":"conversation_updated","changed_attributes":[{"assignee_id":1e400},{"x":"\ud83d"}]}"#, 1),
        (r#"{"event":"conversation_updated","changed\u005fattributes":{"assignee\u005fid":{"a":[1e999]}}}"#, 1),
        (
            r#"{"event":"conversation_updated","changed_attributes":[{"custom_attributes":
              {"previous_value":{"substatus":1e400,"n":1e999},"current_value":{"substatus":1e401}}}]}"#,
            1,
        ),
        (
            r#"{"event":"conversation_updated","changed\u005fattributes":[{"custom_attributes":
              {"previous_value":{"substatus":1},"current_value":{"substatus":2}}}]}"#,
            1,
        ),
        (
            r#"{"event":"conversation_updated","changed_attributes":[{"custom_attributes":
              {"previous_value":{"substatus":1.0},"current_value":{"substatus":1}}}]}"#,
            0,
        ),
        (r#"{"event":"message_created","message_type":0.0}"#, 1),
        (r#"{"event":"message_created","message_type":1,"message_type":"incoming"}"#, 1),
        (r#"{"event":"message_created","message_type":"0","half":"\udc00"}"#, 1),
        (r#"{"event":"message_created","message_type":1}"#, 0),
    ] {
        let answer = api.send(event).await;
        assert_eq!((answer.status, &answer.json()["deliveries"]), (202, &json!(deliveries)), "{event}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_not_part_of_an_event() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    let body = r#"{"event":"message_created","inbox_id":7}"#;
    let first = api.send_once("k", format!("\u{feff}{body}")).await;
    let again = api.send_once("k", body).await;
    assert_eq!((first.status, again.status), (202, 202), "{first:?} {again:?}");
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(receiver.first("/a").await.body, body.as_bytes());
    api.send(format!("\u{feff}\u{feff}{body}")).await.problem(400);
    let made = api.request(Method::POST, "inboxes").header("content-type", "application/json");
    assert_eq!(Answer::of(made.body("\u{feff}{\"name\":\"Site\"}")).await.status, 200);
}

#[tokio::test]
async fn a_body_with_a_content_encoding_is_415() {
    let app = App::start();
    let api = app.api("admin");
    for coding in ["gzip", "br", "identity, gzip", "x-unknown", "GZIP"] {
        let answer = Answer::of(api.event_request(event("message_created")).header("content-encoding", coding)).await;
        assert!(answer.problem(415).contains(&"unsupported_media_type".to_owned()), "{coding}: {answer:?}");
        assert_eq!(answer.json()["errors"][0]["field"], "content-encoding", "{coding}");
        assert_eq!(answer.header("accept-encoding"), "identity", "{coding}");
        let made = api.request(Method::POST, "inboxes").header("content-type", "application/json");
        let made = Answer::of(made.header("content-encoding", coding).body("{\"name\":\"Site\"}")).await;
        assert!(made.status == 415 && made.json()["error"].is_string(), "{coding}: {made:?}");
    }
    for coding in ["identity", "", "Identity , identity"] {
        let answer = Answer::of(api.event_request(event("message_created")).header("content-encoding", coding)).await;
        assert_eq!(answer.status, 202, "{coding}: {answer:?}");
    }
    assert_eq!(api.get("inboxes").await.json()["payload"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn numbers_of_the_management_api_may_be_texts_or_have_a_zero_fraction() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.post("inboxes", &json!({ "name": "Site", "external_id": 7.0 })).await;
    let inbox = api.get("inboxes").await.json()["payload"][0].clone();
    assert_eq!(inbox["external_id"], "7");
    let id = inbox["id"].to_string();
    let mut made: Value = api.webhook(&webhook(&receiver.at("/a"))).await;
    let path = format!("webhooks/{}", made["id"]);
    for ids in [format!("[{id}.0]"), format!("[\"{id}\"]"), format!("\"{id}\""), id.clone(), format!("[\" {id} \"]")] {
        for change in
            [json!({ "inbox_ids": [] }), serde_json::from_str(&format!("{{\"inbox_ids\":{ids}}}")).expect("JSON")]
        {
            let answer = api.patch(&path, &change).await;
            assert_eq!(answer.status, 200, "{change} {answer:?}");
            made = answer.json()["payload"]["webhook"].clone();
        }
        assert_eq!(made["inbox_ids"], json!([inbox["id"]]), "{ids}");
    }
    assert_eq!(api.patch(&path, &json!({ "inbox_id": id })).await.status, 200);
    for (timeout, expected) in [(json!(10.0), 10), (json!("11"), 11), (json!(" 12 "), 12), (json!("1.3e1"), 13)] {
        let answer = api.patch(&path, &json!({ "timeout_s": timeout })).await;
        assert_eq!(answer.json()["payload"]["webhook"]["timeout_s"], expected, "{timeout}: {answer:?}");
    }
    for (name, wrong) in [
        ("timeout_s", json!(10.5)),
        ("timeout_s", json!("ten")),
        ("timeout_s", json!(1e300)),
        ("timeout_s", json!(true)),
        ("inbox_ids", json!([1.5])),
        ("inbox_ids", json!("all")),
        ("inbox_ids", json!([true])),
        ("inbox_ids", json!(["99"])),
    ] {
        let answer = api.patch(&path, &json!({ name: wrong })).await;
        assert_eq!((answer.status, &answer.json()["attributes"]), (422, &json!([name])), "{wrong}: {answer:?}");
    }
}
