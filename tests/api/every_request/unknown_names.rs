//! Names in queries and bodies that no route knows.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::routes;
use crate::support::{Answer, Api, App, Receiver, webhook};

/// The routes of Chatwoot, which list unknown names instead of refusing them.
const CHATWOOTS: [&str; 7] = [
    "GET /webhooks",
    "POST /webhooks",
    "PATCH /webhooks/{id}",
    "PUT /webhooks/{id}",
    "DELETE /webhooks/{id}",
    "GET /inboxes",
    "GET /api/v1/profile",
];

/// A request with a body that the route would accept, so that only an unknown name can be wrong.
async fn ask(api: &Api, method: &str, path: &str, body: &Value) -> Answer {
    let path = path.trim_start_matches('/');
    let path = if path.starts_with("api/") { format!("/{path}") } else { path.to_owned() };
    api.call(Method::from_bytes(method.to_ascii_uppercase().as_bytes()).expect("a method"), &path, body).await
}

#[tokio::test]
async fn every_route_refuses_unknown_names_or_lists_them() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin,accounts");
    let mut routes = routes::management();
    routes.extend(
        routes::others()
            .into_iter()
            .filter(|route| route.path.starts_with("/api/v1/") && route.path != "/api/v1/events"),
    );
    let mut checked = 0;
    for route in &routes {
        for method in &route.methods {
            let name = format!("{} {}", method.to_ascii_uppercase(), route.path);
            let is_chatwoots = CHATWOOTS.contains(&name.as_str());
            let made = api.webhook(&webhook(&receiver.at(&format!("/{checked}")))).await;
            let path = route.path.replace("{account}", "1").replace("{id}", &made["id"].to_string());
            let in_query = ask(&api, method, &format!("{path}?surprise=1"), &good(&name, &receiver, checked)).await;
            let mut body = good(&name, &receiver, checked + 1000);
            body["surprise"] = json!(1);
            let in_body = ask(&api, method, &path, &body).await;
            checked += 1;
            for (answer, pointer) in [(&in_query, Value::Null), (&in_body, json!("/surprise"))] {
                if answer.status == 200 && (answer.text.is_empty() || method == &"get" && !pointer.is_null()) {
                    // The body of a GET is not read. The first DELETE has deleted the webhook, and its answer is empty.
                    assert!(is_chatwoots || method == &"get", "{name}: {answer:?}");
                } else if name == "DELETE /webhooks/{id}" || method == &"get" && !pointer.is_null() {
                    assert!([200, 404].contains(&answer.status), "{name}: {answer:?}");
                } else if is_chatwoots {
                    assert_eq!(
                        (answer.status, &answer.json()["ignored"]),
                        (200, &json!(["surprise"])),
                        "{name}: {answer:?}"
                    );
                } else if method == &"delete" && !pointer.is_null() {
                    // Nor is the body of a DELETE.
                    assert_ne!(answer.status, 500, "{name}");
                } else {
                    let (json, status) = (answer.json(), answer.status);
                    assert_eq!((status, &json["code"]), (422, &json!("unknown_parameter")), "{name}: {answer:?}");
                    assert_eq!(
                        (&json["attributes"], &json["errors"][0]["pointer"]),
                        (&json!(["surprise"]), &pointer),
                        "{name}"
                    );
                }
            }
        }
    }
    assert!(checked > 20, "{checked} methods were checked");
}

/// A body that Chatwoot's routes accept; other routes get to know only the unknown name.
fn good(name: &str, receiver: &Receiver, number: usize) -> Value {
    match name {
        "POST /webhooks" => webhook(&receiver.at(&format!("/body/{number}"))),
        "PATCH /webhooks/{id}" | "PUT /webhooks/{id}" => json!({ "name": "Changed" }),
        _ => json!({}),
    }
}

#[tokio::test]
async fn a_name_that_is_there_twice_is_refused_by_name() {
    let app = App::start();
    let api = app.api("admin");
    for path in [
        "deliveries?status=failed&status=success",
        "deliveries?status=failed&st%61tus=failed",
        "received?event=a&event=b",
    ] {
        let answer = api.get(path).await;
        let name = path.split(['?', '=']).nth(1).expect("a name");
        assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("duplicate_parameter")), "{path}");
        assert_eq!(answer.json()["attributes"], json!([name]), "{path}");
    }
    for (path, body) in [
        ("webhooks", r#"{"url":"https://a.example.com/","url":"https://b.example.com/"}"#),
        ("webhooks", r#"{"webhook":{"name":"a","url":"https://a.example.com/","n\u0061me":"b"}}"#),
        ("inboxes", r#"{"name":"a","name":"a"}"#),
    ] {
        let request = api.request(Method::POST, path).header("content-type", "application/json").body(body);
        let answer = Answer::of(request).await;
        assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("duplicate_parameter")), "{body}");
    }
    assert_eq!(api.get("webhooks").await.json()["payload"]["webhooks"], json!([]));
}

