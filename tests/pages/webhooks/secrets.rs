use crate::pages::{good_form, made};
use crate::support::{App, Form, Receiver, Visitor, event};

async fn edit(admin: &Visitor, id: i64) -> Form {
    let page = admin.open(&format!("/webhooks/{id}/edit")).await;
    assert!(!page.body.contains("canary"), "a stored secret is in the form");
    for input in ["bearer_token", "basic_password", "custom_value"] {
        let value = page.attribute(&format!("[name={input}]"), "value");
        assert!(value.is_none_or(|value| value.is_empty()), "{input}");
        assert_eq!(page.attribute(&format!("[name={input}]"), "type").as_deref(), Some("password"), "{input}");
    }
    page.form("#f-url")
}

async fn sent(app: &App, receiver: &Receiver, name: &str) -> String {
    let before = receiver.seen("/a").len();
    app.api("ingest").accepted(event("message_created")).await;
    receiver.await_requests("/a", before + 1).await[before].header(name).to_owned()
}

#[tokio::test]
async fn a_blank_secret_is_kept_a_filled_one_replaces_and_none_deletes() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let form = good_form(&admin, &receiver.at("/a")).await.set("auth", "bearer").set("bearer_token", "canary-1");
    let (id, _) = made(&admin, form).await;
    let page = admin.open(&format!("/webhooks/{id}/edit")).await;
    assert!(page.says("Saved") && page.says("Leave blank to keep the saved token"), "{}", page.text("main"));
    for (token, expected) in [("", "Bearer canary-1"), ("canary-2", "Bearer canary-2"), ("", "Bearer canary-2")] {
        let form = edit(&admin, id).await.set("bearer_token", token);
        admin.submit(form).await.leads_to();
        assert_eq!(sent(&app, &receiver, "authorization").await, expected);
    }
    admin.submit(edit(&admin, id).await.set("auth", "none")).await.leads_to();
    assert_eq!(sent(&app, &receiver, "authorization").await, "");
    let page = admin.submit(edit(&admin, id).await.set("auth", "bearer")).await.expect(422);
    assert_eq!(page.error("token"), "Enter the token");
}

#[tokio::test]
async fn another_authorization_needs_its_own_secret() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await.set("auth", "bearer").set("bearer_token", "canary");
    let (id, _) = made(&admin, form).await;
    let form = edit(&admin, id).await.set("auth", "basic").set("basic_login", "anna");
    let page = admin.submit(form).await.expect(422);
    assert_eq!(page.error("password"), "Enter the password");
}

#[tokio::test]
async fn only_the_fields_of_the_chosen_scheme_are_read() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let form = good_form(&admin, &receiver.at("/a")).await.set("auth", "none");
    let form = form.set("bearer_token", "a b").set("basic_login", "a:b").set("custom_name", "Host");
    made(&admin, form).await;
    assert_eq!(sent(&app, &receiver, "authorization").await, "");
}

#[tokio::test]
async fn a_changed_origin_asks_for_the_secret_again() {
    let app = App::start();
    let admin = app.admin().await;
    for (scheme, field, slug) in [
        ("bearer", "bearer_token", "token"),
        ("basic", "basic_password", "password"),
        ("custom", "custom_value", "custom-value"),
    ] {
        let form = good_form(&admin, &format!("https://{scheme}.example.com/x")).await.set("auth", scheme);
        let form = form.set("basic_login", "anna").set("custom_name", "X-Key").set(field, "canary");
        let (id, _) = made(&admin, form).await;
        let other = edit(&admin, id).await.set("url", "https://evil.example.com/x");
        for (language, words) in [("en", "The address has changed."), ("uk", "Адресу змінено.")] {
            let mut form = other.clone();
            form.action = format!("/webhooks/{id}?lang={language}");
            let page = admin.submit(form).await.expect(422);
            assert!(page.error(slug).starts_with(words), "{scheme}: {:?}", page.text("#errsum"));
        }
        admin.open("/webhooks?lang=en").await;
        admin.submit(edit(&admin, id).await.set("url", &format!("https://{scheme}.example.com/y"))).await.leads_to();
        admin
            .submit(edit(&admin, id).await.set("url", "https://other.example.com/x").set(field, "canary"))
            .await
            .leads_to();
    }
}

#[tokio::test]
async fn a_hidden_header_is_kept_replaced_and_removed() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let form = good_form(&admin, &receiver.at("/a")).await.set("headers[0][name]", "X-Key");
    let form = form.set("headers[0][value]", "canary-1").set("headers[0][hide]", "on");
    let (id, _) = made(&admin, form).await;
    assert_eq!(sent(&app, &receiver, "x-key").await, "canary-1");
    admin.submit(edit(&admin, id).await.set("name", "kept")).await.leads_to();
    assert_eq!(sent(&app, &receiver, "x-key").await, "canary-1");
    admin.submit(edit(&admin, id).await.set("headers[0][value]", "canary-2")).await.leads_to();
    assert_eq!(sent(&app, &receiver, "x-key").await, "canary-2");
    admin.submit(edit(&admin, id).await.set("headers[0][remove]", "on")).await.leads_to();
    assert_eq!(sent(&app, &receiver, "x-key").await, "");
}

#[tokio::test]
async fn no_page_answer_or_log_holds_a_stored_secret() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    receiver.answers("/b", [crate::support::Reply::Status(500)]);
    let form = good_form(&admin, &receiver.at("/a")).await.set("auth", "bearer").set("bearer_token", "canary-1");
    let form = form.set("headers[0][name]", "X-Key").set("headers[0][value]", "canary-2").set("headers[0][hide]", "on");
    let secret = "canary-3-canary-3-canary-3";
    made(&admin, form.set("secret", secret)).await;
    let form = good_form(&admin, &receiver.at("/b")).await.set("auth", "basic").set("basic_login", "anna");
    made(&admin, form.set("basic_password", "canary-4")).await;
    app.api("ingest").accepted(event("message_created")).await;
    let first = receiver.first("/a").await;
    assert_eq!((first.header("authorization"), first.header("x-key")), ("Bearer canary-1", "canary-2"));
    let basic = receiver.first("/b").await.header("authorization").trim_start_matches("Basic ").to_owned();

    let own = "Y2FuYXJ5LTMtY2FuYXJ5LTMtY2FuYXJ5LTM";
    let canaries = ["canary-1", "canary-2", "canary-3", "canary-4", &basic, own, first.header("webhook-signature")];
    let mut seen = vec!["/webhooks".to_owned()];
    let mut at = 0;
    while at < seen.len() && at < 200 {
        let page = admin.get(&seen[at]).await;
        for canary in canaries {
            assert!(
                !page.body.contains(canary) && !format!("{:?}", page.headers).contains(canary),
                "{canary} on {}",
                seen[at]
            );
        }
        let inside = page.links().into_iter().filter(|link| link.starts_with('/') && !link.starts_with("/static/"));
        let fresh: Vec<_> = inside.filter(|link| !seen.contains(link)).collect();
        for link in fresh {
            if !seen.contains(&link) {
                seen.push(link);
            }
        }
        at += 1;
    }
    assert!(seen.iter().any(|path| path.starts_with("/deliveries/dlv_")), "the crawl reached a delivery: {seen:?}");
    assert!(seen.iter().any(|path| path.ends_with("/edit")), "and a form: {seen:?}");
    let log = app.log();
    for canary in canaries {
        assert!(!log.contains(canary), "{canary} in the server's log");
    }
}
