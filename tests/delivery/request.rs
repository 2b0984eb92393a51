use std::collections::BTreeSet;

use crate::support::{App, Place, Receiver, event, webhook};

#[tokio::test]
async fn a_webhook_receives_the_accepted_bytes_and_exactly_these_headers() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/in/a%20b?x=1&y=2"))).await;
    let body = event("message_created");
    let id = api.accepted(body.clone()).await;
    let request = receiver.first("/in/a%20b?x=1&y=2").await;
    assert_eq!(request.method, "POST");
    assert_eq!(request.body, body.as_bytes());
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("content-length"), body.len().to_string());
    assert_eq!(request.header("user-agent"), format!("Hachok/{}", env!("CARGO_PKG_VERSION")));
    assert_eq!(request.header("webhook-id"), id);
    assert_eq!(request.header("x-hachok-event"), "message_created");
    assert_eq!(request.header("x-hachok-attempt"), "1");
    assert!(request.header("x-hachok-delivery").starts_with("dlv_"));
    assert!(request.header("webhook-signature").starts_with("v1,"));
    assert_eq!(request.header("host"), receiver.url.trim_start_matches("http://"));
    let names: BTreeSet<_> = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let expected = [
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
        "x-hachok-attempt",
        "x-hachok-delivery",
        "x-hachok-event",
    ];
    let more: Vec<_> = names.iter().filter(|name| !expected.contains(&name.as_str()) && *name != "accept").collect();
    assert!(more.is_empty(), "{more:?}");
    assert!(expected.iter().all(|name| names.contains(*name)), "{names:?}");
}

#[tokio::test]
async fn the_timestamp_is_the_current_time_in_seconds() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    let request = receiver.first("/a").await;
    let sent: u64 = request.header("webhook-timestamp").parse().expect("seconds");
    let at = request.at.duration_since(std::time::UNIX_EPOCH).expect("a time").as_secs();
    assert!(at.abs_diff(sent) <= 5, "{sent} {at}");
}

#[tokio::test]
async fn each_matching_webhook_gets_the_event_once() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    for n in 0..5 {
        api.webhook(&webhook(&receiver.at(&format!("/{n}")))).await;
    }
    for _ in 0..4 {
        api.accepted(event("message_created")).await;
    }
    for n in 0..5 {
        let seen = receiver.await_requests(&format!("/{n}"), 4).await;
        let ids: BTreeSet<_> = seen.iter().map(|request| request.header("webhook-id")).collect();
        assert_eq!((seen.len(), ids.len()), (4, 4));
    }
}

#[tokio::test]
async fn no_proxy_of_the_environment_is_used() {
    let (proxy, receiver) = (Receiver::start(), Receiver::start());
    let mut place = Place::new();
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        place = place.set(name, &proxy.url);
    }
    let app = App::at(place);
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    receiver.first("/a").await;
    assert!(proxy.seen(&receiver.at("/a")).is_empty());
}
