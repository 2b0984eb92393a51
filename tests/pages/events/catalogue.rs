use serde_json::{Value, json};

use crate::pages::make_webhook;
use crate::support::{App, Receiver, webhook};

#[tokio::test]
async fn the_catalogue_lists_every_event_in_both_languages() {
    let app = App::start();
    let admin = app.admin().await;
    make_webhook(&admin, "https://a.example.com/").await;
    let page = admin.open("/events").await;
    let links: Vec<String> = page.links().into_iter().filter(|link| link.starts_with("/events/")).collect();
    let names: std::collections::BTreeSet<&str> = links.iter().filter_map(|link| link.split('#').next()).collect();
    assert_eq!(names.len(), 19, "{names:?}");
    assert!(page.says("Message created") && page.says("Triggered when a customer sends a message"));
    assert!(page.html("[href='/events/message_created#used']").contains("1 webhook"), "{}", page.text("main"));
    assert!(!page.has("[href='/events/team_changed#used']"), "no webhook uses it");
    let page = admin.open("/events?lang=uk").await;
    assert!(page.says("Повідомлення створено") && page.says("1 вебхук"), "{}", page.text("main"));
    assert!(admin.open("/webhooks").await.links().contains(&"/events".to_owned()), "an entry of the menu");
}

#[tokio::test]
async fn every_event_has_a_page_with_sample_fields_and_schema() {
    let app = App::start();
    let viewer = app.signed_in("viewer").await;
    let api = app.api("read");
    let list = api.get("event_types").await.json()["payload"].as_array().cloned().expect("a list");
    assert_eq!(list.len(), 19);
    for event in list {
        let name = event["name"].as_str().expect("a name");
        let page = viewer.open(&format!("/events/{name}")).await;
        let sample: Value = serde_json::from_str(&page.text("#sample")).expect("the sample is JSON");
        assert_eq!(sample, event["sample"], "{name}");
        assert!(page.has("td code"), "{name} has fields");
        let file = viewer.get(&format!("/events/{name}.schema.json")).await;
        assert_eq!(file.header("content-type"), "application/schema+json");
        let schema: Value = serde_json::from_str(&file.body).expect("JSON");
        assert_eq!(schema, event["schema"], "{name}");
        assert!(jsonschema::draft202012::new(&schema).expect("a schema").is_valid(&sample), "{name}");
        assert!(!page.has("[href^='/webhooks/new']"), "a viewer cannot create webhooks");
    }
    let page = viewer.open("/events/assignee_changed?lang=uk").await;
    assert!(page.says("Hachok створює цю подію з conversation_updated"), "{}", page.text("main"));
    assert!(page.says("Призначений агент; null, якщо його немає"), "{}", page.text("main"));
    for nothing in ["/events/webhook_test", "/events/message_exploded", "/events/message_exploded.schema.json"] {
        assert_eq!(viewer.get(nothing).await.status, 404, "{nothing}");
    }
}

#[tokio::test]
async fn a_page_of_an_event_opens_the_form_for_a_webhook_that_gets_it() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let page = admin.open("/events/team_changed").await;
    assert!(page.says("No webhook uses this event yet."));
    let link = page.links().into_iter().find(|link| link.starts_with("/webhooks/new")).expect("a link");
    let form = admin.open(&link).await.form("#f-url");
    assert_eq!(form.values("events"), ["team_changed"]);
    admin.submit(form.set("url", &receiver.at("/a")).set("name", "Analytics")).await.leads_to();
    assert!(admin.open("/events/team_changed").await.text("#used").contains("Analytics"));
}

#[tokio::test]
async fn events_of_chatwoot_satisfy_the_schemas() {
    let app = App::start();
    let api = app.api("read");
    let list = api.get("event_types").await.json()["payload"].as_array().cloned().expect("a list");
    let mut seen = 0;
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/chatwoot")).expect("samples") {
        let path = file.expect("a file").path();
        let body: Value = serde_json::from_slice(&std::fs::read(&path).expect("a text")).expect("JSON");
        let event = list.iter().find(|event| event["name"] == body["event"]).expect("an event of the catalogue");
        let schema = jsonschema::draft202012::new(&event["schema"]).expect("a schema");
        let faults: Vec<String> = schema.iter_errors(&body).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{}: {faults:?}", path.display());
        let mut damaged = body.clone();
        damaged["event"] = json!("message_exploded");
        assert!(!schema.is_valid(&damaged), "{}", path.display());
        seen += 1;
    }
    assert_eq!(seen, 17);
}

#[tokio::test]
async fn the_api_names_the_event_that_an_event_derives_from() {
    let app = App::start();
    let api = app.api("admin");
    api.webhook(&webhook("https://a.example.com/")).await;
    let list = api.get("event_types").await.json()["payload"].clone();
    let event = |name: &str| {
        let found = list.as_array().and_then(|list| list.iter().find(|event| event["name"] == name));
        found.cloned().expect("an event")
    };
    let received = event("message_received");
    assert_eq!(
        (&received["derived_from"], &received["group"], &received["title"]),
        (&json!("message_created"), &json!("message"), &json!("Message received"))
    );
    assert_eq!(event("ticket_created")["derived_from"], Value::Null);
    assert_eq!(app.api("ingest").get("event_types").await.status, 401);
}
