use serde_json::json;

use crate::pages::{good_form, made};
use crate::support::{App, event_in};

#[tokio::test]
async fn an_inbox_is_added_renamed_and_archived() {
    let app = App::start();
    let admin = app.admin().await;
    let form = admin.open("/inboxes").await.form("#f-inbox-name");
    let form =
        form.fill("f-inbox-name", "Сайт").fill("f-external-id", "7").fill("f-channel-type", "Channel::WebWidget");
    admin.submit(form).await.leads_to();
    let page = admin.open("/inboxes").await;
    assert!(page.says("Сайт") && page.says("7"), "{}", page.text("main"));
    let id = app.api("read").get("inboxes").await.json()["payload"][0]["id"].clone();
    let edit =
        page.links().into_iter().find(|link| link.starts_with(&format!("/inboxes/{id}"))).expect("a link to edit");
    let form = admin.open(&edit).await.form("#f-inbox-name");
    assert_eq!(form.fields.iter().filter(|(_, value)| value == "Сайт").count(), 1, "{form:?}");
    admin.submit(form.fill("f-inbox-name", "Крамниця")).await.leads_to();
    assert!(admin.open("/inboxes").await.says("Крамниця"));
    assert!(admin.open("/webhooks/new").await.says("Крамниця"), "it can be chosen");
}

#[tokio::test]
async fn an_inbox_of_an_event_registers_itself() {
    let app = App::start();
    let admin = app.admin().await;
    app.api("ingest").accepted(event_in("message_created", 7)).await;
    assert!(admin.open("/inboxes").await.says("Channel 7"));
    let form = good_form(&admin, "https://a.example.com/").await;
    let id = app.api("read").get("inboxes").await.json()["payload"][0]["id"].to_string();
    let (webhook, _) = made(&admin, form.set("inbox_scope", "selected").tick("inboxes", &id)).await;
    let form = admin.open(&format!("/webhooks/{webhook}/edit")).await.form("#f-url");
    assert_eq!((form.value("inbox_scope"), form.values("inboxes")), ("selected", vec![id.as_str()]));
}

#[tokio::test]
async fn an_invalid_inbox_is_refused_beside_its_field() {
    let app = App::start();
    let admin = app.admin().await;
    app.api("ingest").accepted(event_in("message_created", 7)).await;
    for (name, external, slug) in [
        ("", "8", "inbox-name"),
        (&*"я".repeat(121), "8", "inbox-name"),
        ("A", &*"8".repeat(65), "external-id"),
        ("A", "7", "external-id"),
    ] {
        let form = admin.open("/inboxes").await.form("#f-inbox-name");
        let page = admin.submit(form.fill("f-inbox-name", name).fill("f-external-id", external)).await.expect(422);
        assert!(!page.error(slug).is_empty(), "{slug}: {}", page.text("main"));
    }
    assert_eq!(app.api("read").get("inboxes").await.json()["payload"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_inbox_without_a_name_is_called_so_in_the_readers_language() {
    let app = App::start();
    let admin = app.admin().await;
    app.api("ingest").accepted(json!({ "event": "message_created", "inbox_id": 8 }).to_string()).await;
    for (language, name) in [("en", "Inbox 8"), ("uk", "Канал 8")] {
        for path in ["/inboxes", "/webhooks/new", "/deliveries", "/deliveries/resend", "/received", "/inboxes/1/edit"] {
            let page = admin.open(&format!("{path}?lang={language}")).await;
            assert!(page.body.contains(name), "{path} in {language}: {}", page.text("main"));
        }
    }
    // The form with the shown name, sent unchanged, does not name it: the next event does.
    let form = admin.open("/inboxes/1/edit?lang=uk").await.form("#f-inbox-name");
    assert_eq!(form.value("name"), "Канал 8");
    admin.submit(form.fill("f-channel-type", "Channel::Api")).await.leads_to();
    let name = async || app.api("read").get("inboxes/1").await.json()["name"].clone();
    assert_eq!(name().await, "Inbox 8", "the API has one language");
    app.api("ingest").accepted(event_in("message_created", 8)).await;
    assert_eq!(name().await, "Channel 8");
}
