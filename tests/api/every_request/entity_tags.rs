//! `ETag` and `If-Match` of what a client can change.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Api, App};

async fn conditional(api: &Api, method: Method, path: &str, tag: &str, body: &Value) -> Answer {
    let request = api.request(method, path).header("content-type", "application/json");
    Answer::of(request.header("if-match", tag).body(body.to_string())).await
}

/// The paths of a webhook and of an inbox, and what changes each.
async fn resources(api: &Api) -> [(String, &'static str); 2] {
    let webhook = api.webhook(&json!({ "url": "https://a.example.com/", "name": "a" })).await["id"].clone();
    let inbox = api.post("inboxes", &json!({ "name": "a" })).await.json()["payload"]["inbox"]["id"].clone();
    [(format!("webhooks/{webhook}"), "webhook"), (format!("inboxes/{inbox}"), "inbox")]
}

#[tokio::test]
async fn a_change_with_an_old_tag_is_refused_with_both_values() {
    let app = App::start();
    let api = app.api("admin");
    for (path, kind) in resources(&api).await {
        let first = api.get(&path).await.header("etag").to_owned();
        assert!(first.starts_with('"') && first.len() > 2, "{kind}: {first}");
        let changed = conditional(&api, Method::PATCH, &path, &first, &json!({ "name": "b" })).await;
        assert_eq!(changed.status, 200, "{kind}: {changed:?}");
        let second = changed.header("etag").to_owned();
        assert_ne!(second, first, "{kind}");
        assert_eq!(api.get(&path).await.header("etag"), second, "{kind}");
        for method in [Method::PATCH, Method::PUT, Method::DELETE] {
            let refused = conditional(&api, method.clone(), &path, &first, &json!({ "name": "c" })).await;
            assert_eq!(refused.status, 412, "{kind} {method}: {refused:?}");
            let body = refused.json();
            assert_eq!((&body["expected"], &body["current"]), (&json!(first), &json!(second)), "{kind} {method}");
        }
        let list = format!("\"x\", {second}");
        assert_eq!(conditional(&api, Method::PATCH, &path, &list, &json!({ "name": "d" })).await.status, 200, "{kind}");
        assert_eq!(conditional(&api, Method::PATCH, &path, "*", &json!({ "name": "e" })).await.status, 200, "{kind}");
        let weak = format!("W/{}", api.get(&path).await.header("etag"));
        assert_eq!(conditional(&api, Method::PATCH, &path, &weak, &json!({ "name": "f" })).await.status, 412, "{kind}");
        assert_eq!(
            conditional(&api, Method::PATCH, &path, "no tag", &json!({ "name": "f" })).await.status,
            412,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn turning_a_webhook_off_changes_its_tag_and_updated_at_follows_each_change() {
    let app = App::start();
    let api = app.api("admin");
    for (path, kind) in resources(&api).await {
        let of = |answer: &Answer| {
            let body = answer.json();
            let thing = if body.get("payload").is_some() { body["payload"][kind].clone() } else { body };
            thing["updated_at"].as_str().expect("a time").to_owned()
        };
        let before = api.get(&path).await;
        let switch = if kind == "webhook" { json!({ "enabled": false }) } else { json!({ "archived": true }) };
        let after = api.patch(&path, &switch).await;
        assert_ne!(after.header("etag"), before.header("etag"), "{kind}");
        assert!(of(&after) > of(&before), "{kind}: {} {}", before.text, after.text);
    }
}

#[tokio::test]
async fn two_changes_at_once_with_the_same_tag_make_one() {
    let app = App::start();
    let api = app.api("admin");
    for (path, kind) in resources(&api).await {
        let tag = api.get(&path).await.header("etag").to_owned();
        let change = |place: usize| {
            let (api, path, tag) = (&api, &path, &tag);
            async move { conditional(api, Method::PATCH, path, tag, &json!({ "name": format!("n{place}") })).await.status }
        };
        let answers = futures_util::future::join_all((0..8).map(change)).await;
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{kind}: {answers:?}");
        assert!(answers.iter().all(|status| [200, 412].contains(status)), "{kind}: {answers:?}");
    }
}

#[tokio::test]
async fn a_rotation_changes_tag_and_time_and_an_old_tag_does_not_end_the_previous_secret() {
    let app = App::start();
    let api = app.api("admin");
    let path = format!("webhooks/{}", api.webhook(&json!({ "url": "https://a.example.com/" })).await["id"]);
    let time = |answer: &Answer| answer.json()["payload"]["webhook"]["updated_at"].as_str().expect("a time").to_owned();
    let before = api.get(&path).await;
    let rotated = api.post(&format!("{path}/secret"), &json!({})).await;
    assert!(rotated.header("etag") != before.header("etag") && time(&rotated) > time(&before), "{rotated:?}");
    let previous = format!("{path}/secret/previous");
    let refused = conditional(&api, Method::DELETE, &previous, before.header("etag"), &json!({})).await;
    assert_eq!(refused.status, 412, "{refused:?}");
    let ended = conditional(&api, Method::DELETE, &previous, rotated.header("etag"), &json!({})).await;
    assert_eq!(ended.status, 200, "{ended:?}");
    assert!(time(&ended) > time(&rotated), "{ended:?}");
}
