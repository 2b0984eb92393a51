//! Ingest from a connected Chatwoot.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::chatwoot::{self, Chatwoot, connect, now, send};
use crate::support::{App, Receiver, eventually, webhook};

/// A sample body of Chatwoot, on one line as Rails writes it.
fn sample(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/chatwoot/{name}.json"));
    let text = std::fs::read_to_string(path).expect("a sample");
    serde_json::from_str::<Value>(&text).expect("JSON").to_string()
}

/// The rows of a table on the page of a connection: what is counted, and how often.
async fn counts(visitor: &crate::support::Visitor, page: &str, section: &str) -> Vec<String> {
    let page = visitor.open(page).await;
    let cells = page.texts(&format!("section[aria-labelledby='{section}'] tbody td"));
    cells.chunks(3).map(|row| format!("{}: {}", row[0], row[1])).collect()
}

#[tokio::test]
async fn an_event_is_stored_and_delivered_once_and_what_is_refused_is_counted() {
    let (app, desk, receiver) = (App::start(), Chatwoot::start(), Receiver::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    api.webhook(&webhook(&receiver.at("/hook"))).await;
    let page = connect(&admin, &desk).await;
    let hook = desk.webhook();
    let body = sample("message_created");

    let answer = desk.emit(&body, Some("4c3b3f0a-2f0d-4f0e-9a63-6b1d6b9c9d55")).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    assert_eq!(receiver.first("/hook").await.body, body.as_bytes(), "byte for byte");
    let again = desk.emit(&body, Some("4c3b3f0a-2f0d-4f0e-9a63-6b1d6b9c9d55")).await;
    assert_eq!((again.status, again.text.as_str()), (200, ""));
    for _ in 0..2 {
        let without_id = desk.emit(&sample("message_updated"), None).await;
        assert_eq!(without_id.status, 200);
    }
    let received = api.get("received?limit=100").await.json();
    let events: Vec<&str> =
        received["payload"].as_array().expect("a list").iter().filter_map(|event| event["event"].as_str()).collect();
    let named = |name: &str| events.iter().filter(|event| **event == name).count();
    assert_eq!((named("message_created"), named("message_updated")), (1, 1), "{events:?}");

    let secret = hook.secret.as_deref();
    let unknown = send(&hook.url, r#"{"event":"call_started","account":{"id":3}}"#, secret, now(), None).await;
    assert_eq!((unknown.status, unknown.text.as_str()), (200, ""));
    let large = format!(r#"{{"event":"message_created","content":"{}"}}"#, "x".repeat(3 << 20));
    let other = r#"{"event":"message_created","account":{"id":4}}"#;
    for (status, url, body, secret, at) in [
        (413, hook.url.as_str(), large.as_str(), secret, now()),
        (401, &hook.url, &body, Some("another"), now()),
        (401, &hook.url, &body, None, now()),
        (401, &hook.url, &body, secret, now() - 400),
        (403, &hook.url, other, secret, now()),
        (400, &hook.url, "{", secret, now()),
        (400, &hook.url, r#"{"id":1}"#, secret, now()),
        (401, &hook.url.replace(&hook.url[hook.url.len() - 4..], "zzzz"), &body, secret, now()),
        (401, &format!("{}/ingest/chatwoot/{}", app.url, "0".repeat(48)), &body, secret, now()),
    ] {
        let answer = send(url, body, secret, at, None).await;
        assert_eq!(answer.problem(status).len(), 2, "{url} {answer:?}");
    }
    eventually("all counts", || async {
        let refused = counts(&admin, &page, "h-refusals").await;
        let is_counted = |row: &str| refused.iter().any(|counted| counted == row);
        let all = [
            "Wrong signature: 1",
            "No signature: 1",
            "The time of the request differs from the clock of this server by more than 5 minutes: 1",
            "An event of another account: 1",
            "Not an event in JSON: 2",
            "Larger than 2 MiB: 1",
        ];
        all.iter()
            .all(|row| is_counted(&row.replace("5 m", "5\u{a0}m").replace("2 M", "2\u{a0}M")) || is_counted(row))
            .then_some(())
    })
    .await;
    assert_eq!(counts(&admin, &page, "h-unknown").await, ["call_started: 1"]);
    assert!(
        admin.open("/chatwoot").await.says("2\u{a0}requests came with a key")
            || admin.open("/chatwoot").await.says("2 requests came with a key")
    );
    assert!(admin.open(&page).await.says("Receiving events"));
    assert!(!app.log().contains(&hook.url[hook.url.len() - 48..]), "no key in the log");
}

#[tokio::test]
async fn a_replaced_key_or_secret_is_valid_for_a_day_and_a_changed_secret_is_noticed() {
    let (app, desk) = (App::start(), Chatwoot::start());
    let admin = app.admin().await;
    let page = connect(&admin, &desk).await;
    let old = desk.webhook();
    admin.submit(admin.open(&page).await.form_to(&format!("{page}/key"))).await.leads_to();
    let new = desk.webhook();
    assert!(old.url != new.url && old.id == new.id, "the URL in Chatwoot was changed: {new:?}");
    let body = |n: u32| format!(r#"{{"event":"message_created","id":{n},"account":{{"id":3}}}}"#);
    for (n, url) in [(1, &old.url), (2, &new.url)] {
        assert_eq!(send(url, &body(n), old.secret.as_deref(), now(), None).await.status, 200, "{url}");
    }
    app.run_sql("UPDATE chatwoot_connections SET old_key_until = 1");
    assert_eq!(send(&old.url, &body(3), old.secret.as_deref(), now(), None).await.status, 401);

    desk.desk().webhooks[0].secret = Some("anotherSecretOfChatwoot1".into());
    app.run_sql("UPDATE chatwoot_connections SET checked_at = 1");
    eventually("the new secret", || async {
        let answer = send(&new.url, &body(4), Some("anotherSecretOfChatwoot1"), now(), None).await;
        (answer.status == 200).then_some(())
    })
    .await;
    assert_eq!(send(&new.url, &body(5), old.secret.as_deref(), now(), None).await.status, 200, "queued in Chatwoot");
}

#[tokio::test]
async fn inboxes_of_a_chatwoot_and_of_posted_events_stay_apart() {
    let (app, desk) = (App::start(), Chatwoot::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    api.accepted(json!({ "event": "message_created", "inbox": { "id": 7, "name": "Posted" } }).to_string()).await;
    connect(&admin, &desk).await;
    let inboxes = async || {
        let list = api.get("inboxes").await.json();
        let inbox = |inbox: &Value| {
            format!(
                "{} {}",
                inbox["external_id"].as_str().unwrap_or_default(),
                inbox["name"].as_str().unwrap_or_default()
            )
        };
        let mut names: Vec<String> = list["payload"].as_array().expect("a list").iter().map(inbox).collect();
        names.sort();
        names
    };
    assert_eq!(inboxes().await, ["7 Posted", "7 Сайт", "8 Telegram"]);
    assert_eq!(desk.emit(r#"{"event":"message_created","inbox":{"id":7}}"#, None).await.status, 200);
    desk.desk().inboxes.push(chatwoot::inbox(9, "Пошта", "Channel::Email"));
    assert_eq!(desk.emit(r#"{"event":"conversation_created","inbox_id":9}"#, None).await.status, 200);
    eventually("the name of an inbox that an event named first", || async {
        (inboxes().await == ["7 Posted", "7 Сайт", "8 Telegram", "9 Пошта"]).then_some(())
    })
    .await;
    assert!(!app.log().contains("C4N4RY"), "no secret of a channel in the log");
}

/// Hundreds of inboxes are read while events name them, with names that no page could show, and each event comes ten times at
/// once.
#[tokio::test]
async fn many_inboxes_and_simultaneous_duplicates_are_stored_once() {
    let (app, desk) = (App::start(), Chatwoot::start());
    let (admin, api) = (app.admin().await, app.api("admin"));
    let page = connect(&admin, &desk).await;
    let name = format!("\u{202e}{}", "Ж".repeat(300));
    desk.desk().inboxes = (1..=350).map(|id| chatwoot::inbox(id, &name, "Channel::Api")).collect();
    let check = admin.open(&page).await.form_to(&format!("{page}/check"));
    let emit = async |n: u64| {
        let (body, delivery) =
            (format!(r#"{{"event":"message_created","inbox":{{"id":{}}}}}"#, 341 + n), format!("twin-{n}"));
        for answer in join_all((0..10).map(|_| desk.emit(&body, Some(&delivery)))).await {
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    };
    let ((), checked) = tokio::join!(async { _ = join_all((0..5).map(emit)).await }, admin.submit(check));
    checked.leads_to();
    let shown = admin.open(&page).await;
    assert!(shown.says("The connection works"), "{}", shown.text("main"));
    let stored = eventually("all inboxes", || async {
        let list = api.get("inboxes").await.json()["payload"].as_array().expect("a list").clone();
        (list.len() >= 350).then_some(list)
    })
    .await;
    assert_eq!(stored.len(), 350);
    for inbox in &stored {
        let name = inbox["name"].as_str().expect("a name");
        assert!(name.chars().count() <= 120 && !name.contains('\u{202e}'), "{name}");
    }
    assert_eq!(api.get("received").await.json()["payload"].as_array().map(Vec::len), Some(5));
}

#[tokio::test]
async fn a_delivery_id_of_chatwoot_distinguishes_duplicates_of_posted_events() {
    let app = App::start();
    let api = app.api("ingest");
    let post = async |id: &str, body: &str| {
        let request = api.event_request(body.to_owned()).header("x-chatwoot-delivery", id.to_owned());
        let answer = crate::support::Answer::of(request).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        (answer.json()["id"].as_str().expect("an id").to_owned(), answer.header("idempotent-replayed") == "true")
    };
    let (first, _) = post("one", r#"{"event":"message_created"}"#).await;
    assert_eq!(post("one", r#"{"event":"message_created"}"#).await, (first.clone(), true));
    assert_ne!(post("two", r#"{"event":"message_created"}"#).await.0, first);
    let own = api.send_once("one", r#"{"event":"message_created"}"#).await;
    assert_ne!(own.json()["id"], first.as_str(), "a key of the sender is another key");
}
