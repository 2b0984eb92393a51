use crate::pages::{good_form, made, make_webhook};
use crate::support::{App, Receiver, event};

#[tokio::test]
async fn an_empty_list_says_what_to_do() {
    let app = App::start();
    let admin = app.admin().await;
    let page = admin.open("/webhooks").await;
    assert!(page.says("No webhooks yet") && page.says("Add new webhook"), "{}", page.text("main"));
    assert!(page.links().iter().any(|link| link == "/webhooks/new"));
    assert!(admin.open("/webhooks?lang=uk").await.says("Вебхуків ще немає"));
}

#[tokio::test]
async fn a_webhook_is_created_shown_changed_and_deleted() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/hook").await.set("name", "CRM: картки");
    let (id, page) = made(&admin, form).await;
    assert!(page.says("CRM: картки"), "{}", page.text("main"));
    let list = admin.open("/webhooks").await;
    assert!(list.text("#list").contains("CRM: картки") && list.text("#list").contains("a.example.com"));

    let edit = admin.open(&format!("/webhooks/{id}/edit")).await;
    let form = edit.form("#f-url");
    assert_eq!((form.value("name"), form.value("url")), ("CRM: картки", "https://a.example.com/hook"));
    assert_eq!(form.values("events"), ["message_created"]);
    assert_eq!((form.value("auth"), form.value("inbox_scope")), ("none", "all"));
    admin.submit(form.set("name", "").tick("events", "team_changed")).await.leads_to();
    assert!(
        admin.open("/webhooks").await.text("#list").contains("a.example.com"),
        "the host is shown instead of a name"
    );
    let form = admin.open(&format!("/webhooks/{id}/edit")).await.form("#f-url");
    assert_eq!(form.values("events").len(), 2);

    let confirm = admin.open(&format!("/webhooks/{id}/delete")).await;
    assert!(confirm.says("Delete webhook"), "{}", confirm.text("main"));
    let form = confirm.form_to(&format!("/webhooks/{id}/delete"));
    assert!(admin.submit(form).await.leads_to().starts_with("/webhooks"));
    assert!(!admin.open("/webhooks").await.text("main").contains("a.example.com"));
    assert_eq!(admin.get(&format!("/webhooks/{id}")).await.status, 404);
}

#[tokio::test]
async fn a_webhook_is_turned_off_and_on() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    let (off, on) = (format!("/webhooks/{id}/deactivation"), format!("/webhooks/{id}/activation"));
    let back = admin.submit(admin.open("/webhooks").await.form_to(&off)).await.leads_to();
    assert!(back.starts_with("/webhooks"), "{back}");
    let list = admin.open("/webhooks").await;
    assert!(list.find_form(&format!("form[action='{off}']")).is_none());
    let api = app.api("ingest");
    api.accepted(event("message_created")).await;
    assert!(receiver.seen("/a").is_empty());
    // The person chooses what happens to the held deliveries.
    let held = admin.submit(list.form_to(&on)).await.leads_to();
    assert_eq!(held, format!("/webhooks/{id}/held"));
    let choice = admin.open(&held).await.form_to(&held).set("choice", "send");
    admin.submit(choice).await.leads_to();
    receiver.first("/a").await;
    assert!(admin.open("/webhooks").await.find_form(&format!("form[action='{off}']")).is_some());
    let id = api.accepted(event("message_created")).await;
    let seen = crate::support::eventually("the event after turning on", || async {
        receiver.seen("/a").into_iter().find(|request| request.header("webhook-id") == id)
    })
    .await;
    assert_eq!(seen.header("x-hachok-attempt"), "1");
}

#[tokio::test]
async fn the_list_is_searched_and_filtered() {
    let app = App::start();
    let admin = app.admin().await;
    for name in ["Алея", "Brook"] {
        let form = good_form(&admin, &format!("https://{}.example.com/", name.len())).await.set("name", name);
        made(&admin, form).await;
    }
    let found = |page: crate::support::Page| (page.says("Алея"), page.says("Brook"));
    assert_eq!(found(admin.open("/webhooks?q=brook").await), (false, true));
    assert_eq!(found(admin.open("/webhooks?q=%D0%B0%D0%BB%D0%B5%D1%8F").await), (true, false));
    assert_eq!(found(admin.open("/webhooks?q=5.example").await), (false, true));
    let nothing = admin.open("/webhooks?q=zzz").await;
    assert!(nothing.says("Nothing matches the filters") && nothing.says("Clear filters"), "{}", nothing.text("main"));
    assert_eq!(found(admin.open("/webhooks?q=%25").await), (false, false), "a wildcard is an ordinary character");
    admin.open("/webhooks?q=%27%22--&state=nonsense&inbox=nonsense").await;
}

#[tokio::test]
async fn an_event_in_the_address_is_ticked() {
    let app = App::start();
    let admin = app.admin().await;
    assert!(admin.open("/webhooks/new").await.form("#f-url").values("events").is_empty());
    let form = admin.open("/webhooks/new?event=team_changed").await.form("#f-url");
    assert_eq!(form.values("events"), ["team_changed"]);
    assert!(admin.open("/webhooks/new?event=nonsense").await.form("#f-url").values("events").is_empty());
}

#[tokio::test]
async fn the_signing_secret_is_shown_once() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let (id, page) = make_webhook(&admin, &receiver.at("/a")).await;
    let at = page.body.find("whsec_").expect("the secret on the page after saving");
    let secret: String = page.body[at..].chars().take_while(|c| c.is_alphanumeric() || "_+/=".contains(*c)).collect();
    assert!(page.says("It will not be shown again"), "{}", page.text("main"));
    for path in [page.path.clone(), format!("/webhooks/{id}"), format!("/webhooks/{id}/edit"), "/webhooks".into()] {
        assert!(!admin.open(&path).await.body.contains(&secret), "{path}");
    }
    app.api("ingest").accepted(event("message_created")).await;
    assert!(crate::delivery::signed_by(&receiver.first("/a").await, &secret));
}

#[tokio::test]
async fn the_signing_secret_is_replaced_on_its_own_page() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, &receiver.at("/a")).await;
    let path = format!("/webhooks/{id}/secret");
    let page = admin.follow(admin.open(&path).await.form_to(&path)).await;
    let at = page.body.find("whsec_").expect("the new secret");
    let secret: String = page.body[at..].chars().take_while(|c| c.is_alphanumeric() || "_+/=".contains(*c)).collect();
    app.api("ingest").accepted(event("message_created")).await;
    let request = receiver.first("/a").await;
    assert!(crate::delivery::signed_by(&request, &secret), "{request:?}");
}

#[tokio::test]
async fn the_same_url_twice_is_a_warning() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await.set("name", "First");
    made(&admin, form).await;
    let (_, page) = make_webhook(&admin, "https://a.example.com/").await;
    assert!(page.says("The webhook was created. Webhook “First” uses the same URL"), "{}", page.text("main"));
}

#[tokio::test]
async fn an_international_host_is_shown_in_both_spellings() {
    let app = App::start();
    let admin = app.admin().await;
    make_webhook(&admin, "https://гачок.example.com/x").await;
    let url = app.api("read").get("webhooks").await.json()["payload"]["webhooks"][0]["url"].clone();
    assert_eq!(url, "https://xn--80afwp8b.example.com/x");
    assert!(admin.open("/webhooks").await.text("#list").contains("гачок.example.com"));
}
