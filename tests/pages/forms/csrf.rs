use reqwest::RequestBuilder;

use crate::pages::{good_form, make_webhook};
use crate::support::{App, Form, Visitor};

/// Every kind of forged request, and the same request as a browser would send it.
fn forgeries(visitor: &Visitor, form: &Form, other: &str) -> Vec<(&'static str, RequestBuilder)> {
    let with = |form: &Form, headers: &[(&str, &str)]| {
        let mut request = visitor.form_request(form).build().expect("a request");
        for (name, value) in headers {
            let name: reqwest::header::HeaderName = name.parse().expect("a name");
            request.headers_mut().insert(name, value.parse().expect("a value"));
        }
        RequestBuilder::from_parts(crate::support::http(), request)
    };
    vec![
        ("cross-site", with(form, &[("sec-fetch-site", "cross-site")])),
        ("same-site", with(form, &[("sec-fetch-site", "same-site")])),
        ("wrong origin", with(form, &[("origin", "https://evil.example")])),
        ("null origin", with(form, &[("origin", "null")])),
        ("no token", with(&form.clone().without("_csrf"), &[])),
        ("empty token", with(&form.clone().set("_csrf", ""), &[])),
        ("made-up token", with(&form.clone().set("_csrf", "0123456789abcdef0123456789abcdef"), &[])),
        ("another session's token", with(&form.clone().set("_csrf", other), &[])),
        ("text/plain", with(form, &[("content-type", "text/plain")])),
    ]
}

#[tokio::test]
async fn no_form_can_be_sent_from_another_site() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let other = app.signed_in("viewer").await;
    let other = other.open("/webhooks").await.form_to("/sign-out").value("_csrf").to_owned();
    let list = admin.open("/webhooks").await;
    let forms = [
        good_form(&admin, "https://b.example.com/").await,
        admin.open(&format!("/webhooks/{id}/edit")).await.form("#f-url").set("name", "forged"),
        admin.open(&format!("/webhooks/{id}/delete")).await.form_to(&format!("/webhooks/{id}/delete")),
        list.form_to(&format!("/webhooks/{id}/deactivation")),
        list.form_to("/sign-out"),
        admin.open(&format!("/webhooks/{id}/test")).await.form("[name=body]"),
        admin.open(&format!("/webhooks/{id}/secret")).await.form_to(&format!("/webhooks/{id}/secret")),
        admin.open("/inboxes").await.form("#f-inbox-name").fill("f-inbox-name", "forged"),
        admin.open("/tokens").await.form("#f-token-name").fill("f-token-name", "forged"),
        admin.open("/users").await.form("#f-email").fill("f-email", "forged@example.com"),
        admin.open("/profile").await.form("#f-user-name").fill("f-user-name", "forged"),
        admin.open("/settings").await.form("#f-language").set("substatus_attribute", "forged"),
    ];
    for form in &forms {
        assert!(form.value("_csrf").len() >= 32, "a token in {form:?}");
        for (what, request) in forgeries(&admin, form, &other) {
            let page = admin.send(&form.action, request).await;
            assert!(matches!(page.status, 403 | 415 | 422), "{what} to {}: {}", form.action, page.status);
        }
    }
    let list = admin.open("/webhooks").await;
    assert!(list.says("a.example.com") && !list.says("b.example.com") && !list.says("forged"));
    assert!(list.find_form(&format!("form[action='/webhooks/{id}/deactivation']")).is_some(), "still on");
    assert!(!admin.open("/inboxes").await.says("forged"));
    assert_eq!(app.api("read").deliveries("").await.len(), 0);
}

#[tokio::test]
async fn the_sign_in_form_is_protected_without_a_session() {
    let app = App::start();
    app.user("anna@example.com", "admin", crate::support::PASSWORD);
    let visitor = app.visitor();
    let form = visitor.open("/sign-in").await.form("[name=password]");
    let form = form.set("email", "anna@example.com").set("password", crate::support::PASSWORD);
    let other = app.visitor().open("/sign-in").await.form("[name=password]").value("_csrf").to_owned();
    for (what, request) in forgeries(&visitor, &form, &other) {
        let page = visitor.send("/sign-in", request).await;
        assert!(matches!(page.status, 403 | 415 | 422), "{what}: {}", page.status);
        assert_eq!(visitor.get("/webhooks").await.status, 303, "{what}: still outside");
    }
    visitor
        .submit(
            visitor
                .open("/sign-in")
                .await
                .form("[name=password]")
                .set("email", "anna@example.com")
                .set("password", crate::support::PASSWORD),
        )
        .await
        .leads_to();
}

#[tokio::test]
async fn a_stale_form_token_keeps_what_was_typed() {
    let app = App::start();
    let admin = app.admin().await;
    for (language, words) in [
        ("en", "The page was open for too long. Check the form and save again"),
        ("uk", "Сторінка була відкрита надто довго. Перевірте форму та збережіть ще раз"),
    ] {
        let form = good_form(&admin, "https://b.example.com/").await.set("name", "typed").set("_csrf", "stale");
        let form = form.set("auth", "bearer").set("bearer_token", "canary");
        let mut form = form;
        form.action = format!("/webhooks?lang={language}");
        let page = admin.submit(form).await;
        assert!(page.says(words), "{}: {}", page.status, page.text("body"));
        assert_eq!(page.attribute("#f-name", "value").as_deref(), Some("typed"));
        assert_eq!(page.attribute("#f-url", "value").as_deref(), Some("https://b.example.com/"));
        assert!(!page.body.contains("canary"), "a secret is never echoed");
        let fresh = page.form("#f-url").set("url", &format!("https://{language}.example.com/"));
        admin.submit(fresh.set("auth", "none")).await.leads_to();
    }
}

#[tokio::test]
async fn a_get_request_changes_nothing() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    for path in [&format!("/webhooks/{id}/activation"), &format!("/webhooks/{id}/deactivation"), "/sign-out"] {
        let page = admin.get(path).await.expect(405);
        assert_eq!((page.header("allow"), page.text("h1").is_empty()), ("POST, OPTIONS", false), "{path}");
    }
    admin.open("/webhooks").await;
}
