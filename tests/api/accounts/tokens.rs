use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Api, App};

const READS: [&str; 3] = ["webhooks", "inboxes", "deliveries"];

#[tokio::test]
async fn a_token_is_read_from_any_of_three_headers() {
    let app = App::start();
    let token = app.token("read");
    let api = Api::new(&app.url, &token);
    for (name, value) in [
        ("api_access_token", token.clone()),
        ("Api-Access-Token", token.clone()),
        ("authorization", format!("Bearer {token}")),
    ] {
        let answer = Answer::of(api.plain(Method::GET, "webhooks").header(name, value)).await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn no_token_and_an_unknown_token_are_401_in_chatwoots_words() {
    let app = App::start();
    let unknown = Api::new(&app.url, "hk_unknown");
    for path in READS {
        let none = Answer::of(unknown.plain(Method::GET, path)).await;
        let words = json!({ "errors": ["You need to sign in or sign up before continuing."] });
        assert_eq!((none.status, none.chatwoot_error()), (401, words), "{path}");
        let wrong = unknown.get(path).await;
        let words = json!({ "error": "Invalid Access Token" });
        assert_eq!((wrong.status, wrong.chatwoot_error()), (401, words), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_scope_is_401_in_chatwoots_words() {
    let app = App::start();
    let refusal = json!({ "error": "You are not authorized to do this action" });
    let ingest = app.api("ingest");
    for path in READS {
        let answer = ingest.get(path).await;
        assert_eq!((answer.status, answer.chatwoot_error()), (401, refusal.clone()), "{path}");
    }
    let read = app.api("read");
    for path in READS {
        assert_eq!(read.get(path).await.status, 200, "{path}");
    }
    let made = app.api("admin").webhook(&json!({ "url": "https://a.example.com/" })).await;
    let path = format!("webhooks/{}", made["id"]);
    let rotation = format!("{path}/secret");
    for (method, path) in [
        (Method::POST, "webhooks"),
        (Method::PATCH, path.as_str()),
        (Method::PUT, &path),
        (Method::DELETE, &path),
        (Method::POST, &rotation),
    ] {
        for api in [&read, &ingest] {
            let answer = api.call(method.clone(), path, &json!({ "url": "https://b.example.com/" })).await;
            assert_eq!((answer.status, answer.chatwoot_error()), (401, refusal.clone()), "{method} {path}");
        }
    }
    assert_eq!(read.get(&path).await.json()["payload"]["webhook"]["url"], "https://a.example.com/");
}

#[tokio::test]
async fn a_revoked_token_is_refused_by_the_api_at_once() {
    let app = App::start();
    let token = app.token("admin");
    let api = Api::new(&app.url, &token);
    assert_eq!(api.get("webhooks").await.status, 200);
    let listed = app.run_ok(&["token", "list"]);
    let id = listed.split_whitespace().find(|word| word.parse::<u32>().is_ok()).expect("the token's number").to_owned();
    app.run_ok(&["token", "revoke", &id]);
    assert_eq!(api.get("webhooks").await.status, 401);
}

#[tokio::test]
async fn another_account_or_number_is_404() {
    let app = App::start();
    let api = app.api("admin");
    for path in [
        "/api/v1/accounts/2/webhooks",
        "webhooks/999",
        "webhooks/nonsense",
        "webhooks/99999999999999999999",
        "deliveries/dlv_0000000000000",
        "deliveries/x",
    ] {
        let answer = api.get(path).await;
        let words = json!({ "error": "Resource could not be found" });
        assert_eq!((answer.status, answer.chatwoot_error()), (404, words), "{path}");
    }
}

#[tokio::test]
async fn the_profile_names_the_one_account() {
    let app = App::start();
    let answer = app.api("admin").get("/api/v1/profile").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let profile = answer.json();
    assert_eq!(profile["account_id"], 1, "{profile}");
    assert_eq!(profile["accounts"][0]["id"], 1, "{profile}");
    assert_ne!(profile["id"], Value::Null, "{profile}");
    assert_eq!((&profile["role"], &profile["accounts"][0]["role"]), (&"administrator".into(), &"administrator".into()));
    let profile = app.api("read").get("/api/v1/profile").await.json();
    assert_eq!((&profile["role"], &profile["accounts"][0]["role"]), (&"agent".into(), &"agent".into()));
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let app = App::start();
    let token = app.run_ok(&["token", "add", "--name", "short", "--scope", "admin", "--expires", "1d"]);
    let api = Api::new(&app.url, &token);
    assert_eq!(api.get("webhooks").await.status, 200);
    app.run_sql("UPDATE api_tokens SET expires_at = expires_at - 90000000000");
    assert_eq!(api.get("webhooks").await.status, 401);
    api.send(crate::support::event("message_created")).await.problem(401);
}
