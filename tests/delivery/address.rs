use serde_json::{Value, json};

use crate::delivery::after_attempt;
use crate::support::{App, Receiver, event, webhook};

#[tokio::test]
async fn an_address_that_is_no_longer_allowed_is_not_called() {
    let (mut app, receiver) = (App::start(), Receiver::start());
    app.api("admin").webhook(&webhook(&receiver.at("/a"))).await;
    app.stop();
    app.change("HACHOK_ALLOW_NETWORKS", "10.0.0.0/8");
    app.start_again();
    let api = app.api("admin");
    api.accepted(event("message_created")).await;
    let delivery = after_attempt(&api, 1).await;
    let attempt = &delivery["attempts"][0];
    assert_eq!((&attempt["outcome"], &attempt["cause"]), (&json!("failed"), &json!("blocked_address")));
    assert_eq!((&attempt["response"], &delivery["status"]), (&Value::Null, &json!("pending")));
    assert!(receiver.seen("/a").is_empty());
}

#[tokio::test]
async fn a_name_that_resolves_to_a_forbidden_address_is_not_called() {
    let (mut app, receiver) = (App::start(), Receiver::start());
    let port = receiver.url.rsplit(':').next().unwrap_or_default();
    app.api("admin").webhook(&webhook(&format!("http://localhost:{port}/a"))).await;
    app.stop();
    app.change("HACHOK_ALLOW_NETWORKS", "10.0.0.0/8");
    app.change("HACHOK_ALLOW_HTTP", "true");
    app.start_again();
    let api = app.api("admin");
    api.accepted(event("message_created")).await;
    assert_eq!(after_attempt(&api, 1).await["attempts"][0]["cause"], "blocked_address");
    assert!(receiver.seen("/a").is_empty());
}

#[tokio::test]
async fn a_name_that_resolves_to_an_allowed_address_is_called() {
    // `localhost` may also resolve to ::1, which a list of IPv4 networks does not contain.
    let (mut app, receiver) = (App::start(), Receiver::start());
    app.stop();
    app.change("HACHOK_ALLOW_NETWORKS", "127.0.0.0/8,::1/128");
    app.start_again();
    let api = app.api("admin");
    let port = receiver.url.rsplit(':').next().unwrap_or_default();
    api.webhook(&webhook(&format!("http://localhost:{port}/a"))).await;
    api.accepted(event("message_created")).await;
    assert_eq!(receiver.first("/a").await.header("host"), format!("localhost:{port}"));
}

#[tokio::test]
async fn the_deny_list_overrides_the_allow_list() {
    let (mut app, receiver) = (App::start(), Receiver::start());
    app.api("admin").webhook(&webhook(&receiver.at("/a"))).await;
    app.stop();
    app.change("HACHOK_DENY_NETWORKS", "127.0.0.1/32");
    app.start_again();
    let api = app.api("admin");
    api.accepted(event("message_created")).await;
    assert_eq!(after_attempt(&api, 1).await["attempts"][0]["cause"], "blocked_address");
    assert!(receiver.seen("/a").is_empty());
}

#[tokio::test]
async fn only_administrators_see_which_address_was_refused() {
    let (mut app, receiver) = (App::start(), Receiver::start());
    app.api("admin").webhook(&webhook(&receiver.at("/a"))).await;
    app.stop();
    app.change("HACHOK_ALLOW_NETWORKS", "10.0.0.0/8");
    app.start_again();
    let api = app.api("admin");
    api.accepted(event("message_created")).await;
    let delivery = after_attempt(&api, 1).await;
    let path = format!("/deliveries/{}", delivery["id"].as_str().unwrap_or_default());
    let told = ["127.0.0.1 was refused", "HACHOK_ALLOW_NETWORKS", "HACHOK_DENY_NETWORKS"];
    let page = app.admin().await.open(&path).await;
    assert!(told.iter().all(|words| page.says(words)), "{}", page.text("main"));
    let page = app.signed_in("viewer").await.open(&path).await;
    assert!(told.iter().all(|words| !page.says(words)), "{}", page.text("main"));
    // If no private network is allowed at all, the reason is not shown.
    app.stop();
    app.change("HACHOK_ALLOW_NETWORKS", "");
    app.start_again();
    app.user("second@example.com", "admin", "correct horse battery");
    let admin = app.visitor();
    admin.sign_in("second@example.com", "correct horse battery").await;
    let page = admin.open(&path).await;
    assert!(told.iter().all(|words| !page.says(words)), "{}", page.text("main"));
}
