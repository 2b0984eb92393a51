//! Forms whose process ends while it handles them.

use reqwest::Method;

use crate::pages::good_form;
use crate::support::{Answer, Api, App};

#[tokio::test]
async fn a_form_whose_process_ends_has_acted_once_or_not_at_all() {
    let mut app = App::start();
    let first = app.admin().await;
    let (name, cookie) = first.session();
    let webhooks = |app: &App| {
        let api = app.api("read");
        async move { api.get("webhooks").await.json()["payload"]["webhooks"].as_array().map(Vec::len) }
    };
    let mut stored = 0;
    for (point, done) in [("form-before-commit", 0), ("form-after-commit", 1)] {
        let visitor = app.visitor();
        visitor.set_cookie(&name, &cookie);
        let form = good_form(&visitor, "https://a.example.com/").await;
        app.kill();
        app.change("HACHOK_FAULT", point);
        app.start_again();
        let visitor = app.visitor();
        visitor.set_cookie(&name, &cookie);
        assert!(visitor.form_request(&form).send().await.is_err(), "the process has ended at {point}");
        assert_eq!(app.exit_code(), None, "{point} was passed");
        app.change("HACHOK_FAULT", "");
        app.start_again();
        assert_eq!(webhooks(&app).await, Some(stored + done), "{point}");
        let visitor = app.visitor();
        visitor.set_cookie(&name, &cookie);
        let page = visitor.follow(form).await;
        assert!(page.has("#key"), "the key was not shown before: {}", page.text("main"));
        stored += 1;
        assert_eq!(webhooks(&app).await, Some(stored), "{point}");
    }
}

#[tokio::test]
async fn a_request_with_a_key_whose_process_ends_has_acted_once_or_not_at_all() {
    let mut app = App::start();
    let mut made = 0;
    for (point, done) in [("form-before-commit", 0), ("form-after-commit", 1)] {
        app.kill();
        app.change("HACHOK_FAULT", point);
        app.start_again();
        let api = app.api("admin");
        let body = format!(r#"{{"url":"https://{point}.example.com/"}}"#);
        let request = |api: &Api| {
            let request = api.request(Method::POST, "webhooks").header("content-type", "application/json");
            request.header("idempotency-key", point).body(body.clone())
        };
        assert!(request(&api).send().await.is_err(), "the process has ended at {point}");
        app.kill();
        app.change("HACHOK_FAULT", "");
        app.start_again();
        let api = app.api("admin");
        let count = async || api.get("webhooks").await.json()["payload"]["webhooks"].as_array().map(Vec::len);
        assert_eq!(count().await, Some(made + done), "{point}");
        made += 1;
        let again = Answer::of(request(&api)).await;
        assert_eq!(again.status, 200, "{point}: {again:?}");
        assert!(again.text.contains("whsec_"), "the secret was not shown before: {again:?}");
        assert_eq!(again.header("idempotent-replayed") == "true", done == 1, "{point}: {again:?}");
        assert_eq!(count().await, Some(made), "{point}");
    }
}
