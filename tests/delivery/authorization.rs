use serde_json::json;

use crate::support::{App, Received, Receiver, event, webhook};

async fn received(authorization: serde_json::Value, headers: serde_json::Value) -> Received {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut body = webhook(&receiver.at("/a"));
    body["authorization"] = authorization;
    body["headers"] = headers;
    api.webhook(&body).await;
    api.accepted(event("message_created")).await;
    receiver.first("/a").await
}

#[tokio::test]
async fn none_sends_no_authorization() {
    assert_eq!(received(json!({ "type": "none" }), json!({})).await.header("authorization"), "");
}

#[tokio::test]
async fn bearer_sends_the_token_without_a_pasted_prefix() {
    let request = received(json!({ "type": "bearer", "token": "Bearer abc.DEF-1" }), json!({})).await;
    assert_eq!(request.header("authorization"), "Bearer abc.DEF-1");
}

#[tokio::test]
async fn basic_sends_login_and_password_in_utf_8() {
    let request = received(json!({ "type": "basic", "login": "test", "password": "123£" }), json!({})).await;
    // The example of RFC 7617 §2.1.
    assert_eq!(request.header("authorization"), "Basic dGVzdDoxMjPCow==");
}

#[tokio::test]
async fn custom_sends_the_named_header() {
    let request = received(json!({ "type": "custom", "header": "X-Api-Key", "value": "k e y" }), json!({})).await;
    assert_eq!((request.header("x-api-key"), request.header("authorization")), ("k e y", ""));
    let request = received(json!({ "type": "custom", "header": "Authorization", "value": "Token t" }), json!({})).await;
    assert_eq!(request.header("authorization"), "Token t");
}

#[tokio::test]
async fn extra_headers_are_sent_hidden_ones_included() {
    let headers = json!({ "X-Source": "desk one", "X-Tenant": { "value": "t-1", "hidden": true } });
    let request = received(json!({ "type": "bearer", "token": "t" }), headers).await;
    assert_eq!((request.header("x-source"), request.header("x-tenant")), ("desk one", "t-1"));
    assert_eq!(request.header("authorization"), "Bearer t");
}
