use reqwest::Method;
use serde_json::{Value, json};

use crate::house::routes;
use crate::support::{Answer, Api, App, Receiver, eventually, webhook};

const SCOPES: [&str; 5] = ["ingest", "read", "operate", "admin", "accounts"];

/// The routes that `operate` may write.
const OPERATED: [&str; 8] = [
    "PATCH /webhooks/{id}",
    "PUT /webhooks/{id}",
    "POST /webhooks/{id}/test",
    "POST /webhooks/{id}/recoveries",
    "DELETE /recoveries/{id}",
    "POST /deliveries/{id}/redelivery",
    "POST /deliveries/{id}/cancellation",
    "POST /events/{id}/deliveries",
];

fn is_allowed(scope: &str, name: &str, is_get: bool) -> bool {
    let is_accounts =
        ["/users", "/tokens"].iter().any(|path| name.split(' ').nth(1).is_some_and(|at| at.starts_with(path)));
    match (is_get, is_accounts) {
        (true, true) => scope == "admin",
        (true, false) => ["read", "admin"].contains(&scope),
        (false, true) => scope == "accounts",
        (false, false) => scope == "admin" || scope == "operate" && OPERATED.contains(&name),
    }
}

#[tokio::test]
async fn each_route_of_the_management_api_has_its_scopes() {
    let app = App::start();
    let clients: Vec<(&str, Api)> = SCOPES.iter().map(|scope| (*scope, app.api(scope))).collect();
    for route in routes::management() {
        for method in &route.methods {
            let name = format!("{} {}", method.to_ascii_uppercase(), route.path);
            let path = route.path.replace("{id}", "999");
            let verb = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).expect("a method");
            for (scope, api) in &clients {
                // Nothing is there to be changed, and an empty body creates nothing.
                let answer = api.call(verb.clone(), path.trim_start_matches('/'), &json!({})).await;
                let is_allowed = is_allowed(scope, &name, verb == Method::GET);
                assert_eq!(answer.status != 401, is_allowed, "{scope}: {name}: {answer:?}");
                assert!(answer.status != 401 || answer.json()["code"] == "forbidden", "{scope}: {name}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_names_the_scope_that_is_missing() {
    let app = App::start();
    let (read, operate) = (app.api("read"), app.api("operate"));
    for (answer, scope) in [
        (read.post("inboxes", &json!({ "name": "a" })).await, "admin"),
        (read.post("webhooks/1/test", &json!({})).await, "operate"),
        (operate.get("webhooks").await, "read"),
        (operate.patch("webhooks/1", &json!({ "name": "a" })).await, "admin"),
    ] {
        let challenge = format!(r#"Bearer realm="Hachok", error="insufficient_scope", scope="{scope}""#);
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, challenge.as_str()));
    }
}

#[tokio::test]
async fn operate_turns_on_and_off_tests_and_sends_again_and_changes_nothing_else() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (admin, operate) = (app.api("admin"), app.api("operate"));
    let mut body = webhook(&receiver.at("/secret-path"));
    body["headers"] = json!({ "X-A": "shown" });
    let made = admin.webhook(&body).await;
    let path = format!("webhooks/{}", made["id"]);
    admin.accepted(r#"{"event":"message_created"}"#).await;
    let delivery = eventually("a delivery", || async {
        admin
            .deliveries("status=success")
            .await
            .first()
            .map(|delivery| delivery["id"].as_str().expect("an id").to_owned())
    })
    .await;
    for change in [json!({ "enabled": false }), json!({ "webhook": { "enabled": true } })] {
        let answer = operate.patch(&path, &change).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let shown = &answer.json()["payload"]["webhook"];
        let names: Vec<&String> = shown.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["id", "enabled", "status"], "operate reads nothing");
    }
    let calls = [
        (format!("{path}/test"), json!({}), "delivery", 200),
        (format!("deliveries/{delivery}/redelivery"), json!({}), "delivery", 202),
        (format!("{path}/recoveries"), json!({ "since": "2020-01-01" }), "recovery", 200),
    ];
    for (path, body, name, status) in calls {
        let answer = operate.post(&path, &body).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        let shown = answer.json()["payload"][name].clone();
        let names: Vec<&String> = shown.as_object().expect("an object").keys().collect();
        assert!(
            names.iter().all(|name| ["id", "status", "state", "count"].contains(&name.as_str())),
            "{path}: {names:?}"
        );
        assert!(shown["id"] != Value::Null, "{path}: {shown}");
    }
    for change in [
        json!({ "enabled": true, "url": "https://b.example.com/" }),
        json!({ "webhook": { "enabled": true, "name": "x" } }),
        json!({ "name": "x" }),
        json!({ "headers": {} }),
        json!({ "surprise": 1 }),
    ] {
        let answer = operate.patch(&path, &change).await;
        assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("forbidden")), "{change}");
    }
    assert_eq!(operate.delete(&path).await.status, 401);
    assert_eq!(operate.post(&format!("{path}/secret"), &json!({})).await.status, 401);
    operate.send(r#"{"event":"message_created"}"#).await.problem(403);
    assert_eq!(admin.get(&path).await.json()["payload"]["webhook"]["url"], made["url"]);
}

#[tokio::test]
async fn every_token_may_read_itself() {
    let app = App::start();
    for scopes in ["ingest", "read", "operate", "admin", "accounts", "accounts,ingest"] {
        let token = app.run_ok(&["token", "add", "--name", scopes, "--scope", scopes, "--expires", "90d"]);
        let answer = Api::new(&app.url, &token).get("/api/v1/token").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let shown = &answer.json()["payload"]["token"];
        let mut expected: Vec<&str> = scopes.split(',').collect();
        expected.sort_by_key(|scope| SCOPES.iter().position(|known| known == scope));
        assert_eq!((&shown["name"], &shown["scopes"]), (&json!(scopes), &json!(expected)));
        assert!(shown["expires_at"].is_string() && shown["created_at"].is_string() && shown["id"].is_i64(), "{shown}");
        assert_eq!(shown["prefix"], token[..9]);
        assert!(!answer.text.contains(&token));
    }
    let wrong = Api::new(&app.url, "hk_unknown");
    assert_eq!(wrong.get("/api/v1/token").await.status, 401);
    assert_eq!(Answer::of(wrong.plain(Method::GET, "/api/v1/token")).await.status, 401);
    let used: Value = app.api("ingest").get("/api/v1/token?x=1").await.json();
    assert_eq!(used["code"], "unknown_parameter");
}