#[tokio::test]
async fn what_a_misspelt_name_would_change_is_not_done() {
    let app = App::start();
    let api = app.api("admin");
    for query in ["webhook_ids=3", "sort=asc", "live=1", "status[]=failed", "Status=failed", "cursor_=1"] {
        let answer = api.get(&format!("deliveries?{query}")).await;
        assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("unknown_parameter")), "{query}");
    }
    let beside = json!({ "inbox": { "name": "Site" }, "archived": true });
    assert_eq!(api.post("inboxes", &beside).await.json()["attributes"], json!(["archived"]));
    let many: Value = (0..1000).map(|n| (format!("n{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    let answer = api.post("inboxes", &many).await;
    assert_eq!((answer.status, answer.json()["errors"].as_array().map(Vec::len)), (422, Some(20)));
}

#[tokio::test]
async fn chatwoots_routes_list_what_they_ignore() {
    let app = App::start();
    let api = app.api("admin");
    let mut body = webhook("https://a.example.com/");
    body["timeouts"] = json!(7);
    body["webhook_type"] = json!("account_type");
    body["authorization"] = json!({ "type": "bearer", "token": "t", "scheme": "x" });
    let answer = api.post("webhooks?a=1&b", &body).await.json();
    assert_eq!(answer["ignored"], json!(["a", "b", "timeouts", "webhook_type", "authorization.scheme"]));
    // It would show a value that was meant to be hidden.
    for header in [json!({ "value": "1", "hide": true }), json!({ "value": "1", "hidden": "true" })] {
        let body = json!({ "url": "https://b.example.com/", "headers": { "X-A": header } });
        assert_eq!(api.post("webhooks", &body).await.status, 422, "{body}");
    }
    let path = format!("webhooks/{}", answer["payload"]["webhook"]["id"]);
    let wrapped = api.patch(&path, &json!({ "webhook": { "name": "A" }, "enabled": false })).await.json();
    assert_eq!((&wrapped["ignored"], &wrapped["payload"]["webhook"]["enabled"]), (&json!(["enabled"]), &json!(true)));
    assert_eq!(api.patch(&path, &json!({ "name": "B" })).await.json().get("ignored"), None);
}

#[tokio::test]
async fn what_get_answered_can_be_sent_back() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let inbox =
        api.post("inboxes", &json!({ "name": "Site", "external_id": "7" })).await.json()["payload"]["inbox"].clone();
    let mut body = webhook(&receiver.at("/a"));
    body["inbox_ids"] = json!([inbox["id"]]);
    body["authorization"] = json!({ "type": "custom", "header": "X-Key", "value": "k" });
    body["headers"] = json!({ "X-A": "1", "X-B": { "value": "2", "hidden": true } });
    let path = format!("webhooks/{}", api.webhook(&body).await["id"]);
    for method in [Method::PATCH, Method::PUT] {
        let before = api.get(&path).await.json()["payload"]["webhook"].clone();
        for sent in [before.clone(), json!({ "webhook": before })] {
            let answer = api.call(method.clone(), &path, &sent).await;
            assert_eq!((answer.status, answer.json().get("ignored")), (200, None), "{answer:?}");
        }
        let path = format!("inboxes/{}", inbox["id"]);
        let sent = api.get(&path).await.json();
        assert_eq!(api.call(method, &path, &sent).await.status, 200, "an inbox");
    }
    api.accepted(r#"{"event":"message_created","inbox":{"id":7}}"#).await;
    let request = receiver.first("/a").await;
    assert_eq!((request.header("x-key"), request.header("x-b")), ("k", "2"));
}

#[tokio::test]
async fn a_name_that_is_there_twice_is_refused_at_any_depth() {
    let app = App::start();
    let api = app.api("admin");
    let send = async |path: &str, body: &str| {
        let request = api.request(Method::POST, path).header("content-type", "application/json");
        Answer::of(request.body(body.to_owned())).await
    };
    for (body, field, place) in [
        (r#"{"url":"https://a.example.com/","headers":{"X-A":"1","X-A":"2"}}"#, "headers", "/headers/X-A"),
        (
            r#"{"url":"https://a.example.com/","headers":{"X-A":{"value":"1","hidden":false,"hidden":true}}}"#,
            "headers",
            "/headers/X-A/hidden",
        ),
        (
            r#"{"webhook":{"url":"https://a.example.com/","authorization":{"type":"bearer","token":"a","token":"b"}}}"#,
            "authorization",
            "/authorization/token",
        ),
        (
            r#"{"webhook":{"url":"https://a.example.com/"},"webhook":{"url":"https://b.example.com/"}}"#,
            "webhook",
            "/webhook",
        ),
    ] {
        let answer = send("webhooks", body).await;
        assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("duplicate_parameter")), "{body}: {answer:?}");
        assert_eq!(answer.json()["attributes"], json!([field]), "{body}");
        assert_eq!(answer.json()["errors"][0]["pointer"], place, "{body}");
    }
    // The body of a test is the sender's own: it is sent as it is.
    let receiver = Receiver::start();
    let path = format!("webhooks/{}/test", api.webhook(&webhook(&receiver.at("/a"))).await["id"]);
    let body = r#"{"event":"message_created","body":{"event":"message_created","a":{"b":1,"b":2}}}"#;
    assert_eq!(send(&path, body).await.status, 200);
    assert_eq!(receiver.first("/a").await.body, br#"{"event":"message_created","a":{"b":1,"b":2}}"#);
}
