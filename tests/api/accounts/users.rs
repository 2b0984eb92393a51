use serde_json::{Value, json};

use crate::support::{Api, App, PASSWORD};

async fn users(api: &Api) -> Vec<Value> {
    let answer = api.get("users").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["payload"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn an_invitation_of_the_api_makes_an_account() {
    let app = App::start();
    let (admin, accounts) = (app.api("admin"), app.api("accounts"));
    let answer = accounts.post("users", &json!({ "email": "New@Example.com", "name": "Нова", "role": "viewer" })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let invitation = answer.json()["payload"]["invitation"].clone();
    assert_eq!((&invitation["email"], &invitation["role"]), (&json!("new@example.com"), &json!("viewer")));
    assert_eq!(answer.header("cache-control"), "no-store");
    let url = invitation["url"].as_str().expect("a link");
    let path = &url[url.find("/invite/").expect("its path")..];
    let visitor = app.visitor();
    let form = visitor.open(path).await.form("#f-new-password").fill("f-new-password", PASSWORD);
    assert_eq!(visitor.submit(form).await.leads_to(), "/webhooks");
    let listed = users(&admin).await;
    let new = listed.iter().find(|user| user["email"] == "new@example.com").expect("the user");
    assert_eq!((&new["name"], &new["role"], &new["enabled"]), (&json!("Нова"), &json!("viewer"), &json!(true)));
    assert!(!admin.get("users").await.text.contains("argon2"), "no hash of a password");
    let again = accounts.post("users", &json!({ "email": "new@example.com", "role": "viewer" })).await;
    assert_eq!((again.status, &again.json()["errors"][0]["code"]), (422, &json!("taken")));
}

#[tokio::test]
async fn the_last_administrator_stays_one() {
    let app = App::start();
    let admin = app.admin().await;
    let (reader, accounts) = (app.api("admin"), app.api("accounts"));
    let id = users(&reader).await[0]["id"].clone();
    let path = format!("users/{id}");
    for change in
        [json!({ "role": "viewer" }), json!({ "enabled": false }), json!({ "enabled": true, "role": "viewer" })]
    {
        let answer = accounts.patch(&path, &change).await;
        assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("last_administrator")), "{change}");
    }
    let answer = accounts.delete(&path).await;
    assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("last_administrator")));
    admin.open("/users").await;
    app.user("other@example.com", "admin", PASSWORD);
    let demoted = accounts.patch(&path, &json!({ "role": "viewer" })).await;
    assert_eq!((demoted.status, &demoted.json()["payload"]["user"]["role"]), (200, &json!("viewer")));
    assert_eq!(admin.get("/users").await.status, 403, "at once");
}

#[tokio::test]
async fn access_is_taken_and_given_and_a_user_is_deleted() {
    let app = App::start();
    let viewer = app.signed_in("viewer").await;
    app.user("boss@example.com", "admin", PASSWORD);
    let (reader, accounts) = (app.api("admin"), app.api("accounts"));
    let listed = users(&reader).await;
    let user = listed.iter().find(|user| user["role"] == "viewer").expect("the viewer").clone();
    let path = format!("users/{}", user["id"]);
    assert_eq!(accounts.patch(&path, &user).await.json()["payload"]["user"], user, "what GET answered changes nothing");
    let off = accounts.patch(&path, &json!({ "enabled": false })).await.json()["payload"]["user"].clone();
    assert!(off["enabled"] == false && off["disabled_at"].is_string(), "{off}");
    assert_eq!(viewer.get("/webhooks").await.status, 303, "the session has ended");
    let on = accounts.patch(&path, &json!({ "enabled": true })).await.json()["payload"]["user"].clone();
    assert_eq!((&on["enabled"], &on["disabled_at"]), (&json!(true), &Value::Null));
    assert_eq!(accounts.delete(&path).await.status, 200);
    assert_eq!(accounts.delete(&path).await.status, 404);
    assert_eq!(accounts.patch(&path, &json!({ "enabled": true })).await.status, 404);
    for bad in
        [json!({ "role": "root" }), json!({ "role": null }), json!({ "enabled": "no" }), json!({ "password": "x" })]
    {
        assert_eq!(accounts.patch("users/1", &bad).await.status, 422, "{bad}");
    }
    for bad in [json!({}), json!({ "email": "x", "role": "admin" }), json!({ "email": 7, "role": "admin" })] {
        assert_eq!(accounts.post("users", &bad).await.status, 422, "{bad}");
    }
}

#[tokio::test]
async fn a_token_of_the_api_is_shown_once_works_and_is_revoked() {
    let app = App::start();
    let (admin, accounts) = (app.api("admin"), app.api("accounts"));
    let wanted = json!({ "name": "Reports", "scopes": ["read", "ingest"], "expires_at": "2099-01-01T00:00:00Z" });
    let answer = accounts.post("tokens", &wanted).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let made = answer.json()["payload"]["token"].clone();
    let token = made["token"].as_str().expect("its text").to_owned();
    assert_eq!(
        (&made["scopes"], &made["expires_at"]),
        (&json!(["ingest", "read"]), &json!("2099-01-01T00:00:00.000Z"))
    );
    let api = Api::new(&app.url, &token);
    assert_eq!(api.get("webhooks").await.status, 200);
    let listed = admin.get("tokens").await;
    assert!(listed.text.contains("Reports") && !listed.text.contains(&token), "{}", listed.text);
    let path = format!("tokens/{}", made["id"]);
    for _ in 0..2 {
        assert_eq!(accounts.delete(&path).await.status, 200);
    }
    assert_eq!(api.get("webhooks").await.status, 401);
    assert_eq!(accounts.delete("tokens/999").await.status, 404);
    let listed = admin.get("tokens").await.json()["payload"].clone();
    let revoked = listed.as_array().expect("a list").iter().find(|token| token["id"] == made["id"]).expect("the token");
    assert!(revoked["revoked_at"].is_string(), "{revoked}");
    for (bad, field) in [
        (json!({ "scopes": ["read"] }), "name"),
        (json!({ "name": "x" }), "scopes"),
        (json!({ "name": "x", "scopes": [] }), "scopes"),
        (json!({ "name": "x", "scopes": ["root"] }), "scopes"),
        (json!({ "name": "x", "scopes": "read" }), "scopes"),
        (json!({ "name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z" }), "expires_at"),
        (json!({ "name": "x", "scopes": ["read"], "expires_at": "soon" }), "expires_at"),
        (json!({ "name": "x", "scopes": ["read"], "token": "hk_mine" }), "token"),
    ] {
        let answer = accounts.post("tokens", &bad).await;
        assert_eq!((answer.status, &answer.json()["attributes"]), (422, &json!([field])), "{bad}");
    }
}

#[tokio::test]
async fn a_repeated_post_makes_one_token() {
    let app = App::start();
    let (admin, accounts) = (app.api("admin"), app.api("accounts"));
    let mut texts = Vec::new();
    for _ in 0..2 {
        let request = accounts.request(reqwest::Method::POST, "tokens").header("idempotency-key", "once");
        let request = request.header("content-type", "application/json").body(r#"{"name":"x","scopes":["read"]}"#);
        texts.push(crate::support::Answer::of(request).await.json()["payload"]["token"]["token"].clone());
    }
    assert!(texts[0].is_string() && texts[0] == texts[1], "{texts:?}");
    let listed = admin.get("tokens").await.json()["payload"].clone();
    assert_eq!(listed.as_array().expect("a list").iter().filter(|token| token["name"] == "x").count(), 1);
}
