//! An answer is short, regardless of what in the request is long.

use serde_json::{Map, Value, json};

use crate::support::{App, event, webhook};

#[tokio::test]
async fn a_long_list_of_faults_is_shortened() {
    let app = App::start();
    let api = app.api("admin");
    let stored = api.webhook(&webhook("https://a.example.com/")).await;
    let id = stored["id"].as_i64().expect("an id");
    let headers = |count, name: fn(usize) -> String, value: &str| {
        Value::Object((0..count).map(|number| (name(number), json!(value))).collect::<Map<_, _>>())
    };
    for (field, value) in [
        ("subscriptions", json!(vec!["unknown"; 100_000])),
        ("subscriptions", json!((0..60_000).map(|number| number.to_string()).collect::<Vec<_>>())),
        ("inbox_ids", json!((0..100_000).collect::<Vec<_>>())),
        ("inbox_ids", json!(vec![7; 100_000])),
        ("headers", headers(15_000, |number| format!("not a name {number}"), "value")),
        ("headers", headers(15_000, |number| format!("x-{number}"), "value")),
        ("headers", headers(15_000, |number| format!("x-{number}"), "a\u{7}")),
        ("headers", headers(15_000, |number| format!("content-{number}"), "value")),
        ("headers", headers(5000, |number| format!("{}{number}", "x".repeat(200)), "")),
    ] {
        let mut wanted = webhook("https://b.example.com/");
        wanted[field] = value.clone();
        for answer in
            [api.post("webhooks", &wanted).await, api.patch(&format!("webhooks/{id}"), &json!({ field: value })).await]
        {
            let (text, attributes) = (answer.text.as_str(), answer.json()["attributes"].clone());
            let start: String = text.chars().take(300).collect();
            assert_eq!((answer.status, &attributes), (422, &json!([field])), "{start}");
            assert!(text.len() < 10_000, "{} bytes: {start}", text.len());
        }
    }
}

#[tokio::test]
async fn a_long_value_is_not_repeated_in_the_answer() {
    let app = App::start();
    let (api, long) = (app.api("admin"), "long ".repeat(20_000));
    let mut named = webhook("https://a.example.com/");
    named["name"] = json!(long);
    let mut at = webhook(&format!("https://a.example.com/{}", long.replace(' ', "-")));
    at["authorization"] = json!({ "type": long });
    let mut unknown: Value = serde_json::from_str(&event("message_created")).expect("JSON");
    unknown["event"] = json!(long);
    // The client refuses URLs of more than 64 KiB.
    let query = "parameter=value&".repeat(3000);
    for answer in [
        api.post("webhooks", &named).await,
        api.post("webhooks", &at).await,
        api.post("inboxes", &json!({ "name": long, "external_id": long })).await,
        api.send(unknown.to_string()).await,
        api.get(&format!("deliveries?status={}", long.get(..60_000).expect("ASCII").replace(' ', "+"))).await,
        api.get(&format!("deliveries?{query}status=odd")).await,
        api.get(&format!("deliveries?{}", "status=odd&".repeat(5000))).await,
        api.get(&format!("webhooks/{}", "7".repeat(50_000))).await,
    ] {
        let start: String = answer.text.chars().take(300).collect();
        assert!((400..500).contains(&answer.status), "{}: {start}", answer.status);
        assert!(answer.text.len() < 2000, "{} bytes: {start}", answer.text.len());
    }
}
