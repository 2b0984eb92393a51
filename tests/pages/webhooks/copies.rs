use crate::pages::{good_form, made};
use crate::support::App;

#[tokio::test]
async fn a_copy_has_everything_but_the_secrets_and_is_stored_when_saved() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/hook").await.set("name", "CRM").set("timeout_s", "7");
    let form = form.set("auth", "bearer").set("bearer_token", "canary-token").tick("events", "team_changed");
    let form = form.set("headers[0][name]", "X-Shown").set("headers[0][value]", "plain");
    let form =
        form.set("headers[1][name]", "X-Key").set("headers[1][value]", "canary-header").tick("headers[1][hide]", "1");
    let (id, _) = made(&admin, form).await;
    let mut ask = admin.open(&format!("/webhooks/{id}/delete")).await.form_to(&format!("/webhooks/{id}/delete"));
    ask.action = format!("/webhooks/{id}/copy");
    let target = admin.submit(ask).await.leads_to();
    assert_eq!(target, format!("/webhooks/new?from={id}"));
    let page = admin.open(&target).await;
    assert!(page.says("This is a copy of “CRM”") && !page.body.contains("canary"), "{}", page.text("main"));
    let form = page.form("#f-url");
    assert_eq!((form.value("name"), form.value("url")), ("Copy of CRM", "https://a.example.com/hook"));
    assert_eq!((form.value("auth"), form.value("timeout_s"), form.value("version")), ("bearer", "7", ""));
    assert_eq!(form.values("events").len(), 2);
    assert_eq!(app.api("read").get("webhooks").await.json()["payload"]["webhooks"].as_array().map(Vec::len), Some(1));
    let wrong = admin.submit(form.clone()).await.expect(422);
    assert_eq!(wrong.error("token"), "Enter the token");
    assert!(!wrong.error("header-value-1").is_empty(), "{}", wrong.text("main"));
    let form = form.set("bearer_token", "other").set("headers[1][value]", "another");
    let (copy, _) = made(&admin, form).await;
    assert_ne!(copy, id);
    let stored = app.api("admin").get(&format!("webhooks/{copy}")).await.json()["payload"]["webhook"].clone();
    assert_eq!(stored["headers"]["X-Shown"], "plain");
    assert!(admin.open("/webhooks").await.links().contains(&format!("/webhooks/new?from={id}")));
}

#[tokio::test]
async fn a_copy_of_an_unknown_webhook_is_404_and_viewers_make_none() {
    let app = App::start();
    assert_eq!(app.admin().await.get("/webhooks/new?from=99").await.status, 404);
    assert_eq!(app.signed_in("viewer").await.get("/webhooks/new?from=1").await.status, 403);
}

#[tokio::test]
async fn the_timeout_is_5_to_20_seconds() {
    let app = App::start();
    let admin = app.admin().await;
    for (typed, good) in
        [("5", true), ("20", true), (" 12 ", true), ("4", false), ("21", false), ("", true), ("ten", false)]
    {
        let form = good_form(&admin, "https://a.example.com/").await.set("timeout_s", typed);
        let page = admin.submit(form).await;
        assert_eq!(page.status == 303, good, "{typed:?}: {}", page.status);
        if !good {
            assert!(!page.error("timeout").is_empty(), "{typed:?}");
        }
    }
}
