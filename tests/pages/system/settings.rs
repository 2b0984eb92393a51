use crate::pages::{good_form, made};
use crate::support::{App, PASSWORD, Place, Receiver};

#[tokio::test]
async fn the_language_of_the_installation_applies_when_a_request_names_none() {
    let app = App::start();
    let admin = app.admin().await;
    let lang = async |accept: &str| {
        app.visitor().speaking(accept).open("/sign-in").await.attribute("html", "lang").unwrap_or_default()
    };
    assert_eq!(lang("de").await, "en");
    let form = admin.open("/settings").await.form("#f-language").set("language", "uk");
    assert!(admin.follow(form).await.says("The settings were saved"), "the reader's browser asks for English");
    assert_eq!(lang("de").await, "uk");
    assert_eq!(lang("").await, "uk");
    assert_eq!(lang("en").await, "en");
    let chosen = app.visitor().speaking("de");
    chosen.open("/sign-in?lang=en").await;
    assert_eq!(chosen.open("/sign-in").await.attribute("html", "lang").as_deref(), Some("en"), "the cookie");
}

#[tokio::test]
async fn new_users_get_the_time_zone_of_the_installation() {
    let app = App::start();
    let admin = app.admin().await;
    let form = admin.open("/settings").await.form("#f-language").set("time_zone", "Europe/Kyiv");
    admin.follow(form).await;
    let invitation = admin.open("/users").await.form("#f-email").fill("f-email", "anna@example.com");
    let link = admin.follow(invitation).await.text("#key");
    assert_eq!(app.visitor().open(&link).await.form("#f-new-password").value("time_zone"), "Europe/Kyiv");
    app.user("ivan@example.com", "viewer", PASSWORD);
    let ivan = app.visitor();
    ivan.sign_in("ivan@example.com", PASSWORD).await;
    assert_eq!(ivan.open("/profile").await.form("#f-user-name").value("time_zone"), "Europe/Kyiv");
}

#[tokio::test]
async fn another_attribute_can_be_the_substatus() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let form = good_form(&admin, &receiver.at("/a")).await.without("events");
    made(&admin, form.tick("events", "conversation_substatus_changed")).await;
    let form = admin.open("/settings").await.form("#f-language").set("substatus_attribute", "stage");
    admin.follow(form).await;
    let change = r#"{"event":"conversation_updated","id":1,"changed_attributes":[{"custom_attributes":
        {"previous_value":{"stage":"a"},"current_value":{"stage":"b"}}}]}"#;
    app.api("ingest").accepted(change).await;
    assert_eq!(receiver.first("/a").await.header("x-hachok-event"), "conversation_substatus_changed");
}

#[tokio::test]
async fn an_invalid_setting_is_refused_beside_its_field_and_changes_nothing() {
    let app = App::start();
    let admin = app.admin().await;
    let form = admin.open("/settings").await.form("#f-language").set("language", "uk");
    let page = admin.submit(form.set("time_zone", "Mars").set("substatus_attribute", "two words")).await.expect(422);
    assert!(!page.error("time-zone").is_empty() && !page.error("substatus").is_empty(), "{}", page.text("main"));
    assert_eq!(page.form("#f-language").value("substatus_attribute"), "two words", "what was typed stays");
    let form = admin.open("/settings").await.form("#f-language");
    assert_eq!((form.value("language"), form.value("substatus_attribute")), ("en", "substatus"));
}

#[tokio::test]
async fn settings_of_the_start_are_shown_with_their_variables() {
    let place = Place::new().set("HACHOK_RETENTION_DAYS", "45").set("HACHOK_IN_FLIGHT", "17");
    let app = App::at(place);
    let page = app.admin().await.open("/settings").await;
    let rows = page.texts("tbody tr");
    for words in [
        ["45 days", "HACHOK_RETENTION_DAYS"],
        ["17", "HACHOK_IN_FLIGHT"],
        ["127.0.0.0/8", "HACHOK_ALLOW_NETWORKS"],
        ["5 s, 5 min, 30 min, 2 h", "fixed"],
        ["5 days", "20 or more"],
    ] {
        assert!(rows.iter().any(|row| words.iter().all(|word| row.contains(word))), "{words:?} in {rows:?}");
    }
}

#[tokio::test]
async fn a_viewer_sees_the_settings_without_paths_and_networks() {
    let app = App::start();
    let admin = app.admin().await;
    let viewer = app.signed_in("viewer").await;
    let page = viewer.open("/settings").await;
    assert!(!page.has("#f-language") && page.text("dl").contains("substatus"), "{}", page.text("main"));
    assert!(!page.body.contains("127.0.0.0/8") && !page.body.contains("HACHOK_BIND"));
    let csrf = viewer.open("/webhooks").await.form_to("/sign-out").value("_csrf").to_owned();
    let form = admin.open("/settings").await.form("#f-language").set("_csrf", &csrf);
    assert_eq!(viewer.submit(form).await.status, 403);
}
