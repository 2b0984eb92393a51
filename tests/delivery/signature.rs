use crate::delivery::signed_by;
use crate::support::{App, Receiver, event, webhook};

#[tokio::test]
async fn the_reference_implementation_accepts_the_signature_and_refuses_any_change() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let secret = api.webhook(&webhook(&receiver.at("/a"))).await["secret"].as_str().unwrap_or_default().to_owned();
    api.accepted(event("message_created")).await;
    let request = receiver.first("/a").await;
    assert!(signed_by(&request, &secret));
    let mut body = request.clone();
    body.body[3] ^= 1;
    assert!(!signed_by(&body, &secret));
    for name in ["webhook-id", "webhook-timestamp"] {
        let mut changed = request.clone();
        let header =
            changed.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)).expect("the header");
        let last = header.1.pop();
        header.1.push(if last == Some('0') { '1' } else { '0' });
        assert!(!signed_by(&changed, &secret), "{name}");
    }
}

#[tokio::test]
async fn a_key_of_the_user_signs() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut body = webhook(&receiver.at("/a"));
    body["secret"] = "abcdefghijklmnopqrstuvwxyz".into();
    api.webhook(&body).await;
    api.accepted(event("message_created")).await;
    assert!(signed_by(&receiver.first("/a").await, "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo="));
}

#[tokio::test]
async fn each_webhook_has_a_key_of_its_own() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let first = api.webhook(&webhook(&receiver.at("/a"))).await;
    let second = api.webhook(&webhook(&receiver.at("/b"))).await;
    assert_ne!(first["secret"], second["secret"]);
    api.accepted(event("message_created")).await;
    let (a, b) = (receiver.first("/a").await, receiver.first("/b").await);
    let secret = |made: &serde_json::Value| made["secret"].as_str().unwrap_or_default().to_owned();
    assert!(signed_by(&a, &secret(&first)) && signed_by(&b, &secret(&second)));
    assert!(!signed_by(&a, &secret(&second)));
}
