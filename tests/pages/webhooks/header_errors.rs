use super::form_errors::plain;
use crate::pages::good_form;
use crate::support::{App, Form};

type Case = (fn(Form) -> Form, &'static str, &'static str, &'static str);

const CASES: [Case; 8] = [
    (
        |form| form.set("headers[0][value]", "v"),
        "header-name-0",
        "Enter a name for this header",
        "Введіть назву цього заголовка",
    ),
    (
        |form| row(row(form, 0, "X-A", "v"), 1, "x-a", "w"),
        "header-name-1",
        "x-a is already in the list",
        "Заголовок x-a уже є в списку",
    ),
    (
        |form| row(form, 0, "webhook-id", "v"),
        "header-name-0",
        "webhook-id cannot be set here. Choose another name",
        "Заголовок webhook-id тут задати не можна. Виберіть іншу назву",
    ),
    (
        |form| row(form, 0, "X-Real-IP", "v"),
        "header-name-0",
        "Proxies, servers or browsers set X-Real-IP themselves and trust it. Choose another name",
        "Заголовок X-Real-IP встановлюють самі проксі, сервери чи браузери й довіряють йому. Виберіть іншу назву",
    ),
    (
        |form| row(form, 1, "content_length", "v"),
        "header-name-1",
        "Many servers read content_length as Content-Length. Choose another name",
        "Багато серверів сприймають content_length як Content-Length. Виберіть іншу назву",
    ),
    (
        |form| row(form, 1, "X A", "v"),
        "header-name-1",
        "Header name can contain only Latin letters, digits and signs such as - and _",
        "Назва заголовка може містити лише латинські літери, цифри та знаки на зразок - і _",
    ),
    (|form| row(form, 0, "X-A", ""), "header-value-0", "Enter the header value", "Введіть значення заголовка"),
    (
        |form| row(form, 0, "X-A", "a\r\nX-Evil: 1"),
        "header-value-0",
        "Header value must be one line of Latin letters, digits and symbols",
        "Значення заголовка має бути одним рядком із латинських літер, цифр і символів",
    ),
];

fn row(form: Form, place: usize, name: &str, value: &str) -> Form {
    form.set(&format!("headers[{place}][name]"), name).set(&format!("headers[{place}][value]"), value)
}

#[tokio::test]
async fn each_row_of_extra_headers_has_its_own_errors() {
    let app = App::start();
    let admin = app.admin().await;
    for (spoil, slug, english, ukrainian) in CASES {
        for (language, words) in [("en", english), ("uk", ukrainian)] {
            let mut form = spoil(good_form(&admin, "https://a.example.com/").await);
            form.action = format!("/webhooks?lang={language}");
            let page = admin.submit(form).await.expect(422);
            assert_eq!(page.error(slug), words, "{slug}: {}", page.text("#errsum"));
        }
    }
}

#[tokio::test]
async fn more_than_twenty_headers_are_too_many() {
    let app = App::start();
    let admin = app.admin().await;
    for (language, words) in
        [("en", "You can add up to 20 headers"), ("uk", "Можна додати не більше ніж 20 заголовків")]
    {
        let mut form = good_form(&admin, "https://a.example.com/").await;
        for place in 0..21 {
            form = row(form, place, &format!("X-{place}"), "v");
        }
        form.action = format!("/webhooks?lang={language}");
        let page = admin.submit(form).await.expect(422);
        assert_eq!(plain(&page.error("headers")), words, "{}", page.text("#errsum"));
    }
}

#[tokio::test]
async fn an_extra_header_may_not_repeat_that_of_the_authorization() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    let form = form.set("auth", "custom").set("custom_name", "X-Key").set("custom_value", "v");
    let page = admin.submit(row(form, 0, "x-key", "w")).await.expect(422);
    assert_eq!(page.error("header-name-0"), "x-key is already in the list");
}

#[tokio::test]
async fn blank_rows_are_ignored() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    assert!(form.fields.iter().filter(|(name, _)| name.ends_with("[name]")).count() >= 2, "two spare rows: {form:?}");
    admin.submit(row(form, 1, "X-Second", "v")).await.leads_to();
    let stored = app.api("read").get("webhooks").await.json()["payload"]["webhooks"][0]["headers"].to_string();
    assert_eq!(stored, r#"{"X-Second":"v"}"#);
}
